/**
 * What the rules need to know of a floating-point type: its roundoff, range, and when a result is
 * representable. One record a type, made once a run from the options.
 */
import {
  type ElementType,
  type FloatFormat,
  floatFormat,
  unitRoundoff,
} from '../../../graphs/ir/element-type.ts';
import { formatRounder, type Rounder, rounder } from '../../../graphs/ir/rounding.ts';
import type { ExactOptions } from './context.ts';

/** Roundoff of the oracle's own arithmetic, f64. */
export const oracleRoundoff = 2 ** -53;

/** The oracle's own error of one operation, relative; a library function is good to 1 ulp. */
export const oracleError = 4 * oracleRoundoff;

/** A narrower type that every value may also be computed and stored at (contract `narrows`). */
export interface NarrowType {
  /** What a value becomes there. */
  readonly round: Rounder;
  /** Size from which a value overflows in the declared type, too. */
  readonly declaredOverflowFrom: number;
  /** Whether a wider type than the declared one may stand in for it. */
  readonly declaredMayWiden: boolean;
}

/** The arithmetic of one type; roundoffs are relative, u = 2^-p for p bits of precision. */
export interface Numerics {
  /** Unit roundoff of one operation: the declared one, and that of storing it at `computeType`. */
  readonly u: number;
  /** Where that is coarser, or has a smaller range. Precision and range below are then its own. */
  readonly narrow?: NarrowType;
  /** Unit roundoff of the arithmetic that transcendental functions are computed in. */
  readonly functionU: number;
  readonly precision: number;
  /** 2^(53-p) + 1 for p bits of precision: c - (c - v) with c = split·v is v in p bits. */
  readonly split: number;
  /** Nearest value of the declared type. */
  readonly round: Rounder;
  /** Nearest value of the declared type that the narrower one holds as well, if there is one. */
  readonly store: Rounder;
  /** Below it a rounding error is u·smallestNormal, whatever the value. */
  readonly smallestNormal: number;
  /** What every value that is stored at the narrower type is a multiple of; 0 without one. */
  readonly narrowQuantum: number;
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
  const declared = floatFormat(type);
  const { computeType: other } = options;
  const narrow = other && isNarrower(floatFormat(other), declared) ? other : undefined;
  const narrowU = narrow ? roundoffByHalf(narrow) : 0;
  const coarser = narrowU > roundoffByHalf(type) ? narrowU : 0;
  const { precision, minExponent, maxFinite } = narrow
    ? meet(floatFormat(narrow), declared)
    : declared;
  const round = rounder(type);
  const overflowFrom = overflowThreshold(declared.maxFinite, declared.precision);
  const declaredMayWiden =
    options.openRange === true ||
    (options.widened === true && declared.precision < 53) ||
    (declared.minExponent > -126 && !options.strictPrecision);
  const at = narrow && rounder(narrow);
  return {
    u: roundoffByHalf(type) + coarser,
    ...(at && {
      narrow: { round: at, declaredOverflowFrom: overflowFrom, declaredMayWiden },
    }),
    functionU: Math.max(declared.precision > 24 ? 2 ** -53 : 2 ** -24, coarser),
    precision,
    split: veltkamp(precision),
    round,
    store: at ? (x) => at(round(x)) : round,
    smallestNormal: 2 ** minExponent,
    narrowQuantum: narrow ? 2 ** (minExponent - precision + 1) : 0,
    flushBelow: options.flush === false ? 0 : precision > 24 ? 2 ** -1022 : 2 ** -126,
    overflowFrom: narrow
      ? Math.min(overflowFrom, overflowThreshold(maxFinite, precision))
      : overflowFrom,
    mayWiden: narrow !== undefined || declaredMayWiden,
    positive: !declared.signed,
    lambda: options.lambda ?? 8,
  };
}

/** Whether one format fails to hold some values of another, by their digits or by their range. */
function isNarrower(a: FloatFormat, b: FloatFormat): boolean {
  return a.precision < b.precision || a.minExponent > b.minExponent || a.maxFinite < b.maxFinite;
}

/** The digits and the range that two formats have in common. */
function meet(a: FloatFormat, b: FloatFormat) {
  return {
    precision: Math.min(a.precision, b.precision),
    minExponent: Math.max(a.minExponent, b.minExponent),
    maxFinite: Math.min(a.maxFinite, b.maxFinite),
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
  const round = formatRounder({ precision, minExponent, maxFinite, ...common });
  return {
    ...base,
    u: Math.max(base.u, 2 ** -precision),
    precision: Math.min(base.precision, precision),
    split: veltkamp(base.narrow ? Math.min(base.precision, precision) : precision),
    round,
    store: base.narrow ? (x) => base.store(round(x)) : round,
    smallestNormal: 2 ** minExponent,
    flushBelow: 2 ** (1 - bias) <= base.smallestNormal ? base.flushBelow : 2 ** minExponent,
    overflowFrom: Math.min(base.overflowFrom, overflowThreshold(maxFinite, precision)),
    mayWiden: 1 - bias > -126 && !strict,
  };
}

/** Veltkamp's factor for p bits: c - (c - v) with c = factor·v is v rounded to them. */
export function veltkamp(precision: number): number {
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
