/**
 * Radii of sums in any order or tree. Bound: γₙ₋₁ Σ|x| (Higham 2002, 4.2). Deviation: each partial
 * sum Sₖ brings one rounding u·|Sₖ|, independent of the others (Higham and Mary 2019), so the radius
 * is u·√ΣSₖ², the larger of two figures: that of the order given, and the mean over all orders,
 *     E ΣSₖ² ≤ (n-1)/6·Σx² + (n-1)/3·S²   (sampling without replacement).
 * Where roundings are not independent (one term added over and over, a sum that stagnates) the error
 * of the sequential sum itself is larger than that; the radius covers twice that error too.
 */
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, rootSquares } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { SumMoments } from './sum-moments.ts';

/** Where sums go, and how they are rounded. */
export interface SumUse {
  readonly results: ResultBuilder;
  readonly numerics: Numerics;
  /** True where correlated errors of the terms are one error, and add linearly. */
  readonly linear: boolean;
}

/** A sum of signed correlated errors, no smaller than if they were independent. */
export function atLeast(sum: number, independent: number): number {
  return Math.abs(sum) >= independent ? sum : sum < 0 ? -independent : independent;
}

/**
 * Puts the first `count` sums into their elements: what the terms bring, and the roundings of the sum.
 * Written out for what cannot be flushed or overflow: nearly everything is so.
 */
export function putSums(moments: SumMoments, count: number, use: SumUse): void {
  const { results, linear } = use;
  const { lambda, u, flushBelow, overflowFrom } = use.numerics;
  const { data, plainFrom, plainTo } = results;
  const { target, terms, exact, open, sum, size, squares, lead, sequential } = moments;
  const { partialSquares, bound, variance, correlated, correlatedSquares } = moments;
  let [n, fold, sixth, third] = [0, 0, 0, 0];
  for (let b = 0; b < count; b++) {
    const i = target[b];
    const v = sum[b];
    const reach = Math.abs(v);
    const w = bound[b];
    const inRange = reach >= plainFrom && reach <= plainTo;
    if (exact[b] === 1 || (terms[b] <= 1 && w === 0)) {
      if (inRange) {
        data[i] = v;
        continue;
      }
      if (exact[b] === 1) {
        results.keep(i, v, 0, 0, 0);
        continue;
      }
    }
    const l = variance[b] === 0 ? 0 : Math.sqrt(variance[b]);
    const hasCommon = correlated[b] !== 0 || correlatedSquares[b] !== 0;
    const common = hasCommon ? commonOf(moments, b, linear) : 0;
    if (!(reach < Infinity) || terms[b] <= 1) {
      if (open[b] === 1) results.mark(i);
      results.keep(i, v, w, l, common);
      continue;
    }
    if (n !== terms[b]) {
      n = terms[b];
      [fold, sixth, third] = [gamma(n - 1, u), (n - 1) / 6, (n - 1) / 3];
    }
    const total = size[b];
    const reassociation = sixth * squares[b] + third * v * v;
    const independent = u * Math.sqrt(Math.max(partialSquares[b] - lead[b], reassociation));
    const error = Math.abs(sequential[b]) < Infinity ? Math.abs(sequential[b] - v) : 0;
    const localBound = Math.max(independent, (2 * error) / lambda);
    const own = n * oracleRoundoff * total + n * flushBelow;
    const wide = w + fold * (total + w) + own;
    const deviation = (l === 0 ? localBound : rootSquares(l, localBound)) + own;
    const far = total + Math.min(w, lambda * (l + localBound + Math.abs(common)));
    const plain = inRange && reach - wide >= plainFrom && reach + wide <= plainTo;
    const known = results.bound !== undefined && deviation < Infinity && common === common;
    if (plain && known && far <= overflowFrom) {
      data[i] = v;
      results.bound![i] = wide;
      results.deviation![i] = deviation;
      if (common !== 0) results.storeCorrelated(i, common);
      continue;
    }
    if (far > overflowFrom) results.mayOverflow(i, v, far);
    results.keep(i, v, wide, deviation, common);
  }
}

/** The correlated errors of the terms of sum b: one error, or as many as there are terms. */
function commonOf({ correlated, correlatedSquares }: SumMoments, b: number, linear: boolean) {
  const independent = Math.sqrt(correlatedSquares[b]);
  return linear ? atLeast(correlated[b], independent) : independent;
}
