/** Slices, splits, gathers and scatters, and resizing, which picks and blends by fixed places. */
import type { Instruction } from '../../../ir/module.ts';
import { arrayShape } from '../../../ir/shape.ts';
import { tensorOf } from '../../../ir/tensor.ts';
import { dimsOf, type Hlo, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { takeRows } from '../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { sizes } from './creation.ts';

const slice: Lower = (c) => {
  const x = c.tensor('x');
  const [begin, size] = [c.numbers('begin'), c.numbers('size')];
  const dims = dimsOf(x);
  c.need(begin.length === dims.length && size.length === dims.length, `ranks differ`);
  const limits = dims.map((d, k) => (size[k] === -1 ? d : begin[k]! + size[k]!));
  const inside = dims.every((d, k) => begin[k]! >= 0 && begin[k]! <= limits[k]! && limits[k]! <= d);
  c.need(inside, `begin [${begin}] and size [${size}] lie outside of [${dims}]`);
  return c.h.slice(x, begin, limits);
};

/** What a strided slice does to one dimension of the input. */
interface Cut {
  readonly start: number;
  readonly limit: number;
  readonly stride: number;
  /** The index names one element, whose dimension goes. */
  readonly shrink: boolean;
}

/** Python's slicing: masks by bit say which bounds are left out, which dimensions come and go. */
const stridedSlice: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const [begin, end, strides] = ['begin', 'end', 'strides'].map((name) => c.numbers(name));
  const has = (mask: string, k: number) => ((c.number(mask) >> k) & 1) === 1;
  const count = begin!.length;
  const fresh = range(count).filter((k) => has('newAxisMask', k)).length;
  const ellipsis = range(count).find((k) => has('ellipsisMask', k));
  const skipped = rankOf(x) - (count - fresh) + (ellipsis === undefined ? 0 : 1);
  c.need(skipped >= 0 && begin!.length === end!.length, 'more indices than dimensions');
  const cuts: (Cut | 'new')[] = [];
  const whole = () => {
    const at = cuts.filter((cut) => cut !== 'new').length;
    cuts.push({ start: 0, limit: dimsOf(x)[at]!, stride: 1, shrink: false });
  };
  for (const k of range(count)) {
    const at = cuts.filter((cut) => cut !== 'new').length;
    if (k === ellipsis) range(skipped).forEach(whole);
    else if (has('newAxisMask', k)) cuts.push('new');
    else {
      const bounds = {
        begin: has('beginMask', k) ? undefined : begin![k]!,
        end: has('endMask', k) ? undefined : end![k]!,
      };
      const shrink = has('shrinkAxisMask', k);
      cuts.push(cutOf(c, dimsOf(x)[at]!, bounds, strides![k]!, shrink));
    }
  }
  if (ellipsis === undefined) range(skipped).forEach(whole);
  return applyCuts(h, x, cuts);
};

function cutOf(
  c: NodeContext,
  size: number,
  { begin, end }: { readonly begin: number | undefined; readonly end: number | undefined },
  stride: number,
  shrink: boolean,
): Cut {
  c.need(Number.isInteger(stride) && stride !== 0, 'a stride is zero');
  const forward = stride > 0;
  const [lowest, highest] = forward ? [0, size] : [-1, size - 1];
  const place = (v: number) => Math.min(Math.max(v < 0 ? v + size : v, lowest), highest);
  if (shrink) {
    const at = begin === undefined ? 0 : begin < 0 ? begin + size : begin;
    c.need(at >= 0 && at < size, `index ${begin} lies outside of ${size} elements`);
    return { start: at, limit: at + 1, stride: 1, shrink };
  }
  const start = begin === undefined ? (forward ? lowest : highest) : place(begin);
  const limit = end === undefined ? (forward ? highest : lowest) : place(end);
  return { start, limit, stride, shrink };
}

function applyCuts(h: Hlo, x: Instruction, all: readonly (Cut | 'new')[]): Instruction {
  const cuts = all.filter((cut) => cut !== 'new');
  const count = (cut: Cut) => Math.max(0, Math.ceil((cut.limit - cut.start) / cut.stride));
  const backward = range(cuts.length).filter((k) => cuts[k]!.stride < 0);
  const forward = cuts.map((cut) => {
    if (cut.stride > 0) return { ...cut, limit: Math.max(cut.start, cut.limit) };
    const n = count(cut);
    const first = n ? cut.start + (n - 1) * cut.stride : 0;
    return { start: first, limit: n ? cut.start + 1 : 0, stride: -cut.stride };
  });
  const taken = h.slice(
    x,
    forward.map((f) => f.start),
    forward.map((f) => f.limit),
    forward.map((f) => f.stride),
  );
  const dims = all.flatMap((cut) => {
    if (cut === 'new') return [1];
    return cut.shrink ? [] : [count(cut)];
  });
  return h.reshape(h.reverse(taken, backward), dims);
}

/** Parts of the given sizes along a dimension. */
function parts(c: NodeContext, x: Instruction, axis: number, lengths: readonly number[]) {
  const total = lengths.reduce((a, b) => a + b, 0);
  const fits = lengths.every((l) => Number.isInteger(l) && l >= 0) && total === dimsOf(x)[axis];
  c.need(fits, `parts of ${lengths} do not make up ${dimsOf(x)[axis]} elements`);
  const starts = lengths.map((_, k) => lengths.slice(0, k).reduce((a, b) => a + b, 0));
  return lengths.map((l, k) => c.h.sliceDim(x, axis, starts[k]!, starts[k]! + l));
}

const split: Lower = (c) => {
  const x = c.tensor('x');
  const axis = c.axis(c.number('axis'), rankOf(x));
  const n = c.number('numOrSizeSplits');
  c.need(n > 0 && n <= Math.max(1, dimsOf(x)[axis]!), `${n} parts`);
  return parts(c, x, axis, Array(n).fill(dimsOf(x)[axis]! / n));
};

const splitBySizes: Lower = (c) => {
  const x = c.tensor('x');
  const axis = c.axis(c.number('axis'), rankOf(x));
  const given = c.numbers('numOrSizeSplits');
  const rest = dimsOf(x)[axis]! - given.reduce((a, b) => a + Math.max(b, 0), 0);
  return parts(
    c,
    x,
    axis,
    given.map((l) => (l === -1 ? rest : l)),
  );
};

const unpack: Lower = (c) => {
  const x = c.tensor('tensor');
  const axis = c.axis(c.number('axis'), rankOf(x));
  const dims = dimsOf(x).filter((_, k) => k !== axis);
  return range(dimsOf(x)[axis]!).map((k) => c.h.reshape(c.h.sliceDim(x, axis, k, k + 1), dims));
};

const gather =
  (axisOf: (c: NodeContext) => number, batchOf: (c: NodeContext) => number): Lower =>
  (c) => {
    const [x, indices] = [c.tensor('x'), c.h.convert(c.tensor('indices'), 's32')];
    const dims = dimsOf(x);
    const axis = c.axis(axisOf(c), dims.length);
    const batch = batchOf(c) < 0 ? batchOf(c) + rankOf(indices) : batchOf(c);
    c.need(batch >= 0 && batch <= Math.min(axis, rankOf(indices)), `batchDims ${batch}`);
    const own = rankOf(indices) - batch;
    return c.h.op('gather', [x, indices], {
      offset_dims: [...range(axis - batch, batch), ...range(dims.length - axis - 1, axis + own)],
      collapsed_slice_dims: [axis],
      operand_batching_dims: range(batch),
      start_indices_batching_dims: range(batch),
      start_index_map: [axis],
      index_vector_dim: rankOf(indices),
      slice_sizes: dims.map((d, k) => (k === axis || k < batch ? 1 : d)),
    });
  };

const gatherNd: Lower = (c) => {
  const [x, indices] = [c.tensor('x'), c.h.convert(c.tensor('indices'), 's32')];
  const n = dimsOf(indices).at(-1) ?? 0;
  c.need(rankOf(indices) > 0 && n <= rankOf(x), 'the index vectors are too long');
  const lead = rankOf(indices) - 1;
  return c.h.op('gather', [x, indices], {
    offset_dims: range(rankOf(x) - n, lead),
    collapsed_slice_dims: range(n),
    start_index_map: range(n),
    index_vector_dim: lead,
    slice_sizes: dimsOf(x).map((d, k) => (k < n ? 1 : d)),
  });
};

/** Updates put (or added) at index vectors. */
function scatter(
  c: NodeContext,
  into: Instruction,
  updates: Instruction,
  computation: string,
): Instruction {
  const indices = c.h.convert(c.tensor('indices'), 's32');
  const n = dimsOf(indices).at(-1) ?? 0;
  c.need(rankOf(indices) > 0 && n <= rankOf(into), 'the index vectors are too long');
  const lead = rankOf(indices) - 1;
  return c.h.op('scatter', [into, indices, updates], {
    update_window_dims: range(rankOf(into) - n, lead),
    inserted_window_dims: range(n),
    scatter_dims_to_operand_dims: range(n),
    index_vector_dim: lead,
    to_apply: computation,
  });
}

/** Into zeros, where several updates of one place add up. */
const scatterNd: Lower = (c) => {
  const updates = c.tensor('values');
  const zeros = c.h.full(typeOf(updates), sizes(c, 'shape'), 0);
  return scatter(c, zeros, updates, c.h.reducer('add', typeOf(updates)));
};

const scatterUpdate: Lower = (c) => {
  const updates = c.tensor('values');
  const type = typeOf(updates);
  const second = c.h.computation(`second.${type}`, (h) => {
    h.parameter('old', arrayShape(type, []));
    return h.parameter('new', arrayShape(type, []));
  });
  return scatter(c, c.tensor('tensor'), updates, second);
};

/** Where each of `to` pixels lies among `from`, by the conventions of TensorFlow's resizing. */
function places(c: NodeContext, from: number, to: number): number[] {
  const [aligned, centred] = [c.flag('alignCorners'), c.flag('halfPixelCenters')];
  const scale = aligned && to > 1 ? (from - 1) / (to - 1) : from / to;
  return range(to).map((k) => (centred ? scale * (k + 0.5) : scale * k));
}

function imageAndSizes(c: NodeContext) {
  const x = c.tensor('images');
  const wanted = sizes(c, 'size');
  c.need(rankOf(x) === 4 && wanted.length === 2, 'an image of rank 4 and two sizes are expected');
  const [batch, , , channels] = dimsOf(x) as [number, number, number, number];
  c.need(product(wanted) * batch * channels <= 2 ** 28, `${wanted} is too large`);
  c.need(product(dimsOf(x)) > 0, 'the image is empty');
  return { x, wanted };
}

const resizeNearest: Lower = (c) => {
  const { x, wanted } = imageAndSizes(c);
  const nearest = c.flag('alignCorners') ? Math.round : Math.floor;
  return wanted.reduce((value, to, k) => {
    const from = dimsOf(x)[k + 1]!;
    const picks = places(c, from, to).map((p) => Math.max(0, Math.min(from - 1, nearest(p))));
    return takeRows(c.h, value, k + 1, picks);
  }, x);
};

/** Blends columns, then rows: near + (far − near) · fraction. */
const resizeBilinear: Lower = (c) => {
  const { h } = c;
  const { x, wanted } = imageAndSizes(c);
  const shift = c.flag('halfPixelCenters') ? 0.5 : 0;
  return [2, 1].reduce((value, dim) => {
    const from = dimsOf(x)[dim]!;
    const at = places(c, from, wanted[dim - 1]!).map((p) => p - shift);
    const low = at.map((p) => Math.max(0, Math.floor(p)));
    const high = at.map((p) => Math.min(from - 1, Math.ceil(p)));
    const [near, far] = [low, high].map((picks) => takeRows(h, value, dim, picks));
    const fractions = at.map((p, k) => Math.fround(p - low[k]!));
    if (fractions.every((f) => f === 0)) return near!;
    const weights = h.constant(tensorOf('f32', [at.length], fractions));
    const spread = h.broadcastInDim(weights, dimsOf(near!), [dim]);
    return h.add(near!, h.mul(h.sub(far!, near!), spread));
  }, c.float(x));
};

/** Rows by TensorFlow op. */
export const indexing: LowerTable = {
  Gather: gather(
    () => 0,
    () => 0,
  ),
  GatherNd: gatherNd,
  GatherV2: gather(
    (c) => c.number('axis'),
    (c) => c.number('batchDims'),
  ),
  ResizeBilinear: resizeBilinear,
  ResizeNearestNeighbor: resizeNearest,
  ScatterNd: scatterNd,
  Slice: slice,
  Split: split,
  SplitV: splitBySizes,
  StridedSlice: stridedSlice,
  TensorScatterUpdate: scatterUpdate,
  Unpack: unpack,
};
