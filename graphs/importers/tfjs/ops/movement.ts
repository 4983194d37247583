/** Reshaping, joining, padding and rearranging. */
import type { Instruction } from '../../../ir/module.ts';
import { type Dims, dimsOf, product, range, rankOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { sizes } from './creation.ts';

const reshape: Lower = (c) => {
  const x = c.tensor('x');
  const wanted = c.numbers('shape');
  const open = wanted.filter((d) => d === -1).length;
  const rest = product(wanted.filter((d) => d !== -1));
  const total = product(dimsOf(x));
  c.need(open <= 1 && wanted.every((d) => d >= -1), `[${wanted}] is no shape`);
  const dims = wanted.map((d) => (d === -1 ? total / rest : d));
  c.need(
    dims.every(Number.isInteger) && product(dims) === total,
    `[${dimsOf(x)}] does not reshape to [${wanted}]`,
  );
  return c.h.reshape(x, dims);
};

const transpose: Lower = (c) => {
  const x = c.tensor('x');
  const given = c.optionalNumbers('perm');
  const order = given?.length ? given : range(rankOf(x)).reverse();
  c.need([...order].sort((a, b) => a - b).join() === range(rankOf(x)).join(), `perm is ${order}`);
  return c.h.transpose(x, order);
};

const expandDims: Lower = (c) => {
  const dims = [...c.dims('x')];
  dims.splice(c.axis(c.number('axis'), dims.length + 1), 0, 1);
  return c.h.reshape(c.tensor('x'), dims);
};

const squeeze: Lower = (c) => {
  const x = c.tensor('x');
  const raw = c.raw('squeeze_dims') as { readonly list?: { readonly i?: readonly unknown[] } };
  const named = c.optionalNumbers('axis') ?? [];
  const given = named.length ? named : (raw.list?.i ?? []).map(Number);
  const axes = given.map((a) => c.axis(a, rankOf(x)));
  const gone = (d: number, k: number) => (axes.length ? axes.includes(k) : d === 1);
  c.need(
    dimsOf(x).every((d, k) => !gone(d, k) || d === 1),
    `[${dimsOf(x)}] has more than one element along ${axes}`,
  );
  return c.h.reshape(
    x,
    dimsOf(x).filter((d, k) => !gone(d, k)),
  );
};

const concat: Lower = (c) => {
  const xs = c.promoted(...c.tensors('tensors'));
  c.need(xs.length > 0, 'there is nothing to join');
  return c.h.concat(xs, c.axis(c.number('axis'), rankOf(xs[0]!)));
};

const pack: Lower = (c) => {
  const xs = c.promoted(...c.tensors('tensors'));
  c.need(xs.length > 0, 'there is nothing to join');
  const axis = c.axis(c.number('axis'), rankOf(xs[0]!) + 1);
  const parts = xs.map((x) => c.h.reshape(x, dimsOf(x).toSpliced(axis, 0, 1)));
  return c.h.concat(parts, axis);
};

const tile: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const reps = sizes(c, 'reps');
  const dims = dimsOf(x);
  c.need(reps.length === dims.length, `${reps} repetitions for rank ${dims.length}`);
  c.need(product(reps) * product(dims) <= 2 ** 28, `${reps} repetitions are too many`);
  const spread = dims.flatMap((d, k) => [reps[k]!, d]);
  const places = dims.map((_, k) => 2 * k + 1);
  return h.reshape(
    h.broadcastInDim(x, spread, places),
    dims.map((d, k) => d * reps[k]!),
  );
};

const broadcastTo: Lower = (c) => c.h.broadcast(c.tensor('x'), sizes(c, 'shape'));

/** Pairs of (before, after), one a dimension. */
function pairs(c: NodeContext, name: string, rank: number): (readonly [number, number])[] {
  const flat = c.numbers(name);
  c.need(flat.length === 2 * rank, `${name} must be pairs for rank ${rank}`);
  return range(rank).map((k) => [flat[2 * k]!, flat[2 * k + 1]!]);
}

const pad: Lower = (c) => {
  const x = c.tensor('x');
  const given = pairs(c, 'padding', rankOf(x));
  const wanted = dimsOf(x).map((d, k) => d + given[k]![0] + given[k]![1]);
  c.need(product(wanted) <= 2 ** 28 && wanted.every((d) => d >= 0), `[${wanted}] is no shape`);
  const [low, high] = [0, 1].map((side) => given.map((p) => p[side]!));
  return c.h.pad(x, c.number('constantValue'), low!, high!);
};

/** Reflected at the border; `symmetric` repeats the border element. */
const mirrorPad: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const skip = c.word('mode', 'reflect', ['reflect', 'symmetric']) === 'reflect' ? 1 : 0;
  return pairs(c, 'padding', rankOf(x)).reduce((value, [before, after], k) => {
    const n = dimsOf(value)[k]!;
    c.need(Math.max(before, after) <= n - skip, `a padding of ${before}, ${after} for ${n}`);
    const mirrored = (start: number, limit: number) =>
      h.reverse(h.sliceDim(value, k, start, limit), [k]);
    const parts = [
      ...(before ? [mirrored(skip, skip + before)] : []),
      value,
      ...(after ? [mirrored(n - skip - after, n - skip)] : []),
    ];
    return h.concat(parts, k);
  }, x);
};

const reverse: Lower = (c) => {
  const x = c.tensor('x');
  const flags = c.optionalNumbers('dims');
  if (!flags) return c.h.reverse(x, c.axes('axis', x));
  return c.h.reverse(
    x,
    range(rankOf(x)).filter((k) => flags[k]),
  );
};

/** [n, h, w, b·b·d] to [n, h·b, w·b, d], or with channels second. */
const depthToSpace: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const b = c.number('blockSize');
  const first = c.channelsFirst();
  c.need(rankOf(x) === 4, 'an image of rank 4 is expected');
  const image = first ? h.transpose(x, [0, 2, 3, 1]) : x;
  const [n, height, width, depth] = dimsOf(image) as [number, number, number, number];
  const d = depth / (b * b);
  c.need(b > 0 && Number.isInteger(d), `${depth} channels are not ${b} × ${b} blocks`);
  const blocks = h.reshape(image, [n, height, width, b, b, d]);
  const woven = h.transpose(blocks, [0, 1, 3, 2, 4, 5]);
  const result = h.reshape(woven, [n, height * b, width * b, d]);
  return first ? h.transpose(result, [0, 3, 1, 2]) : result;
};

/** Block sizes with the padding (or crops) of each. */
function blocks(c: NodeContext, name: string, x: Instruction) {
  const shape = c.numbers('blockShape');
  const m = shape.length;
  c.need(m < rankOf(x) && shape.every((b) => b > 0), `a block of ${shape} does not fit`);
  return { shape, m, edges: pairs(c, name, m), rest: dimsOf(x).slice(m + 1) };
}

const spaceToBatch: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const { shape, m, edges, rest } = blocks(c, 'paddings', x);
  const side = (k: 0 | 1) => [0, ...edges.map((e) => e[k]), ...rest.map(() => 0)];
  const padded = h.pad(x, 0, side(0), side(1));
  const [n, ...dims] = dimsOf(padded) as [number, ...number[]];
  const outer = shape.map((b, k) => dims[k]! / b);
  c.need(outer.every(Number.isInteger), `[${dims}] is not made of blocks of ${shape}`);
  const split = h.reshape(padded, [n, ...shape.flatMap((b, k) => [outer[k]!, b]), ...rest]);
  const inner = range(m).map((k) => 2 * k + 2);
  const kept = range(m).map((k) => 2 * k + 1);
  const woven = h.transpose(split, [...inner, 0, ...kept, ...range(rest.length, 2 * m + 1)]);
  return h.reshape(woven, [n * product(shape), ...outer, ...rest]);
};

const batchToSpace: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const { shape, m, edges, rest } = blocks(c, 'crops', x);
  const [batch, ...dims] = dimsOf(x) as [number, ...number[]];
  const n = batch / product(shape);
  c.need(Number.isInteger(n), `a batch of ${batch} is not made of blocks of ${shape}`);
  const split = h.reshape(x, [...shape, n, ...dims]);
  const order = [m, ...range(m).flatMap((k) => [m + 1 + k, k]), ...range(rest.length, 2 * m + 1)];
  const whole: Dims = [n, ...shape.map((b, k) => b * dims[k]!), ...rest];
  const joined = h.reshape(h.transpose(split, order), whole);
  const starts = whole.map((_, k) => edges[k - 1]?.[0] ?? 0);
  const limits = whole.map((d, k) => d - (edges[k - 1]?.[1] ?? 0));
  return h.slice(joined, starts, limits);
};

/** Rows by TensorFlow op. */
export const movement: LowerTable = {
  BatchToSpaceND: batchToSpace,
  BroadcastTo: broadcastTo,
  Concat: concat,
  ConcatV2: concat,
  DepthToSpace: depthToSpace,
  ExpandDims: expandDims,
  MirrorPad: mirrorPad,
  Pack: pack,
  Pad: pad,
  PadV2: pad,
  Reshape: reshape,
  Reverse: reverse,
  ReverseV2: reverse,
  SpaceToBatchND: spaceToBatch,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
};
