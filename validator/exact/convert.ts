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
} from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { allocate } from '../../graphs/ir/tensor.ts';
import { conversion } from '../reference/convert.ts';
import { resultShape, tensorOperand, withMarks } from './broadcasting.ts';
import { exactOnIntegers } from './certain.ts';
import { imaginaryZero, realPart } from './complex-parts.ts';
import type { ExactContext } from './context.ts';
import { reducedNumerics } from './numerics.ts';
import { reach } from './radius.ts';
import { rounded } from './unary.ts';
import type { ExactTensor, ExactValue } from './value.ts';

export function convert(
  instruction: InstructionOf<'convert'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const t = tensorOperand(operands[0]);
  const { type } = instruction.shape as ArrayShape;
  if (isContinuous(type)) return toFloat(t, type, context);
  if (isContinuous(t.shape.type))
    return toDiscrete(isComplex(t.shape.type) ? realPart(t) : t, type, context);
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
  return rounded(asNumbers(t), resultShape(type, [t]), context.numerics(type), !holds(type, from));
}

function partOf(type: ElementType): ElementType {
  return type === 'c128' ? 'f64' : 'f32';
}

/** True where every value of `from` is one of `type`, so that the conversion rounds nothing. */
function holds(type: ElementType, from: ElementType): boolean {
  if (!isContinuous(from)) return false;
  const [a, b] = [floatFormat(type), floatFormat(from)];
  return a.precision >= b.precision && a.minExponent - a.precision <= b.minExponent - b.precision;
}

function asNumbers(t: ExactTensor): ExactTensor {
  const { data } = t;
  if (data instanceof Float64Array) return t;
  return { ...t, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}

/** Float to integer or pred: undecided where the interval's ends convert differently. */
function toDiscrete(t: ExactTensor, type: ElementType, context: ExactContext): ExactTensor {
  const x = t.data as Float64Array;
  const to = conversion('f64', type, context.reference.round);
  const data = allocate(type, x.length);
  let marks: Uint8Array | undefined;
  for (let i = 0; i < x.length; i++) {
    data[i] = to(x[i]) as never;
    const r = reach(t, i, context.lambda);
    if (r === 0) continue;
    const changes = type === 'pred' ? Math.abs(x[i]) <= r : to(x[i] - r) !== to(x[i] + r);
    if (!changes) continue;
    marks ??= new Uint8Array(x.length);
    marks[i] = 1;
  }
  const shape = arrayShape(type, t.shape.dims);
  return withMarks(withMarks({ kind: 'tensor', shape, data }, t.undecided), marks);
}

/** An explicit rounding to e exponent and m mantissa bits. */
export function reducePrecision(
  instruction: InstructionOf<'reduce-precision'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const t = tensorOperand(operands[0]);
  const { exponent_bits, mantissa_bits } = instruction.attrs;
  const base = context.numerics(t.shape.type);
  const numerics = reducedNumerics(base, exponent_bits, mantissa_bits, context.strict);
  return rounded(t, t.shape, numerics, true);
}
