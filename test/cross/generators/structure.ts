/** Random instances of the ops that structure a module: tuples, calls, loops, branches, bits. */
import type { ComputationBuilder } from '../../../graphs/ir/builder.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, tupleShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { structure as rows } from '../../../graphs/ops/structure.ts';
import { arr, type Gen, isReal, type Row, range } from '../gen.ts';

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
    const shape = arr(g.type(isReal), ...g.dims());
    return g.op('call', [shape, shape], { to_apply: arithmetic(g, shape) });
  },
  fusion: (g) => {
    const shape = arr(g.type(isReal), ...g.dims());
    return g.op('fusion', [shape, shape], { kind: 'kLoop', calls: arithmetic(g, shape) });
  },
  while: whileLoop,
  conditional,
  'custom-call': { skipped: 'its targets are plain ops, which have generators of their own' },
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
    const type = g.pick(['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64'] as const);
    const shape = tupleShape([arr('u64', words), arr(type, ...g.fullDims(1, 3, 7))]);
    return g.op('rng-bit-generator', [arr('u64', words)], { algorithm }, { shape });
  },
  'rng-get-and-update-state': hidden,
};

/** x · y - max(x, y) as a computation on arrays. */
function arithmetic(g: Gen, shape: ArrayShape): string {
  return g.module.computation('arithmetic', (b) => {
    const [x, y] = ['x', 'y'].map((n) => b.parameter(n, shape));
    return b.op('subtract', [b.op('multiply', [x, y]), b.op('maximum', [x, y])]);
  });
}

function parts(b: ComputationBuilder, tuple: Instruction, n: number): Instruction[] {
  return range(n).map((index) => b.op('get-tuple-element', [tuple], { index }));
}

/** A counted loop that adds and doubles. */
function whileLoop(g: Gen) {
  const data = arr(g.type(isReal), ...g.fullDims(0, 2));
  const state = tupleShape([arr('s32'), data]);
  const rounds = g.int(0, 6);
  const condition = g.module.computation('condition', (b) => {
    const [i] = parts(b, b.parameter('state', state), 1);
    return b.op('compare', [i, b.scalar('s32', rounds)], { direction: 'LT' });
  });
  const body = g.module.computation('body', (b) => {
    const [i, x] = parts(b, b.parameter('state', state), 2);
    const next = b.op('add', [i, b.scalar('s32', 1)]);
    return b.op('tuple', [next, b.op('subtract', [b.op('add', [x, x]), b.op('maximum', [x, x])])]);
  });
  return g.build(
    [arr('s32'), data],
    (b, p) => b.op('while', [b.op('tuple', p)], { condition, body }),
    [tensorOf('s32', [], [0])],
  );
}

/** Two branches by a pred, or several by an index that may be out of range. */
function conditional(g: Gen) {
  const data = arr(g.type(isReal), ...g.dims(0, 2));
  const opcodes = g.chance(0.5)
    ? (['add', 'multiply'] as const)
    : (['add', 'subtract', 'maximum'] as const);
  const branch_computations = opcodes.map((opcode) =>
    g.module.computation(`branch_${opcode}`, (b) => {
      const x = b.parameter('x', data);
      return b.op(opcode, [x, x]);
    }),
  );
  const selector = g.integers('s32', [], -1, opcodes.length);
  const shapes = [arr('s32'), ...opcodes.map(() => data)];
  return g.op('conditional', shapes, { branch_computations }, { given: [selector] });
}
