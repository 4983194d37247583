/**
 * Radii of sums in any order or tree. Worst case: γₙ₋₁ Σ|x| (Higham 2002, 4.2). Likely: each partial
 * sum Sₖ brings one rounding u·|Sₖ|, independent of the others (Higham and Mary 2019), so the radius
 * is u·√ΣSₖ², the larger of two figures: that of the order given, and the mean over all orders,
 *     E ΣSₖ² ≤ (n-1)/6·Σx² + (n-1)/3·S²   (sampling without replacement).
 * Where roundings are not independent (one term added over and over, a sum that stagnates) the error
 * of the sequential sum itself is larger than that; the radius covers twice that error too.
 */

import { isMultiple, neededQuantum } from '../core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, rootSquares } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { allMultiples, SumMoments, type Terms } from './sum-moments.ts';

/** One radius of the roundings of a sum. */
export function sumRadius(
  u: number,
  n: number,
  sum: number,
  squares: number,
  partialSquares: number,
  sequentialError: number,
  lambda: number,
): number {
  const reassociation = ((n - 1) / 6) * squares + ((n - 1) / 3) * sum * sum;
  const independent = u * Math.sqrt(Math.max(partialSquares, reassociation));
  return Math.max(independent, (2 * Math.abs(sequentialError)) / lambda);
}

/** A sum of signed shared errors, no smaller than if they were independent. */
export function atLeast(sum: number, independent: number): number {
  return Math.abs(sum) >= independent ? sum : sum < 0 ? -independent : independent;
}

/** Worst, likely and shared radius that terms bring along. */
export interface Inherited {
  bound: number;
  deviation: number;
  correlated: number;
}

/** Sums chosen elements of one tensor, from an initial value, into a sink. */
export class TermSum {
  private readonly t: ExactTensor;
  private readonly init: ExactTensor;
  private readonly numerics: Numerics;
  /** True where shared errors of the terms are one error, and add linearly. */
  private readonly linear: boolean;
  private readonly moments = new SumMoments();
  private readonly inherited: Inherited = { bound: 0, deviation: 0, correlated: 0 };

  constructor(t: ExactTensor, init: ExactTensor, numerics: Numerics, linear: boolean) {
    this.t = t;
    this.init = init;
    this.numerics = numerics;
    this.linear = linear;
  }

  /** Element i of the sink: init + Σ of the terms. */
  put(results: ResultBuilder, i: number, terms: Terms): void {
    const x = this.t.data as Float64Array;
    const first = this.init.data[0] as number;
    const { moments, inherited } = this;
    moments.take(x, terms, first, this.numerics.store);
    const { start, count, steps } = terms;
    const n = first === 0 && !this.init.bound?.[0] ? count : count + 1;
    if (n > 0 && first === 0) {
      const lead = x[start + (steps ? steps[0] : 0)];
      moments.partialSquares -= lead * lead;
    }
    this.inherit(terms);
    if (!(Math.abs(moments.sum) < Infinity) && !this.settledSpecial(terms)) results.mark(i);
    const exact = n > 1 && inherited.bound === 0 && this.isExact(terms, moments.size);
    putSum(results, i, moments, n, inherited, exact, this.numerics);
  }

  private inherit(terms: Terms): void {
    const { t, init, inherited } = this;
    inherited.bound = init.bound?.[0] ?? 0;
    inherited.deviation = init.deviation?.[0] ?? 0;
    inherited.correlated = init.correlated?.radius[0] ?? 0;
    if (!t.bound || !t.deviation) return;
    inherited.deviation *= inherited.deviation;
    this.inheritOwn(terms, t.bound, t.deviation);
    inherited.deviation = Math.sqrt(inherited.deviation);
    if (t.correlated)
      inherited.correlated = this.common(terms, t.correlated.radius, inherited.correlated);
  }

  private inheritOwn(
    { start, count, stride, steps }: Terms,
    bound: Float64Array,
    deviation: Float64Array,
  ): void {
    let [w, l] = [this.inherited.bound, this.inherited.deviation];
    for (let j = 0, from = start; j < count; j++, from += stride) {
      const at = steps ? start + steps[j] : from;
      w += bound[at];
      l += deviation[at] * deviation[at];
    }
    this.inherited.bound = w;
    this.inherited.deviation = l;
  }

  private common(
    { start, count, stride, steps }: Terms,
    radius: Float64Array,
    first: number,
  ): number {
    let sum = first;
    let squares = first * first;
    for (let j = 0, from = start; j < count; j++, from += stride) {
      const r = radius[steps ? start + steps[j] : from];
      sum += r;
      squares += r * r;
    }
    const independent = Math.sqrt(squares);
    return this.linear ? atLeast(sum, independent) : independent;
  }

  /** Whether a sum that is not finite is so in any order: its finite terms do not overflow. */
  private settledSpecial({ start, count, stride, steps }: Terms): boolean {
    const x = this.t.data as Float64Array;
    let [size, special] = [0, false];
    for (let j = -1, at = start - stride; j < count; j++, at += stride) {
      const term = j < 0 ? (this.init.data[0] as number) : x[steps ? start + steps[j] : at];
      if (term !== term) return true;
      if (Math.abs(term) < Infinity) size += Math.abs(term);
      else special = true;
    }
    return special && size + this.inherited.bound <= this.numerics.overflowFrom;
  }

  private isExact(terms: Terms, size: number): boolean {
    const { precision, flushBelow } = this.numerics;
    const needed = neededQuantum(size, precision, flushBelow);
    const first = this.init.data[0] as number;
    return (
      isMultiple(first, needed, 1 / needed) &&
      allMultiples(this.t.data as Float64Array, terms, needed)
    );
  }
}

/** Element i of the sink: the sum of n terms, whose roundings come on top of what they bring. */
export function putSum(
  results: ResultBuilder,
  i: number,
  { sum, size, squares, partialSquares, sequential }: SumMoments,
  n: number,
  { bound, deviation, correlated }: Inherited,
  exact: boolean,
  numerics: Numerics,
): void {
  const { lambda, u, flushBelow, overflowFrom } = numerics;
  if (!(Math.abs(sum) < Infinity) || n <= 1) {
    results.keep(i, sum, bound, deviation, correlated);
    return;
  }
  if (exact) {
    results.keep(i, sum, 0, 0, 0);
    return;
  }
  const error = Math.abs(sequential) < Infinity ? sequential - sum : 0;
  const localBound = sumRadius(u, n, sum, squares, partialSquares, error, lambda);
  const own = n * oracleRoundoff * size + n * flushBelow;
  const farthest = size + Math.min(bound, lambda * (deviation + localBound + Math.abs(correlated)));
  if (farthest > overflowFrom) results.mayOverflow(i, sum, farthest);
  results.keep(
    i,
    sum,
    bound + gamma(n - 1, u) * (size + bound) + own,
    rootSquares(deviation, localBound) + own,
    correlated,
  );
}
