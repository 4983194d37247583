/**
 * What the rules need to know of a floating-point type: its roundoff, range, and when a result is
 * representable. One record a type, made once a run from the options.
 */
import { type ElementType, floatFormat, unitRoundoff } from '../../graphs/ir/element-type.ts';
import { formatRounder, type Rounder, rounder } from '../../graphs/ir/rounding.ts';
import type { ExactOptions } from './context.ts';

/** Roundoff of the oracle's own arithmetic, f64. */
export const oracleRoundoff = 2 ** -53;

/** The oracle's own error of one operation, relative; a library function is good to 1 ulp. */
export const ownRoundoff = 4 * oracleRoundoff;

export interface Numerics {
  /** Unit roundoff of one operation: the declared one, or the coarser one of `computeType`. */
  readonly u: number;
  /** What an operand loses where it is read at `computeType`; absent where that is not coarser. */
  readonly operandRound?: Rounder;
  /** Unit roundoff of the arithmetic that transcendental functions are computed in. */
  readonly functionU: number;
  /** Roundoff of the accumulator of a dot or convolution: f32 for types up to f32. */
  readonly accumulatorU: number;
  /** Significand bits of that accumulator. */
  readonly accumulatorBits: number;
  readonly precision: number;
  /** 2^(53-p) + 1 for p bits of the declared type: c - (c - v) with c = split·v is v in p bits. */
  readonly split: number;
  /** Nearest value of the declared type. */
  readonly round: Rounder;
  /** Below it a rounding error is u·smallestNormal, whatever the value. */
  readonly smallestNormal: number;
  /** Below it results and operands may be taken for zero; 0 where flushing is off. */
  readonly flushBelow: number;
  /** From here on a value rounds to what lies beyond the largest finite one. */
  readonly overflowFrom: number;
  /** True where a wider type, or another formula, that keeps the value finite may stand in. */
  readonly mayWiden: boolean;
  /** True where the type has neither zero nor sign (f8e8m0fnu). */
  readonly positive: boolean;
  readonly lambda: number;
}

/** The record of a float type, or of the parts of a complex one. */
export function numericsOf(type: ElementType, options: ExactOptions): Numerics {
  const { precision, minExponent, maxFinite, signed } = floatFormat(type);
  const narrowed = options.computeType ? roundoffByHalf(options.computeType) : 0;
  const u = Math.max(roundoffByHalf(type), narrowed);
  const wide = precision > 24;
  const coarser = narrowed > roundoffByHalf(type);
  return {
    u,
    ...(coarser && { operandRound: rounder(options.computeType!) }),
    functionU: Math.max(wide ? 2 ** -53 : 2 ** -24, coarser ? narrowed : 0),
    accumulatorU: wide ? 2 ** -53 : 2 ** -24,
    accumulatorBits: wide ? 53 : 24,
    precision: coarser ? Math.min(precision, Math.round(-Math.log2(narrowed))) : precision,
    split: splitter(precision),
    round: rounder(type),
    smallestNormal: 2 ** minExponent,
    flushBelow: options.flush === false ? 0 : wide ? 2 ** -1022 : 2 ** -126,
    overflowFrom: overflowThreshold(maxFinite, precision),
    mayWiden: options.openRange === true || (minExponent > -126 && !options.strictPrecision),
    positive: !signed,
    lambda: options.lambda ?? 8,
  };
}

/**
 * The record of reduce-precision's format, as an explicit rounding inside `type`. It has no subnormal
 * numbers: what would be one becomes zero.
 */
export function reducedNumerics(
  base: Numerics,
  exponentBits: number,
  mantissaBits: number,
  strict: boolean,
): Numerics {
  const bias = 2 ** (exponentBits - 1) - 1;
  const minExponent = Math.max(1 - bias, Math.log2(base.smallestNormal));
  const precision = mantissaBits + 1;
  const maxFinite = (2 - 2 ** -mantissaBits) * 2 ** bias;
  const common = { overflow: 'inf', signedZero: true, signed: true, hasNaN: true } as const;
  return {
    ...base,
    u: Math.max(base.u, 2 ** -precision),
    precision: Math.min(base.precision, precision),
    split: splitter(precision),
    round: formatRounder({ precision, minExponent, maxFinite, ...common }),
    smallestNormal: 2 ** minExponent,
    flushBelow: 2 ** (1 - bias) <= base.smallestNormal ? base.flushBelow : 2 ** minExponent,
    overflowFrom: Math.min(base.overflowFrom, overflowThreshold(maxFinite, precision)),
    mayWiden: 1 - bias > -126 && !strict,
  };
}

/** Veltkamp's factor. */
function splitter(precision: number): number {
  return 2 ** Math.max(0, 53 - precision) + 1;
}

/** Half a unit in the last place above the largest finite value. */
function overflowThreshold(maxFinite: number, precision: number): number {
  const ulp = 2 ** (Math.floor(Math.log2(maxFinite)) - precision + 1);
  return Math.min(maxFinite + ulp / 2, Number.MAX_VALUE);
}

/** Roundoff of one operation: types below f16 have no arithmetic, f16 rounds first and they again. */
function roundoffByHalf(type: ElementType): number {
  const own = unitRoundoff(type);
  return own > unitRoundoff('bf16') ? own + unitRoundoff('f16') : own;
}
