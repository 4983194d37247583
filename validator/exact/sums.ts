/**
 * Radii of sums in any order or tree. Worst case: γₙ₋₁ Σ|x| (Higham 2002, 4.2). Likely: each partial
 * sum Sₖ brings one rounding u·|Sₖ|, independent of the others (Higham and Mary 2019), so the radius
 * is u·√ΣSₖ², the larger of two figures: that of the order given, and the mean over all orders,
 *     E ΣSₖ² ≤ (n-1)/6·Σx² + (n-1)/3·S²   (sampling without replacement).
 * Where roundings are not independent (one term added over and over, a sum that stagnates) the error
 * of the sequential sum itself is larger than that; the radius covers twice that error too.
 */
import { type Numerics, oracleRoundoff } from './numerics.ts';
import { commonQuantum, sumIsExact } from './quantum.ts';
import { gamma } from './radius.ts';
import type { Sink } from './sink.ts';
import type { ExactTensor } from './value.ts';

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
  const anyOrder = ((n - 1) / 6) * squares + ((n - 1) / 3) * sum * sum;
  const independent = u * Math.sqrt(Math.max(partialSquares, anyOrder));
  return Math.max(independent, (2 * Math.abs(sequentialError)) / lambda);
}

/** A sum of signed shared errors, no smaller than if they were independent. */
export function atLeast(sum: number, independent: number): number {
  return Math.abs(sum) >= independent ? sum : sum < 0 ? -independent : independent;
}

/**
 * Whether a sum of terms that reach `farthest` in all, some of whose partial sums may overflow, can
 * turn out as anything but the infinity of its sign: it is finite itself, or the terms of the other
 * sign overflow by themselves, and then there is NaN.
 */
export function mayStayFinite(sum: number, farthest: number, { overflowFrom }: Numerics): boolean {
  const size = Math.abs(sum);
  return size <= overflowFrom || (farthest - size) / 2 > overflowFrom;
}

/** Sums chosen elements of one tensor, from an initial value, into a sink. */
export class TermSum {
  private readonly t: ExactTensor;
  private readonly init: ExactTensor;
  private readonly numerics: Numerics;
  /** True where shared errors of the terms are one error, and add linearly. */
  private readonly linear: boolean;

  constructor(t: ExactTensor, init: ExactTensor, numerics: Numerics, linear: boolean) {
    this.t = t;
    this.init = init;
    this.numerics = numerics;
    this.linear = linear;
  }

  /** Element i of the sink: init + Σ t[start + steps[j]], j < count. */
  put(sink: Sink, i: number, start: number, steps: Int32Array, count: number): void {
    const { round, lambda, u, flushBelow, overflowFrom } = this.numerics;
    const x = this.t.data as Float64Array;
    const first = this.init.data[0] as number;
    let sum = first;
    let sequential = first;
    let size = Math.abs(first);
    let squares = first * first;
    let partialSquares = 0;
    for (let j = 0; j < count; j++) {
      const term = x[start + steps[j]];
      sum += term;
      size += Math.abs(term);
      squares += term * term;
      partialSquares += sum * sum;
      sequential = round(sequential + term);
    }
    const n = first === 0 ? count : count + 1;
    if (n > 0 && first === 0) partialSquares -= x[start + steps[0]] ** 2;
    const [w, l, s] = this.inherited(start, steps, count);
    if (!(Math.abs(sum) < Infinity) && !this.hasSpecial(start, steps, count)) sink.mark(i);
    if (!(Math.abs(sum) < Infinity) || n <= 1) {
      sink.keep(i, sum, w, l, s);
      return;
    }
    if (w === 0 && this.isExact(start, steps, count, size)) {
      sink.keep(i, sum, 0, 0, 0);
      return;
    }
    const error = sequential - sum;
    const fresh = sumRadius(
      u,
      n,
      sum,
      squares,
      partialSquares,
      Math.abs(error) < Infinity ? error : 0,
      lambda,
    );
    const own = n * oracleRoundoff * size + n * flushBelow;
    const farthest = size + Math.min(w, lambda * (l + fresh + Math.abs(s)));
    if (farthest > overflowFrom && mayStayFinite(sum, farthest, this.numerics)) sink.mark(i);
    sink.keep(i, sum, w + gamma(n - 1, u) * (size + w) + own, Math.hypot(l, fresh) + own, s);
  }

  /** Worst, likely and shared radius that the terms bring along. */
  private inherited(start: number, steps: Int32Array, count: number): [number, number, number] {
    const { worst, likely, shared } = this.t;
    let w = this.init.worst?.[0] ?? 0;
    let l = (this.init.likely?.[0] ?? 0) ** 2;
    let s = this.init.shared?.radius[0] ?? 0;
    if (!worst || !likely) return [w, Math.sqrt(l), s];
    for (let j = 0; j < count; j++) {
      const at = start + steps[j];
      w += worst[at];
      l += likely[at] * likely[at];
    }
    if (!shared) return [w, Math.sqrt(l), s];
    let squares = s * s;
    for (let j = 0; j < count; j++) {
      const r = shared.radius[start + steps[j]];
      s += r;
      squares += r * r;
    }
    return [w, Math.sqrt(l), this.linear ? atLeast(s, Math.sqrt(squares)) : Math.sqrt(squares)];
  }

  /** Whether a term is infinite or NaN; an infinite sum without one depends on the order. */
  private hasSpecial(start: number, steps: Int32Array, count: number): boolean {
    if (!Number.isFinite(this.init.data[0])) return true;
    const x = this.t.data as Float64Array;
    for (let j = 0; j < count; j++) if (!Number.isFinite(x[start + steps[j]])) return true;
    return false;
  }

  private isExact(start: number, steps: Int32Array, count: number, size: number): boolean {
    const { precision } = this.numerics;
    const q = commonQuantum(this.t.data as Float64Array, steps, start, count, precision);
    const first = this.init.data[0] as number;
    const both = first === 0 ? q : Math.min(q, commonQuantum([first], new Int32Array(1), 0, 1, 53));
    return both >= this.numerics.flushBelow && sumIsExact(size, both, precision);
  }
}
