/**
 * Random instances for the laws of ops that the comparison with XLA has no generator for, and variants
 * of others that it does not draw: asynchronous pairs, custom calls, reducers and comparators of
 * several values, dot algorithms, decisions on floats.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import type { GivenAttrs } from '../../../graphs/build/make.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, tupleShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { arr, type Gen, type Generate, isReal, range } from '../../cross/gen.ts';

const data = (g: Gen) => arr(g.type(isReal), ...g.fullDims(1, 3));
const alone = { replica_groups: '{{0}}' };

type Start = 'copy-start' | 'all-gather-start' | 'all-reduce-start' | 'collective-permute-start';

/** The start of a pair and its end, on one device. */
function pair<S extends Start>(
  start: S,
  done: 'copy-done' | 'all-gather-done' | 'all-reduce-done' | 'collective-permute-done',
  attrs: (g: Gen, shape: ArrayShape) => GivenAttrs<S>,
  result?: (shape: ArrayShape) => ReturnType<typeof tupleShape>,
): Generate {
  return (g) => {
    const shape = data(g);
    return g.build([shape], (b, [x]) => {
      const begun = b.op(start, [x], attrs(g, shape), result ? { shape: result(shape) } : {});
      return b.op(done, [begun]);
    });
  };
}

const both = (shape: ArrayShape) => tupleShape([shape, shape]);

export const copyPair = pair('copy-start', 'copy-done', () => ({}));
export const allGatherPair = pair(
  'all-gather-start',
  'all-gather-done',
  () => ({ ...alone, dimensions: [0] }),
  both,
);
export const permutePair = pair(
  'collective-permute-start',
  'collective-permute-done',
  () => ({ source_target_pairs: [[0, 0]] }),
  both,
);
export const allReducePair = pair('all-reduce-start', 'all-reduce-done', (g, shape) => ({
  ...alone,
  to_apply: g.combiner('add', shape.type),
}));

/** x·y - max(x, y) as an asynchronous call, with an update between its halves. */
export const asyncCall: Generate = (g) => {
  const shape = arr(g.type(isReal), ...g.fullDims(0, 2));
  const calls = g.module.computation('called', (b) => {
    const [x, y] = ['x', 'y'].map((n) => b.parameter(n, shape));
    return b.op('subtract', [b.op('multiply', [x, y]), b.op('maximum', [x, y])]);
  });
  return g.build([shape, shape], (b, p) => {
    const result = tupleShape([tupleShape([shape, shape]), shape]);
    const begun = b.op('async-start', p, { calls }, { shape: result });
    return b.op(
      'async-done',
      [b.op('async-update', [begun], {}, { shape: result })],
      {},
      { shape },
    );
  });
};

export const domain: Generate = (g) => g.op('domain', [data(g)], { domain: '{kind="sharding"}' });

/** The k best of rows by the custom call that XLA:GPU and the TPU write, and one that hands on. */
export const customCall: Generate = (g) => {
  if (g.chance(0.3)) {
    const shape = data(g);
    return g.op('custom-call', [shape], { custom_call_target: 'Sharding' }, { shape });
  }
  const type = g.pick(['f32', 'bf16'] as const);
  const dims = [...g.fullDims(0, 1), g.int(2, 20)];
  const kept = dims.with(-1, g.int(1, dims.at(-1) ?? 1));
  const shape = tupleShape([arr(type, ...kept), arr('s32', ...kept)]);
  const attrs = { custom_call_target: 'TopK', to_apply: g.comparator(type, 'GT') };
  return g.op('custom-call', [arr(type, ...dims)], attrs, { shape });
};

/** One device exchanges a piece of each with itself. */
export const raggedExchange: Generate = (g) => {
  const [rows, size] = [g.int(2, 6), g.int(1, 3)];
  const shape = arr(g.type(isReal), rows, size);
  const numbers = [0, g.int(1, rows - 1), 0, 0];
  const given = numbers.map((n) => tensorOf('s32', [1], [n]));
  given[3] = given[1];
  const shapes = [shape, shape, ...given.map(() => arr('s32', 1))];
  const attrs = { replica_groups: '{{0}}' };
  return g.op('ragged-all-to-all', shapes, attrs, { given: [undefined, undefined, ...given] });
};

/** Σx and Σx² side by side. */
export const momentSums: Generate = (g) => {
  const type = g.pick(['f32', 'bf16', 'f64'] as const);
  const to_apply = g.module.computation('moments', (b) => {
    const [s, q, x, y] = ['s', 'q', 'x', 'y'].map((n) => b.parameter(n, arr(type)));
    return b.op('tuple', [b.op('add', [s, x]), b.op('add', [q, y])]);
  });
  const dims = g.fullDims(1, 3, 9);
  const zero = tensorOf(type, [], [0]);
  const shapes = [arr(type, ...dims), arr(type, ...dims), arr(type), arr(type)];
  const attrs = { dimensions: [g.int(0, dims.length - 1)], to_apply };
  return g.op('reduce', shapes, attrs, { given: [undefined, undefined, zero, zero] });
};

/** Sums that are rounded to bf16 at every step. */
export const roundedSums: Generate = (g) => {
  const to_apply = g.module.computation('rounded', (b) => {
    const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arr('f32')));
    const narrow = b.op('convert', [b.op('add', [x, y])], {}, { shape: arr('bf16') });
    return b.op('convert', [narrow], {}, { shape: arr('f32') });
  });
  const dims = g.fullDims(1, 2, 20);
  const shapes = [arr('f32', ...dims), arr('f32')];
  const zero = tensorOf('f32', [], [0]);
  return g.op('reduce', shapes, { dimensions: [0], to_apply }, { given: [undefined, zero] });
};

/** Ordered by one key and, where it ties, by another; a payload follows. */
export const sortByTwo: Generate = (g) => {
  const type = g.pick(['f32', 'bf16', 's32'] as const);
  const dims = [g.int(1, 3), g.int(2, 9)];
  const to_apply = g.module.computation('before', (b: ComputationBuilder) => {
    const [a, c, d, e] = ['a', 'c', 'd', 'e'].map((n) => b.parameter(n, arr(type)));
    ['p', 'q'].map((n) => b.parameter(n, arr('s32')));
    const first = b.op('compare', [a, c], { direction: 'LT' });
    const tie = b.op('compare', [a, c], { direction: 'EQ' });
    const second = b.op('compare', [d, e], { direction: 'LT' });
    return b.op('or', [first, b.op('and', [tie, second])]);
  });
  const shapes = [arr(type, ...dims), arr(type, ...dims), arr('s32', ...dims)];
  return g.op('sort', shapes, { dimensions: [1], is_stable: g.chance(0.5), to_apply });
};

const algorithms = [
  'dot_bf16_bf16_f32',
  'dot_bf16_bf16_f32_x3',
  'dot_bf16_bf16_f32_x6',
  'dot_bf16_bf16_f32_x9',
  'dot_tf32_tf32_f32',
  'dot_tf32_tf32_f32_x3',
  'dot_f32_f32_f32',
] as const;

export const dotByAlgorithm: Generate = (g) => {
  const [m, k, n] = [g.int(1, 4), g.int(1, 12), g.int(1, 4)];
  const attrs = {
    lhs_contracting_dims: [1],
    rhs_contracting_dims: [0],
    ...(g.chance(0.7)
      ? { algorithm: g.pick(algorithms) }
      : { operand_precision: [g.pick(['highest', 'high', 'default']), 'highest'] }),
  };
  const shapes = [arr('f32', m, k), arr('f32', k, n)];
  return g.op('dot', shapes, attrs as GivenAttrs<'dot'>, { shape: arr('f32', m, n) });
};

/** A loop that doubles until a float passes a limit. */
export const whileOnFloat: Generate = (g) => {
  const state = tupleShape([arr('f32'), arr('f32', 3)]);
  const parts = (b: ComputationBuilder, s: Instruction) =>
    range(2).map((index) => b.op('get-tuple-element', [s], { index }));
  const condition = g.module.computation('condition', (b) => {
    const [x] = parts(b, b.parameter('state', state));
    return b.op('compare', [x, b.scalar('f32', 10)], { direction: 'LT' });
  });
  const body = g.module.computation('body', (b) => {
    const [x, v] = parts(b, b.parameter('state', state));
    return b.op('tuple', [
      b.op('add', [b.op('abs', [x]), b.scalar('f32', 1.25)]),
      b.op('add', [v, v]),
    ]);
  });
  return g.build([arr('f32'), arr('f32', 3)], (b, p) =>
    b.op('while', [b.op('tuple', p)], { condition, body }),
  );
};

/** One of two branches by the sign of a float. */
export const conditionalOnFloat: Generate = (g) => {
  const shape = arr('f32', ...g.fullDims(0, 2));
  const branch_computations = (['add', 'multiply'] as const).map((opcode) =>
    g.module.computation(`branch_${opcode}`, (b) => {
      const x = b.parameter('x', shape);
      return b.op(opcode, [x, x]);
    }),
  );
  return g.build([arr('f32'), shape], (b, [x, y]) => {
    const chosen = b.op('compare', [x, b.scalar('f32', 0)], { direction: 'GT' });
    return b.op('conditional', [chosen, y, y], { branch_computations });
  });
};

/** Rows taken by indices that are floats, rounded. */
export const gatherByFloats: Generate = (g) => {
  const [rows, size, n] = [g.int(2, 6), g.int(1, 3), g.int(1, 4)];
  return g.build([arr('f32', rows, size), arr('f32', n, 1)], (b, [x, at]) => {
    const index = b.op('convert', [at], {}, { shape: arr('s32', n, 1) });
    const attrs = {
      offset_dims: [1],
      collapsed_slice_dims: [0],
      start_index_map: [0],
      index_vector_dim: 1,
      slice_sizes: [1, size],
    };
    return b.op('gather', [x, index], attrs);
  });
};
