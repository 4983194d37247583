/**
 * The value of a small integer tensor where it follows from constants and static shapes: what
 * StableHLO's dynamic ops take as sizes, and must be known here.
 */
import { byName } from '../../../ir/by-name.ts';
import { isInteger, isWide } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { wrapper } from '../../../ir/rounding.ts';
import { arrayOf, type OpContext } from './op-context.ts';
import type { Scope } from './scope.ts';

/** Longest computation of a size that is followed. */
const maxDepth = 200;
/** Most numbers that a size may consist of. */
const maxNumbers = 1000;

/** The whole numbers of operand i; an error that names the remedy where they are not known. */
export function knownInts(o: OpContext, i: number): readonly number[] {
  const values = numbersOf(o.scope, o.x(i));
  if (values) return values;
  const message = `operand ${i} is computed from data; sizes must follow from constants`;
  return o.fail('unsupported-dynamic-shape', `${message} (fix dynamic arguments with --refine)`);
}

/** The value of an integer or a truth value that constants and sizes decide; 0 and 1 for the latter. */
export function numbersOf(scope: Scope, value: Instruction): readonly number[] | undefined {
  return valuesOf(scope, value, 0);
}

type Numbers = readonly number[];
type Rule = (operands: readonly Numbers[], value: Instruction) => Numbers | undefined;

const pointwise =
  (f: (a: number, b: number) => number): Rule =>
  ([a = [], b = []]) =>
    a.map((x, i) => f(x, b[i]!));

const same: Rule = ([a]) => a;

const directions: Readonly<Record<string, (a: number, b: number) => boolean>> = byName({
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
  LT: (a, b) => a < b,
  LE: (a, b) => a <= b,
  GT: (a, b) => a > b,
  GE: (a, b) => a >= b,
});

const rules: Readonly<Record<string, Rule>> = byName({
  convert: same,
  copy: same,
  reshape: same,
  concatenate: (operands) => operands.flat(),
  add: pointwise((a, b) => a + b),
  subtract: pointwise((a, b) => a - b),
  multiply: pointwise((a, b) => a * b),
  divide: pointwise((a, b) => Math.trunc(a / b)),
  remainder: pointwise((a, b) => a % b),
  maximum: pointwise(Math.max),
  minimum: pointwise(Math.min),
  negate: ([a = []]) => a.map((x) => -x),
  sign: ([a = []]) => a.map(Math.sign),
  abs: ([a = []]) => a.map(Math.abs),
  clamp: ([low = [], x = [], high = []]) =>
    x.map((v, i) => Math.min(Math.max(v, low[i] ?? low[0]!), high[i] ?? high[0]!)),
  compare: (operands, value) => {
    const holds = value.opcode === 'compare' && directions[value.attrs.direction];
    return holds ? pointwise((a, b) => Number(holds(a, b)))(operands, value) : undefined;
  },
  and: (operands, value) => ofTruth(value, operands, (a, b) => a * b),
  or: (operands, value) => ofTruth(value, operands, Math.max),
  not: ([a = []], value) => ofTruth(value, [a, a], (x) => 1 - x),
  select: ([p = [], a = [], b = []]) => a.map((x, i) => ((p[i] ?? p[0]) ? x : b[i]!)),
  broadcast: ([a = []], value) => {
    const count = arrayOf(value)!.dims.reduce((n, d) => n * d, 1);
    return a.length === 1 && count <= maxNumbers ? new Array(count).fill(a[0]) : undefined;
  },
  slice: ([a = []], value) => {
    if (value.opcode !== 'slice' || value.attrs.slice.length !== 1) return undefined;
    const { start, limit, stride } = value.attrs.slice[0]!;
    return a.filter((_, i) => i >= start && i < limit && (i - start) % stride === 0);
  },
});

/** Logic of truth values; that of the bits of numbers is not followed. */
function ofTruth(
  value: Instruction,
  operands: readonly Numbers[],
  f: (a: number, b: number) => number,
): Numbers | undefined {
  return arrayOf(value)?.type === 'pred' ? pointwise(f)(operands, value) : undefined;
}

/** Each value is followed once, however many others it is part of. */
function valuesOf(scope: Scope, value: Instruction, depth: number): Numbers | undefined {
  if (depth > maxDepth) return undefined;
  if (scope.numbers.has(value.id)) return scope.numbers.get(value.id);
  const found = followed(scope, value, depth);
  const exact = found?.every(Number.isSafeInteger) ? found : undefined;
  scope.numbers.set(value.id, exact);
  return exact;
}

function followed(scope: Scope, value: Instruction, depth: number): Numbers | undefined {
  const shape = arrayOf(value);
  if (!shape || !(isInteger(shape.type) || shape.type === 'pred')) return undefined;
  if (shape.dims.reduce((n, d) => n * d, 1) > maxNumbers) return undefined;
  if (value.opcode === 'constant') {
    const { literal } = value.attrs;
    return literal.kind === 'tensor' ? Array.from(literal.data, Number) : undefined;
  }
  const operands = value.operands.map((id) => scope.definition(id));
  if (value.opcode === 'get-dimension-size') {
    return [arrayOf(operands[0]!)!.dims[value.attrs.dimensions[0]!]!];
  }
  const rule = Object.hasOwn(rules, value.opcode) ? rules[value.opcode] : undefined;
  if (!rule) return undefined;
  const known: Numbers[] = [];
  for (const operand of operands) {
    const found = operand && valuesOf(scope, operand, depth + 1);
    if (!found) return undefined;
    known.push(found);
  }
  const made = rule(known, value);
  const narrow = isInteger(shape.type) && !isWide(shape.type);
  return narrow ? made?.map(wrapper(shape.type)) : made;
}
