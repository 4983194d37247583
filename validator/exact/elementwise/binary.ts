/** Elementwise ops of two float operands: the loop over the rows of binary-functions.ts. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import {
  commonAlong,
  markUndecided,
  mergedMarks,
  resultShape,
  stepOf,
  tensorOperand,
} from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { loopOperand } from '../core/loop-operand.ts';
import type { Numerics } from '../core/numerics.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { undecidedMark } from '../core/outcomes.ts';
import { chord, mergeCorrelated } from '../core/radius.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { quotientIsExact, settledSpecial } from './arithmetic-elements.ts';
import { arithmetic, arithmeticLoops } from './arithmetic-loops.ts';
import { type BinaryOpcode, type BinaryRow, binaryFunctions } from './binary-functions.ts';
import { squares } from './squares.ts';

/** A function of two float tensors of one size (or a scalar and a tensor). */
export function binary(
  instruction: InstructionOf<BinaryOpcode>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const { opcode, shape } = instruction;
  const { type } = shape as ArrayShape;
  const same = instruction.operands[0] === instruction.operands[1];
  return combine(opcode, type, operands.map(tensorOperand), same, context);
}

/** The same for tensors at hand; `same`: both operands are one value, so their errors are too. */
export function combine(
  opcode: BinaryOpcode,
  type: ArrayShape['type'],
  tensors: readonly ExactTensor[],
  same: boolean,
  context: ExactContext,
): ExactTensor {
  const [a, b] = tensors.map((t) => arithmeticOperand(t, context));
  const shape = resultShape(type, [a, b]);
  const n = elementCount(shape);
  const numerics = context.numerics(type);
  const results = new ResultBuilder(n, numerics);
  const extra = opcode === 'divide' && context.reciprocalDivision ? 1.5 * numerics.u : 0;
  const row: BinaryRow = extra > 0 ? byReciprocal(extra) : binaryFunctions[opcode];
  const exactly = opcode === 'maximum' || opcode === 'minimum' || opcode === 'remainder';
  const localBound = exactly ? 0 : numerics.u + 2 * row.ulps * numerics.functionU + extra;
  const localDeviation = exactly
    ? 0
    : Math.hypot(numerics.u, row.ulps * numerics.functionU, extra / 2);
  const loop = same ? undefined : arithmeticLoops[opcode];
  if (same && opcode === 'multiply') squares(a, results, numerics);
  else if (loop) arithmetic(loop, loopOperand(a, n), loopOperand(b, n), results, numerics, extra);
  else {
    const all = { row, a, b, same, results, numerics, localBound, localDeviation };
    if (a.bound || b.bound) withRadii(all);
    else certain(all);
  }
  const result = results.finish(shape, commonAlong([a, b], shape.dims));
  const marks = mergedMarks([a, b], n);
  const isNoFunction = opcode === 'power' && context.realAlgebra !== undefined;
  return markUndecided(isNoFunction ? markUndecided(result, noReals(a, b, result)) : result, marks);
}

/** The quotient as x·(1/y), which is exact less often. */
function byReciprocal(extra: number): BinaryRow {
  const exact = (x: number, y: number, v: number) => quotientIsExact(x, y, v, extra);
  return { ...binaryFunctions.divide, exact };
}

/** Marks of powers that are numbers though an operand is none: 1 = NaN^0 = 1^NaN, by convention. */
function noReals(a: ExactTensor, b: ExactTensor, { data }: ExactTensor): Uint8Array {
  const [x, y, v] = [a.data, b.data, data] as Float64Array[];
  const n = v!.length;
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  return Uint8Array.from(v!, (value, i) => {
    const isReal = Number.isFinite(x![i * stepX]) && Number.isFinite(y![i * stepY]);
    return !isReal && Number.isFinite(value) ? undecidedMark : 0;
  });
}

/** What is the same for all elements of an op. */
interface BinaryLoop {
  readonly row: BinaryRow;
  readonly a: ExactTensor;
  readonly b: ExactTensor;
  /** Both operands are one value. */
  readonly same: boolean;
  readonly results: ResultBuilder;
  readonly numerics: Numerics;
  /** Errors of an implementation, relative to the result: at most, and one radius of them. */
  readonly localBound: number;
  readonly localDeviation: number;
}

function certain({ row, a, b, results, numerics, localBound, localDeviation }: BinaryLoop): void {
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const n = results.data.length;
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  for (let i = 0, j = 0, k = 0; i < n; i++, j += stepX, k += stepY) {
    const v = row.f(x[j], y[k]);
    if (isExact(row, x[j], y[k], v, numerics)) results.keep(i, v, 0, 0, 0);
    else results.putRounded(i, v, 0, 0, 0, localBound, localDeviation);
  }
}

function isExact(row: BinaryRow, x: number, y: number, v: number, numerics: Numerics): boolean {
  return row.exact !== undefined && numerics.store(v) === v && row.exact(x, y, v);
}

function withRadii(loop: BinaryLoop): void {
  const { row, a, b, same, results, localBound, localDeviation } = loop;
  const { lambda, flushBelow } = loop.numerics;
  const [x, y] = [a.data as Float64Array, b.data as Float64Array];
  const n = results.data.length;
  const zero = new Float64Array(Math.max(x.length, y.length));
  const [wx, lx, sx] = [a.bound ?? zero, a.deviation ?? zero, a.correlated?.radius ?? zero];
  const [wy, ly, sy] = [b.bound ?? zero, b.deviation ?? zero, b.correlated?.radius ?? zero];
  const anyShared = a.correlated !== undefined || b.correlated !== undefined;
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  const { bound } = row;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += stepX, k += stepY) {
    const v = row.f(x[j], y[k]);
    if (wx[j] === 0 && wy[k] === 0 && row.exact?.(x[j], y[k], v)) {
      results.put(i, v, 0, 0, 0);
      continue;
    }
    if (!(Math.abs(v) < Infinity)) {
      const certain = wx[j] === 0 && wy[k] === 0;
      const settled = certain || (!row.discontinuous && settledSpecial(x[j], wx[j], y[k], wy[k]));
      if (!settled) results.mark(i);
      results.keep(i, v, 0, 0, 0);
      continue;
    }
    const w = bound(v, x[j], y[k], wx[j], wy[k]);
    if (row.pole && Math.abs(y[k]) < flushBelow) results.mark(i);
    if (same) {
      const [own, common] = ofOne(row, v, x[j], lx[j], sx[j], lambda);
      results.putRounded(i, v, w, own, common, localBound, localDeviation);
      continue;
    }
    const l = bound(v, x[j], y[k], lambda * lx[j], lambda * ly[k]) / lambda;
    const s = anyShared ? sharedGrowth(bound, v, x[j], y[k], sx[j], sy[k], lambda) : 0;
    results.putRounded(i, v, w, l, s, localBound, localDeviation);
  }
}

const rising = [1, 1] as const;

/** Likely and shared radius of f(x, x): both operands move together, and by both errors of x. */
function ofOne(
  { bound, directions }: BinaryRow,
  v: number,
  x: number,
  own: number,
  common: number,
  lambda: number,
): readonly [own: number, common: number] {
  if (common === 0) return [reached(bound, v, x, own, lambda), 0];
  const [dx, dy] = directions?.(x, x, v) ?? rising;
  const size = Math.abs(common);
  const s = reached(bound, v, x, size, lambda);
  const further = own === 0 ? 0 : reached(bound, v, x, size + own, lambda) - s;
  return [further, (dx + dy) * common < 0 ? -s : s];
}

function reached(bound: Bound, v: number, x: number, r: number, lambda: number): number {
  return bound(v, x, x, lambda * r, lambda * r) / lambda;
}

/** What shared errors cx and cy of the operands come to, with its sign. */
function sharedGrowth(
  bound: Bound,
  v: number,
  x: number,
  y: number,
  cx: number,
  cy: number,
  lambda: number,
): number {
  const byX = () => chord((rx) => bound(v, x, y, rx, 0), Math.abs(cx), lambda);
  const byY = () => chord((ry) => bound(v, x, y, 0, ry), Math.abs(cy), lambda);
  const p = cx === 0 ? 0 : Math.sign(cx) * byX();
  const q = cy === 0 ? 0 : Math.sign(cy) * byY();
  return mergeCorrelated(p, q);
}

type Bound = BinaryRow['bound'];
