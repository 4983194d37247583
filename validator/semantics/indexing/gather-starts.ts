/**
 * Index arithmetic common to gather and scatter: index vectors out of an index operand, and the
 * operand offsets that they and the batching dimensions name.
 */
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { TensorData } from '../../../graphs/ir/tensor.ts';
import { specialised } from '../loops/specialise.ts';
import { otherDims, stridedIndices } from '../loops/strides.ts';
import type { IndexTensor } from './index-values.ts';

/** Dimension numbers of index vectors, of gather or scatter alike. */
export interface IndexDims {
  /** Dimension of the index operand that holds the index vectors; its rank: they are scalars. */
  readonly indexVectorDim: number;
  /** Operand dimension that each component of an index vector selects in. */
  readonly indexMap: readonly number[];
  readonly operandBatching: readonly number[];
  readonly indicesBatching: readonly number[];
}

/** Where each window begins. */
export interface Starts {
  /** Sizes of the index operand without its index vector dimension. */
  readonly dims: readonly number[];
  /** Per position (row-major over dims) the first operand element of its window; -1: out of bounds. */
  readonly offsets: Int32Array;
}

/**
 * Where each window begins. `sizes` are the window's sizes in every operand dimension. With `clamp`
 * (gather) starts move inside; without (scatter) a window that does not fit is left out as -1.
 */
export function windowStarts(
  indices: IndexTensor,
  operandDims: readonly number[],
  sizes: readonly number[],
  by: IndexDims,
  clamp: boolean,
): Starts {
  const rank = indices.shape.dims.length;
  const positionDims = otherDims(rank, [by.indexVectorDim]);
  const strides = rowMajorStrides(indices.shape.dims);
  const operandStrides = rowMajorStrides(operandDims);
  const dims = positionDims.map((d) => indices.shape.dims[d]);
  const vectorAt = stridedIndices(
    dims,
    positionDims.map((d) => strides[d]),
  );
  const componentStride = by.indexVectorDim < rank ? strides[by.indexVectorDim] : 0;
  const batchStrides = positionDims.map((d) => {
    const k = by.indicesBatching.indexOf(d);
    return k < 0 ? 0 : operandStrides[by.operandBatching[k]];
  });
  const offsets = stridedIndices(dims, batchStrides);
  const add = specialised(addComponents, indices.data.constructor.name, offsets.length);
  by.indexMap.forEach((d, c) => {
    const component = { shift: c * componentStride, last: operandDims[d] - sizes[d] };
    add(offsets, indices.data, vectorAt, { ...component, stride: operandStrides[d] }, clamp);
  });
  return { dims, offsets };
}

/** One component of all index vectors: where it stands in them, and how far it may go. */
interface Component {
  readonly shift: number;
  readonly last: number;
  readonly stride: number;
}

function addComponents(
  offsets: Int32Array,
  indices: TensorData,
  vectorAt: Int32Array,
  { shift, last, stride }: Component,
  clamp: boolean,
): void {
  for (let p = 0; p < offsets.length; p++) {
    const start = Number(indices[vectorAt[p] + shift]);
    const inside = start >= 0 && start <= last;
    if (inside && offsets[p] >= 0) offsets[p] += start * stride;
    else if (!clamp) offsets[p] = -1;
    else offsets[p] += Math.max(0, Math.min(start, last)) * stride;
  }
}
