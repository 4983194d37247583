/**
 * compare on floats: decided where the operands' intervals do not meet, or both are certain. On
 * integers and pred it is exact; there only undecided operands matter.
 */
import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { mergedMarks, resultShape, stepOf, tensorOperand, withMarks } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import { reach } from './radius.ts';
import type { ExactTensor, ExactValue } from './value.ts';

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
  const [a, b] = operands.map(tensorOperand);
  const { direction, type } = instruction.attrs;
  const shape = resultShape('pred', [a, b]);
  const n = shape.dims.reduce((x, y) => x * y, 1);
  const data = new Uint8Array(n);
  const result: ExactTensor = { kind: 'tensor', shape, data };
  const marks = mergedMarks([a, b], n);
  const same = instruction.operands[0] === instruction.operands[1];
  const relation = relations[direction];
  if (isComplex(a.shape.type)) {
    const isEquality = direction === 'EQ' || direction === 'NE';
    return isEquality
      ? complexEquality(a, b, direction === 'EQ', result, context)
      : complexOrder(a, b, relation, result, context);
  }
  if (!isFloat(a.shape.type)) {
    const [x, y] = [a.data as Float64Array, b.data as Float64Array];
    const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
    for (let i = 0; i < n; i++) data[i] = relation(x[i * stepX], y[i * stepY]) ? 1 : 0;
    return withMarks(result, marks);
  }
  if (type === 'TOTALORDER') {
    const order = totalRelation(relation);
    return withMarks(compareFloats(a, b, order, same, result, context.lambda), marks);
  }
  const [x, y] = [a, b].map((t) => arithmeticOperand(t, context));
  return withMarks(compareFloats(x, y, relation, same, result, context.lambda), marks);
}

function compareFloats(
  a: ExactTensor,
  b: ExactTensor,
  relation: Relation,
  same: boolean,
  result: ExactTensor,
  lambda: number,
): ExactTensor {
  const data = result.data as Uint8Array;
  const n = data.length;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  let marks: Uint8Array | undefined;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += stepX, k += stepY) {
    data[i] = relation(x[j], y[k]) ? 1 : 0;
    if (same || (!a.worst && !b.worst)) continue;
    const r = reach(a, j, lambda) + reach(b, k, lambda);
    if (r > 0 && Math.abs(x[j] - y[k]) <= r) {
      marks ??= new Uint8Array(n);
      marks[i] = 1;
    }
  }
  return withMarks(result, marks);
}

/** The total order -NaN < -inf < … < -0 < +0 < … < inf < NaN; every NaN counts as positive. */
function totalRelation(relation: Relation): Relation {
  return (x, y) => {
    if (x !== x || y !== y) return relation(x !== x ? 1 : 0, y !== y ? 1 : 0);
    if (x === 0 && y === 0) return relation(1 / x, 1 / y);
    return relation(x, y);
  };
}

function complexEquality(
  a: ExactTensor,
  b: ExactTensor,
  equal: boolean,
  result: ExactTensor,
  { lambda }: ExactContext,
): ExactTensor {
  const data = result.data as Uint8Array;
  const n = data.length;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  const marks = mergedMarks([a, b], n) ?? new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [2 * i * stepX, 2 * i * stepY];
    data[i] = (x[p] === y[q] && x[p + 1] === y[q + 1]) === equal ? 1 : 0;
    const apart = [0, 1].some(
      (k) => Math.abs(x[p + k] - y[q + k]) > reach(a, p + k, lambda) + reach(b, q + k, lambda),
    );
    const certain = [0, 1].every((k) => reach(a, p + k, lambda) + reach(b, q + k, lambda) === 0);
    if (!apart && !certain) marks[i] = 1;
  }
  return withMarks(result, marks.includes(1) ? marks : undefined);
}

/** Decided by the real parts where these differ for certain, else by values that are certain. */
function complexOrder(
  a: ExactTensor,
  b: ExactTensor,
  relation: Relation,
  result: ExactTensor,
  { lambda }: ExactContext,
): ExactTensor {
  const data = result.data as Uint8Array;
  const n = data.length;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  const marks = mergedMarks([a, b], n) ?? new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [2 * i * stepX, 2 * i * stepY];
    const radius = (k: number) => reach(a, p + k, lambda) + reach(b, q + k, lambda);
    const isApart = Math.abs(x[p] - y[q]) > radius(0);
    const k = x[p] === y[q] ? 1 : 0;
    data[i] = relation(x[p + k], y[q + k]) ? 1 : 0;
    if (!isApart && radius(0) + radius(1) !== 0) marks[i] = 1;
  }
  return withMarks(result, marks.includes(1) ? marks : undefined);
}
