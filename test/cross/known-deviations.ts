/**
 * Where XLA:CPU gives what the operation semantics do not: known, explained, and printed apart. A row
 * covers an element only where XLA's number is the one that its explanation predicts, or a whole
 * result where that lies inside the budget of what XLA computes instead. Paths are those of the XLA
 * repository.
 */
import { type ElementType, elementTypes, floatFormat } from '../../graphs/ir/element-type.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Deviant } from './deviant.ts';
import {
  distributedInference,
  type Instead,
  lastPaddedFirst,
  lastUpdateOnly,
  onePassVariance,
} from './instead.ts';

interface Explained {
  readonly opcodes: readonly Opcode[];
  readonly reason: string;
  readonly source: string;
}

export interface ElementDeviation extends Explained {
  /** Element types of the result that it concerns; all of them where absent. */
  readonly types?: readonly ElementType[];
  readonly where: (deviant: Deviant) => boolean;
}

export interface ResultDeviation extends Explained {
  readonly instead: Instead;
}

export type Deviation = ElementDeviation | ResultDeviation;

const complexTypes = ['c64', 'c128'] as const;
const emitter = 'xla/service/elemental_ir_emitter.cc';
const semantics = 'https://openxla.org/xla/operation_semantics';

export const elementDeviations: readonly ElementDeviation[] = [
  {
    opcodes: ['power'],
    types: ['s8', 's16', 's32', 's64', 'u8', 'u16', 'u32', 'u64', 's4', 'u4'],
    where: ({ operands: [x, y], after: [result], element }) =>
      x !== undefined &&
      y !== undefined &&
      sixBitPower(x[0], y[0], element.type) === BigInt(result),
    reason: 'six bits of an integer exponent are read, and an unsigned one as signed',
    source: `${emitter}, EmitIntegerPow`,
  },
  {
    opcodes: ['convert'],
    types: ['s4', 'u4', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64'],
    where: ({ operands: [x], inputs: [input], after: [result], element }) =>
      x !== undefined &&
      input?.shape.type === 'f4e2m1fn' &&
      Math.abs(Number(x[0])) === 6 &&
      isEndOf(BigInt(result), element.type),
    reason: 'the largest number of f4e2m1fn, 6, counts as too large for any integer type',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['popcnt'],
    types: ['s4', 'u4'],
    where: ({ operands: [x], after: [result] }) =>
      x !== undefined &&
      BigInt.asUintN(4, BigInt(result)) === BigInt(onesOf(BigInt.asUintN(8, BigInt(x[0])))),
    reason: 'the bits of the byte are counted in which the four lie: -8 has 5',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['cbrt'],
    types: ['f32', 'bf16'],
    where: ({ operands: [x], after: [result] }) =>
      x !== undefined &&
      Math.abs(Number(x[0])) < 2 ** -126 &&
      Math.abs(Number(result) + 5.586e-16) < 2e-18,
    reason: 'the cube root of every f32 denormal is -5.6e-16, whatever its sign',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['sine', 'cosine'],
    types: complexTypes,
    where: hyperbolicCancels,
    reason: 'sinh(y) as (e^y - e^-y)/2 loses its digits where y is small, and overflows early',
    source: `${emitter}, kSin of EmitComplexUnaryOp`,
  },
  {
    opcodes: ['sqrt'],
    types: complexTypes,
    where: ({ operands: [z], before, after }) =>
      z !== undefined &&
      Number(z[0]) < 0 &&
      Object.is(Number(z[1]), -0) &&
      near(before[0], after[0], 2 ** -20) &&
      near(before[1], -after[1], 2 ** -20),
    reason: 'a negative zero is above the cut for the square root, and below it for log and rsqrt',
    source:
      'measured on jax 0.10.2; EmitComplexSqrt of elemental_ir_emitter.cc is not in use there',
  },
  {
    opcodes: ['log', 'log-plus-one'],
    types: ['c128'],
    where: ({ before, after }) =>
      Math.abs(Number(before[0]) - Number(after[0])) < 1e-14 && near(before[1], after[1], 2 ** -51),
    reason: 'the logarithm of the modulus is off by up to 7e-15; log(abs(z)) as two ops is not',
    source: 'measured on jax 0.10.2, 10^6 arguments',
  },
  {
    opcodes: ['logistic'],
    types: ['f16', 'bf16', 'f8e5m2', 'f8e4m3fn'],
    where: logisticInSteps,
    reason: 'expanded to 1/(1 + e^-x) before it is widened: each of three steps rounds to the type',
    source: 'xla/hlo/transforms/expanders/logistic_expander.cc',
  },
  {
    opcodes: ['all-reduce', 'reduce-scatter'],
    types: ['f32', 'bf16', 'f64', ...complexTypes],
    where: ({ before, after, element }) =>
      before.every(
        (x, part) =>
          x === after[part] ||
          (Number(after[part]) === 0 &&
            Math.abs(Number(x)) < 2 ** floatFormat(element.type).minExponent),
      ),
    reason: 'denormals are flushed though one participant has nothing to add',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['topk', 'sort'],
    where: ({ inputs }) =>
      inputs.some(({ shape, data }) => shape.type.endsWith('fnuz') && data.some(Number.isNaN)),
    reason: 'the one NaN of a type has its sign bit set, and counts as less than every number',
    source: 'measured on jax 0.10.2; the semantics order NaN by signs, which that NaN has not',
  },
  {
    opcodes: ['triangular-solve'],
    where: (d) => notFinite(d) && hasExtremes(d, 1 / 2),
    reason: 'diagonal blocks are inverted and multiplied, so infinities meet zeros',
    source: 'xla/hlo/transforms/expanders/triangular_solve_expander.cc',
  },
  {
    opcodes: ['batch-norm-grad'],
    where: (d) => notFinite(d) && hasExtremes(d, 1 / 4),
    reason:
      'products of three operands, or with the number of elements, are divided only at the end',
    source: 'xla/service/batchnorm_expander.cc, HandleBatchNormGrad',
  },
  {
    opcodes: ['fft'],
    where: (d) => notFinite(d) && hasExtremes(d, 7 / 8),
    reason: 'a fast transform overflows elsewhere, and multiplies no infinity by zero',
    source: `the definition gives no order of the sums; ${semantics}`,
  },
  {
    opcodes: ['multiply', 'divide', 'log', 'log-plus-one', 'rsqrt', 'sqrt', 'sign', 'power'],
    types: complexTypes,
    where: (d) => notFinite(d) && operandExtreme(d, 1 / 4),
    reason: 'complex functions at zero, near infinities and at them: no special values are named',
    source: semantics,
  },
  {
    opcodes: ['exponential', 'exponential-minus-one', 'logistic', 'tan', 'tanh'],
    types: complexTypes,
    where: (d) => notFinite(d) && exponentialOverflows(d),
    reason: 'complex functions at and near infinities: the semantics name no special values',
    source: semantics,
  },
];

export const resultDeviations: readonly ResultDeviation[] = [
  {
    opcodes: ['batch-norm-training'],
    instead: onePassVariance,
    reason: 'the variance is E[x²] - E[x]², which cancels',
    source: 'xla/service/batchnorm_expander.cc, HandleBatchNormTraining',
  },
  {
    opcodes: ['batch-norm-inference'],
    instead: distributedInference,
    reason: 'distributed to x·s + (offset - mean·s), which cancels where the mean is large',
    source: 'xla/service/batchnorm_expander.cc, HandleBatchNormInference',
  },
  {
    opcodes: ['select-and-scatter'],
    instead: lastPaddedFirst,
    reason:
      'the last padded dimension of a window is swept outermost: of equal elements a later one is chosen',
    source: 'measured on jax 0.10.2; the semantics compare index vectors lexicographically',
  },
  {
    opcodes: ['scatter'],
    instead: lastUpdateOnly,
    reason:
      'with empty indices the operand is read once before the loop: the last update alone counts',
    source: 'measured on jax 0.10.2; the load stands before the loop in the generated code',
  },
];

/** The deviation that covers one element of a result of an opcode. */
export function knownDeviation(opcode: Opcode, deviant: Deviant): ElementDeviation | undefined {
  return elementDeviations.find(
    ({ opcodes, types, where }) =>
      opcodes.includes(opcode) &&
      (!types || types.includes(deviant.element.type)) &&
      where(deviant),
  );
}

/** The rows that say what XLA computes instead of an instance, and that module. */
export function insteadOf(opcode: Opcode, instance: Module) {
  return resultDeviations.flatMap((deviation) => {
    const module = deviation.opcodes.includes(opcode) ? deviation.instead(instance) : undefined;
    return module ? [{ deviation, module }] : [];
  });
}

/** Squaring over six bits of the exponent; below a negative one 0, or 1 for a base of 1. */
function sixBitPower(x: number | bigint, y: number | bigint, type: ElementType): bigint {
  const { bits, kind } = elementTypes[type];
  const own = (n: bigint) => (kind === 'signed' ? BigInt.asIntN(bits, n) : BigInt.asUintN(bits, n));
  const base = BigInt(x);
  if (BigInt.asIntN(bits, BigInt(y)) < 0n) return base === 1n ? 1n : 0n;
  return own(base ** (BigInt(y) & 63n));
}

function onesOf(x: bigint): number {
  return x.toString(2).replaceAll('0', '').length;
}

function near(a: number | bigint, b: number | bigint, share: number): boolean {
  return Math.abs(Number(a) - Number(b)) <= share * Math.abs(Number(a));
}

/** NaN or an infinity on either side, in either part. */
function notFinite({ before, after }: Deviant): boolean {
  return [...before, ...after].some((x) => !Number.isFinite(Number(x)));
}

/** The exponent of the largest number of the (parts of the) result's type: 128 or 1024. */
function rangeOf({ element }: Deviant): number {
  return 2 - floatFormat(element.type).minExponent;
}

function isExtreme(x: number | bigint, limit: number): boolean {
  return !(Math.abs(Number(x)) < 2 ** limit);
}

/** An input that is not finite, or beyond a share of the exponents of its type. */
function hasExtremes(d: Deviant, share: number): boolean {
  const limit = rangeOf(d) * share;
  return d.inputs.some(({ data }) =>
    Array.from(data as ArrayLike<number>).some((x) => isExtreme(x, limit)),
  );
}

/** An operand of zero, or a part that is not finite or whose square, or its inverse, is not. */
function operandExtreme(d: Deviant, share: number): boolean {
  const limit = rangeOf(d) * share;
  const isTiny = (x: number | bigint) => Number(x) !== 0 && Math.abs(Number(x)) < 2 ** -limit;
  return d.operands.some(
    (o) =>
      o && (o.some((x) => isExtreme(x, limit) || isTiny(x)) || o.every((x) => Number(x) === 0)),
  );
}

/** e^x or its square leaves the range, or a part is not finite. */
function exponentialOverflows(d: Deviant): boolean {
  const most = (rangeOf(d) * Math.LN2) / 2 - 1;
  return d.operands.some((o) => o?.some((x) => !(Math.abs(Number(x)) < most)));
}

/** The error is that of e^y - e^-y, each rounded, times the other factor; or e^y overflows. */
function hyperbolicCancels({ operands: [z], before, after, element }: Deviant): boolean {
  if (!z) return false;
  const y = Math.abs(Number(z[1]));
  const { precision, maxFinite, minExponent } = floatFormat(element.type);
  // e^y is infinite, or flushed to the zero that 1/2 is divided by.
  const most = Number(z[1]) < 0 ? -minExponent * Math.LN2 : Math.log(maxFinite);
  if (!(y < most)) return after.every((x) => !Number.isFinite(x));
  const allowed = 8 * 2 ** -precision * Math.cosh(y);
  return [0, 1].every((p) => {
    const distance = Math.abs(Number(before[p]) - Number(after[p]));
    return distance <= allowed || Object.is(before[p], after[p]);
  });
}

/** 1/(1 + e^-x), each step rounded to the type (f8 as f16); the exponential one unit off at most. */
function logisticInSteps({ operands: [x], after: [result], element }: Deviant): boolean {
  if (!x) return false;
  const own = rounder(element.type);
  const steps = elementTypes[element.type].bits === 8 ? 'f16' : element.type;
  const round = rounder(steps);
  const ulp = 2 ** (1 - floatFormat(steps).precision);
  return [1 - ulp, 1, 1 + ulp].some((factor) => {
    const e = round(round(Math.exp(-Number(x[0]))) * factor);
    return own(round(1 / round(1 + e))) === result;
  });
}

/** The largest or smallest value of an integer type. */
function isEndOf(x: bigint, type: ElementType): boolean {
  const { bits, kind } = elementTypes[type];
  const low = kind === 'signed' ? -(1n << BigInt(bits - 1)) : 0n;
  return x === low || x === low + (1n << BigInt(bits)) - 1n;
}
