/** Exact values made by hand, and what an op makes of them: for the smallest cases of what laws found. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { ExactTensor, ExactValue } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { opModule } from '../run-op.ts';

interface Radius {
  readonly bound: number;
  /** As an error that all elements have in common. */
  readonly common?: boolean;
}

/** A vector whose elements all have one radius. */
export function near(
  type: ElementType,
  values: readonly number[],
  { bound, common }: Radius,
): ExactTensor {
  const n = values.length;
  const radii = new Float64Array(n).fill(bound);
  return {
    kind: 'tensor',
    shape: arrayShape(type, [n]),
    data: Float64Array.from(values),
    bound: radii,
    deviation: common ? new Float64Array(n) : radii,
    ...(common && { correlated: { radius: radii, along: [true] } }),
  };
}

/** A tensor without radii. */
export const sure = (type: ElementType, dims: readonly number[], values: Iterable<number>) =>
  fromPlainValue(tensorOf(type, dims, values)) as ExactTensor;

/** The tensor with undecided elements. */
export const undecided = (t: ExactTensor, ...at: number[]): ExactTensor => ({
  ...t,
  undecided: Uint8Array.from({ length: t.data.length }, (_, i) => (at.includes(i) ? 1 : 0)),
});

/** The results of one op on exact operands. */
export function run(text: string, ...operands: readonly ExactTensor[]): ExactTensor[] {
  const module = opModule(
    operands.map((t) => t.shape),
    text,
  );
  const { value } = runExact(module, operands);
  return leaves(value);
}

/** The tensors of a value. */
export const leaves = (v: ExactValue): ExactTensor[] =>
  v.kind === 'tuple' ? v.elements.flatMap(leaves) : v.kind === 'tensor' ? [v] : [];

/** 1 for each undecided element. */
export const marks = (t: ExactTensor) => Array.from(t.undecided ?? new Uint8Array(t.data.length));
