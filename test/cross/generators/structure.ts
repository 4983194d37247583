/** Random instances of the ops that structure a module: tuples, calls, loops, branches, bits. */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { elementTypes, isInteger } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, tupleShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { structure as rows } from '../../../graphs/ops/structure.ts';
import { arr, type Gen, isReal, type Row, range } from '../gen.ts';
import { expression } from './bodies.ts';

const hidden = { skipped: 'its values depend on the target and on what ran before' };

export const structure: Readonly<Record<keyof typeof rows, Row>> = {
  parameter: (g) => g.build([arr(g.type(), ...g.dims())], (_, [x]) => x),
  constant: (g) => {
    const type = g.type(isReal);
    const literal = g.integers(type, g.dims(), 0, 7);
    return g.build([], (b) => b.constant(literal));
  },
  tuple: (g) =>
    g.op(
      'tuple',
      range(g.int(1, 4)).map(() => arr(g.type(), ...g.dims())),
    ),
  'get-tuple-element': (g) => {
    const shapes = range(g.int(1, 4)).map(() => arr(g.type(), ...g.dims()));
    const index = g.int(0, shapes.length - 1);
    return g.build(shapes, (b, p) => b.op('get-tuple-element', [b.op('tuple', p)], { index }));
  },
  call: (g) => {
    const shape = arr(g.type(), ...g.dims());
    return g.op('call', [shape, shape], { to_apply: called(g, shape) });
  },
  fusion: (g) => {
    const shape = arr(g.type(), ...g.dims());
    return g.op('fusion', [shape, shape], { kind: 'kLoop', calls: arithmetic(g, shape) });
  },
  while: whileLoop,
  conditional,
  'custom-call': customCall,
  domain: { skipped: 'it has no StableHLO form, through which XLA is fed here' },
  'opt-barrier': (g) => {
    const shapes = range(g.int(1, 3)).map(() => arr(g.type(), ...g.dims()));
    return g.build(shapes, (b, p) => {
      const barrier = b.op('opt-barrier', [b.op('tuple', p)]);
      return b.op('tuple', parts(b, barrier, shapes.length));
    });
  },
  'after-all': (g) =>
    g.build([arr(g.type(), ...g.dims())], (b, [x]) =>
      b.op('add-dependency', [x, b.op('after-all', [])]),
    ),
  'add-dependency': (g) =>
    g.build([arr(g.type(), ...g.dims())], (b, [x]) =>
      b.op('add-dependency', [x, b.op('after-all', [])]),
    ),
  rng: hidden,
  'rng-bit-generator': (g) => {
    const algorithm = g.pick(['rng_three_fry', 'rng_philox', 'rng_default'] as const);
    const words = algorithm === 'rng_three_fry' ? 2 : g.pick([2, 3]);
    const type = g.type((t) => isInteger(t) && elementTypes[t].bits >= 8);
    const dims = g.chance(0.1) ? [0] : g.fullDims(0, 4, g.chance(0.2) ? 40 : 7);
    const shape = tupleShape([arr('u64', words), arr(type, ...dims)]);
    return g.op('rng-bit-generator', [arr('u64', words)], { algorithm }, { shape });
  },
  'rng-get-and-update-state': hidden,
};

/** Random arithmetic on two arrays as a computation. */
function arithmetic(g: Gen, shape: ArrayShape): string {
  return g.module.computation(`arithmetic${g.module.newId()}`, (b) =>
    expression(
      g,
      b,
      ['x', 'y'].map((n) => b.parameter(n, shape)),
    ),
  );
}

/** The same, or a computation that calls one twice. */
function called(g: Gen, shape: ArrayShape): string {
  const to_apply = arithmetic(g, shape);
  if (g.chance(0.6)) return to_apply;
  return g.module.computation('twice', (b) => {
    const [x, y] = ['x', 'y'].map((n) => b.parameter(n, shape));
    const first = b.op('call', [x, y], { to_apply });
    return b.op('tuple', [first, b.op('call', [first, x], { to_apply })]);
  });
}

/** Targets that XLA:CPU runs or removes. */
function customCall(g: Gen) {
  if (g.chance(0.5)) return bestOf(g);
  const custom_call_target = g.pick(['Sharding', 'LayoutConstraint', 'MoveToHost'] as const);
  const shape = arr(g.type(), ...g.dims());
  return g.op('custom-call', [shape], { custom_call_target }, { shape });
}

/** The k largest or smallest, as the pass that finds top-k writes them. */
function bestOf(g: Gen) {
  const dims = [...g.fullDims(0, 1, 6), g.int(1, 40)];
  const k = g.int(1, dims[dims.length - 1]);
  // XLA:CPU has it for one type.
  const type = 'f32';
  const kept = dims.with(-1, k);
  return g.op(
    'custom-call',
    [arr(type, ...dims)],
    { custom_call_target: 'TopK', called_computations: [g.comparator(type, 'GT')] },
    { shape: tupleShape([arr(type, ...kept), arr('s32', ...kept)]) },
  );
}

function parts(b: ComputationBuilder, tuple: Instruction, n: number): Instruction[] {
  return range(n).map((index) => b.op('get-tuple-element', [tuple], { index }));
}

/** A counted loop over two arrays. */
function whileLoop(g: Gen) {
  const data = arr(g.type(), ...g.fullDims(0, 2));
  const state = tupleShape([arr('s32'), data, data]);
  const rounds = g.int(0, 6);
  const condition = g.module.computation('condition', (b) => {
    const [i] = parts(b, b.parameter('state', state), 1);
    return b.op('compare', [i, b.scalar('s32', rounds)], { direction: 'LT' });
  });
  const body = g.module.computation('body', (b) => {
    const [i, x, y] = parts(b, b.parameter('state', state), 3);
    const next = b.op('add', [i, b.scalar('s32', 1)]);
    return b.op('tuple', [next, expression(g, b, [y, x]), x]);
  });
  return g.build(
    [arr('s32'), data, data],
    (b, p) => b.op('while', [b.op('tuple', p)], { condition, body }),
    [tensorOf('s32', [], [0])],
  );
}

/** Two branches by a pred, or several by an index that may be out of range. */
function conditional(g: Gen) {
  const data = arr(g.type(), ...g.dims(0, 2));
  const byPred = g.chance(0.3);
  const branches = byPred ? 2 : g.int(1, 4);
  const names = range(branches).map((k) =>
    g.module.computation(`branch${k}`, (b) => expression(g, b, [b.parameter('x', data)])),
  );
  const shapes = [arr(byPred ? 'pred' : 's32'), ...names.map(() => data)];
  if (byPred) {
    const [true_computation, false_computation] = names;
    return g.op('conditional', shapes, { true_computation, false_computation });
  }
  const selector = g.integers('s32', [], -1, branches);
  return g.op('conditional', shapes, { branch_computations: names }, { given: [selector] });
}
