/**
 * One element of add, subtract, multiply, divide, maximum and minimum: the rows of
 * binary-functions.ts with their calls in place. This is what these ops mean; arithmetic-kernels.ts
 * holds the same for elements without peculiarities, many at a time.
 */

import { additionIsExact, powerFrom, productIsExact } from '../core/exactness.ts';
import { type LoopOperand, radiusAt } from '../core/loop-operand.ts';
import type { Numerics } from '../core/numerics.ts';
import { mergeCorrelated } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';

/** What is the same for all elements of an op. */
export interface Arithmetic {
  readonly numerics: Numerics;
  /** 1 or -1: what the second operand of a sum is multiplied by; 1 for maxima, -1 for minima. */
  readonly sign: 1 | -1;
  /** Error of a quotient beyond its rounding, relative. */
  readonly extra: number;
}

/** Puts element i, of element j of a and element k of b, into the sink. */
export type ElementRule = (
  a: LoopOperand,
  j: number,
  b: LoopOperand,
  k: number,
  i: number,
  results: ResultBuilder,
  arithmetic: Arithmetic,
) => void;

/**
 * An infinity or NaN that the operands' radii cannot undo: an operand is not finite itself, all is
 * certain, or a number other than 0 is divided by a certain 0.
 */
export function settledSpecial(x: number, rx: number, y: number, ry: number): boolean {
  if (!(Math.abs(x) < Infinity && Math.abs(y) < Infinity)) return true;
  return ry === 0 && (rx === 0 || (y === 0 && Math.abs(x) > rx));
}

/**
 * What the product of two errors counts, in products of their radii: with odds below 1e-9 that of two
 * normal numbers exceeds 20, which is 2.5·λ for λ = 8.
 */
export const secondOrder = 2.5;

/**
 * Factor of a reciprocal that stands in for a division of radii: it and the product with it are each
 * rounded once, and the result is no smaller than the quotient.
 */
export const upwards = 1 + 2 ** -51;

/** What the oracle itself loses where a product or quotient v of finite numbers comes to 0 in f64. */
export function underflow(v: number, x: number, y: number): number {
  return v === 0 && x !== 0 && y !== 0 && Math.abs(y) < Infinity ? Number.MIN_VALUE : 0;
}

/** x ± y, whatever the operands are: one rounding, and the errors of both operands. */
export const sumElement: ElementRule = (a, j, b, k, i, results, { sign, numerics }) => {
  const x = a.x[j];
  const y = sign * b.x[k];
  const v = x + y;
  const w = radiusAt(a.bound, a.isRough, j) + radiusAt(b.bound, b.isRough, k);
  if (w === 0 && additionIsExact(x, y, v)) {
    results.put(i, v, 0, 0, 0);
    return;
  }
  const p = radiusAt(a.deviation, a.isRough, j);
  const q = radiusAt(b.deviation, b.isRough, k);
  const l = Math.max(p, q, Math.sqrt(p * p + q * q));
  const cy = radiusAt(b.correlated, b.isShared, k);
  const s = mergeCorrelated(radiusAt(a.correlated, a.isShared, j), sign * cy);
  results.putRounded(i, v, w, l, s, numerics.u, numerics.u);
};

/** x·y, whatever the operands are; correlated errors by the derivatives y and x. */
export const productElement: ElementRule = (a, j, b, k, i, results, { numerics }) => {
  const { u, lambda } = numerics;
  const [x, y] = [a.x[j], b.x[k]];
  const v = x * y;
  const wx = radiusAt(a.bound, a.isRough, j);
  const wy = radiusAt(b.bound, b.isRough, k);
  if (wx === 0 && wy === 0 && productIsExact(x, y, v)) {
    results.put(i, v, 0, 0, 0);
    return;
  }
  const lx = radiusAt(a.deviation, a.isRough, j);
  const ly = radiusAt(b.deviation, b.isRough, k);
  const cx = radiusAt(a.correlated, a.isShared, j);
  const cy = radiusAt(b.correlated, b.isShared, k);
  if (!(Math.abs(v) < Infinity)) {
    const rx = Math.min(wx, lambda * (lx + Math.abs(cx)));
    const ry = Math.min(wy, lambda * (ly + Math.abs(cy)));
    if (!settledProduct(x, rx, y, ry)) results.mark(i);
    results.keep(i, v, 0, 0, 0);
    return;
  }
  const w = Math.abs(x) * wy + Math.abs(y) * wx + wx * wy + underflow(v, x, y);
  const p = y * lx;
  const q = x * ly;
  const both = secondOrder * ((lx + Math.abs(cx)) * ly + lx * Math.abs(cy));
  const root = Math.sqrt(p * p + q * q + both * both);
  const l = Math.max(Math.abs(p), Math.abs(q), both, root) + underflow(v, x, y);
  const common = mergeCorrelated(y * cx, x * cy);
  const s = common + (common < 0 ? -1 : 1) * secondOrder * Math.abs(cx * cy);
  results.putRounded(i, v, w, l, s, u, u);
};

/** An infinite product that keeps its sign, or NaN, wherever in their intervals the operands lie. */
function settledProduct(x: number, rx: number, y: number, ry: number): boolean {
  if (x !== x || y !== y) return true;
  if (Math.abs(x) === Infinity) return ry === 0 || Math.abs(y) > ry;
  if (Math.abs(y) === Infinity) return rx === 0 || Math.abs(x) > rx;
  return (Math.abs(x) - rx) * (Math.abs(y) - ry) === Infinity || (rx === 0 && ry === 0);
}

/**
 * What is divided by a denormal may be divided by zero, which is not near it. The chord of 1/y over
 * λ radii, closed: |v|·r/(|y| - λr), and no more than
 * 2|v|·r/(|y| - λr/2).
 */
export const quotientElement: ElementRule = (a, j, b, k, i, results, { numerics, extra }) => {
  const { u, lambda, flushBelow } = numerics;
  const [x, y] = [a.x[j], b.x[k]];
  const v = x / y;
  const size = Math.abs(v);
  const wx = radiusAt(a.bound, a.isRough, j);
  const wy = radiusAt(b.bound, b.isRough, k);
  if (wx === 0 && wy === 0 && quotientIsExact(x, y, v, extra)) {
    results.put(i, v, 0, 0, 0);
    return;
  }
  if (!(size < Infinity)) {
    const turns = Math.abs(x) === Infinity && Math.abs(y) <= wy && wy > 0;
    if (turns || !settledSpecial(x, wx, y, wy)) results.mark(i);
    results.keep(i, v, 0, 0, 0);
    return;
  }
  const below = Math.abs(y);
  if (below < flushBelow) results.mark(i);
  const moved = wy < below ? (wx + size * wy) * (upwards / (below - wy)) : Infinity;
  const w = moved + underflow(v, x, y);
  const p = radiusAt(a.deviation, a.isRough, j) * (upwards / below);
  const q = size * divisorShare(below, radiusAt(b.deviation, b.isRough, k), lambda);
  const cx = radiusAt(a.correlated, a.isShared, j);
  const cy = radiusAt(b.correlated, b.isShared, k);
  const common = size * divisorShare(below, Math.abs(cy), lambda);
  const s = mergeCorrelated(cx / y, cy > 0 === x > 0 ? -common : common);
  const l = Math.max(p, q, Math.sqrt(p * p + q * q)) + underflow(v, x, y);
  results.putRounded(i, v, w, l, s, u + extra, Math.hypot(u, extra / 2));
};

/** How far a likely radius r of a divisor of some size moves the quotient, relative to its size. */
export function divisorShare(size: number, r: number, lambda: number): number {
  if (r === 0) return 0;
  const far = lambda * r < size ? r / (size - lambda * r) : Infinity;
  const near = (lambda / 2) * r < size ? (2 * r) / (size - (lambda / 2) * r) : Infinity;
  return Math.min(far, near);
}

/** Also as x·(1/y), where that is allowed: then 1/y must be a power of two. */
export function quotientIsExact(x: number, y: number, v: number, extra: number): boolean {
  if (extra > 0 && powerFrom(Math.abs(y)) !== Math.abs(y)) return false;
  if (v * y !== x || needsMoreBits(v, x)) return false;
  return productIsExact(v, y, x);
}

/** A quotient in range whose odd part has more bits than x, an f32, has: no exact one has. */
function needsMoreBits(v: number, x: number): boolean {
  const size = Math.abs(v);
  return size > 2 ** -126 && size < 2 ** 127 && Math.fround(v) !== v && Math.fround(x) === x;
}

/** The larger (sign 1) or smaller of two numbers: it moves with whichever operand may win. */
export const extremumElement: ElementRule = (a, j, b, k, i, results, { sign, numerics }) => {
  const { lambda } = numerics;
  const [x, y] = [a.x[j], b.x[k]];
  const v = sign * Math.max(sign * x, sign * y);
  const wx = radiusAt(a.bound, a.isRough, j);
  const wy = radiusAt(b.bound, b.isRough, k);
  if (wx === 0 && wy === 0) {
    results.put(i, v, 0, 0, 0);
    return;
  }
  if (!(Math.abs(v) < Infinity)) {
    if (!settledSpecial(x, wx, y, wy)) results.mark(i);
    results.keep(i, v, 0, 0, 0);
    return;
  }
  const apart = Math.abs(x - y);
  const w = apart <= wx + wy ? Math.max(wx, wy) : v === x ? wx : wy;
  const p = winning(apart, v === x, radiusAt(a.deviation, a.isRough, j), lambda);
  const q = winning(apart, v !== x, radiusAt(b.deviation, b.isRough, k), lambda);
  const cx = radiusAt(a.correlated, a.isShared, j);
  const cy = radiusAt(b.correlated, b.isShared, k);
  const r = Math.sign(cx) * winning(apart, v === x, Math.abs(cx), lambda);
  const t = Math.sign(cy) * winning(apart, v !== x, Math.abs(cy), lambda);
  const l = p === 0 || q === 0 ? p + q : Math.max(p, q, Math.sqrt(p * p + q * q));
  results.putRounded(i, v, w, l, mergeCorrelated(r, t), 0, 0);
};

/** The chord of an operand that is `apart` from the other over its radius r. */
function winning(apart: number, wins: boolean, r: number, lambda: number): number {
  if (r === 0) return 0;
  const far = lambda * r;
  const near = (lambda / 2) * r;
  return Math.min(wins || apart <= far ? far : 0, 4 * (wins || apart <= near ? near : 0)) / lambda;
}
