/**
 * Random programs for `npm run cross:xla -- --modules N`: 5 to 20 instructions over matrices of
 * floats and integers, with calls, reductions, dots and loops, as compilers meet them.
 */
import { generateCase } from '../../golden/cases.ts';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import type { ComputationBuilder } from '../../graphs/build/builder.ts';
import { type ElementType, isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { type ArrayShape, tupleShape } from '../../graphs/ir/shape.ts';
import { arr, Gen, range } from './gen.ts';
import type { Job } from './xla.ts';

const types = ['f32', 'f32', 'bf16', 'f16', 'f64', 's32'] as const satisfies readonly ElementType[];
const kinds = [
  'typical',
  'typical',
  'lattice',
  'near-ties',
  'extremes',
] as const satisfies readonly CaseKind[];

/** Program number `index` of a seed, and inputs for it. */
export function randomJob(seed: number, index: number): Job {
  const g = new Gen(seed, 'module' as never, index);
  const shapes = range(g.int(1, 3)).map(() => arr(g.pick(types), g.int(1, 6), g.int(1, 9)));
  const { module } = g.build(shapes, (b, parameters) => program(g, b, parameters));
  const { inputs } = generateCase(module, g.pick(kinds), g.int(0, 2 ** 30));
  return { module, inputs };
}

function program(g: Gen, b: ComputationBuilder, parameters: readonly Instruction[]): Instruction {
  const values = [...parameters];
  const used = new Set<Instruction>();
  for (let left = g.int(5, 20); left > 0; left--) {
    // Mostly what was made last: deep programs, not wide ones.
    const x = g.chance(0.6) ? values[values.length - 1] : g.pick(values);
    used.add(x);
    values.push(g.pick(steps)({ g, b, x, values, used }));
  }
  const roots = values.filter((v) => !used.has(v)).slice(-4);
  return b.op('tuple', roots);
}

interface Step {
  readonly g: Gen;
  readonly b: ComputationBuilder;
  readonly x: Instruction;
  readonly values: readonly Instruction[];
  readonly used: Set<Instruction>;
}

const shapeOf = (x: Instruction) => x.shape as ArrayShape;
const typeOf = (x: Instruction) => shapeOf(x).type;

const floatUnary = [
  'tanh',
  'exponential',
  'logistic',
  'sine',
  'cosine',
  'exponential-minus-one',
  'floor',
] as const;
const arithmetic = ['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const;

const steps: readonly ((step: Step) => Instruction)[] = [
  unary,
  unary,
  binary,
  binary,
  binary,
  quotient,
  root,
  chosen,
  converted,
  converted,
  moved,
  moved,
  product,
  normalised,
  called,
  looped,
  windowSum,
];

function unary({ g, b, x }: Step): Instruction {
  if (!isFloat(typeOf(x))) return b.op(g.pick(['negate', 'abs', 'not', 'sign'] as const), [x]);
  return b.op(g.pick([...floatUnary, 'negate', 'abs'] as const), [x]);
}

/** Another value of the same shape and type, or the value itself. */
function partner({ g, x, values, used }: Step): Instruction {
  const { type, dims } = shapeOf(x);
  const fits = (v: Instruction) => typeOf(v) === type && String(shapeOf(v).dims) === String(dims);
  const found = g.pick(values.filter(fits));
  used.add(found);
  return found;
}

function binary(step: Step): Instruction {
  return step.b.op(step.g.pick(arithmetic), [step.x, partner(step)]);
}

function filled(b: ComputationBuilder, { type, dims }: ArrayShape, value: number): Instruction {
  return b.broadcast(b.scalar(type, value), dims);
}

/** x / (|y| + 1), or a remainder of integers. */
function quotient(step: Step): Instruction {
  const { b, x } = step;
  const size = b.op('add', [b.op('abs', [partner(step)]), filled(b, shapeOf(x), 1)]);
  return b.op(isFloat(typeOf(x)) ? 'divide' : 'remainder', [x, size]);
}

function root(step: Step): Instruction {
  const { g, b, x } = step;
  if (!isFloat(typeOf(x))) return binary(step);
  const size = b.op('abs', [x]);
  const opcode = g.pick(['sqrt', 'log-plus-one', 'rsqrt'] as const);
  return b.op(opcode, [
    opcode === 'rsqrt' ? b.op('add', [size, filled(b, shapeOf(x), 0.5)]) : size,
  ]);
}

function chosen(step: Step): Instruction {
  const { g, b, x } = step;
  const y = partner(step);
  const p = b.op('compare', [x, y], { direction: g.pick(['LT', 'GE', 'NE'] as const) });
  return b.op('select', [p, x, g.chance(0.5) ? y : filled(b, shapeOf(x), 2)]);
}

function converted({ g, b, x }: Step): Instruction {
  const { dims } = shapeOf(x);
  return b.op('convert', [x], {}, { shape: arr(g.pick(types), ...dims) });
}

function moved({ g, b, x }: Step): Instruction {
  const { type, dims } = shapeOf(x);
  const d = g.int(0, 1);
  const kind = g.int(0, 4);
  if (kind === 0) return b.op('transpose', [x], { dimensions: [1, 0] });
  if (kind === 1) return b.op('reverse', [x], { dimensions: [d] });
  if (kind === 2) return b.op('concatenate', [x, x], { dimensions: [d] });
  if (kind === 3) return b.op('reshape', [x], {}, { shape: arr(type, 1, dims[0] * dims[1]) });
  const slice = dims.map((n, k) => ({ start: k === d && n > 1 ? 1 : 0, limit: n, stride: 1 }));
  return b.op('slice', [x], { slice });
}

/** x·xᵀ or xᵀ·x. */
function product({ g, b, x }: Step): Instruction {
  const d = g.int(0, 1);
  const attrs = { lhs_contracting_dims: [d], rhs_contracting_dims: [d] };
  const n = shapeOf(x).dims[1 - d];
  return n > 12 ? x : b.op('dot', [x, x], attrs, { shape: arr(typeOf(x), n, n) });
}

/** x - Σx or e^(x - max x) along a dimension. */
function normalised({ g, b, x }: Step): Instruction {
  const { type, dims } = shapeOf(x);
  const d = g.int(0, 1);
  const opcode = isFloat(type) ? g.pick(['add', 'maximum'] as const) : 'add';
  const init = b.scalar(type, opcode === 'add' ? 0 : -Infinity);
  const to_apply = g.module.computation(`fold${g.module.newId()}`, (c) => {
    const [p, q] = ['p', 'q'].map((name) => c.parameter(name, arr(type)));
    return c.op(opcode, [p, q]);
  });
  const folded = b.op('reduce', [x, init], { dimensions: [d], to_apply });
  const along = b.broadcast(folded, dims, [1 - d]);
  const less = b.op('subtract', [x, along]);
  return opcode === 'maximum' ? b.op('exponential', [less]) : less;
}

/** x·y + max(x, y), as a call or a fusion. */
function called(step: Step): Instruction {
  const { g, b, x } = step;
  const shape = shapeOf(x);
  const name = g.module.computation(`called${g.module.newId()}`, (c) => {
    const [p, q] = ['p', 'q'].map((n) => c.parameter(n, shape));
    return c.op('add', [c.op('multiply', [p, q]), c.op('maximum', [p, q])]);
  });
  const operands = [x, partner(step)];
  return g.chance(0.5)
    ? b.op('call', operands, { to_apply: name })
    : b.op('fusion', operands, { kind: 'kLoop', calls: name });
}

/** x, halved and moved a few times. */
function looped({ g, b, x }: Step): Instruction {
  const state = tupleShape([arr('s32'), shapeOf(x)]);
  const parts = (c: ComputationBuilder, s: Instruction) =>
    range(2).map((index) => c.op('get-tuple-element', [s], { index }));
  const id = g.module.newId();
  const condition = g.module.computation(`more${id}`, (c) => {
    const [i] = parts(c, c.parameter('s', state));
    return c.op('compare', [i, c.scalar('s32', id % 5)], { direction: 'LT' });
  });
  const body = g.module.computation(`again${id}`, (c) => {
    const [i, v] = parts(c, c.parameter('s', state));
    const scale = isFloat(typeOf(x)) ? 0.75 : 3;
    const next = c.op('add', [
      c.op('multiply', [v, filled(c, shapeOf(x), scale)]),
      filled(c, shapeOf(x), 1),
    ]);
    return c.op('tuple', [c.op('add', [i, c.scalar('s32', 1)]), next]);
  });
  const start = b.op('tuple', [b.scalar('s32', 0), x]);
  const done = b.op('while', [start], { condition, body });
  return b.op('get-tuple-element', [done], { index: 1 });
}

/** Sums over windows of two along the rows. */
function windowSum({ g, b, x }: Step): Instruction {
  const { type } = shapeOf(x);
  const to_apply = g.module.computation(`sum${g.module.newId()}`, (c) => {
    const [p, q] = ['p', 'q'].map((name) => c.parameter(name, arr(type)));
    return c.op('add', [p, q]);
  });
  const whole = { stride: 1, padHigh: 0, windowDilation: 1, baseDilation: 1, reversal: false };
  const window = [
    { ...whole, size: 1, padLow: 0 },
    { ...whole, size: 2, padLow: 1 },
  ];
  return b.op('reduce-window', [x, b.scalar(type, 0)], { window, to_apply });
}
