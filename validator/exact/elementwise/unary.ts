/** Elementwise ops of one operand: smooth functions by their rows, step functions by intervals. */
import { unitRoundoff } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { floatFunctions } from '../../reference/scalars/float-functions.ts';
import { specialised, worthwhile } from '../../semantics/loops/specialise.ts';
import { markUndecided, resultShape, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { productIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { chord, effectiveRadius } from '../core/radius.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import { settleElements } from '../core/settle.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { kernelConstants } from './arithmetic-kernels.ts';
import { longestWait } from './arithmetic-loops.ts';
import { differentiableKernel } from './differentiable-kernel.ts';
import {
  type DifferentiableOpcode,
  type DifferentiableRow,
  differentiableFunctions,
  growth,
  nearby,
} from './functions.ts';

/** A smooth function of a float tensor. */
export function differentiable(
  instruction: InstructionOf<DifferentiableOpcode>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const { type } = instruction.shape as ArrayShape;
  return differentiableOf(instruction.opcode, tensorOperand(operands[0]), type, context);
}

/** The same for a tensor at hand. */
export function differentiableOf(
  opcode: DifferentiableOpcode,
  given: ExactTensor,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const t = opcode === 'negate' ? given : arithmeticOperand(given, context);
  const results = new ResultBuilder(t.data.length, context.numerics(type));
  evaluate(opcode, t, results, context.numerics(type));
  return markUndecided(results.finish(resultShape(type, [t]), t.correlated?.along), t.undecided);
}

const rising = () => 1;

/** What the loop needs of a row and of numerics; rows themselves are of many shapes. */
interface Plan {
  readonly row: DifferentiableRow;
  readonly direction: (x: number) => number;
  readonly low: number;
  readonly high: number;
  /** The function rounds nothing: its values move as its arguments do. */
  readonly keeps: boolean;
  /** Errors of an implementation, relative to the result: at most, and one radius of them. */
  readonly localBound: number;
  readonly localDeviation: number;
  readonly lambda: number;
  readonly flushBelow: number;
}

function planOf(row: DifferentiableRow, numerics: Numerics): Plan {
  const { u, functionU, precision, lambda, flushBelow } = numerics;
  const inHalf = precision === 11 || precision < 8;
  const half = inHalf ? (row.halfUlps ?? 0) * unitRoundoff('f16') : 0;
  const ulps = precision > 24 ? (row.doubleUlps ?? row.ulps) : row.ulps;
  const allowance = Math.max(ulps * functionU, half);
  const [low, high] = row.domain ?? [-Infinity, Infinity];
  return {
    row,
    direction: row.direction ?? rising,
    low,
    high,
    keeps: row.far === 1 && row.ulps === 0,
    localBound: u + 2 * allowance,
    localDeviation: Math.hypot(u, allowance),
    lambda,
    flushBelow,
  };
}

function evaluate(
  opcode: DifferentiableOpcode,
  t: ExactTensor,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  const plan = planOf(differentiableFunctions[opcode], numerics);
  const n = t.data.length;
  results.writesPlain = true;
  const run =
    n < worthwhile || !results.hasPlain ? undefined : kernelRun(opcode, plan, t, results, numerics);
  let [again, wait] = [0, 1];
  for (let i = 0; i < n; i++) {
    if (run && i >= again) {
      const from = i;
      i = run(i);
      wait = i > from ? 1 : Math.min(2 * wait, longestWait);
      again = i + wait;
    }
    if (i < n) putElement(plan, i, t, results);
  }
}

/** The kernel's copies for this function and operand: while results have no radii, and when they do. */
function kernelRun(
  opcode: DifferentiableOpcode,
  plan: Plan,
  t: ExactTensor,
  results: ResultBuilder,
  numerics: Numerics,
): ((i: number) => number) | undefined {
  const { row, direction, keeps } = plan;
  const { bound = none, deviation = none, correlated, data } = t;
  const [isRough, isShared] = [!!t.bound, !!correlated];
  if (isShared && !isRough) return undefined;
  // that a root is exact shows by its digits in types of half the oracle's
  if (row.ulps === 0 && !keeps && numerics.precision > 24) return undefined;
  const argument = {
    x: data as Float64Array,
    bound,
    deviation,
    correlated: correlated?.radius ?? none,
  };
  const constants = {
    ...kernelConstants(results, numerics),
    ...plan,
    nearby,
    steeper: 1 + 3 * nearby,
  };
  const n = data.length;
  const copyFor = (stored: boolean) => {
    const is = {
      rough: isRough,
      correlated: isShared,
      kept: keeps,
      exact: row.ulps === 0,
      stored,
    };
    const copy = specialised(differentiableKernel, opcode, n, is);
    const into = results.collected(isShared);
    const loop = { row: { ...row, direction }, argument, into, constants, is };
    return (i: number) => copy(i, n, loop);
  };
  const before = copyFor(false);
  let after: ((i: number) => number) | undefined;
  return (i) => {
    if (!results.bound) return before(i);
    after ??= copyFor(true);
    return after(i);
  };
}

const none = new Float64Array(0);

function putElement(plan: Plan, i: number, t: ExactTensor, results: ResultBuilder): void {
  const { row, flushBelow, localBound, localDeviation } = plan;
  const x = t.data[i] as number;
  const v = row.f(x);
  const size = Math.abs(x);
  if (size < flushBelow && size > 0 && !Number.isFinite(row.f(0 * x))) {
    results.mark(i);
    results.keep(i, v, 0, 0, 0);
  } else if (!(size < Infinity)) results.keep(i, v, 0, 0, 0);
  else if (t.bound && t.bound[i] !== 0) putMoved(plan, i, v, t, results);
  else if (row.ulps > 0) results.putRounded(i, v, 0, 0, 0, localBound, localDeviation);
  else results.put(i, v, 0, 0, 0, row.far !== 1 && !(v * v === x && productIsExact(v, v, x)));
}

/** Element i, whose argument has a radius. */
function putMoved(plan: Plan, i: number, v: number, t: ExactTensor, results: ResultBuilder): void {
  const { row, low, high, lambda } = plan;
  const x = t.data[i] as number;
  const steepness = row.slope(v, x);
  const span = row.span(v, x);
  const bound = t.bound![i];
  const own = t.deviation![i];
  const common = t.correlated ? t.correlated.radius[i] : 0;
  const size = Math.abs(common);
  const r = Math.max(bound, lambda * own, lambda * size);
  const isLocal = r <= span * nearby && x - r >= low && x + r <= high;
  if (!isLocal || Math.abs(x) < plan.flushBelow || !(Math.abs(v) < Infinity)) {
    putFar(plan, i, v, t, isLocal ? steepness * (1 + 3 * nearby) : undefined, results);
    return;
  }
  const slope = steepness * (1 + 3 * nearby);
  const s = common === 0 ? 0 : slope * size * plan.direction(x) * Math.sign(common);
  if (plan.keeps) results.keep(i, v, slope * bound, slope * own, s);
  else
    results.putRounded(i, v, slope * bound, slope * own, s, plan.localBound, plan.localDeviation);
}

/** The same by any means: one slope for all its errors, or none. */
function putFar(
  plan: Plan,
  i: number,
  v: number,
  t: ExactTensor,
  slope: number | undefined,
  results: ResultBuilder,
): void {
  const { row, lambda } = plan;
  const x = t.data[i] as number;
  const bound = t.bound![i];
  const own = t.deviation![i];
  const common = t.correlated ? t.correlated.radius[i] : 0;
  const size = Math.abs(common);
  const flushed = Math.abs(x) < plan.flushBelow ? Math.abs(v - row.f(0 * x)) : 0;
  const reached = (r: number) => (slope === undefined ? chordOf(row, v, x, r, lambda) : slope * r);
  const w = Math.max(flushed, slope === undefined ? growth(row, v, x, bound) : slope * bound);
  const l = Math.max(flushed / lambda, reached(own));
  const s = common === 0 ? 0 : reached(size) * plan.direction(x) * Math.sign(common);
  if (plan.keeps) results.keep(i, v, w, l, s);
  else if (Math.abs(v) < Infinity)
    results.putRounded(i, v, w, l, s, plan.localBound, plan.localDeviation);
  else unbounded(results, i, v, row, x, effectiveRadius(t, i, lambda));
}

function chordOf(
  row: DifferentiableRow,
  v: number,
  x: number,
  radius: number,
  lambda: number,
): number {
  return chord((r) => growth(row, v, x, r), radius, lambda);
}

/** NaN or infinite at x: decided only where it is so in the whole interval. */
function unbounded(
  results: ResultBuilder,
  i: number,
  v: number,
  row: DifferentiableRow,
  x: number,
  r: number,
): void {
  const [low, high] = row.domain ?? [-Infinity, Infinity];
  const spans = x - r < low && x + r > high;
  const outside = !spans && Number.isNaN(row.f(x - r)) && Number.isNaN(row.f(x + r));
  const same = (at: number) => Object.is(row.f(at), v);
  const innermost = Math.max(x - r, Math.min(0, x + r));
  const everywhere = same(x - r) && same(x + r) && same(innermost);
  if (v !== v ? !outside : !everywhere) results.mark(i);
  results.keep(i, v, 0, 0, 0);
}

/** Functions that are constant between their steps. */
export type StepOpcode = 'floor' | 'ceil' | 'round-nearest-afz' | 'round-nearest-even' | 'sign';

/** A step function: exact, and undecided where the interval holds a step. */
export function step(
  instruction: InstructionOf<StepOpcode>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const f: (x: number) => number = floatFunctions[instruction.opcode];
  const t = arithmeticOperand(tensorOperand(operands[0]), context);
  const x = t.data as Float64Array;
  const results = new ResultBuilder(x.length, context.numerics(t.shape.type));
  for (let i = 0; i < x.length; i++) {
    const v = f(x[i]);
    const r = effectiveRadius(t, i, context.lambda);
    if (r > 0 && f(x[i] - r) !== f(x[i] + r)) results.mark(i);
    results.keep(i, v, 0, 0, 0);
  }
  const stepped = markUndecided(results.finish(resultShape(t.shape.type, [t])), t.undecided);
  return settleElements(instruction, stepped, { outcomeAt: f }, context);
}

/** Finite or not is decided unless the element itself is not. */
export function finiteness(
  _: InstructionOf<'is-finite'>,
  operands: readonly ExactValue[],
): ExactTensor {
  const t = tensorOperand(operands[0]);
  const x = t.data as Float64Array;
  const data = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) data[i] = Number.isFinite(x[i]) ? 1 : 0;
  return markUndecided({ kind: 'tensor', shape: resultShape('pred', [t]), data }, t.undecided);
}
