/**
 * The loop of a smooth function over elements without peculiarities: nothing special, nothing near the
 * ends of the range or of the domain, radii within which the slope holds. What an element means stands
 * in unary.ts; here are the same numbers to the bit, in one pass.
 */
import type { LoopOperand } from '../core/loop-operand.ts';
import type { Collected, KernelConstants } from './arithmetic-kernels.ts';
import type { DifferentiableRow } from './functions.ts';

/** What the kernel needs to know of a function beyond its figures. */
export interface DifferentiableConstants extends KernelConstants {
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
export type DifferentiableFlags = {
  readonly rough: boolean;
  readonly correlated: boolean;
  readonly kept: boolean;
  readonly exact: boolean;
  readonly stored: boolean;
};

/** What the kernel runs over: the function, its argument, and the arrays of the result. */
export interface DifferentiableLoop {
  readonly row: Required<Pick<DifferentiableRow, 'f' | 'slope' | 'span' | 'direction'>>;
  /** Arrays that are absent are not read. */
  readonly argument: Pick<LoopOperand, 'x' | 'bound' | 'deviation' | 'correlated'>;
  readonly into: Collected;
  readonly constants: DifferentiableConstants;
  readonly is: DifferentiableFlags;
}

/**
 * Elements from i up to `end`; the index of the first one that is not for the kernel, or `end`.
 */
export function differentiableKernel(i: number, end: number, loop: DifferentiableLoop): number {
  const { f, slope: slopeOf, span: spanOf, direction } = loop.row;
  const { x: xs, bound: wx, deviation: lx, correlated: cx } = loop.argument;
  const { data, bound, deviation, correlated } = loop.into;
  const { localBound, localDeviation, lambda, oracle, split, least, most } = loop.constants;
  const { flushBelow, low, high, nearby, steeper } = loop.constants;
  const { is } = loop;
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
    const c0 = is.correlated ? cx[i] : 0;
    const common = is.correlated ? Math.abs(c0) : 0;
    const r = Math.max(w0, lambda * l0, lambda * common);
    if (!(r <= spanOf(v, x) * nearby && x - r >= low && x + r <= high)) return i;
    const slope = slopeOf(v, x) * steeper;
    const w = slope * w0;
    const l = slope * l0;
    const s = c0 === 0 ? 0 : slope * common * direction(x) * Math.sign(c0);
    const q = localDeviation * size;
    const radius = is.kept ? w : w + localBound * (size + w) + oracle * size;
    const one = is.kept ? l : Math.sqrt(l * l + q * q) + oracle * size;
    const flushed = size - radius < flushBelow ? Math.min(size + radius, flushBelow) : 0;
    const reached = radius + flushed;
    if (!(size >= least && size + reached <= most && one < Infinity && s === s)) return i;
    data[i] = v;
    bound[i] = reached;
    deviation[i] = one + flushed / lambda;
    if (is.correlated) correlated[i] = s + 0;
  }
  return end;
}
