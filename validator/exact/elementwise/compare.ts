/**
 * compare on floats: decided where the operands' intervals do not meet, or both are certain. On
 * integers and pred it is exact; there only undecided operands matter.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { TensorData } from '../../../graphs/ir/tensor.ts';
import { totalOrder } from '../../reference/scalars/compare.ts';
import { specialised } from '../../semantics/loops/specialise.ts';
import {
  markUndecided,
  mergedMarks,
  resultShape,
  stepOf,
  tensorOperand,
} from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { effectiveRadius } from '../core/radius.ts';
import { settleElements } from '../core/settle.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';

type Direction = InstructionOf<'compare'>['attrs']['direction'];
type Relation = (x: number, y: number) => boolean;

const relations: Readonly<Record<Direction, Relation>> = {
  EQ: (x, y) => x === y,
  NE: (x, y) => x !== y,
  GE: (x, y) => x >= y,
  GT: (x, y) => x > y,
  LE: (x, y) => x <= y,
  LT: (x, y) => x < y,
};

/** compare of any type; complex numbers in lexicographic order. */
export function compare(
  instruction: InstructionOf<'compare'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const relation = relations[instruction.attrs.direction];
  const decision = { outcomeAt: (m: number) => (relation(m, 0) ? 1 : 0), side: Math.sign };
  return settleElements(
    instruction,
    byIntervals(instruction, operands, context),
    decision,
    context,
  );
}

function byIntervals(
  instruction: InstructionOf<'compare'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const [a, b] = operands.map(tensorOperand);
  const { direction, type } = instruction.attrs;
  const shape = resultShape('pred', [a, b]);
  const n = shape.dims.reduce((x, y) => x * y, 1);
  const data = new Uint8Array(n);
  const result: ExactTensor = { kind: 'tensor', shape, data };
  const marks = mergedMarks([a, b], n);
  const same = instruction.operands[0] === instruction.operands[1];
  const relation = relations[direction];
  if (isComplex(a.shape.type)) return compareComplex(a, b, direction, result, context);
  if (!isFloat(a.shape.type)) {
    compareAll(a, b, relation, data, direction);
    return markUndecided(result, marks);
  }
  if (type === 'TOTALORDER') {
    const order = totalRelations[direction];
    const label = `${direction} ${type}`;
    return markUndecided(compareFloats(a, b, order, same, result, context.lambda, label), marks);
  }
  const [x, y] = [a, b].map((t) => arithmeticOperand(t, context));
  return markUndecided(
    compareFloats(x, y, relation, same, result, context.lambda, direction),
    marks,
  );
}

function compareFloats(
  a: ExactTensor,
  b: ExactTensor,
  relation: Relation,
  same: boolean,
  result: ExactTensor,
  lambda: number,
  label: string,
): ExactTensor {
  const data = result.data as Uint8Array;
  const n = data.length;
  compareAll(a, b, relation, data, label);
  if (same || (!a.bound && !b.bound)) return result;
  const marks = new Uint8Array(n);
  const open = specialised(markTouching, 'compare', n);
  return open(sideOf(a, n), sideOf(b, n), lambda, marks) ? markUndecided(result, marks) : result;
}

/** data[i] = a[i] relation b[i], whatever the radii. */
function compareAll(
  a: ExactTensor,
  b: ExactTensor,
  relation: Relation,
  data: Uint8Array,
  label: string,
): void {
  const n = data.length;
  const loop = specialised(relate, `${label} ${a.data.constructor.name}`, n);
  loop(a.data, stepOf(a, n), b.data, stepOf(b, n), relation, data);
}

function relate(
  x: TensorData,
  stepX: number,
  y: TensorData,
  stepY: number,
  relation: Relation,
  data: Uint8Array,
): void {
  for (let i = 0, j = 0, k = 0; i < data.length; i++, j += stepX, k += stepY) {
    data[i] = relation(x[j] as number, y[k] as number) ? 1 : 0;
  }
}

/** A float operand as loops read it: arrays that are absent are one zero, at step 0. */
interface Side {
  readonly x: Float64Array;
  readonly step: number;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  readonly radiusStep: number;
  readonly correlated: Float64Array;
  readonly sharedStep: number;
}

function sideOf(t: ExactTensor, n: number): Side {
  const step = stepOf(t, n);
  const zero = new Float64Array(1);
  const { bound = zero, deviation = zero } = t;
  const radiusStep = t.bound ? step : 0;
  const [correlated, sharedStep] =
    t.bound && t.correlated ? [t.correlated.radius, step] : [zero, 0];
  return { x: t.data as Float64Array, step, bound, deviation, radiusStep, correlated, sharedStep };
}

/** Marks elements whose intervals meet, unless both are certain; whether there are any. */
function markTouching(a: Side, b: Side, lambda: number, marks: Uint8Array): boolean {
  const { x, bound: wx, deviation: lx, correlated: cx } = a;
  const { x: y, bound: wy, deviation: ly, correlated: cy } = b;
  let any = false;
  for (let i = 0; i < marks.length; i++) {
    const j = i * a.radiusStep;
    const k = i * b.radiusStep;
    const rx = Math.min(wx[j], lambda * (lx[j] + Math.abs(cx[i * a.sharedStep])));
    const ry = Math.min(wy[k], lambda * (ly[k] + Math.abs(cy[i * b.sharedStep])));
    const r = rx + ry;
    if (r > 0 && Math.abs(x[i * a.step] - y[i * b.step]) <= r) {
      marks[i] = 1;
      any = true;
    }
  }
  return any;
}

/** The total order -NaN < -inf < … < -0 < +0 < … < inf < NaN. */
function totalRelation(relation: Relation): Relation {
  return (x, y) => relation(totalOrder(x, y), 0);
}

const totalRelations = Object.fromEntries(
  Object.entries(relations).map(([direction, relation]) => [direction, totalRelation(relation)]),
) as Readonly<Record<Direction, Relation>>;

/**
 * In lexicographic order. Decided by the real parts where these differ for certain (of an equality by
 * either part), else by values that are certain.
 */
function compareComplex(
  a: ExactTensor,
  b: ExactTensor,
  direction: Direction,
  result: ExactTensor,
  { lambda }: ExactContext,
): ExactTensor {
  const relation = relations[direction];
  const deciding = direction === 'EQ' || direction === 'NE' ? [0, 1] : [0];
  const data = result.data as Uint8Array;
  const n = data.length;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  const marks = mergedMarks([a, b], n) ?? new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [2 * i * stepX, 2 * i * stepY];
    const radius = (k: number) =>
      effectiveRadius(a, p + k, lambda) + effectiveRadius(b, q + k, lambda);
    const isApart = deciding.some((k) => Math.abs(x[p + k] - y[q + k]) > radius(k));
    const k = x[p] === y[q] ? 1 : 0;
    data[i] = relation(x[p + k], y[q + k]) ? 1 : 0;
    if (!isApart && radius(0) + radius(1) !== 0) marks[i] = 1;
  }
  return markUndecided(result, marks);
}
