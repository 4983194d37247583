/**
 * Random arithmetic on values of one shape: what the computations of calls, loops, branches, maps and
 * fusions hold. Integers divide by anything and shift by any count.
 */
import type { ComputationBuilder } from '../../../graphs/build/builder.ts';
import { elementTypes, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { Gen } from '../gen.ts';

const bitwise = ['and', 'or', 'xor'] as const;
const ring = ['add', 'subtract', 'multiply'] as const;
const extrema = ['maximum', 'minimum'] as const;
const shifts = ['shift-left', 'shift-right-arithmetic', 'shift-right-logical'] as const;

const binaryOf = {
  pred: bitwise,
  float: [...ring, ...ring, ...extrema, 'divide', 'atan2'],
  integer: [...ring, ...extrema, ...bitwise, ...shifts, 'divide', 'remainder'],
  complex: ring,
} as const satisfies Readonly<Record<string, readonly Opcode[]>>;

const unaryOf = {
  pred: ['not'],
  float: ['negate', 'abs', 'tanh', 'floor', 'exponential', 'sign', 'logistic'],
  integer: ['negate', 'not', 'popcnt', 'count-leading-zeros'],
  complex: ['negate'],
} as const satisfies Readonly<Record<string, readonly Opcode[]>>;

type Kind = keyof typeof unaryOf;

function kindOf({ type }: ArrayShape): Kind {
  if (type === 'pred') return 'pred';
  return isComplex(type) ? 'complex' : isFloat(type) ? 'float' : 'integer';
}

/** These values, all of one shape, joined by ops, and a few ops more. */
export function expression(
  g: Gen,
  b: ComputationBuilder,
  values: readonly Instruction[],
): Instruction {
  const shape = values[0].shape as ArrayShape;
  const kind = kindOf(shape);
  const { bits } = elementTypes[shape.type];
  // XLA:CPU counts the bits of less than a byte wrongly, which is known where it is the only op.
  const unary = unaryOf[kind].filter((opcode) => opcode !== 'popcnt' || bits >= 8);
  // A computation that is fused may not ignore a parameter.
  const start = values.reduce((x, y) => b.op(g.pick(binaryOf[kind]), [x, y]));
  const known = [...values, start];
  for (let left = g.int(1, 6); left > 0; left--) {
    const [x, y] = [g.chance(0.6) ? known[known.length - 1] : g.pick(known), g.pick(known)];
    known.push(g.chance(0.7) ? joined(g, b, kind, x, y) : b.op(g.pick(unary), [x]));
  }
  return known[known.length - 1];
}

function joined(g: Gen, b: ComputationBuilder, kind: Kind, x: Instruction, y: Instruction) {
  if (!g.chance(0.2)) return b.op(g.pick(binaryOf[kind]), [x, y]);
  const direction = g.pick(
    kind === 'complex' ? (['EQ', 'NE'] as const) : (['LT', 'GE', 'NE'] as const),
  );
  return b.op('select', [b.op('compare', [x, y], { direction }), y, x]);
}
