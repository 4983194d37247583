/**
 * The terms of sums side by side, and the loops over them: one sum after another, its moments in
 * registers. Terms are elements of one tensor, listed or at even distances; where sums are prefixes of
 * one row, each goes on from the one before it.
 */
import type { Rounder } from '../../../graphs/ir/rounding.ts';
import type { ExactTensor } from '../core/value.ts';
import type { SumMoments } from './sum-moments.ts';

/** Term j of sum b, low[b] ≤ j < high[b], is element rows[j] + column[b], or j·stride + column[b]. */
export interface SumTerms {
  readonly x: Float64Array;
  readonly count: number;
  readonly rows?: Int32Array | undefined;
  readonly stride: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly column: Int32Array;
}

/** The element that term j of sum b is. */
export function placeOf({ rows, stride, column }: SumTerms, b: number, j: number): number {
  return (rows ? rows[j] : j * stride) + column[b];
}

/** What is the same of all sums of one use, written out in the copies of the loops (specialise.ts). */
export type SumKind = {
  /** Terms lie at even distances. */
  readonly even: boolean;
  /** What a sum opens with is a term, of a place of its own. */
  readonly opensWithTerm: boolean;
  /** Partial sums are rounded to f32: a call less. */
  readonly f32: boolean;
};

/** Values and radii of what sums open with; radii that are absent are one zero. */
export interface Opening {
  readonly x: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  /** 1 where there is an element, or a radius, for each sum; 0 where one serves all. */
  readonly step: 0 | 1;
  readonly radiusStep: 0 | 1;
}

const zero = new Float64Array(1);

/**
 * What sums open with: an element each where it is a term of its own, else the one value of all.
 */
export function openingOf(t: ExactTensor, isTerm: boolean): Opening {
  const { bound = zero, deviation = zero } = t;
  const step = isTerm ? 1 : 0;
  return { x: t.data as Float64Array, bound, deviation, step, radiusStep: t.bound ? step : 0 };
}

/** How partial sums are rounded, and what is left out. */
export interface Rounding {
  readonly round: Rounder;
  /** Below it arithmetic may take a term for zero. */
  readonly flushBelow: number;
}

/**
 * Moments of each sum and what its opening brings. True where a term of sums that open with terms is
 * below `flushBelow`; others are of operands of arithmetic, which has seen to it.
 */
export function addTerms(
  moments: SumMoments,
  { x, count, rows, stride, low, high, column }: SumTerms,
  opening: Opening,
  { round, flushBelow }: Rounding,
  is: SumKind,
): boolean {
  const { target, terms, first, lead, bound, variance } = moments;
  const { sum: sums, size: sizes, squares: allSquares, partialSquares, sequential } = moments;
  const { x: openings, step, bound: openBound, deviation: openDeviation, radiusStep } = opening;
  let tiny = false;
  for (let b = 0; b < count; b++) {
    const i = target[b];
    const from = column[b];
    const begin = low[b];
    const end = high[b];
    const x0 = is.opensWithTerm ? 0 + openings[i * step] : openings[i * step];
    const w0 = openBound[i * radiusStep];
    const l0 = openDeviation[i * radiusStep];
    let at = is.even ? begin * stride + from : 0;
    const opensWithFirst = !is.opensWithTerm && x0 === 0 && end > begin;
    const leading = opensWithFirst ? x[is.even ? at : rows![begin] + from] : 0;
    let sum = x0;
    let size = Math.abs(x0);
    let squares = x0 * x0;
    let partial = is.opensWithTerm ? squares : 0;
    let rounded = is.opensWithTerm ? round(x0) : x0;
    for (let j = begin; j < end; j++) {
      const term = x[is.even ? at : rows![j] + from];
      const own = Math.abs(term);
      if (is.even) at += stride;
      if (is.opensWithTerm && own < flushBelow && own > 0) tiny = true;
      sum += term;
      size += own;
      squares += term * term;
      partial += sum * sum;
      rounded = is.f32 ? Math.fround(rounded + term) : round(rounded + term);
    }
    terms[b] = end - begin + (is.opensWithTerm || x0 !== 0 || w0 > 0 ? 1 : 0);
    first[b] = x0;
    lead[b] = is.opensWithTerm ? x0 * x0 : leading * leading;
    sums[b] = sum;
    sizes[b] = size;
    allSquares[b] = squares;
    partialSquares[b] = partial;
    sequential[b] = rounded;
    bound[b] = w0;
    variance[b] = l0 * l0;
  }
  return tiny;
}

/** The same of the prefixes of one row: each sum goes on from the one before it. */
export function addPrefixTerms(
  moments: SumMoments,
  { x, count, stride, column }: SumTerms,
  { x: openings, bound: openBound, deviation: openDeviation }: Opening,
  { round }: Rounding,
): boolean {
  const { terms, first, lead, bound, variance } = moments;
  const { sum: sums, size: sizes, squares: allSquares, partialSquares, sequential } = moments;
  const x0 = openings[0];
  const w0 = openBound[0];
  const variance0 = openDeviation[0] * openDeviation[0];
  const opens = x0 !== 0 || w0 > 0 ? 1 : 0;
  const leading = x0 === 0 ? x[column[0]] : 0;
  let sum = x0;
  let size = Math.abs(x0);
  let squares = x0 * x0;
  let partial = 0;
  let rounded = x0;
  for (let b = 0, at = column[0]; b < count; b++, at += stride) {
    const term = x[at];
    sum += term;
    size += Math.abs(term);
    squares += term * term;
    partial += sum * sum;
    rounded = round(rounded + term);
    terms[b] = b + 1 + opens;
    first[b] = x0;
    lead[b] = leading * leading;
    sums[b] = sum;
    sizes[b] = size;
    allSquares[b] = squares;
    partialSquares[b] = partial;
    sequential[b] = rounded;
    bound[b] = w0;
    variance[b] = variance0;
  }
  return false;
}

/** Radii that terms bring, and where they are added: as they are, and squared. */
export interface Brought {
  readonly radius: Float64Array;
  readonly deviation: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

/** Adds what the terms bring to what the openings brought. */
export function addBrought(
  { radius, deviation, sums, squares }: Brought,
  { count, rows, stride, low, high, column }: SumTerms,
  is: SumKind,
): void {
  for (let b = 0; b < count; b++) {
    const from = column[b];
    const begin = low[b];
    const end = high[b];
    let next = is.even ? begin * stride + from : 0;
    let sum = sums[b];
    let square = squares[b];
    for (let j = begin; j < end; j++) {
      const at = is.even ? next : rows![j] + from;
      if (is.even) next += stride;
      sum += radius[at];
      square += deviation[at] * deviation[at];
    }
    sums[b] = sum;
    squares[b] = square;
  }
}

/** The same of the prefixes of one row. */
export function addPrefixBrought(
  { radius, deviation, sums, squares }: Brought,
  { count, stride, column }: SumTerms,
): void {
  let sum = sums[0];
  let square = squares[0];
  for (let b = 0, at = column[0]; b < count; b++, at += stride) {
    sum += radius[at];
    square += deviation[at] * deviation[at];
    sums[b] = sum;
    squares[b] = square;
  }
}
