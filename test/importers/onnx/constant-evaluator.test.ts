/** The importer's evaluator of shape arithmetic against the reference: the same values, by opcode. */
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import { Hlo } from '../../../graphs/importers/lowering/hlo.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';

const types: readonly ElementType[] = ['s64', 's32', 'u8', 'f32', 'f16'];

/** What the evaluator and what the reference give for one computation. */
function both(build: (h: Hlo) => Instruction): readonly (Tensor | undefined)[] {
  let known: Tensor | undefined;
  const builder = new ModuleBuilder('known');
  const module = builder.entry((b) => {
    const shared = {
      module: builder,
      names: new Set<string>(),
      reducers: new Map(),
      spent: { elements: 0 },
    };
    const h = new Hlo(shared, b);
    const root = build(h);
    known = h.known(root);
    return root;
  });
  return [known, leafTensors(runReference(module, []))[0]];
}

const matrix = (h: Hlo, type: ElementType) =>
  h.constant(
    tensorOf(type, [2, 3], type.startsWith('u') ? [7, 1, 2, 200, 4, 250] : [7, -1, 2, -3, 4, 120]),
  );
const other = (h: Hlo, type: ElementType) =>
  h.constant(tensorOf(type, [2, 3], [3, 2, 1, 5, 4, 100]));

type Case = (h: Hlo, type: ElementType) => Instruction;

/** Arithmetic that wraps (or rounds), data movement, reductions: one row an operation. */
const cases: Readonly<Record<string, Case>> = {
  add: (h, t) => h.add(matrix(h, t), other(h, t)),
  subtract: (h, t) => h.sub(other(h, t), matrix(h, t)),
  multiply: (h, t) => h.mul(matrix(h, t), matrix(h, t)),
  divide: (h, t) => h.div(matrix(h, t), other(h, t)),
  remainder: (h, t) => h.binary('remainder', matrix(h, t), other(h, t)),
  maximum: (h, t) => h.max(matrix(h, t), other(h, t)),
  minimum: (h, t) => h.min(matrix(h, t), other(h, t)),
  compare: (h, t) => h.compare('LE', matrix(h, t), other(h, t)),
  not: (h, t) => h.unary('not', h.compare('LT', matrix(h, t), other(h, t))),
  select: (h, t) => h.select(h.compare('EQ', matrix(h, t), 4), other(h, t), matrix(h, t)),
  negate: (h, t) => h.unary('negate', matrix(h, t)),
  'convert to s32': (h, t) => h.convert(matrix(h, t), 's32'),
  'convert to s64': (h, t) => h.convert(matrix(h, t), 's64'),
  'convert to u8': (h, t) => h.convert(matrix(h, t), 'u8'),
  'convert to f32': (h, t) => h.convert(matrix(h, t), 'f32'),
  broadcast: (h, t) => h.broadcastInDim(matrix(h, t), [2, 2, 3], [0, 2]),
  transpose: (h, t) => h.transpose(matrix(h, t), [1, 0]),
  reshape: (h, t) => h.reshape(matrix(h, t), [3, 2]),
  slice: (h, t) => h.slice(matrix(h, t), [0, 0], [2, 3], [1, 2]),
  reverse: (h, t) => h.reverse(matrix(h, t), [1]),
  concatenate: (h, t) => h.concat([matrix(h, t), other(h, t)], 1),
  pad: (h, t) => h.pad(matrix(h, t), 9, [1, -1], [0, 2], [1, 0]),
  iota: (h, t) => h.iota(t, [2, 3], 1),
  'reduce add': (h, t) => h.reduce('add', other(h, t), [1]),
  'reduce maximum': (h, t) => h.reduce('maximum', matrix(h, t), [0]),
  gather: (h, t) =>
    h.op('gather', [matrix(h, t), h.integers([2, 0, 9])], {
      offset_dims: [0],
      collapsed_slice_dims: [1],
      start_index_map: [1],
      index_vector_dim: 1,
      slice_sizes: [2, 1],
    }),
};

describe.each(Object.entries(cases))('%s', (_, build) => {
  it.each(types)('of %s', (type) => {
    const [known, reference] = both((h) => build(h, type));
    expect([known?.shape.type, known?.shape.dims]).toEqual([
      reference!.shape.type,
      reference!.shape.dims,
    ]);
    expect([...(known!.data as Iterable<unknown>)]).toEqual([
      ...(reference!.data as Iterable<unknown>),
    ]);
  });
});

describe('what is not known', () => {
  it('depends on a parameter', () => {
    const builder = new ModuleBuilder('m');
    builder.entry((b) => {
      const shared = {
        module: builder,
        names: new Set<string>(),
        reducers: new Map(),
        spent: { elements: 0 },
      };
      const h = new Hlo(shared, b);
      const x = h.parameter('x', arrayShape('s64', [2]));
      const sum = h.add(x, h.integers([1, 2]));
      expect(h.known(sum)).toBeUndefined();
      expect(h.parametersUnder(sum)).toEqual([x.id]);
      return sum;
    });
  });

  it('is too large, alone or in all', () => {
    const [large] = both((h) => h.iota('s64', [300, 300], 0));
    expect(large).toBeUndefined();
    const [late] = both((h) => {
      for (let k = 0; k < 300; k++) h.known(h.iota('s64', [60_000], 0));
      return h.iota('s64', [10], 0);
    });
    expect(late).toBeUndefined();
  });
});
