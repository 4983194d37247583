/**
 * Integer ops against their definition over whole numbers: wrap-around, shifts beyond the width,
 * division by zero, the least number's overflow. Every integer type; all pairs of up to 4 bits, the
 * ends of the range and their neighbours with each other for the others.
 */
import { describe, expect, it } from 'vitest';
import { type ElementType, elementTypes, isInteger } from '../../../graphs/ir/element-type.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { uncertainElement } from '../../support/laws/radii/hold.ts';
import { numbers, opModule } from '../../support/run-op.ts';

const types = (Object.keys(elementTypes) as ElementType[]).filter(isInteger);

interface Width {
  readonly bits: bigint;
  readonly signed: boolean;
}

/** The number of these low bits. */
function wrapped(x: bigint, { bits, signed }: Width): bigint {
  const low = ((x % 2n ** bits) + 2n ** bits) % 2n ** bits;
  return signed && low >= 2n ** (bits - 1n) ? low - 2n ** bits : low;
}

/** The low bits as an unsigned number. */
const unsigned = (x: bigint, { bits }: Width) => ((x % 2n ** bits) + 2n ** bits) % 2n ** bits;

const size = (x: bigint) => (x < 0n ? -x : x);

/** Towards zero. */
function quotient(a: bigint, b: bigint): bigint {
  const whole = size(a) / size(b);
  return a < 0n === b < 0n ? whole : -whole;
}

function digits(x: bigint, w: Width): string {
  return unsigned(x, w).toString(2).padStart(Number(w.bits), '0');
}

function bitwise(f: (p: boolean, q: boolean) => boolean) {
  return (a: bigint, b: bigint, w: Width) => {
    const [p, q] = [digits(a, w), digits(b, w)];
    const bits = [...p].map((d, i) => (f(d === '1', q[i] === '1') ? '1' : '0'));
    return BigInt(`0b${bits.join('')}`);
  };
}

/** Copies of the sign come in from the left; beyond the width nothing else is left. */
function shiftedRight(a: bigint, b: bigint, w: Width): bigint {
  const amount = unsigned(b, w);
  const by = amount - w.bits < 0n ? amount : w.bits;
  const value = wrapped(a, { ...w, signed: true });
  const divisor = 2n ** by;
  return (value - (((value % divisor) + divisor) % divisor)) / divisor;
}

/** The integer part of it; 0 to a negative power is 0. */
function power(a: bigint, b: bigint): bigint {
  if (b < 0n) return size(a) === 1n ? power(a, -b % 2n) : 0n;
  let result = 1n;
  for (let n = 0n; n < b % 4096n; n++) result = (result * a) % 2n ** 64n;
  return result;
}

type Definition = (a: bigint, b: bigint, w: Width) => bigint;

const binary: Readonly<Record<string, Definition>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => (b === 0n ? -1n : quotient(a, b)),
  remainder: (a, b) => (b === 0n ? a : a - quotient(a, b) * b),
  maximum: (a, b) => (a - b > 0n ? a : b),
  minimum: (a, b) => (a - b < 0n ? a : b),
  and: bitwise((p, q) => p && q),
  or: bitwise((p, q) => p || q),
  xor: bitwise((p, q) => p !== q),
  'shift-left': (a, b, w) => (unsigned(b, w) < w.bits ? a * 2n ** unsigned(b, w) : 0n),
  'shift-right-arithmetic': shiftedRight,
  'shift-right-logical': (a, b, w) =>
    unsigned(b, w) < w.bits ? unsigned(a, w) / 2n ** unsigned(b, w) : 0n,
};

const unary: Readonly<Record<string, (a: bigint, w: Width) => bigint>> = {
  negate: (a) => -a,
  not: (a) => -1n - a,
  popcnt: (a, w) => BigInt([...digits(a, w)].filter((d) => d === '1').length),
  'count-leading-zeros': (a, w) => BigInt(`${digits(a, w)}1`.indexOf('1')),
};

const ofSigned: typeof unary = {
  abs: size,
  sign: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
};

const widthOf = (type: ElementType): Width => ({
  bits: BigInt(elementTypes[type].bits),
  signed: elementTypes[type].kind === 'signed',
});

/** All numbers of a narrow type; the ends, powers of two, the width and small numbers of a wide one. */
function samples(type: ElementType): bigint[] {
  const width = widthOf(type);
  if (width.bits <= 4n) {
    return Array.from({ length: 2 ** Number(width.bits) }, (_, k) => wrapped(BigInt(k), width));
  }
  const half = 2n ** (width.bits - 1n);
  const around = [0n, half, 2n * half, half / 2n, width.bits, 2n ** (width.bits / 2n), 100n];
  const all = around.flatMap((x) => [-2n, -1n, 0n, 1n, 2n].map((d) => wrapped(x + d, width)));
  return [...new Set(all)];
}

/** What the reference and the exact mode give for all columns. */
function outcome(type: ElementType, opcode: string, columns: readonly (readonly bigint[])[]) {
  const n = columns[0].length;
  const inputs = columns.map((column) => tensorOf(type, [n], column));
  const names = inputs.map((_, k) => `p${k}`).join(', ');
  const module = opModule(
    inputs.map((t) => t.shape),
    `${type}[${n}] ${opcode}(${names})`,
  );
  const exact = runExact(module, inputs.map(fromPlainValue)).value;
  expect(uncertainElement(exact)).toBeUndefined();
  const reference = numbers(runReference(module, inputs)).map(BigInt);
  expect(numbers(exact as never).map(BigInt)).toEqual(reference);
  return reference;
}

describe.each(types)('%s', (type) => {
  const width = widthOf(type);
  const values = samples(type);
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));

  it.each(Object.keys(binary))('%s', (opcode) => {
    const wanted = pairs.map(([a, b]) => wrapped(binary[opcode](a, b, width), width));
    const columns = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
    expect(outcome(type, opcode, columns)).toEqual(wanted);
  });

  it('power', () => {
    const small = pairs.filter(([, b]) => b < 70n);
    const wanted = small.map(([a, b]) => wrapped(power(a, b), width));
    const columns = [small.map(([a]) => a), small.map(([, b]) => b)];
    expect(outcome(type, 'power', columns)).toEqual(wanted);
  });

  const ones = width.signed ? { ...unary, ...ofSigned } : unary;
  it.each(Object.keys(ones))('%s', (opcode) => {
    const wanted = values.map((a) => wrapped(ones[opcode](a, width), width));
    expect(outcome(type, opcode, [values])).toEqual(wanted);
  });
});
