/** The index map of scatter: https://openxla.org/xla/operation_semantics#scatter */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { otherDims, stridedIndices } from '../loops/strides.ts';
import { windowStarts } from './gather-starts.ts';
import type { IndexTensor } from './index-values.ts';

/**
 * Where updates go: update p·n + w, of n elements a window, to operand element starts[p] + window[w];
 * starts[p] is -1 where a window does not lie wholly inside the operand: XLA applies no part of it.
 */
export interface ScatterWindows {
  readonly starts: Int32Array;
  readonly window: Int32Array;
}

/** For every element of the updates (row-major) the operand element that it goes to, or -1. */
export function scatterTargets({ starts, window }: ScatterWindows): Int32Array {
  const targets = new Int32Array(starts.length * window.length);
  for (let p = 0, u = 0; p < starts.length; p++) {
    const start = starts[p];
    for (let w = 0; w < window.length; w++, u++) targets[u] = start < 0 ? -1 : start + window[w];
  }
  return targets;
}

/** The windows of the updates, in row-major order of these. */
export function scatterWindows(
  attrs: InstructionOf<'scatter'>['attrs'],
  operand: ArrayShape,
  indices: IndexTensor,
  updates: ArrayShape,
): ScatterWindows {
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
  const { offsets } = starts;
  if (attrs.update_window_dims.every((d, k) => d === positionDims.length + k)) {
    const sizesOf = attrs.update_window_dims.map((d) => updates.dims[d]);
    const window = stridedIndices(sizesOf, attrs.update_window_dims.map(windowStride));
    return { starts: offsets, window };
  }
  const within = stridedIndices(
    updates.dims,
    updates.dims.map((_, d) => windowStride(d)),
  );
  const at = stridedIndices(
    updates.dims,
    updates.dims.map((_, d) => startStrides[positionDims.indexOf(d)] ?? 0),
  );
  for (let i = 0; i < within.length; i++) {
    const start = offsets[at[i]];
    within[i] = start < 0 ? -1 : start + within[i];
  }
  return { starts: within, window: Int32Array.of(0) };
}
