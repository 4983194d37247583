/**
 * A product of several factors in any order. Its roundings are those of the order as written, and more
 * where the product of some factors leaves the range of the type though the whole product does not:
 * 2^-20 · 2^-20 · 2^20 in f16 is 2^-20 or, begun with the small ones, 0.
 */

import { elementCount } from '../../graphs/ir/shape.ts';
import type { Numerics } from './numerics.ts';
import { undecidedMark } from './outcomes.ts';
import { gamma, rootSquares } from './radius.ts';
import type { ExactTensor } from './value.ts';

/** How far the products of some factors reach, by element; one element where a factor is one number. */
export interface Extremes {
  /** The product of the factors below 1 in size. */
  readonly least: Float64Array;
  /** The product of those above 1. */
  readonly most: Float64Array;
}

export interface ProductOfSome extends Extremes {
  readonly asWritten: ExactTensor;
  readonly factors: number;
}

/** One factor. */
export function factor(asWritten: ExactTensor): ProductOfSome {
  const v = asWritten.data as Float64Array;
  const least = v.map((x) => Math.min(Math.abs(x), 1));
  return { asWritten, factors: 1, least, most: v.map((x) => Math.max(Math.abs(x), 1)) };
}

/** What an op makes of two values, as numbers. */
export type Multiply = (a: ExactTensor, b: ExactTensor) => Float64Array;

/** The extremes of the n products of elements of two of them, or of what an op multiplies of them. */
export function extremesOf(a: ProductOfSome, b: ProductOfSome, by: number | Multiply): Extremes {
  const of = (key: keyof Extremes) =>
    typeof by === 'number' ? times(a[key], b[key], by) : by(plain(a, a[key]), plain(b, b[key]));
  return { least: of('least'), most: of('most') };
}

/** A value with other numbers, all of them certain. */
function plain({ asWritten: { shape } }: ProductOfSome, data: Float64Array): ExactTensor {
  const n = elementCount(shape);
  return {
    kind: 'tensor',
    shape,
    data: data.length === n ? data : new Float64Array(n).fill(data[0]!),
  };
}

function times(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const [i, j] = [a.length === n ? 1 : 0, b.length === n ? 1 : 0];
  return Float64Array.from({ length: n }, (_, k) => a[k * i]! * b[k * j]!);
}

/**
 * The product with radii for any order of its factors: n - 1 roundings instead of one, and what a
 * partial product loses below the smallest normal number, at most u·smallestNormal or itself, times
 * the other factors. Where some factors together overflow, a finite product is undecided.
 */
export function withProductRadii(product: ProductOfSome, numerics: Numerics): ExactTensor {
  const { asWritten: t, factors, least, most } = product;
  const { u, smallestNormal, flushBelow, overflowFrom } = numerics;
  const v = t.data as Float64Array;
  const small = Math.max(smallestNormal, flushBelow);
  const mayLeave = least.some((x, i) => leaves(v[i]!, x, most[i]!, small, overflowFrom));
  if (!t.worst && !mayLeave) return t;
  const worst = t.worst?.slice() ?? new Float64Array(v.length);
  const likely = t.likely?.slice() ?? new Float64Array(v.length);
  const marks = t.undecided?.slice() ?? new Uint8Array(v.length);
  const [fold, typical] = [gamma(factors - 1, u), Math.sqrt(factors - 1) * u];
  for (let i = 0; i < v.length; i++) {
    const size = Math.abs(v[i]!);
    if (!(size < Infinity)) {
      if (mayBeFinite(least[i]!, most[i]!, small, overflowFrom)) marks[i] = undecidedMark;
      continue;
    }
    // without a radius it is representable, and so is every product of some factors in range
    if (worst[i]! > 0) {
      worst[i]! += fold * size;
      likely[i] = rootSquares(likely[i]!, typical * size);
    }
    if (most[i]! > overflowFrom) marks[i] = undecidedMark;
    if (size === 0 || !(least[i]! < small)) continue;
    const flushed = least[i]! < flushBelow;
    const lost = flushed ? size : Math.min(size, (u * smallestNormal * size) / least[i]!);
    worst[i]! += (factors - 1) * lost;
    likely[i]! += (factors - 1) * lost;
  }
  return { ...t, worst, likely, ...(marks.some((m) => m > 0) && { undecided: marks }) };
}

/** Whether partial products of a product lie below the normal numbers, or beyond the largest one. */
function leaves(v: number, least: number, most: number, small: number, large: number): boolean {
  if (!(Math.abs(v) < Infinity)) return mayBeFinite(least, most, small, large);
  return (v !== 0 && least < small) || most > large;
}

/**
 * Whether a product that overflows as written, of finite factors, may come to a number in another
 * order: it is in range by itself, or small factors that come first leave nothing to grow.
 */
function mayBeFinite(least: number, most: number, small: number, large: number): boolean {
  return most < Infinity && (least * most <= large || least < small);
}
