/** Picking places along one dimension, as a gather. */
import type { Instruction } from '../../ir/module.ts';
import { dimsOf, type Hlo, range } from './hlo.ts';

/** Elements of a dimension by known indices, each in range. */
export function takeRows(h: Hlo, x: Instruction, axis: number, picks: readonly number[]) {
  const dims = dimsOf(x);
  return h.op('gather', [x, h.integers(picks)], {
    offset_dims: range(dims.length).filter((k) => k !== axis),
    collapsed_slice_dims: [axis],
    start_index_map: [axis],
    index_vector_dim: 1,
    slice_sizes: dims.map((d, k) => (k === axis ? 1 : d)),
  });
}
