/**
 * reduce-precision on one number: rounded to m mantissa bits wherever its type has its exponents,
 * then zero or infinite where the narrower range ends. What would be subnormal there is zero; an
 * exponent field as wide as the type's own, or wider, changes nothing (StableHLO,
 * reduce_precision).
 */
import { type ElementType, elementTypes, floatFormat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { formatRounder, type Rounder, rounder } from '../../../graphs/ir/rounding.ts';
import type { EvalContext } from '../context.ts';

/** The operation on numbers of a type. A NaN that has no mantissa bit left is an infinity. */
export function precisionReducer(
  attrs: InstructionOf<'reduce-precision'>['attrs'],
  type: ElementType,
  context: EvalContext,
): Rounder {
  const { exponent_bits: e, mantissa_bits: m } = attrs;
  if (type === 'f32' && e === 8 && m === 7) return context.round('bf16');
  const format = floatFormat(type);
  const precision = Math.min(m + 1, format.precision);
  const least = smallestNormal(e, type);
  const { signed, minExponent, signedZero } = format;
  const most = Math.min(format.maxFinite, least === 0 ? Infinity : largest(e, m));
  const tooLarge = format.overflow === 'inf' ? Infinity : rounder(type)(Infinity);
  const round = formatRounder({
    precision,
    minExponent,
    maxFinite: Infinity,
    overflow: 'inf',
    signedZero,
    signed,
    hasNaN: true,
  });
  return (x) => {
    if (x !== x) return m > 0 ? x : Infinity;
    const y = m > 0 ? round(x) : tiesToEvenExponent(x, round(x));
    if (Math.abs(y) < least) return y * 0;
    return Math.abs(y) > most ? tooLarge * Math.sign(y) : y;
  };
}

/**
 * Without mantissa bits the last bit is that of the exponent field, and a tie, 1.5·2^k, goes where it
 * is even. Every bias is odd, so that is where the exponent is odd.
 */
function tiesToEvenExponent(x: number, y: number): number {
  const isTie = Math.abs(x) === 0.75 * Math.abs(y);
  return isTie && Math.log2(Math.abs(y)) % 2 === 0 ? y / 2 : y;
}

/** What is smaller becomes zero; 0 where e exponent bits hold every exponent of the type. */
export function smallestNormal(e: number, type: ElementType): number {
  const { precision, signed } = floatFormat(type);
  const own = elementTypes[type].bits - precision + (signed ? 0 : 1);
  return e < own ? 2 ** (2 - 2 ** (e - 1)) : 0;
}

/** The largest finite number of e exponent and m mantissa bits. */
function largest(e: number, m: number): number {
  return (2 - 2 ** -Math.min(m, 52)) * 2 ** (2 ** (e - 1) - 1);
}
