/**
 * convert and reduce-precision. The value stays what it is in real arithmetic; a narrowing adds one
 * rounding of the narrow type to the radii, which an implementation may also skip. Into an integer
 * it is a step function.
 */
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isComplex,
  isFloat,
} from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import { allocate } from '../../../graphs/ir/tensor.ts';
import { conversion } from '../../reference/scalars/convert.ts';
import { smallestNormal } from '../../reference/scalars/reduce-precision.ts';
import { copiedRadii, markUndecided, resultShape, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { rounded } from '../core/narrowing-loop.ts';
import { type Numerics, reducedNumerics } from '../core/numerics.ts';
import { arithmeticOperand, inheritsSizes } from '../core/operand-flush.ts';
import { effectiveRadius } from '../core/radius.ts';
import { settleElements } from '../core/settle.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactOnIntegers } from '../core/without-error.ts';
import { asNumbers } from '../movement/apply-index-map.ts';
import { imaginaryZero, realPart } from './complex-parts.ts';

/** convert: rounds to the type; to integers by truncation, open where the interval holds a step. */
export function convert(
  instruction: InstructionOf<'convert'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const t = tensorOperand(operands[0]);
  const { type } = instruction.shape as ArrayShape;
  if (isContinuous(type)) return toFloat(t, type, context);
  if (isContinuous(t.shape.type))
    return toDiscrete(instruction, isComplex(t.shape.type) ? realPart(t) : t, type, context);
  return exactOnIntegers(instruction, operands, context);
}

function isContinuous(type: ElementType): boolean {
  return isFloat(type) || isComplex(type);
}

function toFloat(t: ExactTensor, type: ElementType, context: ExactContext): ExactTensor {
  const from = t.shape.type;
  if (isComplex(type) && !isComplex(from)) {
    return imaginaryZero(
      toFloat(t, elementTypes[type].kind === 'complex' ? partOf(type) : type, context),
    );
  }
  if (!isComplex(type) && isComplex(from)) return toFloat(realPart(t), type, context);
  const x = arithmeticOperand(asNumbers(t), context);
  const numerics = context.numerics(type);
  const shape = resultShape(type, [t]);
  if (holds(type, from) && isPlain(x, numerics)) return inheritsSizes({ ...x, shape }, [x]);
  return rounded(x, shape, numerics, !holds(type, from));
}

function partOf(type: ElementType): ElementType {
  return type === 'c128' ? 'f64' : 'f32';
}

/** Certain numbers, none of which may be flushed or overflow: they stay what they are. */
function isPlain({ data, bound, undecided }: ExactTensor, numerics: Numerics): boolean {
  const { positive, flushBelow, overflowFrom } = numerics;
  if (positive || bound || undecided) return false;
  return (data as Float64Array).every((v) => {
    const size = Math.abs(v);
    return size === 0 || (size >= flushBelow && size <= overflowFrom);
  });
}

/** True where every value of `from` is one of `type`, so that the conversion rounds nothing. */
function holds(type: ElementType, from: ElementType): boolean {
  if (!isContinuous(from)) return false;
  const [a, b] = [floatFormat(type), floatFormat(from)];
  return a.precision >= b.precision && a.minExponent - a.precision <= b.minExponent - b.precision;
}

/** Float to integer or pred: undecided where the interval's ends convert differently. */
function toDiscrete(
  instruction: InstructionOf<'convert'>,
  given: ExactTensor,
  type: ElementType,
  context: ExactContext,
): ExactTensor {
  const t = arithmeticOperand(given, context);
  const x = t.data as Float64Array;
  const to = conversion('f64', type, context.reference.round);
  const data = allocate(type, x.length);
  let marks: Uint8Array | undefined;
  for (let i = 0; i < x.length; i++) {
    data[i] = to(x[i]) as never;
    const r = effectiveRadius(t, i, context.lambda);
    if (r === 0) continue;
    const changes = type === 'pred' ? Math.abs(x[i]) <= r : to(x[i] - r) !== to(x[i] + r);
    if (!changes) continue;
    marks ??= new Uint8Array(x.length);
    marks[i] = 1;
  }
  const shape = arrayShape(type, t.shape.dims);
  const steps = markUndecided(markUndecided({ kind: 'tensor', shape, data }, t.undecided), marks);
  return settleElements(instruction, steps, { outcomeAt: (x) => Number(to(x)) }, context);
}

/**
 * An explicit rounding to e exponent and m mantissa bits. What is subnormal in a narrower range is
 * zero. A NaN without mantissa bits stays one or becomes an infinity: XLA's emitter and its
 * evaluator do not agree.
 */
export function reducePrecision(
  instruction: InstructionOf<'reduce-precision'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const t = tensorOperand(operands[0]);
  const { exponent_bits, mantissa_bits } = instruction.attrs;
  const base = context.numerics(t.shape.type);
  const numerics = reducedNumerics(base, exponent_bits, mantissa_bits, context.strict);
  const fine = rounded(t, t.shape, numerics, true);
  const normal = flushed(fine, smallestNormal(exponent_bits, t.shape.type), context.lambda);
  if (mantissa_bits > 0) return normal;
  const marks = Uint8Array.from(t.data as Float64Array, (x) => (x !== x ? 1 : 0));
  return markUndecided(normal, marks);
}

/** Zero for what is certainly below a bound, and within reach of zero what may be. */
function flushed(t: ExactTensor, below: number, lambda: number): ExactTensor {
  const x = t.data as Float64Array;
  if (!x.some((v) => v !== 0 && Math.abs(v) < 2 * below)) return t;
  const data = x.slice();
  const { bound, deviation } = copiedRadii(t);
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]);
    const r = effectiveRadius(t, i, lambda);
    if (size === 0 || !(size - r < below)) continue;
    if (size + r < below) {
      [data[i], bound[i], deviation[i]] = [0 * x[i], 0, 0];
      if (t.correlated) t.correlated.radius[i] = 0;
    } else {
      bound[i] = Math.max(bound[i], size + r);
      deviation[i] = Math.max(deviation[i], (size + r) / lambda);
    }
  }
  return { ...t, data, bound, deviation };
}
