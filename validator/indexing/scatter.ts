/** The index map of scatter: https://openxla.org/xla/operation_semantics#scatter */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { windowStarts } from './gather-starts.ts';
import type { IndexTensor } from './index-values.ts';
import { otherDims, stridedIndices } from './strided.ts';

/**
 * For every element of the updates (row-major) the operand element that it goes to; -1 where its
 * window does not lie wholly inside the operand, in which case XLA applies no part of it.
 */
export function scatterTargets(
  attrs: InstructionOf<'scatter'>['attrs'],
  operand: ArrayShape,
  indices: IndexTensor,
  updates: ArrayShape,
): Int32Array {
  const windowDims = otherDims(
    operand.dims.length,
    attrs.inserted_window_dims,
    attrs.input_batching_dims,
  );
  const sizes = operand.dims.map(() => 1);
  windowDims.forEach((d, k) => {
    sizes[d] = updates.dims[attrs.update_window_dims[k]];
  });
  const starts = windowStarts(
    indices,
    operand.dims,
    sizes,
    {
      indexVectorDim: attrs.index_vector_dim,
      indexMap: attrs.scatter_dims_to_operand_dims,
      operandBatching: attrs.input_batching_dims,
      indicesBatching: attrs.scatter_indices_batching_dims,
    },
    false,
  );
  const operandStrides = rowMajorStrides(operand.dims);
  const startStrides = rowMajorStrides(starts.dims);
  const positionDims = otherDims(updates.dims.length, attrs.update_window_dims);
  const windowStride = (d: number) =>
    operandStrides[windowDims[attrs.update_window_dims.indexOf(d)]] ?? 0;
  const within = stridedIndices(
    updates.dims,
    updates.dims.map((_, d) => windowStride(d)),
  );
  const at = stridedIndices(
    updates.dims,
    updates.dims.map((_, d) => startStrides[positionDims.indexOf(d)] ?? 0),
  );
  return within.map((w, i) => (starts.offsets[at[i]] < 0 ? -1 : starts.offsets[at[i]] + w));
}
