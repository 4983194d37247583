/**
 * The loop of a smooth function over elements without peculiarities: nothing special, nothing near the
 * ends of the range or of the domain, radii within which the slope holds. What an element means stands
 * in unary.ts; here are the same numbers to the bit, in one pass.
 */
import type { Collected, KernelFigures } from './arithmetic-kernels.ts';

/** Arrays of the argument; those that are absent are not read. */
export interface Argument {
  readonly x: Float64Array;
  readonly worst: Float64Array;
  readonly likely: Float64Array;
  readonly shared: Float64Array;
}

/** What the kernel needs to know of a function beyond its figures. */
export interface SmoothFigures extends KernelFigures {
  /** Ends of the domain. */
  readonly low: number;
  readonly high: number;
  /** Share of the span within which the slope holds but for the factor `steeper`. */
  readonly nearby: number;
  readonly steeper: number;
}

/**
 * Whether the argument has radii, and shared ones; whether the function rounds nothing, or nothing but
 * its result; whether there are arrays for radii of the result.
 */
export type SmoothFlags = {
  readonly rough: boolean;
  readonly shared: boolean;
  readonly kept: boolean;
  readonly exact: boolean;
  readonly stored: boolean;
};

/**
 * Elements from i up to `end`; the index of the first one that is not for the kernel, or `end`.
 */
export function smoothKernel(
  i: number,
  end: number,
  f: (x: number) => number,
  slopeOf: (v: number, x: number) => number,
  spanOf: (v: number, x: number) => number,
  direction: (x: number) => number,
  t: Argument,
  into: Collected,
  figures: SmoothFigures,
  is: SmoothFlags,
): number {
  const { x: xs, worst: wx, likely: lx, shared: cx } = t;
  const { data, worst, likely, shared } = into;
  const { fresh, typical, lambda, own, split, least, most } = figures;
  const { flushBelow, low, high, nearby, steeper } = figures;
  for (; i < end; i++) {
    const x = xs[i];
    const v = f(x);
    const size = Math.abs(v);
    const w0 = is.rough ? wx[i] : 0;
    const distance = Math.abs(x);
    const isNormal = distance >= flushBelow && distance < Infinity;
    if (!isNormal && !(x === 0 && w0 === 0)) return i;
    if (is.exact && w0 === 0) {
      const c = split * v;
      const fits = c - (c - v) === v;
      if (fits !== is.kept || (fits && !(size >= least && size <= most) && v !== 0)) return i;
      if (fits) data[i] = v;
      if (fits) continue;
    }
    if (!is.stored) return i;
    const l0 = is.rough ? lx[i] : 0;
    const c0 = is.shared ? cx[i] : 0;
    const common = is.shared ? Math.abs(c0) : 0;
    const r = Math.max(w0, lambda * l0, lambda * common);
    if (!(r <= spanOf(v, x) * nearby && x - r >= low && x + r <= high)) return i;
    const slope = slopeOf(v, x) * steeper;
    const w = slope * w0;
    const l = slope * l0;
    const s = c0 === 0 ? 0 : slope * common * direction(x) * Math.sign(c0);
    const q = typical * size;
    const radius = is.kept ? w : w + fresh * (size + w) + own * size;
    const one = is.kept ? l : Math.sqrt(l * l + q * q) + own * size;
    const flushed = size - radius < flushBelow ? Math.min(size + radius, flushBelow) : 0;
    const reached = radius + flushed;
    if (!(size >= least && size + reached <= most && one < Infinity && s === s)) return i;
    data[i] = v;
    worst[i] = reached;
    likely[i] = one + flushed / lambda;
    if (is.shared) shared[i] = s + 0;
  }
  return end;
}
