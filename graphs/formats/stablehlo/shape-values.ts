/**
 * The value of a small integer tensor where it follows from constants and static shapes: what
 * StableHLO's dynamic ops take as sizes, and must be known here.
 */
import type { Instruction } from '../../ir/module.ts';
import { arrayOf, type OpContext } from './op-context.ts';
import type { Scope } from './scope.ts';

/** Longest computation of a size that is followed. */
const maxDepth = 200;
/** Most numbers that a size may consist of. */
const maxNumbers = 1000;

/** The whole numbers of operand i; an error that names the remedy where they are not known. */
export function knownInts(o: OpContext, i: number): readonly number[] {
  const values = valuesOf(o.scope, o.x(i), 0);
  if (values) return values;
  const message = `operand ${i} is computed from data; sizes must follow from constants`;
  return o.fail('unsupported-dynamic-shape', `${message} (fix dynamic arguments with --refine)`);
}

type Numbers = readonly number[];
type Rule = (operands: readonly Numbers[], value: Instruction) => Numbers | undefined;

const pointwise =
  (f: (a: number, b: number) => number): Rule =>
  ([a = [], b = []]) =>
    a.map((x, i) => f(x, b[i]!));

const same: Rule = ([a]) => a;

const rules: Readonly<Record<string, Rule>> = {
  convert: same,
  copy: same,
  reshape: same,
  concatenate: (operands) => operands.flat(),
  add: pointwise((a, b) => a + b),
  subtract: pointwise((a, b) => a - b),
  multiply: pointwise((a, b) => a * b),
  divide: pointwise((a, b) => Math.trunc(a / b)),
  maximum: pointwise(Math.max),
  minimum: pointwise(Math.min),
  broadcast: ([a = []], value) => {
    const count = arrayOf(value)!.dims.reduce((n, d) => n * d, 1);
    return a.length === 1 && count <= maxNumbers ? new Array(count).fill(a[0]) : undefined;
  },
  slice: ([a = []], value) => {
    if (value.opcode !== 'slice' || value.attrs.slice.length !== 1) return undefined;
    const { start, limit, stride } = value.attrs.slice[0]!;
    return a.filter((_, i) => i >= start && i < limit && (i - start) % stride === 0);
  },
};

function valuesOf(scope: Scope, value: Instruction, depth: number): Numbers | undefined {
  const shape = arrayOf(value);
  if (!shape || depth > maxDepth) return undefined;
  if (shape.dims.reduce((n, d) => n * d, 1) > maxNumbers) return undefined;
  if (value.opcode === 'constant') {
    const { literal } = value.attrs;
    return literal.kind === 'tensor' ? Array.from(literal.data, Number) : undefined;
  }
  const operands = value.operands.map((id) => scope.definition(id));
  if (value.opcode === 'get-dimension-size') {
    return [arrayOf(operands[0]!)!.dims[value.attrs.dimensions[0]!]!];
  }
  const rule = rules[value.opcode];
  if (!rule) return undefined;
  const known: Numbers[] = [];
  for (const operand of operands) {
    const found = operand && valuesOf(scope, operand, depth + 1);
    if (!found) return undefined;
    known.push(found);
  }
  return rule(known, value);
}
