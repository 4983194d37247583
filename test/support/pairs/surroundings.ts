/**
 * What stands around a law in a pair: operands made from parameters, and users of its results up to
 * decisions. Both sides are written with the same draws, so only the law differs between them.
 */
import { type ElementType, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { type ArrayShape, sameShape } from '../../../graphs/ir/shape.ts';
import { decided } from './decisions.ts';
import type { Draws } from './draws.ts';
import { dimsOf, range, shapeOf, typeOf, type Writer } from './writer.ts';

/** Operands of the given shapes: parameters, and what a few ops make of parameters. */
export function operandsFor(
  w: Writer,
  d: Draws,
  shapes: readonly ArrayShape[],
): readonly Instruction[] {
  const made: Instruction[] = [];
  for (const shape of shapes) {
    const alike = made.filter((m) => sameShape(m.shape, shape));
    made.push(operand(w, d, shape, alike));
  }
  return made;
}

function operand(
  w: Writer,
  d: Draws,
  shape: ArrayShape,
  alike: readonly Instruction[],
): Instruction {
  const parameter = (s = shape) => w.b.parameter('p', s);
  const kind = d.int(0, 9);
  if (kind < 4) return parameter();
  if (kind === 4 && alike.length > 0) return d.pick(alike);
  if (kind === 5 && isFloat(shape.type)) {
    return w.reduce(parameter({ ...shape, dims: [...shape.dims, d.int(2, 5)] }), [
      shape.dims.length,
    ]);
  }
  if (kind === 6 && isFloat(shape.type) && shape.dims.length === 2) {
    const k = d.int(2, 6);
    const [x, y] = [
      [shape.dims[0], k],
      [k, shape.dims[1]],
    ].map((dims) => parameter({ ...shape, dims }));
    return w.dot(x, y, { lhs: 1, rhs: 0 });
  }
  const partner = alike.length > 0 && d.chance(0.5) ? d.pick(alike) : parameter();
  const x = parameter();
  const joined = w.op(d.pick(['add', 'subtract', 'multiply', 'maximum'] as const), [x, partner]);
  return d.chance(0.5) ? joined : step(w, d, joined, [x, joined], true);
}

/**
 * Users of the results; the root is what nobody reads. Where the rewrite is split, either no op reads two
 * results, or they are joined and nothing decides by what comes of that; they are not joined by a
 * difference, which would leave nothing but the rounding that is read in two forms.
 */
export function usersOf(
  w: Writer,
  d: Draws,
  results: readonly Instruction[],
  beside: readonly Instruction[],
  split: boolean,
): Instruction {
  const roots = split
    ? splitUsers(w, d, results)
    : users(w, d, results, { beside, deciding: 0.45 });
  return roots.length === 1 && d.chance(0.7) ? roots[0] : w.op('tuple', roots);
}

function splitUsers(w: Writer, d: Draws, results: readonly Instruction[]): Instruction[] {
  if (d.chance(0.4)) {
    return results.flatMap((r) => users(w, d, [r], { beside: [], deciding: 0.45 }));
  }
  const opcode = d.pick(['multiply', 'maximum', 'minimum'] as const);
  const joined = results.reduce((a, b) => w.op(opcode, [a, b]));
  return users(w, d, [joined], { beside: [], deciding: 0 });
}

interface Around {
  /** What else may be read. */
  readonly beside: readonly Instruction[];
  /** How likely a decision is. */
  readonly deciding: number;
}

function users(
  w: Writer,
  d: Draws,
  results: readonly Instruction[],
  { beside, deciding }: Around,
): Instruction[] {
  const own = [...results];
  const used = new Set<Instruction>();
  for (let left = d.int(0, 5); left > 0; left--) {
    const x = d.chance(0.7) ? own.at(-1)! : d.pick(own);
    used.add(x);
    own.push(step(w, d, x, [...own, ...beside]));
  }
  if (d.chance(deciding)) {
    const x = own.at(-1)!;
    used.add(x);
    own.push(...decided(w, d, x, [...own, ...beside]));
  }
  return own.filter((v) => !used.has(v));
}

type Step = (w: Writer, d: Draws, x: Instruction, pool: readonly Instruction[]) => Instruction;

/** One op on a value and perhaps another of its shape: of the same element type, or shape too. */
function step(
  w: Writer,
  d: Draws,
  x: Instruction,
  pool: readonly Instruction[],
  sameShaped = false,
): Instruction {
  const steps = sameShaped ? inPlace : floatSteps;
  return d.pick(isFloat(typeOf(x)) ? steps : integerSteps)(w, d, x, pool);
}

function partner(d: Draws, x: Instruction, pool: readonly Instruction[]): Instruction {
  return d.pick([x, ...pool].filter((v) => sameShape(v.shape, x.shape)));
}

const binary: Step = (w, d, x, pool) =>
  w.op(d.pick(['add', 'subtract', 'maximum', 'minimum'] as const), [x, partner(d, x, pool)]);

const product: Step = (w, d, x, pool) => {
  const bounded = w.op('tanh', [partner(d, x, pool)]);
  return w.op('multiply', [x, bounded]);
};

const unary: Step = (w, d, x) => {
  const opcode = d.pick(['tanh', 'logistic', 'negate', 'abs'] as const);
  return w.op(opcode, [x]);
};

const ofMagnitude: Step = (w, d, x) => {
  const size = w.op('abs', [x]);
  const opcode = d.pick(['sqrt', 'log-plus-one', 'exponential'] as const);
  return w.op(opcode, [opcode === 'exponential' ? w.op('negate', [size]) : size]);
};

const scaled: Step = (w, d, x) =>
  w.op(d.pick(['multiply', 'add'] as const), [x, w.full(shapeOf(x), d.pick([0.3, -1.7, 0.125]))]);

/** x / (|y| + 1). */
const quotient: Step = (w, d, x, pool) => {
  const size = w.add(w.op('abs', [partner(d, x, pool)]), w.full(shapeOf(x), 1));
  return w.op('divide', [x, size]);
};

/** A value for each row again in each of its elements. */
function spread(w: Writer, row: Instruction, x: Instruction): Instruction {
  const dims = dimsOf(x);
  return w.b.broadcast(row, dims, range(dims.length - 1));
}

/** x - mean x, or softmax, along the last dimension. */
const normalised: Step = (w, d, x) => {
  const dims = dimsOf(x);
  const last = dims.length - 1;
  if (last < 0) return w.op('tanh', [x]);
  if (d.chance(0.5)) {
    const sum = w.reduce(x, [last]);
    const mean = w.op('multiply', [sum, w.full(shapeOf(sum), 1 / dims[last])]);
    return w.op('subtract', [x, spread(w, mean, x)]);
  }
  const top = spread(w, w.reduce(x, [last], 'maximum'), x);
  const e = w.op('exponential', [w.op('subtract', [x, top])]);
  return w.op('divide', [e, spread(w, w.reduce(e, [last]), x)]);
};

const reduced: Step = (w, d, x, pool) => {
  const rank = dimsOf(x).length;
  if (rank < 2) return binary(w, d, x, pool);
  return w.reduce(x, [d.int(0, rank - 1)], d.pick(['add', 'maximum'] as const));
};

/** x·xᵀ of a matrix. */
const squared: Step = (w, d, x, pool) => {
  const dims = dimsOf(x);
  if (dims.length !== 2 || Math.max(...dims) > 12) return unary(w, d, x, pool);
  const k = d.int(0, 1);
  return w.dot(x, w.op('tanh', [x]), { lhs: k, rhs: k });
};

const inPlace: readonly Step[] = [
  ...[binary, binary, product, unary, unary, ofMagnitude, scaled, quotient, normalised],
];

const floatSteps: readonly Step[] = [...inPlace, reduced, squared];

const integerSteps: readonly Step[] = [
  binary,
  (w, d, x) => w.op(d.pick(['negate', 'not'] as const), [x]),
  (w, d, x, pool) =>
    isSigned(typeOf(x)) ? w.op('multiply', [x, partner(d, x, pool)]) : binary(w, d, x, pool),
];

function isSigned(type: ElementType): boolean {
  return type === 's32';
}
