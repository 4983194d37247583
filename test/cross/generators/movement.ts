/** Random instances of the ops that move data. */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isInteger,
} from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import type { movement as rows } from '../../../graphs/ops/movement.ts';
import { arr, crossTypes, type Gen, isReal, type Row, range } from '../gen.ts';

/** Integer types of indices, narrow ones too. */
const indexTypes = ['s32', 's64', 'u32', 'u64', 's16', 'u16', 's8', 'u8'] as const;

export const movement: Readonly<Record<keyof typeof rows, Row>> = {
  bitcast: (g) => {
    const dims = g.fullDims(1, 3);
    const shape = arrayShape(g.type(), dims);
    return g.op('bitcast', [shape], {}, { shape: arr(shape.type, elementCount(shape)) });
  },
  'bitcast-convert': bitcastConvert,
  broadcast: (g) => {
    const dims = g.dims(0, 4);
    const dimensions = g.some(range(dims.length));
    const from = dimensions.map((d) => dims[d]);
    const type = g.type();
    const attrs = { dimensions };
    return g.op('broadcast', [arr(type, ...from)], attrs, { shape: arr(type, ...dims) });
  },
  concatenate: (g) => {
    const dims = g.dims(1, 3);
    const d = g.int(0, dims.length - 1);
    const type = g.type();
    const shapes = range(g.int(1, 4)).map(() => arr(type, ...dims.with(d, g.int(0, 4))));
    return g.op('concatenate', shapes, { dimensions: [d] });
  },
  copy: (g) => g.op('copy', [arr(g.type(), ...g.dims())]),
  'dynamic-reshape': { skipped: 'XLA:CPU runs only what its dynamic padder rewrites' },
  'dynamic-slice': (g) => {
    const dims = g.fullDims(1, 4);
    const sizes = dims.map((d) => g.int(g.chance(0.05) ? 0 : 1, d));
    const index = g.pick(indexTypes);
    const starts = dims.map(() =>
      g.integers(index, [], g.chance(0.2) ? -100 : -3, g.chance(0.2) ? 100 : 8),
    );
    const shapes = [arr(g.type(), ...dims), ...starts.map((s) => s.shape)];
    const attrs = { dynamic_slice_sizes: sizes };
    return g.op('dynamic-slice', shapes, attrs, { given: [undefined, ...starts] });
  },
  'dynamic-update-slice': (g) => {
    const dims = g.fullDims(1, 4);
    const sizes = dims.map((d) => g.int(g.chance(0.05) ? 0 : 1, d));
    const index = g.pick(indexTypes);
    const starts = dims.map(() =>
      g.integers(index, [], g.chance(0.2) ? -100 : -3, g.chance(0.2) ? 100 : 8),
    );
    const type = g.type();
    const shapes = [arr(type, ...dims), arr(type, ...sizes), ...starts.map((s) => s.shape)];
    return g.op('dynamic-update-slice', shapes, {}, { given: [undefined, undefined, ...starts] });
  },
  gather,
  'get-dimension-size': (g) => {
    const dims = g.fullDims(1, 3);
    const dimensions = [g.int(0, dims.length - 1)];
    if (g.chance(0.4))
      return sized(g, dims, (b, x) => b.op('get-dimension-size', [x], { dimensions }));
    return g.op('get-dimension-size', [arr(g.type(), ...dims)], { dimensions });
  },
  iota: (g) => {
    const dims = g.fullDims(1, 3, 40);
    const type = g.type((t) => t !== 'pred');
    const attrs = { iota_dimension: g.int(0, dims.length - 1) };
    return g.op('iota', [], attrs, { shape: arr(type, ...dims) });
  },
  pad: (g) => {
    const dims = g.dims(1, 3);
    const padding = dims.map((d) => ({
      low: g.int(Math.max(-2, -d), 3),
      high: d > 2 && g.chance(0.2) ? -1 : g.int(0, 3),
      interior: g.chance(0.6) ? 0 : g.int(1, 2),
    }));
    const kept = padding.map((p, k) => (p.low + dims[k] < 1 ? { ...p, low: 0 } : p));
    const type = g.type();
    return g.op('pad', [arr(type, ...dims), arr(type)], { padding: kept });
  },
  reshape: (g) => {
    const dims = g.dims(1, 3);
    const type = g.type();
    const n = dims.reduce((a, b) => a * b, 1);
    const half = n % 2 === 0 && n > 0 ? [2, n / 2] : [1, n];
    return g.op('reshape', [arr(type, ...dims)], {}, { shape: arr(type, ...half) });
  },
  reverse: (g) => {
    const dims = g.dims(1, 4);
    return g.op('reverse', [arr(g.type(), ...dims)], { dimensions: g.some(range(dims.length)) });
  },
  'set-dimension-size': (g) => (g.chance(0.3) ? wholeSize(g) : boundedSize(g)),
  slice: (g) => {
    const dims = g.dims(1, 4);
    const slice = dims.map((d) => {
      const start = g.int(0, d);
      return { start, limit: g.int(start, d), stride: g.int(1, 3) };
    });
    return g.op('slice', [arr(g.type(), ...dims)], { slice });
  },
  transpose: (g) => {
    const dims = g.dims(1, 4);
    return g.op('transpose', [arr(g.type(), ...dims)], { dimensions: g.permutation(dims.length) });
  },
};

/** Between equal widths, and to and from narrower elements along the last dimension. */
function bitcastConvert(g: Gen) {
  const plain = (t: ElementType) => t !== 'pred' && !isComplex(t);
  const bits = (t: ElementType) => elementTypes[t].bits;
  const fits = (a: ElementType, c: ElementType) => plain(a) && plain(c) && bits(a) % bits(c) === 0;
  const from = g.type(plain);
  const to = g.pick(crossTypes.filter((t) => fits(from, t) || fits(t, from)));
  const dims = g.fullDims(1, 2, 9);
  const ratio = bits(from) / bits(to);
  const wide = ratio < 1 ? [...dims, 1 / ratio] : dims;
  const narrow = ratio > 1 ? [...dims, ratio] : dims;
  return g.op('bitcast-convert', [arr(from, ...wide)], {}, { shape: arr(to, ...narrow) });
}

function wholeSize(g: Gen) {
  const dims = g.fullDims(1, 3);
  const d = g.int(0, dims.length - 1);
  const size = g.integers('s32', [], dims[d], dims[d]);
  const shapes = [arr(g.type(), ...dims), size.shape];
  const given = [undefined, size];
  return g.op('set-dimension-size', shapes, { dimensions: [d] }, { given });
}

/** What sums, doubles or counts the elements of an array some of whose bound is unused. */
function boundedSize(g: Gen) {
  const dims = g.fullDims(1, 3, 7);
  return sized(g, dims, (b, x) => {
    const { type } = x.shape as ArrayShape;
    const doubled = g.chance(0.4) ? b.op('add', [x, x]) : x;
    const turned = dims.length > 1 && g.chance(0.3) ? [1, 0, 2].slice(0, dims.length) : undefined;
    const moved = turned ? b.op('transpose', [doubled], { dimensions: turned }) : doubled;
    const longer = g.chance(0.3) ? b.op('concatenate', [moved, moved], { dimensions: [0] }) : moved;
    const dimensions = range(dims.length).filter((d) => d === 0 || g.chance(0.8));
    const to_apply = g.combiner('add', type);
    const all = range(dims.length);
    return b.op('reduce', [longer, b.scalar(type, 0)], {
      dimensions: g.chance(0.3) ? dimensions : all,
      to_apply,
    });
  });
}

/** A module on an array whose size along one dimension is set to less than its bound. */
function sized(
  g: Gen,
  dims: readonly number[],
  use: (b: ComputationBuilder, x: Instruction) => Instruction,
) {
  const d = g.int(0, dims.length - 1);
  const size = g.integers('s32', [], 0, dims[d]);
  const type = g.type((t) => isReal(t) && elementTypes[t].bits >= 8);
  return g.build(
    [arr(type, ...dims), size.shape],
    (b, p) => use(b, b.op('set-dimension-size', p, { dimensions: [d] })),
    [undefined, size],
  );
}

/** With collapsed and batching dimensions, in any place of the result; some indices out of range. */
function gather(g: Gen) {
  const dims = g.fullDims(1, 4, 5);
  const all = range(dims.length);
  const batching = g.chance(0.4) ? all.filter(() => g.chance(0.4)) : [];
  const free = all.filter((d) => !batching.includes(d));
  const mapped = g.random.shuffle(g.some(free));
  const collapsed = g.some(free);
  const absent = [...batching, ...collapsed];
  const sizes = dims.map((d, k) => (absent.includes(k) ? 1 : g.int(1, d)));
  const batch = [...batching.map((d) => dims[d]), ...g.fullDims(0, 2, 4)];
  const index = g.pick(indexTypes.filter((t) => isInteger(t)));
  const along = g.int(0, batch.length);
  const scalar = mapped.length === 1 && g.chance(0.3);
  const places = scalar ? batch : batch.toSpliced(along, 0, mapped.length);
  const indices = g.integers(index, places, -1, 6);
  const kept = dims.length - absent.length;
  const offsetDims = g.permutation(kept + batch.length).slice(0, kept);
  const attrs = {
    offset_dims: offsetDims.sort((a, b) => a - b),
    collapsed_slice_dims: collapsed,
    operand_batching_dims: batching,
    start_indices_batching_dims: batching.map((_, k) => (!scalar && k >= along ? k + 1 : k)),
    start_index_map: mapped,
    index_vector_dim: scalar ? batch.length : along,
    slice_sizes: sizes,
  };
  const shapes = [arr(g.type(), ...dims), indices.shape];
  return g.op('gather', shapes, attrs, { given: [undefined, indices] });
}
