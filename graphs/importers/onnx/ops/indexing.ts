/** Gathers and scatters; negative indices count from the end. */
import { byName } from '../../../ir/by-name.ts';
import { isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { arrayShape } from '../../../ir/shape.ts';
import { dimsOf, type Hlo, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { BinaryOpcode } from '../../lowering/neutral.ts';
import { takeRows } from '../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

/** Indices with those below zero counted from the end of a dimension. */
export function wrapIndices(h: Hlo, indices: Instruction, size: number): Instruction {
  const wide = h.convert(indices, 's64');
  return h.select(h.compare('LT', wide, 0), h.add(wide, size), wide);
}

const gather: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const dims = dimsOf(x);
  const axis = c.axis(c.int('axis', 0));
  const indices = wrapIndices(h, c.input(1), dims[axis]!);
  const n = rankOf(indices);
  return h.op('gather', [x, indices], {
    offset_dims: [...range(axis), ...range(dims.length - axis - 1, axis + n)],
    collapsed_slice_dims: [axis],
    start_index_map: [axis],
    index_vector_dim: n,
    slice_sizes: dims.map((d, k) => (k === axis ? Math.min(1, d) : d)),
  });
};

/** Full coordinates [..., rank] of positions whose coordinate along `axis` is given. */
function coordinatesAlong(h: Hlo, indices: Instruction, axis: number): Instruction {
  const dims = dimsOf(indices);
  const columns = dims.map((_, k) => {
    const column = k === axis ? indices : h.iota('s64', dims, k);
    return h.reshape(column, [...dims, 1]);
  });
  return h.concat(columns, dims.length);
}

/** Elements of x at coordinates [..., rank]. */
export function takePoints(h: Hlo, x: Instruction, coordinates: Instruction): Instruction {
  const rank = rankOf(x);
  return h.op('gather', [x, coordinates], {
    offset_dims: [],
    collapsed_slice_dims: range(rank),
    start_index_map: range(rank),
    index_vector_dim: rankOf(coordinates) - 1,
    slice_sizes: range(rank).map(() => 1),
  });
}

/** numpy's take_along_axis; indices of x's rank, not negative. */
export function takeAlong(h: Hlo, x: Instruction, indices: Instruction, axis: number): Instruction {
  return takePoints(h, x, coordinatesAlong(h, indices, axis));
}

const gatherElements: Lower = (c) => {
  const axis = c.axis(c.int('axis', 0));
  return takeAlong(c.h, c.input(0), wrapIndices(c.h, c.input(1), c.dims(0)[axis]!), axis);
};

/** Every component of index vectors [..., n] wrapped to its dimension's size. */
function wrapVectors(h: Hlo, indices: Instruction, sizes: readonly number[]): Instruction {
  const wide = h.convert(indices, 's64');
  return h.select(h.compare('LT', wide, 0), h.add(wide, h.integers(sizes)), wide);
}

const gatherNd: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const dims = dimsOf(x);
  const batch = c.int('batch_dims', 0);
  const n = c.dims(1).at(-1)!;
  const own = wrapVectors(h, c.input(1), dims.slice(batch, batch + n));
  const lead = dimsOf(own).slice(0, -1);
  const columns = range(batch).map((k) => h.reshape(h.iota('s64', lead, k), [...lead, 1]));
  const indices = h.concat([...columns, own], lead.length);
  const indexed = range(batch + n);
  return h.op('gather', [x, indices], {
    offset_dims: range(dims.length - batch - n, lead.length),
    collapsed_slice_dims: indexed,
    start_index_map: indexed,
    index_vector_dim: lead.length,
    slice_sizes: dims.map((d, k) => (k < batch + n ? 1 : d)),
  });
};

const reductions: Readonly<Record<string, BinaryOpcode>> = byName({
  add: 'add',
  mul: 'multiply',
  max: 'maximum',
  min: 'minimum',
});

/** The computation of a scatter's reduction; `none` takes the update. */
function combiner(c: NodeContext): string {
  const type = typeOf(c.input(0));
  const reduction = c.string('reduction', 'none');
  if (reduction !== 'none') {
    const opcode = reductions[reduction] ?? c.refuse(`the reduction ${reduction} is unknown`);
    return c.h.reducer(opcode, type);
  }
  return c.h.computation(`second.${type}`, (h) => {
    h.parameter('old', arrayShape(type, []));
    return h.parameter('new', arrayShape(type, []));
  });
}

const scatterElements: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', 0));
  const indices = coordinatesAlong(h, wrapIndices(h, c.input(1), dimsOf(x)[axis]!), axis);
  return h.op('scatter', [x, indices, c.input(2)], {
    update_window_dims: [],
    inserted_window_dims: range(rankOf(x)),
    scatter_dims_to_operand_dims: range(rankOf(x)),
    index_vector_dim: rankOf(x),
    to_apply: combiner(c),
  });
};

const scatterNd: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const n = c.dims(1).at(-1)!;
  const lead = c.dims(1).length - 1;
  const indices = wrapVectors(h, c.input(1), dimsOf(x).slice(0, n));
  return h.op('scatter', [x, indices, c.input(2)], {
    update_window_dims: range(rankOf(x) - n, lead),
    inserted_window_dims: range(n),
    scatter_dims_to_operand_dims: range(n),
    index_vector_dim: lead,
    to_apply: combiner(c),
  });
};

const oneHot: Lower = (c) => {
  const { h } = c;
  const depth = c.list(1)[0]!;
  const [off, on] = [0, 1].map((k) => h.reshape(h.sliceDim(c.input(2), 0, k, k + 1), []));
  const axis = c.axis(c.int('axis', -1), rankOf(c.input(0)) + 1);
  const dims = [...c.dims(0)];
  dims.splice(axis, 0, depth);
  const given = c.input(0);
  const wide = isFloat(typeOf(given)) ? h.convert(given, 's64') : given;
  const indices = wrapIndices(h, wide, depth);
  const kept = range(dims.length).filter((k) => k !== axis);
  const hot = h.compare('EQ', h.broadcastInDim(indices, dims, kept), h.iota('s64', dims, axis));
  return h.select(hot, on!, off!);
};

/** Rows of x where a known condition holds. */
const compress: Lower = (c) => {
  const { h } = c;
  const axis = c.int('axis');
  const x = axis === undefined ? h.reshape(c.input(0), [product(c.dims(0))]) : c.input(0);
  const picks = c.list(1).flatMap((on, k) => (on ? [k] : []));
  return takeRows(h, x, axis === undefined ? 0 : c.axis(axis), picks);
};

/** The first len elements of each sequence reversed. */
const reverseSequence: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const [batch, time] = [c.int('batch_axis', 1), c.int('time_axis', 0)];
  const t = h.iota('s64', dimsOf(x), time);
  const lengths = h.broadcastInDim(h.convert(c.input(1), 's64'), dimsOf(x), [batch]);
  const mirrored = h.sub(h.sub(lengths, 1), t);
  return takeAlong(h, x, h.select(h.compare('LT', t, lengths), mirrored, t), time);
};

/** Writes updates into a cache at an index a batch, linearly or round the end. */
const tensorScatter: Lower = (c) => {
  const { h } = c;
  const [x, update] = [c.input(0), c.input(1)];
  const axis = c.axis(c.int('axis', -2));
  const dims = dimsOf(update);
  const steps = h.iota('s64', dims, axis);
  const starts = c.inputs[2] && h.broadcastInDim(h.convert(c.input(2), 's64'), dims, [0]);
  const at = starts ? h.add(steps, starts) : steps;
  const circular = c.word('mode', 'linear', ['linear', 'circular']) === 'circular';
  const indices = circular ? h.binary('remainder', at, h.fullLike(at, dimsOf(x)[axis]!)) : at;
  return h.op('scatter', [x, coordinatesAlong(h, indices, axis), update], {
    update_window_dims: [],
    inserted_window_dims: range(rankOf(x)),
    scatter_dims_to_operand_dims: range(rankOf(x)),
    index_vector_dim: rankOf(x),
    to_apply: combiner(c),
  });
};

/** Rows by operator of the standard domain. */
export const indexing: LowerTable = {
  Compress: compress,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TensorScatter: tensorScatter,
};
