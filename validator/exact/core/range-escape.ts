/**
 * Intermediate results that leave the range of f64 where only real numbers count: what overflows, or
 * has no real value at all, is not known, and open. What vanishes is nearly zero: a radius says so.
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { isIn, type Opcode } from '../../../graphs/ops/table.ts';
import { copiedRadii, markUndecided, sizeOf, stepOf } from './broadcasting.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** Ops whose result is small or zero for operands that are neither only by underflow. */
const vanishing: ReadonlySet<Opcode> = new Set([
  ...(['exponential', 'logistic', 'power', 'multiply', 'divide', 'rsqrt'] as const),
]);

const smallestNormal = 2 ** -1022;

/** Ops that add up or multiply elements: too large is all that they can get from finite ones. */
const folding: ReadonlySet<Opcode> = new Set([
  ...(['reduce', 'dot', 'convolution', 'reduce-window', 'scatter'] as const),
]);

/** The value with a mark where it left the range, while its operands had not. */
export function withOpenRange(
  { opcode }: Instruction,
  operands: readonly ExactValue[],
  value: ExactValue,
): ExactValue {
  if (value.kind !== 'tensor' || !isFloat(value.shape.type)) return value;
  const from = operands.filter((o): o is ExactTensor => o.kind === 'tensor' && isFloating(o));
  if (from.length === 0) return value;
  if (isIn(opcode, 'elementwise')) return elementwise(opcode, from, value);
  return folding.has(opcode) ? folded(from, value) : value;
}

function isFloating({ shape }: ExactTensor): boolean {
  return isFloat(shape.type);
}

function elementwise(
  opcode: Opcode,
  from: readonly ExactTensor[],
  value: ExactTensor,
): ExactTensor {
  const n = sizeOf(value);
  const steps = from.map((t) => stepOf(t, n));
  const all = (i: number, holds: (x: number) => boolean) =>
    from.every((t, k) => holds(Number(t.data[i * steps[k]!])));
  const open = marked(value, (v, i) => {
    if (Number.isNaN(v)) return all(i, (x) => !Number.isNaN(x));
    return !Number.isFinite(v) && all(i, Number.isFinite);
  });
  if (!vanishing.has(opcode)) return open;
  return nearZero(open, (v, i) => v === 0 && all(i, (x) => x !== 0 && Number.isFinite(x)));
}

/** Zeros that are none: the smallest normal number bounds them. */
function nearZero(t: ExactTensor, vanishes: (v: number, i: number) => boolean): ExactTensor {
  const data = t.data as Float64Array;
  if (!data.some(vanishes)) return t;
  const { bound, deviation } = copiedRadii(t);
  for (let i = 0; i < data.length; i++) {
    if (!vanishes(data[i]!, i)) continue;
    bound[i] = Math.max(bound[i]!, smallestNormal);
    deviation[i] = Math.max(deviation[i]!, smallestNormal);
  }
  return { ...t, bound, deviation };
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
  return markUndecided(value, marks);
}
