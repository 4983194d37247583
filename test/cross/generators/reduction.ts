/** Random instances of the ops that combine many elements: reductions, windows, scatter, sort. */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { reduction as rows } from '../../../graphs/ops/reduction.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { arr, type Gen, isReal, type Row, range } from '../gen.ts';
import { expression } from './bodies.ts';

export const reduction: Readonly<Record<keyof typeof rows, Row>> = {
  map: (g) => {
    const shape = arr(g.type(), ...g.fullDims(1, 3));
    const names = ['x', 'y', 'z'].slice(0, g.int(1, 3));
    const to_apply = g.module.computation('mapped', (b) =>
      expression(
        g,
        b,
        names.map((n) => b.parameter(n, arr(shape.type))),
      ),
    );
    const dimensions = range(shape.dims.length);
    return g.op(
      'map',
      names.map(() => shape),
      { dimensions, to_apply },
    );
  },
  reduce: (g) => g.pick([argmax, several, plainReduce, plainReduce, plainReduce])(g),
  'reduce-window': (g) => g.pick([severalWindows, reduceWindow, reduceWindow])(g),
  scatter,
  'select-and-scatter': selectAndScatter,
  sort,
  topk: (g) => {
    const type = g.type(isReal);
    const dims = [...g.fullDims(0, 2), g.int(1, 40)];
    const attrs = { k: g.int(1, dims.at(-1) ?? 1), largest: g.chance(0.8) };
    return g.op('topk', [arr(type, ...dims)], attrs);
  },
};

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
  const type = g.type(isReal);
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
  const low = tensorOf(type, [], [extent(type)[0]]);
  const attrs = { dimensions: [g.int(0, dims.length - 1)], to_apply };
  return g.op('reduce', shapes, attrs, {
    given: [undefined, undefined, low, tensorOf('s32', [], [0])],
  });
}

/** Operands of several types side by side, each with an op of its own. */
function sideBySide(g: Gen) {
  const types = range(g.int(2, 3)).map(() => g.type());
  const ops = types.map((type) => reducer(g, type));
  const to_apply = g.module.computation('each', (b) => {
    const [x, y] = ['x', 'y'].map((side) =>
      types.map((type, k) => b.parameter(`${side}${k}`, arr(type))),
    );
    return b.op(
      'tuple',
      ops.map(({ opcode }, k) => b.op(opcode, [x[k], y[k]])),
    );
  });
  const inits = types.map((type, k) => initOf(g, type, ops[k].init, 1));
  return { types, to_apply, given: [...types.map(() => undefined), ...inits] };
}

function several(g: Gen) {
  const { types, to_apply, given } = sideBySide(g);
  const dims = g.dims(1, 4);
  const shapes = [...types.map((t) => arr(t, ...dims)), ...types.map((t) => arr(t))];
  const dimensions = g.some(range(dims.length));
  return g.op('reduce', shapes, { dimensions, to_apply }, { given });
}

function severalWindows(g: Gen) {
  const { types, to_apply, given } = sideBySide(g);
  const dims = g.fullDims(1, 3, 7);
  const shapes = [...types.map((t) => arr(t, ...dims)), ...types.map((t) => arr(t))];
  const window = dims.map((d) => g.windowDim(d));
  return g.op('reduce-window', shapes, { window, to_apply }, { given });
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
  const type = g.type(isReal);
  const dims = g.fullDims(1, 4, 8);
  const window = dims.map((d) => {
    const drawn = g.windowDim(d);
    return { ...drawn, baseDilation: 1, windowDilation: 1, size: Math.min(drawn.size, d) };
  });
  const source = dims.map((d, k) => {
    const { size, stride, padLow, padHigh } = window[k];
    return Math.floor((d + padLow + padHigh - size) / stride) + 1;
  });
  const select = g.comparator(type, g.pick(['GE', 'GE', 'GT', 'LE', 'LT']));
  const attrs = { window, select, scatter: g.combiner('add', type) };
  const shapes = [arr(type, ...dims), arr(type, ...source), arr(type)];
  return g.op('select-and-scatter', shapes, attrs);
}

/** Windows at random places, inserted and batching dimensions; some indices out of range. */
function scatter(g: Gen) {
  const dims = g.fullDims(1, 3, 5);
  const all = range(dims.length);
  const batching = g.chance(0.4) ? all.filter(() => g.chance(0.4)) : [];
  const free = all.filter((d) => !batching.includes(d));
  const mapped = g.random.shuffle(g.some(free));
  const inserted = g.some(free);
  const batch = [...batching.map((d) => dims[d]), ...g.fullDims(0, 2, 3)];
  const index = g.pick(['s32', 's64', 'u32', 's16', 'u8'] as const);
  const along = g.int(0, batch.length);
  const scalar = mapped.length === 1 && g.chance(0.3);
  const places = scalar ? batch : batch.toSpliced(along, 0, mapped.length);
  const indices = g.integers(index, places, -1, 5);
  const kept = free.filter((d) => !inserted.includes(d));
  const windowDims = g
    .permutation(kept.length + batch.length)
    .slice(0, kept.length)
    .sort((a, b) => a - b);
  let [w, s] = [0, 0];
  const updates = range(kept.length + batch.length).map((d) =>
    windowDims.includes(d) ? g.int(1, dims[kept[w++]]) : batch[s++],
  );
  const types = range(g.chance(0.2) ? 2 : 1).map(() => g.type());
  const ops = types.map((type) => reducer(g, type).opcode);
  const to_apply = g.module.computation('combine', (b) => {
    const [old, update] = ['x', 'y'].map((side) =>
      types.map((type, k) => b.parameter(`${side}${k}`, arr(type))),
    );
    const results = ops.map((opcode, k) => b.op(opcode, [old[k], update[k]]));
    return results.length > 1 ? b.op('tuple', results) : results[0];
  });
  const attrs = {
    update_window_dims: windowDims,
    inserted_window_dims: inserted,
    input_batching_dims: batching,
    scatter_indices_batching_dims: batching.map((_, k) => (!scalar && k >= along ? k + 1 : k)),
    scatter_dims_to_operand_dims: mapped,
    index_vector_dim: scalar ? batch.length : along,
    to_apply,
  };
  const shapes = [
    ...types.map((t) => arr(t, ...dims)),
    indices.shape,
    ...types.map((t) => arr(t, ...updates)),
  ];
  return g.op('scatter', shapes, attrs, { given: [...types.map(() => undefined), indices] });
}

/**
 * One key or two, of any types, alone or with operands that follow them. Several operands of less
 * than a byte come back from XLA:CPU unsorted, with elements lost, or it crashes (jax 0.10.2).
 */
function sort(g: Gen) {
  const [keyed, others] = [g.chance(0.4) ? 2 : 1, g.int(0, 2)];
  const fits = (t: ElementType) => keyed + others === 1 || elementTypes[t].bits >= 8;
  const keys = range(keyed).map(() => g.type((t) => !isComplex(t) && fits(t)));
  const dims = g.dims(1, 3, 20);
  const types: ElementType[] = [...keys, ...range(others).map(() => g.type(fits))];
  const orders = keys.map((type) => ({
    direction: g.pick(['LT', 'GT'] as const),
    ...(isFloat(type) && g.chance(0.5) && { type: 'TOTALORDER' as const }),
  }));
  const to_apply = g.module.computation('before', (b: ComputationBuilder) => {
    const sides = types.map((t, k) => ['l', 'r'].map((s) => b.parameter(`${s}${k}`, arr(t))));
    const [first, second] = orders.map((order, k) => b.op('compare', sides[k], order));
    if (!second) return first;
    const same = b.op('compare', sides[0], { ...orders[0], direction: 'EQ' });
    return b.op('or', [first, b.op('and', [same, second])]);
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
