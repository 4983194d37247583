/** Random instances of the ops that combine many elements: reductions, windows, scatter, sort. */
import type { ComputationBuilder } from '../../../graphs/ir/builder.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { reduction as rows } from '../../../graphs/ops/reduction.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { arr, type Gen, type Row, range } from '../gen.ts';

export const reduction: Readonly<Record<keyof typeof rows, Row>> = {
  map: (g) => {
    const type = g.type(isOrderedNumber);
    const dims = g.fullDims(1, 3);
    const body = g.module.computation('mapped', (b) => {
      const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arr(type)));
      return b.op('subtract', [b.op('multiply', [x, y]), b.op('maximum', [x, y])]);
    });
    const shape = arr(type, ...dims);
    return g.op('map', [shape, shape], { dimensions: range(dims.length), to_apply: body });
  },
  reduce: (g) => (g.chance(0.2) ? argmax(g) : plainReduce(g)),
  'reduce-window': reduceWindow,
  scatter,
  'select-and-scatter': selectAndScatter,
  sort,
  topk: (g) => {
    const type = g.pick(['f32', 'bf16', 'f16', 's32', 'f64', 'u8', 's64'] as const);
    const dims = [...g.fullDims(0, 2), g.int(4, 40)];
    const attrs = { k: g.int(1, dims.at(-1) ?? 1), largest: g.chance(0.8) };
    return g.op('topk', [arr(type, ...dims)], attrs);
  },
};

const isOrderedNumber = (t: ElementType) => !isComplex(t) && t !== 'pred';

/** An op that reduces elements of a type, and the value that it leaves unchanged. */
function reducer(
  g: Gen,
  type: ElementType,
): { readonly opcode: Opcode; readonly init: number | bigint } {
  if (type === 'pred')
    return g.pick([{ opcode: 'and', init: 1 } as const, { opcode: 'or', init: 0 }]);
  const sums = [
    { opcode: 'add', init: 0 },
    { opcode: 'multiply', init: 1 },
  ] as const;
  if (isComplex(type)) return g.pick(sums);
  const [low, high] = extent(type);
  const extrema = [
    { opcode: 'maximum', init: low },
    { opcode: 'minimum', init: high },
  ] as const;
  const bitwise = [
    { opcode: 'xor', init: 0 },
    { opcode: 'or', init: 0 },
  ] as const;
  return g.pick([...sums, sums[0], ...extrema, ...(isFloat(type) ? [] : bitwise)]);
}

/** The least and the greatest value of a type. */
function extent(type: ElementType): readonly [number | bigint, number | bigint] {
  const { bits, kind, format } = elementTypes[type];
  if (format) {
    const most = format.overflow === 'inf' ? Infinity : format.maxFinite;
    return [-most, most];
  }
  const half = 2n ** BigInt(bits - 1);
  const ends = kind === 'signed' ? [-half, half - 1n] : [0n, 2n * half - 1n];
  return (bits === 64 ? ends : ends.map(Number)) as [number, number];
}

/** The init as a parameter: mostly the neutral value, now and then any. */
function initOf(g: Gen, type: ElementType, init: number | bigint, neutral = 0.8) {
  const parts = isComplex(type) ? [init, 0] : [init];
  return g.chance(neutral) ? tensorOf(type, [], parts) : undefined;
}

function plainReduce(g: Gen) {
  const type = g.type();
  const dims = g.dims(1, 4, g.chance(0.2) ? 40 : 7);
  const { opcode, init } = reducer(g, type);
  const to_apply = g.combiner(opcode, type);
  const dimensions = g.some(range(dims.length));
  const attrs = { dimensions, to_apply };
  // The semantics ask for a neutral value; XLA counts any other once, but where nothing is reduced.
  const given = [undefined, initOf(g, type, init, dimensions.length > 0 ? 0.8 : 1)];
  return g.op('reduce', [arr(type, ...dims), arr(type)], attrs, { given });
}

/** Value and index side by side, as argmax is written. */
function argmax(g: Gen) {
  const type = g.pick(['f32', 'bf16', 's32', 'f64'] as const);
  const to_apply = g.module.computation('argmax', (b) => {
    const [x, i, y, j] = ['x', 'i', 'y', 'j'].map((n, k) =>
      b.parameter(n, arr(k % 2 ? 's32' : type)),
    );
    const first = b.op('compare', [x, y], { direction: 'GE' });
    const values = b.op('select', [first, x, y]);
    return b.op('tuple', [values, b.op('select', [first, i, j])]);
  });
  const dims = g.fullDims(1, 3, 9);
  const shapes = [arr(type, ...dims), arr('s32', ...dims), arr(type), arr('s32')];
  const low = tensorOf(type, [], [isFloat(type) ? -Infinity : -1000]);
  const attrs = { dimensions: [g.int(0, dims.length - 1)], to_apply };
  return g.op('reduce', shapes, attrs, {
    given: [undefined, undefined, low, tensorOf('s32', [], [0])],
  });
}

function reduceWindow(g: Gen) {
  const type = g.type((t) => t !== 'pred');
  const dims = g.fullDims(1, 3, 8);
  const { opcode, init } = reducer(g, type);
  const to_apply = g.combiner(opcode, type);
  const attrs = { window: dims.map((d) => g.windowDim(d)), to_apply };
  const given = [undefined, initOf(g, type, init)];
  return g.op('reduce-window', [arr(type, ...dims), arr(type)], attrs, { given });
}

function selectAndScatter(g: Gen) {
  const type = g.pick(['f32', 'f64', 's32', 'bf16', 'f16', 'u8'] as const);
  const dims = g.fullDims(1, 4, 8);
  const window = dims.map((d) => {
    const drawn = g.windowDim(d);
    return { ...drawn, baseDilation: 1, windowDilation: 1, size: Math.min(drawn.size, d) };
  });
  const source = dims.map((d, k) => {
    const { size, stride, padLow, padHigh } = window[k];
    return Math.floor((d + padLow + padHigh - size) / stride) + 1;
  });
  const select = g.comparator(type, 'GE');
  const attrs = { window, select, scatter: g.combiner('add', type) };
  const shapes = [arr(type, ...dims), arr(type, ...source), arr(type)];
  return g.op('select-and-scatter', shapes, attrs);
}

/** Windows at random places, inserted and batching dimensions; some indices out of range. */
function scatter(g: Gen) {
  const dims = g.fullDims(1, 3, 5);
  const all = range(dims.length);
  const batching = g.chance(0.3) ? [g.pick(all)] : [];
  const free = all.filter((d) => !batching.includes(d));
  const mapped = g.random.shuffle(g.some(free));
  const inserted = g.some(free);
  const batch = [...batching.map((d) => dims[d]), ...g.fullDims(0, 2, 3)];
  const indices = g.integers('s32', [...batch, mapped.length], -1, 5);
  const kept = free.filter((d) => !inserted.includes(d));
  const windowDims = g
    .permutation(kept.length + batch.length)
    .slice(0, kept.length)
    .sort((a, b) => a - b);
  let [w, s] = [0, 0];
  const updates = range(kept.length + batch.length).map((d) =>
    windowDims.includes(d) ? g.int(1, dims[kept[w++]]) : batch[s++],
  );
  const type = g.type((t) => t !== 'pred');
  const combine = g.pick(
    isComplex(type) ? (['add'] as const) : (['add', 'maximum', 'multiply'] as const),
  );
  const attrs = {
    update_window_dims: windowDims,
    inserted_window_dims: inserted,
    input_batching_dims: batching,
    scatter_indices_batching_dims: batching.map((_, k) => k),
    scatter_dims_to_operand_dims: mapped,
    index_vector_dim: batch.length,
    to_apply: g.combiner(combine, type),
  };
  const shapes = [arr(type, ...dims), indices.shape, arr(type, ...updates)];
  return g.op('scatter', shapes, attrs, { given: [undefined, indices] });
}

/** Keys of any type, alone or with a second operand that follows them. */
function sort(g: Gen) {
  const type = g.type((t) => !isComplex(t));
  const dims = g.dims(1, 3, 20);
  const follows = g.chance(0.5);
  const types: ElementType[] = follows ? [type, 's32'] : [type];
  const total = isFloat(type) && g.chance(0.5);
  const direction = g.pick(['LT', 'GT'] as const);
  const to_apply = g.module.computation('before', (b: ComputationBuilder) => {
    const [x, y] = types
      .flatMap((t, k) => ['l', 'r'].map((side) => b.parameter(`${side}${k}`, arr(t))))
      .slice(0, 2);
    return b.op('compare', [x, y], { direction, ...(total && { type: 'TOTALORDER' as const }) });
  });
  const attrs = {
    dimensions: [g.int(0, dims.length - 1)],
    is_stable: g.chance(0.5),
    to_apply,
  };
  return g.op(
    'sort',
    types.map((t) => arr(t, ...dims)),
    attrs,
  );
}
