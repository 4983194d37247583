/**
 * The loops of sums, products, extrema and quotients over elements without peculiarities: no special
 * values, nothing near the ends of the range. What an element means stands in arithmetic-elements.ts;
 * here are the same numbers to the bit. A kernel stops at the first element that is not for it.
 *
 * Kernels are copied for each use with their flags written out (validator/semantics/loops/specialise.ts),
 * so they call nothing. Whether an element is exact depends on the data and cannot be foreseen, so it is
 * no branch: `rounds` is 1, or 0 where nothing is rounded and nothing inherited.
 */

import type { LoopOperand } from '../core/loop-operand.ts';
import { type Numerics, oracleError } from '../core/numerics.ts';
import { secondOrder, upwards } from './arithmetic-elements.ts';

/** Arrays of results. */
export interface Collected {
  readonly data: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  readonly correlated: Float64Array;
}

/** What is the same for all elements. */
export interface KernelConstants {
  /** 1 for maxima, -1 for minima. */
  readonly sign: number;
  /** Errors of the operation, relative to the result: at most, and one radius of them. */
  readonly localBound: number;
  readonly localDeviation: number;
  readonly extra: number;
  readonly lambda: number;
  /** The oracle's own error, relative. */
  readonly oracle: number;
  readonly secondOrder: number;
  readonly upwards: number;
  /** 2^(53-p) + 1: for a type of p bits, c - (c - v) of c = split·v is v where p bits hold v. */
  readonly split: number;
  /** Sizes between these need no more than their roundings. */
  readonly least: number;
  readonly most: number;
  /** Below it a result may be taken for zero. */
  readonly flushBelow: number;
}

/** Figures of an operation that is correctly rounded. */
export function kernelConstants(
  { plainFrom, plainTo }: { readonly plainFrom: number; readonly plainTo: number },
  { u, lambda, split, flushBelow }: Numerics,
): KernelConstants {
  return {
    sign: 1,
    localBound: u,
    localDeviation: u,
    extra: 0,
    lambda,
    oracle: oracleError,
    secondOrder,
    upwards,
    split,
    least: Math.max(plainFrom, leastSize),
    most: plainTo,
    flushBelow,
  };
}

/** From this size on squares of its roundings do not underflow, in f64 either. */
const leastSize = 2 ** -400;

/**
 * Whether it is a product, of which errors count together, too; whether an operand moves along with the
 * result (its element j + i) or stays at element j, which arrays it has, and whether there are arrays
 * for radii of the result.
 */
export type KernelFlags = {
  readonly bilinear: boolean;
  readonly aSteps: boolean;
  readonly aRough: boolean;
  readonly aShared: boolean;
  readonly bSteps: boolean;
  readonly bRough: boolean;
  readonly bShared: boolean;
  readonly stores: boolean;
};

/** What a kernel runs over: the operands, and the arrays of the result. */
export interface KernelLoop {
  readonly a: LoopOperand;
  readonly b: LoopOperand;
  readonly into: Collected;
  readonly constants: KernelConstants;
  readonly is: KernelFlags;
}

/**
 * Elements from i up to `end`, of elements j of a and k of b or j + i and k + i; the index of the
 * first one that is not for the kernel, or `end`.
 */
export type Kernel = (i: number, end: number, j: number, k: number, loop: KernelLoop) => number;

/** Sums and products: one loop, of which a copy holds the formulas of its flag only. */
export const sumOrProductKernel: Kernel = function sumOrProductKernel(i, end, j, k, loop) {
  const { x: xs, bound: wa, deviation: la, correlated: ca } = loop.a;
  const { x: ys, bound: wb, deviation: lb, correlated: cb } = loop.b;
  const { data, bound, deviation, correlated } = loop.into;
  const { sign, localBound, oracle, secondOrder, split, least, most } = loop.constants;
  const { flushBelow, lambda } = loop.constants;
  const { is } = loop;
  for (; i < end; i++) {
    const p = is.aSteps ? j + i : j;
    const q = is.bSteps ? k + i : k;
    const x = xs[p];
    const y = is.bilinear ? ys[q] : sign * ys[q];
    const v = is.bilinear ? x * y : x + y;
    const size = Math.abs(v);
    const wx = is.aRough ? wa[p] : 0;
    const wy = is.bRough ? wb[q] : 0;
    const isMoved = is.bilinear && (is.aRough || is.bRough);
    const w = isMoved ? Math.abs(x) * wy + Math.abs(y) * wx + wx * wy : is.bilinear ? 0 : wx + wy;
    const c = split * v;
    const t = v - x;
    const unfit = Math.abs(v - (c - (c - v))) + (wx + wy);
    const lost = is.bilinear ? unfit : unfit + Math.abs(x - (v - t) + (y - t));
    const rounds = Math.ceil(Math.ceil(lost) * 2 ** -1000);
    const radius = (w + localBound * (size + w) + oracle * size) * rounds;
    const flushed = size - radius < flushBelow ? Math.min(size + radius, flushBelow) : 0;
    const reached = radius + flushed;
    if (!(size >= least && size + reached <= most) && !(v === 0 && rounds === 0)) return i;
    if (!is.stores && rounds !== 0) return i;
    if (is.bilinear && lost === 0 && !(Math.fround(x) === x && Math.fround(y) === y)) return i;
    data[i] = v;
    if (!is.stores) continue;
    const lx = is.aRough ? la[p] : 0;
    const ly = is.bRough ? lb[q] : 0;
    const cx = is.aShared ? ca[p] : 0;
    const cy = is.bShared ? cb[q] : 0;
    const d = is.bilinear ? Math.abs(y * lx) : lx;
    const e = is.bilinear ? Math.abs(x * ly) : ly;
    let l = d + e;
    if (is.aRough && is.bRough) {
      if (is.bilinear) {
        const n = secondOrder * ((lx + Math.abs(cx)) * ly + lx * Math.abs(cy));
        l = Math.max(d, e, n, Math.sqrt(d * d + e * e + n * n));
      } else l = Math.max(d, e, Math.sqrt(d * d + e * e));
    }
    const own = localBound * size;
    const one = is.aRough || is.bRough ? Math.sqrt(l * l + own * own) : own;
    const localDeviation = (one + oracle * size) * rounds;
    if (localDeviation !== localDeviation) return i;
    if (is.aShared || is.bShared) {
      const g = is.bilinear ? y * cx : cx;
      const h = is.bilinear ? x * cy : sign * cy;
      let s = g + h;
      if (is.aShared && is.bShared && g !== 0 && h !== 0) {
        const merged = Math.max(Math.abs(g), Math.abs(h), Math.sqrt(g * g + h * h));
        s = (Math.abs(g) >= Math.abs(h) ? g : h) < 0 ? -merged : merged;
      }
      if (is.bilinear && is.aShared && is.bShared)
        s += (s < 0 ? -1 : 1) * secondOrder * Math.abs(cx * cy);
      if (s !== s) return i;
      correlated[i] = s * rounds + 0;
    }
    bound[i] = reached;
    deviation[i] = localDeviation + flushed / lambda;
  }
  return end;
};

/**
 * Quotients, in a form of their own: what a divisor does that stays (its reciprocals, its share of the
 * error) is found once, which functions of a row cannot.
 */
export const quotientKernel: Kernel = function quotient(i, end, j, k, loop) {
  const { x: xs, bound: wa, deviation: la, correlated: ca } = loop.a;
  const { x: ys, bound: wb, deviation: lb, correlated: cb } = loop.b;
  const { data, bound, deviation, correlated } = loop.into;
  const { constants, is } = loop;
  const { localBound, localDeviation, extra, lambda, oracle, upwards, split, least, most } =
    constants;
  const { flushBelow } = constants;
  let [y, below, wy, room, reciprocal, share, common] = [0, 0, 0, 0, 0, 0, 0];
  for (let begins = true; i < end; i++, begins = false) {
    const p = is.aSteps ? j + i : j;
    if (is.bSteps || begins) {
      const q = is.bSteps ? k + i : k;
      y = ys[q];
      below = Math.abs(y);
      wy = is.bRough ? wb[q] : 0;
      const ly = is.bRough ? lb[q] : 0;
      const cy = is.bShared ? cb[q] : 0;
      const size = Math.abs(cy);
      if (!(lambda * ly < below && lambda * size < below && wy < below && below >= least)) return i;
      room = upwards / (below - wy);
      reciprocal = upwards / below;
      share = Math.min(ly / (below - lambda * ly), (2 * ly) / (below - (lambda / 2) * ly));
      common = Math.min(size / (below - lambda * size), (2 * size) / (below - (lambda / 2) * size));
      if (cy > 0 === y > 0) common = -common;
    }
    const x = xs[p];
    const v = x / y;
    const size = Math.abs(v);
    const wx = is.aRough ? wa[p] : 0;
    let rounds = 1;
    const c = split * v;
    if (wx + wy === 0 && c - (c - v) === v) {
      const isSingle = Math.fround(v) === v && Math.fround(y) === y && Math.fround(x) === x;
      if (extra !== 0 || !isSingle || v * y !== x) return i;
      rounds = 0;
    }
    const w = (wx + size * wy) * room;
    const radius = (w + localBound * (size + w) + oracle * size) * rounds;
    const lx = is.aRough ? la[p] * reciprocal : 0;
    const ly = size * share;
    const l = is.aRough && is.bRough ? Math.max(lx, ly, Math.sqrt(lx * lx + ly * ly)) : lx + ly;
    const f = localDeviation * size;
    const r = ((is.aRough || is.bRough ? Math.sqrt(l * l + f * f) : f) + oracle * size) * rounds;
    const flushed = size - radius < flushBelow ? Math.min(size + radius, flushBelow) : 0;
    const reached = radius + flushed;
    const isPlain = size >= least && size + reached <= most && r === r;
    if ((!isPlain && (v !== 0 || rounds !== 0)) || (!is.stores && rounds !== 0)) return i;
    data[i] = v;
    if (!is.stores) continue;
    if (is.aShared || is.bShared) {
      const g = is.aShared ? ca[p] / y : 0;
      const h = v * common;
      let s = g + h;
      if (is.aShared && is.bShared && g !== 0 && h !== 0) {
        const merged = Math.max(Math.abs(g), Math.abs(h), Math.sqrt(g * g + h * h));
        s = (Math.abs(g) >= Math.abs(h) ? g : h) < 0 ? -merged : merged;
      }
      correlated[i] = s * rounds + 0;
    }
    bound[i] = reached;
    deviation[i] = r + flushed / lambda;
  }
  return end;
};

/** Extrema, in a form of their own: they round nothing, and a certain element takes one comparison. */
export const extremumKernel: Kernel = function extremum(i, end, j, k, loop) {
  const { x: xs, bound: wa, deviation: la, correlated: ca } = loop.a;
  const { x: ys, bound: wb, deviation: lb, correlated: cb } = loop.b;
  const { data, bound, deviation, correlated } = loop.into;
  const { constants, is } = loop;
  const { sign, lambda, oracle, least, split, most, flushBelow } = constants;
  const half = lambda / 2;
  for (; i < end; i++) {
    const p = is.aSteps ? j + i : j;
    const q = is.bSteps ? k + i : k;
    const x = xs[p];
    const y = ys[q];
    const v = sign * Math.max(sign * x, sign * y);
    const size = Math.abs(v);
    const wx = is.aRough ? wa[p] : 0;
    const wy = is.bRough ? wb[q] : 0;
    if (wx + wy === 0) {
      const c = split * v;
      if (c - (c - v) !== v || (!(size >= least && size <= most) && v !== 0)) return i;
      data[i] = v;
      continue;
    }
    if (!is.stores) return i;
    const apart = Math.abs(x - y);
    const w = apart <= wx + wy ? Math.max(wx, wy) : v === x ? wx : wy;
    const lx = is.aRough && (v === x || apart <= half * la[p]) ? (lambda * la[p]) / lambda : 0;
    const ly = is.bRough && (v !== x || apart <= half * lb[q]) ? (lambda * lb[q]) / lambda : 0;
    const l = lx === 0 || ly === 0 ? lx + ly : Math.max(lx, ly, Math.sqrt(lx * lx + ly * ly));
    let s = 0;
    if (is.aShared || is.bShared) {
      const sx = is.aShared ? ca[p] : 0;
      const sy = is.bShared ? cb[q] : 0;
      const cx = v === x || apart <= half * Math.abs(sx) ? (lambda * sx) / lambda : 0;
      const cy = v !== x || apart <= half * Math.abs(sy) ? (lambda * sy) / lambda : 0;
      s = cx + cy;
      if (cx !== 0 && cy !== 0) {
        const merged = Math.max(Math.abs(cx), Math.abs(cy), Math.sqrt(cx * cx + cy * cy));
        s = (Math.abs(cx) >= Math.abs(cy) ? cx : cy) < 0 ? -merged : merged;
      }
    }
    const radius = w + oracle * size;
    const mayFlush = v !== 0 && size - radius < flushBelow;
    const flushed = mayFlush ? Math.min(size + radius, flushBelow) : 0;
    const reached = radius + flushed;
    const isPlain = size >= least || (v === 0 && (w > 0 || (l === 0 && s === 0)));
    if (!(isPlain && size + reached <= most && l === l && s === s)) return i;
    data[i] = v;
    bound[i] = reached;
    deviation[i] = l + oracle * size + flushed / lambda;
    if (is.aShared || is.bShared) correlated[i] = s + 0;
  }
  return end;
};
