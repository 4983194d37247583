/** Which sums are exact in any order, and which special ones depend on it. */
import { isMultiple, powerFrom } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import type { SumMoments } from './sum-moments.ts';
import { placeOf, type SumTerms } from './sum-terms.ts';

/**
 * Says so of sums whose moments are there. Of running sums, each one term more than the one before it:
 * where one is not exact no longer one is.
 */
export function settleSums(
  moments: SumMoments,
  terms: SumTerms,
  areRunning: boolean,
  { precision, flushBelow, overflowFrom }: Numerics,
): void {
  const { sum, size, first, bound, exact, open } = moments;
  const [scale, least] = [2 ** -precision, Math.max(flushBelow, 2 ** -1022)];
  let specials: SpecialTerms | undefined;
  let quantum = 0;
  for (let b = 0; b < terms.count; b++) {
    if (!(Math.abs(sum[b]) < Infinity)) {
      const from = areRunning ? 0 : terms.low[b];
      if (!areRunning || !specials) specials = new SpecialTerms(terms, from, first[b]);
      open[b] = specials.isSettled(b, bound[b], overflowFrom) ? 0 : 1;
    } else if (bound[b] === 0 && moments.terms[b] > 1 && quantum < Infinity) {
      // of what all terms must be multiples
      const needed = Math.max(powerFrom(size[b] * scale), least);
      const from = areRunning && needed !== quantum ? 0 : terms.low[b];
      const fits = isMultiple(first[b], needed, 1 / needed);
      const isExact = fits && allMultiples(terms, b, from, needed);
      if (isExact) exact[b] = 1;
      if (areRunning) quantum = isExact ? needed : Infinity;
    }
  }
}

/** True where the terms of sum b, from one on, are multiples of a power of two. */
export function allMultiples(terms: SumTerms, b: number, from: number, quantum: number): boolean {
  const { x, rows, stride, high, column } = terms;
  const inverse = 1 / quantum;
  const base = column[b];
  for (let j = from, at = from * stride + base, end = high[b]; j < end; j++, at += stride) {
    if (!isMultiple(x[rows ? rows[j] + base : at], quantum, inverse)) return false;
  }
  return true;
}

/** The terms of a sum that is not finite, as far as they were asked for. */
class SpecialTerms {
  private readonly terms: SumTerms;
  private next: number;
  private size = 0;
  private isSpecial = false;
  private hasNaN = false;

  constructor(terms: SumTerms, low: number, first: number) {
    this.terms = terms;
    this.next = low;
    this.take(first);
  }

  /** Whether sum b is what it is in any order: there is a NaN, or its finite terms do not overflow. */
  isSettled(b: number, bound: number, overflowFrom: number): boolean {
    const { terms } = this;
    for (; this.next < terms.high[b]; this.next++) this.take(terms.x[placeOf(terms, b, this.next)]);
    return this.hasNaN || (this.isSpecial && this.size + bound <= overflowFrom);
  }

  private take(term: number): void {
    if (Math.abs(term) < Infinity) this.size += Math.abs(term);
    else this.isSpecial = true;
    if (term !== term) this.hasNaN = true;
  }
}
