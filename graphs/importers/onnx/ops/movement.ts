/** Ops that move elements by sizes that are known: slices, pads, tiles, transpositions. */
import type { Instruction } from '../../../ir/module.ts';
import { broadcastDims, dimsOf, type Hlo, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { takeRows } from '../../lowering/take-rows.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';

const transpose: Lower = (c) => {
  const rank = rankOf(c.input(0));
  const perm = c.ints('perm') ?? range(rank).reverse();
  return c.h.transpose(
    c.input(0),
    perm.map((d) => c.axis(d)),
  );
};

const concat: Lower = (c) => c.h.concat(c.rest(), c.axis(c.int('axis', 1)));

/** Sizes of the parts: given, or equal with a smaller last one. */
function splitSizes(c: NodeContext, size: number): readonly number[] {
  const given = c.axes('split', 1);
  if (given) return given;
  const n = c.int('num_outputs') ?? c.node.output.length;
  const part = Math.ceil(size / n);
  return range(n).map((k) => Math.max(0, Math.min(part, size - k * part)));
}

const split: Lower = (c) => {
  const x = c.input(0);
  const axis = c.axis(c.int('axis', 0));
  let start = 0;
  return splitSizes(c, dimsOf(x)[axis]!).map((n) => {
    start += n;
    return c.h.sliceDim(x, axis, start - n, start);
  });
};

/**
 * A slice of one dimension: the first index, the step, the number of elements. Going backward a start
 * is clamped to an element, as the specification has it; Python's own may come to lie before the first.
 */
function sliceOf(size: number, start: number, end: number, step: number) {
  const clamp = (at: number, low: number, high: number) =>
    Math.max(low, Math.min(at < 0 ? at + size : at, high));
  const first = clamp(start, 0, step > 0 ? size : size - 1);
  const last = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  const count = size === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step));
  return { first, step, count };
}

const slice: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const dims = dimsOf(x);
  const starts = c.axesOf('starts', 1);
  const ends = c.axesOf('ends', 2);
  const axes = c.axes('axes', 3)?.map((a) => c.axis(a)) ?? range(starts.length);
  const steps = c.numbers(4) ?? starts.map(() => 1);
  c.need(!steps.includes(0), 'a step is 0');
  const parts = dims.map((size) => sliceOf(size, 0, size, 1));
  for (const [k, axis] of axes.entries()) {
    parts[axis] = sliceOf(dims[axis]!, starts[k]!, ends[k]!, steps[k]!);
  }
  return takeSlices(h, x, parts);
};

function takeSlices(h: Hlo, x: Instruction, parts: readonly ReturnType<typeof sliceOf>[]) {
  const backward = range(parts.length).filter((k) => parts[k]!.step < 0);
  const low = parts.map(({ first, step, count }) =>
    count === 0 ? 0 : step < 0 ? first + (count - 1) * step : first,
  );
  const high = parts.map(({ step, count }, k) =>
    count === 0 ? 0 : low[k]! + (count - 1) * Math.abs(step) + 1,
  );
  const strides = parts.map(({ step }) => Math.abs(step));
  return h.reverse(h.slice(x, low, high, strides), backward);
}

const expand: Lower = (c) => {
  const wanted = c.numbers(1) ?? [];
  return c.h.broadcast(c.input(0), broadcastDims(c.dims(0), wanted));
};

const tile: Lower = (c) => {
  const repeats = c.opset < 6 ? oldRepeats(c) : c.list(1);
  return repeats.reduce((x, n, axis) => repeat(c.h, x, axis, n), c.input(0));
};

function oldRepeats(c: NodeContext): number[] {
  const [n, axis] = [c.list(1)[0]!, c.list(2)[0]!];
  return c.dims(0).map((_, k) => (k === axis ? n : 1));
}

/** x repeated n times along a dimension. */
function repeat(h: Hlo, x: Instruction, axis: number, n: number): Instruction {
  if (n === 1) return x;
  const dims = dimsOf(x);
  const spread = [...dims.slice(0, axis), n, ...dims.slice(axis)];
  const kept = range(spread.length).filter((k) => k !== axis);
  const sizes = dims.map((d, k) => (k === axis ? d * n : d));
  return h.reshape(h.broadcastInDim(x, spread, kept), sizes);
}

const padOp: Lower = (c) => {
  const x = c.input(0);
  const rank = rankOf(x);
  const pads = c.ints('pads') ?? c.ints('paddings') ?? c.list(1);
  const axes = c.numbers(3)?.map((a) => c.axis(a)) ?? range(rank);
  const [low, high] = [range(rank).map(() => 0), range(rank).map(() => 0)];
  for (const [k, axis] of axes.entries()) {
    low[axis] = pads[k]!;
    high[axis] = pads[k + axes.length]!;
  }
  const mode = c.word('mode', 'constant', ['constant', 'reflect', 'edge', 'wrap']);
  if (mode !== 'constant') return padFromWithin(c, x, low, high, mode);
  const fill = c.inputs[2] ? c.h.reshape(c.input(2), []) : c.float('value', 0);
  return c.h.pad(x, fill, low, high);
};

/** Padding with elements of x itself: which index stands at position `at` outside or inside. */
const sources = {
  edge: (at: number, size: number) => Math.max(0, Math.min(at, size - 1)),
  wrap: (at: number, size: number) => ((at % size) + size) % size,
  reflect: (at: number, size: number) => {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const m = ((at % period) + period) % period;
    return m < size ? m : period - m;
  },
};

function padFromWithin(
  c: NodeContext,
  x: Instruction,
  low: readonly number[],
  high: readonly number[],
  mode: keyof typeof sources,
): Instruction {
  return low.reduce((y, l, axis) => {
    const size = dimsOf(y)[axis]!;
    if (l === 0 && high[axis] === 0) return y;
    c.need(size > 0, `an empty dimension cannot be padded with mode ${mode}`);
    const picks = range(size + l + high[axis]!, -l).map((at) => sources[mode](at, size));
    return takeRows(c.h, y, axis, picks);
  }, x);
}

const depthToSpace: Lower = (c) => {
  const [n, depth, height, width] = c.dims(0) as [number, number, number, number];
  const b = c.int('blocksize', 1);
  const d = depth / (b * b);
  const dcr = c.word('mode', 'DCR', ['DCR', 'CRD']) === 'DCR';
  const split = dcr ? [n, b, b, d, height, width] : [n, d, b, b, height, width];
  const order = dcr ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  const moved = c.h.transpose(c.h.reshape(c.input(0), split), order);
  return c.h.reshape(moved, [n, d, height * b, width * b]);
};

const spaceToDepth: Lower = (c) => {
  const [n, depth, height, width] = c.dims(0) as [number, number, number, number];
  const b = c.int('blocksize', 1);
  const split = [n, depth, height / b, b, width / b, b];
  const dcr = c.word('mode', 'DCR', ['DCR', 'CRD']) === 'DCR';
  const order = dcr ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4];
  const moved = c.h.transpose(c.h.reshape(c.input(0), split), order);
  return c.h.reshape(moved, [n, depth * b * b, height / b, width / b]);
};

/** Crops or pads at the centre to given sizes; the odd element goes to the end. */
const centerCropPad: Lower = (c) => {
  const x = c.input(0);
  const axes = c.ints('axes')?.map((a) => c.axis(a)) ?? range(rankOf(x));
  return c.list(1).reduce((y, wanted, k) => {
    const axis = axes[k]!;
    const extra = wanted - dimsOf(y)[axis]!;
    if (extra <= 0) {
      const start = Math.floor(-extra / 2);
      return c.h.sliceDim(y, axis, start, start + wanted);
    }
    const low = range(rankOf(y)).map((d) => (d === axis ? Math.floor(extra / 2) : 0));
    const high = range(rankOf(y)).map((d) => (d === axis ? Math.ceil(extra / 2) : 0));
    return c.h.pad(y, 0, low, high);
  }, x);
};

const dropout: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const ratio = c.inputs[1] ? c.list(1)[0]! : c.opset < 12 ? c.float('ratio', 0.5) : 0.5;
  const training = c.opset < 7 ? !c.flag('is_test') : c.numbers(2)?.[0] === 1;
  if (training && ratio !== 0) c.refuse('dropout in training draws random numbers', 'onnx/random');
  return [x, c.wants(1) ? h.full(c.opset < 10 ? typeOf(x) : 'pred', dimsOf(x), 1) : undefined];
};

/** Rows by operator of the standard domain. */
export const movement: LowerTable = {
  CenterCropPad: centerCropPad,
  Concat: concat,
  DepthToSpace: depthToSpace,
  Dropout: dropout,
  Expand: expand,
  Identity: (c) => c.input(0),
  Pad: padOp,
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Tile: tile,
  Transpose: transpose,
};
