/** Reading the integers that index operands hold (start indices of slices, gather, scatter). */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { TensorData, Value } from '../../../graphs/ir/tensor.ts';

/** What index operands must offer: any tensor, exact or not, has it. */
export interface IndexTensor {
  readonly shape: { readonly dims: readonly number[] };
  readonly data: TensorData;
}

/** The tensor behind an operand value; a tuple or token is an error. */
export function indexTensor(value: Value | undefined): IndexTensor {
  if (value?.kind !== 'tensor') return fail('run/bad-operand', 'an index operand must be an array');
  return value;
}

/** Element i as a number; 64-bit integers beyond 2^53 keep their side of every bound. */
export function indexAt(tensor: IndexTensor, i: number): number {
  return Number(tensor.data[i]);
}

/** The start indices of dynamic-slice and its kin: one scalar a dimension, or one vector. */
export function startIndices(values: readonly Value[], rank: number): number[] {
  const tensors = values.map(indexTensor);
  if (tensors.length === 1 && tensors[0].shape.dims.length === 1) {
    return Array.from({ length: rank }, (_, d) => indexAt(tensors[0], d));
  }
  return tensors.map((t) => indexAt(t, 0));
}

/** Start indices moved so that a window of `sizes` lies within `dims`. */
export function clampStarts(
  starts: readonly number[],
  dims: readonly number[],
  sizes: readonly number[],
): number[] {
  return starts.map((s, d) => Math.max(0, Math.min(s, dims[d] - sizes[d])));
}
