/** Elementwise ops of one operand: smooth functions by their rows, step functions by intervals. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { floatFunctions } from '../reference/float-functions.ts';
import { resultShape, tensorOperand, withMarks } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import {
  growth,
  localSlope,
  type SmoothOpcode,
  type SmoothRow,
  smoothFunctions,
} from './functions.ts';
import type { Numerics } from './numerics.ts';
import { chord, reach, worstAt } from './radius.ts';
import { Sink } from './sink.ts';
import type { ExactTensor, ExactValue } from './value.ts';

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
  evaluate(smoothFunctions[opcode], t, sink, context.numerics(type));
  return withMarks(sink.finish(resultShape(type, [t]), t.shared?.along), t.undecided);
}

const rising = () => 1;

function evaluate(
  row: SmoothRow,
  t: ExactTensor,
  sink: Sink,
  { u, functionU, precision, lambda, flushBelow }: Numerics,
): void {
  const x = t.data as Float64Array;
  const half = precision === 11 ? (row.halfUlps ?? 0) * u : 0;
  const allowance = Math.max(row.ulps * functionU, half);
  const fresh = u + 2 * allowance;
  const typical = Math.hypot(u, allowance);
  const direction = row.direction ?? rising;
  const isExact = (v: number, arg: number) => row.far === 1 || v * v === arg;
  const grow = (v: number, i: number, r: number) => growth(row, v, x[i], r);
  for (let i = 0; i < x.length; i++) {
    const v = row.f(x[i]);
    if (Math.abs(x[i]) < flushBelow && x[i] !== 0 && !Number.isFinite(row.f(0 * x[i]))) {
      sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
    } else if (!(Math.abs(x[i]) < Infinity)) sink.keep(i, v, 0, 0, 0);
    else if (!t.worst || t.worst[i] === 0) {
      if (row.ulps === 0) sink.put(i, v, 0, 0, 0, !isExact(v, x[i]));
      else sink.putRounded(i, v, 0, 0, 0, fresh, typical);
    } else {
      const common = t.shared ? t.shared.radius[i] : 0;
      const own = t.likely![i];
      const widest = Math.max(t.worst[i], lambda * own, lambda * Math.abs(common));
      const slope = localSlope(row, v, x[i], widest);
      const local = slope !== undefined;
      const flushed = Math.abs(x[i]) < flushBelow ? Math.abs(v - row.f(0 * x[i])) : 0;
      const w = Math.max(flushed, local ? slope * t.worst[i] : grow(v, i, t.worst[i]));
      const spread = local ? slope * own : chord((r) => grow(v, i, r), own, lambda);
      const l = Math.max(flushed / lambda, spread);
      let s = 0;
      if (common !== 0) {
        const size = Math.abs(common);
        const turned = direction(x[i]) * Math.sign(common);
        s = turned * (local ? slope * size : chord((r) => grow(v, i, r), size, lambda));
      }
      if (row.far === 1 && row.ulps === 0) sink.keep(i, v, w, l, s);
      else if (Math.abs(v) < Infinity) sink.putRounded(i, v, w, l, s, fresh, typical);
      else unbounded(sink, i, v, row, x[i], reach(t, i, lambda));
    }
  }
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
  return withMarks(sink.finish(resultShape(t.shape.type, [t])), t.undecided);
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

/** A float or complex part rounded to another type: the value stays, the rounding is a radius. */
export function rounded(
  t: ExactTensor,
  shape: ArrayShape,
  numerics: Numerics,
  adds: boolean,
): ExactTensor {
  const x = t.data as ArrayLike<number>;
  const sink = new Sink(x.length, numerics);
  for (let i = 0; i < x.length; i++) {
    const [w, l, s] = [worstAt(t, i), t.likely?.[i] ?? 0, t.shared?.radius[i] ?? 0];
    if (adds) sink.put(i, x[i], w, l, s);
    else sink.keep(i, x[i], w, l, s);
  }
  return withMarks(sink.finish(shape, t.shared?.along), t.undecided);
}
