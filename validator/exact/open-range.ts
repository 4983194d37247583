/**
 * Intermediate results that leave the range of their type, under a contract that holds over the real
 * numbers only: exp(x) that overflows, or underflows to zero, is a step that another form of the same
 * function need not take. Such elements, and what depends on them, are open.
 */
import { isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { isIn, type Opcode } from '../../graphs/ops/table.ts';
import { sizeOf, stepOf, withMarks } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** Ops whose result is small or zero for operands that are neither only by underflow. */
const vanishing: ReadonlySet<Opcode> = new Set([
  ...(['exponential', 'logistic', 'power', 'multiply', 'divide', 'rsqrt'] as const),
]);

/** Ops that add up or multiply elements: too large is all that they can get from finite ones. */
const folding: ReadonlySet<Opcode> = new Set([
  ...(['reduce', 'dot', 'convolution', 'reduce-window', 'scatter'] as const),
]);

/** The value with a mark where it left the range of its type, while its operands had not. */
export function withOpenRange(
  { opcode }: Instruction,
  operands: readonly ExactValue[],
  value: ExactValue,
  context: ExactContext,
): ExactValue {
  if (value.kind !== 'tensor' || !isFloat(value.shape.type)) return value;
  const from = operands.filter((o): o is ExactTensor => o.kind === 'tensor' && isFloating(o));
  if (from.length === 0) return value;
  if (isIn(opcode, 'elementwise')) return elementwise(opcode, from, value, context);
  return folding.has(opcode) ? folded(from, value) : value;
}

function isFloating({ shape }: ExactTensor): boolean {
  return isFloat(shape.type);
}

function elementwise(
  opcode: Opcode,
  from: readonly ExactTensor[],
  value: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const n = sizeOf(value);
  const least = vanishing.has(opcode)
    ? context.numerics(value.shape.type).smallestNormal
    : Number.NEGATIVE_INFINITY;
  const steps = from.map((t) => stepOf(t, n));
  const all = (i: number, holds: (x: number) => boolean) =>
    from.every((t, k) => holds(Number(t.data[i * steps[k]!])));
  return marked(value, (v, i) => {
    if (Number.isNaN(v)) return all(i, (x) => !Number.isNaN(x));
    if (!Number.isFinite(v)) return all(i, Number.isFinite);
    return Math.abs(v) < least && all(i, (x) => x !== 0 && Number.isFinite(x));
  });
}

function folded(from: readonly ExactTensor[], value: ExactTensor): ExactTensor {
  const finite = from.every((t) => (t.data as Float64Array).every(Number.isFinite));
  return finite ? marked(value, (v) => !Number.isFinite(v)) : value;
}

function marked(value: ExactTensor, isOpen: (v: number, i: number) => boolean): ExactTensor {
  let marks: Uint8Array | undefined;
  const data = value.data as Float64Array;
  for (let i = 0; i < data.length; i++) {
    if (!isOpen(data[i]!, i)) continue;
    marks ??= new Uint8Array(data.length);
    marks[i] = 1;
  }
  return withMarks(value, marks);
}
