/** The index map of gather: https://openxla.org/xla/operation_semantics#gather */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { otherDims, stridedIndices } from '../loops/strides.ts';
import { windowStarts } from './gather-starts.ts';
import type { IndexTensor } from './index-values.ts';
import type { Move } from './move.ts';

/** result[batch, offset] = operand[clamp(start(batch)) + offset]. */
export function gatherMove(
  instruction: InstructionOf<'gather'>,
  operand: ArrayShape,
  indices: IndexTensor,
): Move {
  const { attrs } = instruction;
  const { dims } = instruction.shape as ArrayShape;
  const starts = windowStarts(
    indices,
    operand.dims,
    attrs.slice_sizes,
    {
      indexVectorDim: attrs.index_vector_dim,
      indexMap: attrs.start_index_map,
      operandBatching: attrs.operand_batching_dims,
      indicesBatching: attrs.start_indices_batching_dims,
    },
    true,
  );
  const operandStrides = rowMajorStrides(operand.dims);
  const startStrides = rowMajorStrides(starts.dims);
  const windowDims = otherDims(
    operand.dims.length,
    attrs.collapsed_slice_dims,
    attrs.operand_batching_dims,
  );
  const batchDims = otherDims(dims.length, attrs.offset_dims);
  const stride = (d: number) => operandStrides[windowDims[attrs.offset_dims.indexOf(d)]] ?? 0;
  const inner = attrs.offset_dims;
  if (inner.every((d, k) => d === batchDims.length + k)) {
    const sizes = inner.map((d) => dims[d]);
    return { dims, source: starts.offsets, window: stridedIndices(sizes, inner.map(stride)) };
  }
  const position = dims.map((_, d) => startStrides[batchDims.indexOf(d)] ?? 0);
  const source = stridedIndices(
    dims,
    dims.map((_, d) => stride(d)),
  );
  const at = stridedIndices(dims, position);
  for (let i = 0; i < source.length; i++) source[i] += starts.offsets[at[i]];
  return { dims, source };
}
