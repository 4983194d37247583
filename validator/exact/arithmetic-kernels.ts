/**
 * The loops of sums, products, quotients and extrema over elements without peculiarities: no special
 * values, nothing near the ends of the range. What an element means stands in arithmetic-elements.ts;
 * here are the same numbers to the bit. A kernel stops at the first element that is not for it.
 *
 * Kernels are copied for each use with their flags written out (validator/indexing/specialised.ts), so
 * they call nothing. Whether an element is exact depends on the data and cannot be foreseen, so it is
 * no branch: `rounds` is 1, or 0 where nothing is rounded and nothing inherited.
 */
import { secondOrder, upwards } from './arithmetic-elements.ts';
import type { LoopOperand } from './loop-operand.ts';
import { type Numerics, ownRoundoff } from './numerics.ts';

/** Arrays of results. */
export interface Collected {
  readonly data: Float64Array;
  readonly worst: Float64Array;
  readonly likely: Float64Array;
  readonly shared: Float64Array;
}

/** What is the same for all elements. */
export interface KernelFigures {
  readonly sign: number;
  /** Errors of the operation, relative to the result: at most, and one radius of them. */
  readonly fresh: number;
  readonly typical: number;
  readonly extra: number;
  readonly lambda: number;
  /** The oracle's own error, relative. */
  readonly own: number;
  readonly secondOrder: number;
  readonly upwards: number;
  /** 2^(53-p) + 1: for a type of p bits, c - (c - v) of c = split·v is v where p bits hold v. */
  readonly split: number;
  /** Sizes between these need no more than their roundings. */
  readonly least: number;
  readonly most: number;
}

/** Figures of an operation that is correctly rounded. */
export function kernelFigures(
  { plainFrom, plainTo }: { readonly plainFrom: number; readonly plainTo: number },
  { u, lambda, split }: Numerics,
): KernelFigures {
  return {
    sign: 1,
    fresh: u,
    typical: u,
    extra: 0,
    lambda,
    own: ownRoundoff,
    secondOrder,
    upwards,
    split,
    least: Math.max(plainFrom, leastSize),
    most: plainTo,
  };
}

/** From this size on squares of its roundings do not underflow, in f64 either. */
const leastSize = 2 ** -400;

/**
 * Whether an operand moves along with the result (its element j + i) or stays at element j, which
 * arrays it has, and whether there are arrays for radii of the result.
 */
export type KernelFlags = {
  readonly aSteps: boolean;
  readonly aRough: boolean;
  readonly aShared: boolean;
  readonly bSteps: boolean;
  readonly bRough: boolean;
  readonly bShared: boolean;
  readonly stores: boolean;
};

/**
 * Elements from i up to `end`; the index of the first one that is not for the kernel, or `end`. Flags
 * tell whether an operand moves along with the result (element j + i) or stays at element j, which
 * arrays it has, and whether there are arrays for radii of the result.
 */
export type Kernel = (
  i: number,
  end: number,
  a: LoopOperand,
  j: number,
  b: LoopOperand,
  k: number,
  into: Collected,
  figures: KernelFigures,
  is: KernelFlags,
) => number;

export const sumKernel: Kernel = function sumKernel(i, end, a, j, b, k, into, figures, is) {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const { data, worst, likely, shared } = into;
  const { sign, fresh, own, split, least, most } = figures;
  for (; i < end; i++) {
    const p = is.aSteps ? j + i : j;
    const q = is.bSteps ? k + i : k;
    const x = xs[p];
    const y = sign * ys[q];
    const v = x + y;
    const size = Math.abs(v);
    const w = (is.aRough ? wa[p] : 0) + (is.bRough ? wb[q] : 0);
    const c = split * v;
    const t = v - x;
    const lost = Math.abs(v - (c - (c - v))) + Math.abs(x - (v - t) + (y - t));
    const rounds = Math.ceil(Math.ceil(w + lost) * 2 ** -1000);
    const radius = (w + fresh * (size + w) + own * size) * rounds;
    if (!(size - radius >= least && size + radius <= most) && !(v === 0 && rounds === 0)) return i;
    if (!is.stores && rounds !== 0) return i;
    data[i] = v;
    if (!is.stores) continue;
    const lx = is.aRough ? la[p] : 0;
    const ly = is.bRough ? lb[q] : 0;
    const l = is.aRough && is.bRough ? Math.max(lx, ly, Math.sqrt(lx * lx + ly * ly)) : lx + ly;
    const f = fresh * size;
    const typical = ((is.aRough || is.bRough ? Math.sqrt(l * l + f * f) : f) + own * size) * rounds;
    if (typical !== typical) return i;
    if (is.aShared || is.bShared) {
      const cx = is.aShared ? ca[p] : 0;
      const cy = is.bShared ? sign * cb[q] : 0;
      let s = cx + cy;
      if (is.aShared && is.bShared && cx !== 0 && cy !== 0) {
        const merged = Math.max(Math.abs(cx), Math.abs(cy), Math.sqrt(cx * cx + cy * cy));
        s = (Math.abs(cx) >= Math.abs(cy) ? cx : cy) < 0 ? -merged : merged;
      }
      if (s !== s) return i;
      shared[i] = s * rounds + 0;
    }
    worst[i] = radius;
    likely[i] = typical;
  }
  return end;
};

export const productKernel: Kernel = function productKernel(i, end, a, j, b, k, into, figures, is) {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const { data, worst, likely, shared } = into;
  const { fresh, own, secondOrder, split, least, most } = figures;
  for (; i < end; i++) {
    const p = is.aSteps ? j + i : j;
    const q = is.bSteps ? k + i : k;
    const x = xs[p];
    const y = ys[q];
    const v = x * y;
    const size = Math.abs(v);
    const wx = is.aRough ? wa[p] : 0;
    const wy = is.bRough ? wb[q] : 0;
    const w = is.aRough || is.bRough ? Math.abs(x) * wy + Math.abs(y) * wx + wx * wy : 0;
    const c = split * v;
    const lost = Math.abs(v - (c - (c - v))) + (wx + wy);
    const rounds = Math.ceil(Math.ceil(lost) * 2 ** -1000);
    const radius = (w + fresh * (size + w) + own * size) * rounds;
    if (!(size - radius >= least && size + radius <= most) && !(v === 0 && rounds === 0)) return i;
    if (!is.stores && rounds !== 0) return i;
    if (lost === 0 && !(Math.fround(x) === x && Math.fround(y) === y)) return i;
    data[i] = v;
    if (!is.stores) continue;
    const lx = is.aRough ? la[p] : 0;
    const ly = is.bRough ? lb[q] : 0;
    const cx = is.aShared ? ca[p] : 0;
    const cy = is.bShared ? cb[q] : 0;
    let l = is.aRough ? Math.abs(y * lx) : Math.abs(x * ly);
    if (is.aRough && is.bRough) {
      const m = x * ly;
      const n = secondOrder * ((lx + Math.abs(cx)) * ly + lx * Math.abs(cy));
      l = Math.max(l, Math.abs(m), n, Math.sqrt(y * lx * (y * lx) + m * m + n * n));
    }
    const f = fresh * size;
    const typical = ((is.aRough || is.bRough ? Math.sqrt(l * l + f * f) : f) + own * size) * rounds;
    if (typical !== typical) return i;
    if (is.aShared || is.bShared) {
      const g = is.aShared ? y * cx : 0;
      const h = is.bShared ? x * cy : 0;
      let s = g + h;
      if (is.aShared && is.bShared && g !== 0 && h !== 0) {
        const merged = Math.max(Math.abs(g), Math.abs(h), Math.sqrt(g * g + h * h));
        s = (Math.abs(g) >= Math.abs(h) ? g : h) < 0 ? -merged : merged;
      }
      if (is.aShared && is.bShared) s += (s < 0 ? -1 : 1) * secondOrder * Math.abs(cx * cy);
      if (s !== s) return i;
      shared[i] = s * rounds + 0;
    }
    worst[i] = radius;
    likely[i] = typical;
  }
  return end;
};

export const quotientKernel: Kernel = function quotientKernel(
  i,
  end,
  a,
  j,
  b,
  k,
  into,
  figures,
  is,
) {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const { data, worst, likely, shared } = into;
  const { fresh, typical, extra, lambda, own, upwards, split, least, most } = figures;
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
    const radius = (w + fresh * (size + w) + own * size) * rounds;
    const lx = is.aRough ? la[p] * reciprocal : 0;
    const ly = size * share;
    const l = is.aRough && is.bRough ? Math.max(lx, ly, Math.sqrt(lx * lx + ly * ly)) : lx + ly;
    const f = typical * size;
    const r = ((is.aRough || is.bRough ? Math.sqrt(l * l + f * f) : f) + own * size) * rounds;
    const isPlain = size - radius >= least && size + radius <= most && r === r;
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
      shared[i] = s * rounds + 0;
    }
    worst[i] = radius;
    likely[i] = r;
  }
  return end;
};

/** Only where one operand is out of the other's reach. */
export const extremumKernel: Kernel = function extremumKernel(
  i,
  end,
  a,
  j,
  b,
  k,
  into,
  figures,
  is,
) {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const { data, worst, likely, shared } = into;
  const { sign, lambda, own, least, split, most } = figures;
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
    const first = v === x;
    const lx = is.aRough ? la[p] : 0;
    const ly = is.bRough ? lb[q] : 0;
    const cx = is.aShared ? ca[p] : 0;
    const cy = is.bShared ? cb[q] : 0;
    const far = lambda * Math.max(lx, ly, Math.abs(cx), Math.abs(cy));
    if (!(Math.abs(x - y) > Math.max(wx + wy, far))) return i;
    const w = first ? wx : wy;
    const radius = w + own * size;
    if (!(size - radius >= least && size + radius <= most) && !(v === 0 && w === 0)) return i;
    data[i] = v;
    worst[i] = radius;
    likely[i] = (lambda * (first ? lx : ly)) / lambda + own * size;
    if (!is.aShared && !is.bShared) continue;
    const s = first ? cx : cy;
    shared[i] = (Math.sign(s) * (lambda * Math.abs(s))) / lambda + 0;
  }
  return end;
};
