/** Elementwise ops of one operand: smooth functions by their rows, step functions by intervals. */
import { unitRoundoff } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { floatFunctions } from '../../reference/scalars/float-functions.ts';
import { specialised, worthwhile } from '../../semantics/loops/specialise.ts';
import { resultShape, tensorOperand, withMarks } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { productIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { chord, reach } from '../core/radius.ts';
import { Sink } from '../core/result-builder.ts';
import { settleElements } from '../core/settle.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { kernelFigures } from './arithmetic-kernels.ts';
import { longestWait } from './arithmetic-loops.ts';
import { smoothKernel } from './differentiable-kernel.ts';
import { growth, nearby, type SmoothOpcode, type SmoothRow, smoothFunctions } from './functions.ts';

/** A smooth function of a float tensor. */
export function smooth(
  instruction: InstructionOf<SmoothOpcode>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const { type } = instruction.shape as ArrayShape;
  return smoothOf(instruction.opcode, tensorOperand(operands[0]), type, context);
}

/** The same for a tensor at hand. */
export function smoothOf(
  opcode: SmoothOpcode,
  given: ExactTensor,
  type: ArrayShape['type'],
  context: ExactContext,
): ExactTensor {
  const t = opcode === 'negate' ? given : arithmeticOperand(given, context);
  const sink = new Sink(t.data.length, context.numerics(type));
  evaluate(opcode, t, sink, context.numerics(type));
  return withMarks(sink.finish(resultShape(type, [t]), t.shared?.along), t.undecided);
}

const rising = () => 1;

/** What the loop needs of a row and of numerics; rows themselves are of many shapes. */
interface Plan {
  readonly row: SmoothRow;
  readonly direction: (x: number) => number;
  readonly low: number;
  readonly high: number;
  /** The function rounds nothing: its values move as its arguments do. */
  readonly keeps: boolean;
  /** Errors of an implementation, relative to the result: at most, and one radius of them. */
  readonly fresh: number;
  readonly typical: number;
  readonly lambda: number;
  readonly flushBelow: number;
}

function planOf(row: SmoothRow, numerics: Numerics): Plan {
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
    fresh: u + 2 * allowance,
    typical: Math.hypot(u, allowance),
    lambda,
    flushBelow,
  };
}

function evaluate(opcode: SmoothOpcode, t: ExactTensor, sink: Sink, numerics: Numerics): void {
  const plan = planOf(smoothFunctions[opcode], numerics);
  const n = t.data.length;
  sink.writesPlain = true;
  const run =
    n < worthwhile || !sink.hasPlain ? undefined : kernelRun(opcode, plan, t, sink, numerics);
  let [again, wait] = [0, 1];
  for (let i = 0; i < n; i++) {
    if (run && i >= again) {
      const from = i;
      i = run(i);
      wait = i > from ? 1 : Math.min(2 * wait, longestWait);
      again = i + wait;
    }
    if (i < n) putElement(plan, i, t, sink);
  }
}

/** The kernel's copies for this function and operand: while results have no radii, and when they do. */
function kernelRun(
  opcode: SmoothOpcode,
  plan: Plan,
  t: ExactTensor,
  sink: Sink,
  numerics: Numerics,
): ((i: number) => number) | undefined {
  const { row, direction, keeps } = plan;
  const { worst = none, likely = none, shared, data } = t;
  const [isRough, isShared] = [!!t.worst, !!shared];
  if (isShared && !isRough) return undefined;
  // that a root is exact shows by its digits in types of half the oracle's
  if (row.ulps === 0 && !keeps && numerics.precision > 24) return undefined;
  const argument = { x: data as Float64Array, worst, likely, shared: shared?.radius ?? none };
  const figures = { ...kernelFigures(sink, numerics), ...plan, nearby, steeper: 1 + 3 * nearby };
  const n = data.length;
  const copyFor = (stored: boolean) => {
    const flags = { rough: isRough, shared: isShared, kept: keeps, exact: row.ulps === 0, stored };
    const copy = specialised(smoothKernel, opcode, n, flags);
    const into = sink.collected(isShared);
    const { f, slope, span } = row;
    return (i: number) => copy(i, n, f, slope, span, direction, argument, into, figures, flags);
  };
  const before = copyFor(false);
  let after: ((i: number) => number) | undefined;
  return (i) => {
    if (!sink.worst) return before(i);
    after ??= copyFor(true);
    return after(i);
  };
}

const none = new Float64Array(0);

function putElement(plan: Plan, i: number, t: ExactTensor, sink: Sink): void {
  const { row, flushBelow, fresh, typical } = plan;
  const x = t.data[i] as number;
  const v = row.f(x);
  const size = Math.abs(x);
  if (size < flushBelow && size > 0 && !Number.isFinite(row.f(0 * x))) {
    sink.mark(i);
    sink.keep(i, v, 0, 0, 0);
  } else if (!(size < Infinity)) sink.keep(i, v, 0, 0, 0);
  else if (t.worst && t.worst[i] !== 0) putMoved(plan, i, v, t, sink);
  else if (row.ulps > 0) sink.putRounded(i, v, 0, 0, 0, fresh, typical);
  else sink.put(i, v, 0, 0, 0, row.far !== 1 && !(v * v === x && productIsExact(v, v, x)));
}

/** Element i, whose argument has a radius. */
function putMoved(plan: Plan, i: number, v: number, t: ExactTensor, sink: Sink): void {
  const { row, low, high, lambda } = plan;
  const x = t.data[i] as number;
  const steepness = row.slope(v, x);
  const span = row.span(v, x);
  const worst = t.worst![i];
  const own = t.likely![i];
  const common = t.shared ? t.shared.radius[i] : 0;
  const size = Math.abs(common);
  const r = Math.max(worst, lambda * own, lambda * size);
  const isLocal = r <= span * nearby && x - r >= low && x + r <= high;
  if (!isLocal || Math.abs(x) < plan.flushBelow || !(Math.abs(v) < Infinity)) {
    putFar(plan, i, v, t, isLocal ? steepness * (1 + 3 * nearby) : undefined, sink);
    return;
  }
  const slope = steepness * (1 + 3 * nearby);
  const s = common === 0 ? 0 : slope * size * plan.direction(x) * Math.sign(common);
  if (plan.keeps) sink.keep(i, v, slope * worst, slope * own, s);
  else sink.putRounded(i, v, slope * worst, slope * own, s, plan.fresh, plan.typical);
}

/** The same by any means: one slope for all its errors, or none. */
function putFar(
  plan: Plan,
  i: number,
  v: number,
  t: ExactTensor,
  slope: number | undefined,
  sink: Sink,
): void {
  const { row, lambda } = plan;
  const x = t.data[i] as number;
  const worst = t.worst![i];
  const own = t.likely![i];
  const common = t.shared ? t.shared.radius[i] : 0;
  const size = Math.abs(common);
  const flushed = Math.abs(x) < plan.flushBelow ? Math.abs(v - row.f(0 * x)) : 0;
  const reached = (r: number) => (slope === undefined ? chordOf(row, v, x, r, lambda) : slope * r);
  const w = Math.max(flushed, slope === undefined ? growth(row, v, x, worst) : slope * worst);
  const l = Math.max(flushed / lambda, reached(own));
  const s = common === 0 ? 0 : reached(size) * plan.direction(x) * Math.sign(common);
  if (plan.keeps) sink.keep(i, v, w, l, s);
  else if (Math.abs(v) < Infinity) sink.putRounded(i, v, w, l, s, plan.fresh, plan.typical);
  else unbounded(sink, i, v, row, x, reach(t, i, lambda));
}

function chordOf(row: SmoothRow, v: number, x: number, radius: number, lambda: number): number {
  return chord((r) => growth(row, v, x, r), radius, lambda);
}

/** NaN or infinite at x: decided only where it is so in the whole interval. */
function unbounded(sink: Sink, i: number, v: number, row: SmoothRow, x: number, r: number): void {
  const [low, high] = row.domain ?? [-Infinity, Infinity];
  const spans = x - r < low && x + r > high;
  const outside = !spans && Number.isNaN(row.f(x - r)) && Number.isNaN(row.f(x + r));
  const same = (at: number) => Object.is(row.f(at), v);
  const innermost = Math.max(x - r, Math.min(0, x + r));
  const everywhere = same(x - r) && same(x + r) && same(innermost);
  if (v !== v ? !outside : !everywhere) sink.mark(i);
  sink.keep(i, v, 0, 0, 0);
}

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
  const sink = new Sink(x.length, context.numerics(t.shape.type));
  for (let i = 0; i < x.length; i++) {
    const v = f(x[i]);
    const r = reach(t, i, context.lambda);
    if (r > 0 && f(x[i] - r) !== f(x[i] + r)) sink.mark(i);
    sink.keep(i, v, 0, 0, 0);
  }
  const stepped = withMarks(sink.finish(resultShape(t.shape.type, [t])), t.undecided);
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
  return withMarks({ kind: 'tensor', shape: resultShape('pred', [t]), data }, t.undecided);
}
