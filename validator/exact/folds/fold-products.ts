/**
 * Products of many floats, in any order or tree. Worst case: γₙ₋₁ of the size, and
 * Π(|x| + r) - Π|x| of what the factors bring. Likely: √(n-1) independent roundings, but no less
 * than what factor after factor comes to (twice that error over λ, as for sums). A product whose odd
 * parts fit the significand together is exact in every order, since each of its divisors is.
 */

import { lowestSetBit } from '../core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, mergeCorrelated, rootSquares } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { atLeast } from '../sums/sums.ts';
import type { Terms } from './groups.ts';

/** Multiplies chosen elements of one tensor of finite numbers, from an initial value, into a sink. */
export class TermProduct {
  private readonly t: ExactTensor;
  private readonly init: ExactTensor;
  private readonly numerics: Numerics;
  /** True where shared errors of the factors are one error, and add linearly. */
  private readonly linear: boolean;
  private value = 0;
  private sequential = 0;
  private hasZero = false;
  /** Products of the factors above 1, as far as they may reach, and of those below. */
  private up = 1;
  private down = 1;
  /** The latter, as small as it may be. */
  private least = 1;
  /** Π(|x| + worst), one likely radius, and the shared one. */
  private reachable = 0;
  private deviation = 0;
  private correlated = 0;

  constructor(t: ExactTensor, init: ExactTensor, numerics: Numerics, linear: boolean) {
    this.t = t;
    this.init = init;
    this.numerics = numerics;
    this.linear = linear;
  }

  /** Element i of the sink: init · Π of the factors. Open where some order leaves the range. */
  put(results: ResultBuilder, i: number, terms: Terms): void {
    const { lambda, u, overflowFrom, smallestNormal } = this.numerics;
    this.multiply(terms);
    const uncertain = this.t.bound !== undefined || this.init.bound !== undefined;
    if (uncertain) this.inherit(terms);
    const { value, sequential, up, down } = this;
    const isOpen = !(up <= overflowFrom) || (down < smallestNormal && up > 1);
    if (isOpen) results.mark(i);
    const size = Math.abs(value);
    const isOne = Math.abs(this.init.data[0] as number) === 1 && !this.init.bound?.[0];
    const n = terms.count + (isOne ? 0 : 1);
    const room = 2 * n * oracleRoundoff * this.reachable;
    const brought = uncertain ? Math.max(0, this.reachable - size) + room : 0;
    const lost = isOpen ? 0 : this.lost(n, uncertain);
    if (brought === 0 && lost === 0 && (n <= 1 || this.hasZero || this.isExact(terms))) {
      results.keep(i, value, 0, 0, 0);
      return;
    }
    const roundings = Math.max(0, n - 1);
    const error = Math.abs(sequential) < Infinity ? Math.abs(sequential - value) : 0;
    const localBound = Math.max(Math.sqrt(roundings) * u * size, (2 * error) / lambda);
    const own = n * oracleRoundoff * size + lost;
    results.keep(
      i,
      value,
      brought + gamma(roundings, u) * (size + brought) + own,
      rootSquares(this.deviation, localBound) + own,
      this.correlated,
    );
  }

  /** What partial products may lose below the normal numbers, by flush and by rounding. */
  private lost(n: number, uncertain: boolean): number {
    const { u, smallestNormal, flushBelow } = this.numerics;
    if (this.hasZero && !uncertain) return 0;
    if (this.least >= Math.max(smallestNormal, flushBelow)) return 0;
    return ((this.least < flushBelow ? flushBelow : 0) + n * u * smallestNormal) * this.up;
  }

  /** Value and sizes of the factors as they are. */
  private multiply({ start, count, stride, steps }: Terms): void {
    const x = this.t.data as Float64Array;
    const { round } = this.numerics;
    const isF32 = round === Math.fround;
    let value = this.init.data[0] as number;
    let sequential = value;
    let [up, down] = [Math.max(1, Math.abs(value)), value === 0 ? 1 : Math.min(1, Math.abs(value))];
    let hasZero = value === 0;
    for (let j = 0, at = start; j < count; j++, at += stride) {
      const factor = x[steps ? start + steps[j] : at];
      const size = Math.abs(factor);
      value *= factor;
      sequential = isF32 ? Math.fround(sequential * factor) : round(sequential * factor);
      if (size > 1) up *= size;
      else if (size > 0) down *= size;
      else hasZero = true;
    }
    this.value = hasZero && value !== 0 ? 0 : value;
    this.sequential = sequential;
    this.hasZero = hasZero;
    this.up = up;
    this.down = down;
    this.least = down;
    this.reachable = Math.abs(value);
    this.deviation = 0;
    this.correlated = 0;
  }

  /** What the radii of the factors come to, one factor after another. */
  private inherit({ start, count, stride, steps }: Terms): void {
    const { t, init, numerics, linear } = this;
    let [v, reachable, deviation, correlated] = [1, 1, 0, 0];
    let [up, least] = [1, 1];
    for (let j = -1; j < count; j++) {
      const from = j < 0 ? init : t;
      const at = j < 0 ? 0 : steps ? start + steps[j] : start + j * stride;
      const x = from.data[at] as number;
      const [w, l] = [from.bound?.[at] ?? 0, from.deviation?.[at] ?? 0];
      const s = from.correlated?.radius[at] ?? 0;
      const size = Math.abs(x);
      const spread = secondOrder * (l + Math.abs(s));
      deviation = rootSquares(
        (size + spread) * deviation,
        (Math.abs(v) + secondOrder * Math.abs(correlated)) * l,
      );
      const [p, q] = [x * correlated, v * s];
      const both = secondOrder * Math.abs(correlated * s);
      const met = linear ? atLeast(p + q, rootSquares(p, q)) : mergeCorrelated(p, q);
      correlated = met < 0 ? met - both : met + both;
      v *= x;
      reachable *= size + w;
      const reached = size + Math.min(w, numerics.lambda * (l + Math.abs(s)));
      if (reached > 1) up *= reached;
      if (size > w) least *= Math.min(1, size - w);
      else if (size > 0 || w > 0) least = 0;
    }
    this.up = up;
    this.least = least;
    this.reachable = reachable;
    this.deviation = deviation;
    this.correlated = correlated;
  }

  /** Whether the odd parts of all factors fit the significand together. */
  private isExact({ start, count, stride, steps }: Terms): boolean {
    const x = this.t.data as Float64Array;
    const room = 2 ** this.numerics.precision;
    let odd = oddPart(this.init.data[0] as number);
    for (let j = 0, at = start; j < count && odd < room; j++, at += stride) {
      odd *= oddPart(x[steps ? start + steps[j] : at]);
    }
    return odd < room;
  }
}

function oddPart(x: number): number {
  return x === 0 ? 1 : Math.abs(x) / lowestSetBit(x);
}
