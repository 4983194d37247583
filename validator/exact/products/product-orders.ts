/**
 * A product of several factors in any order. Its roundings are those of the order as written, and more
 * where the product of some factors leaves the range of the type though the whole product does not:
 * 2^-20 · 2^-20 · 2^20 in f16 is 2^-20 or, begun with the small ones, 0.
 */

import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { copiedRadii } from '../core/broadcasting.ts';
import type { Numerics } from '../core/numerics.ts';
import { undecidedMark } from '../core/outcomes.ts';
import { gamma, rootSquares } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';

/** How far the products of some factors reach, by element; one element where a factor is one number. */
export interface Extremes {
  /** log₂ of the product of the factors below 1 in size; -Infinity where one is zero. */
  readonly least: Float64Array;
  /** log₂ of that of those above 1; Infinity where one is infinite. */
  readonly most: Float64Array;
}

/** A product of some factors, as written, and how far partial products reach. */
export interface ProductOfSome extends Extremes {
  readonly asWritten: ExactTensor;
  readonly factors: number;
}

/** One factor. */
export function factor(asWritten: ExactTensor): ProductOfSome {
  const v = asWritten.data as Float64Array;
  const least = v.map((x) => Math.log2(Math.min(Math.abs(x), 1)));
  const most = v.map((x) => Math.log2(Math.max(Math.abs(x), 1)));
  return { asWritten, factors: 1, least, most };
}

/** What an op that multiplies elements of two values adds up of their logarithms. */
export type AddUp = (a: ExactTensor, b: ExactTensor) => Float64Array;

/** The extremes of the n products of elements of two of them, or of what an op multiplies of them. */
export function extremesOf(a: ProductOfSome, b: ProductOfSome, by: number | AddUp): Extremes {
  const of = (key: keyof Extremes) =>
    typeof by === 'number' ? sums(a[key], b[key], by) : by(plain(a, a[key]), plain(b, b[key]));
  return { least: of('least'), most: of('most') };
}

function sums(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const [i, j] = [a.length === n ? 1 : 0, b.length === n ? 1 : 0];
  return Float64Array.from({ length: n }, (_, k) => a[k * i]! + b[k * j]!);
}

/** A value with other numbers, all of them certain. */
function plain({ asWritten: { shape, data } }: ProductOfSome, logs: Float64Array): ExactTensor {
  const n = data.length;
  return {
    kind: 'tensor',
    shape,
    data: logs.length === n ? logs : new Float64Array(n).fill(logs[0]!),
  };
}

/** The ends of a type's range, as logarithms. */
interface Ends {
  /** Below it partial products lose digits. */
  readonly normal: number;
  /** Below it they may be taken for zero. */
  readonly flush: number;
  readonly overflow: number;
}

/**
 * A partial product that may lose more than this share of the product, beside what it loses as written,
 * leaves it open, if large factors (by their logarithm) make more of that than a few of the smallest
 * numbers there are.
 */
const mostLost = 1 / 16;
const grows = 4;

/**
 * The product with radii for any order of its factors: n - 1 roundings instead of one, and what a
 * partial product loses below the smallest normal number, at most u·smallestNormal or itself, times
 * the other factors. Where that is much, or some factors together overflow, a product is undecided.
 */
export function withProductRadii(product: ProductOfSome, numerics: Numerics): ExactTensor {
  const { asWritten: t, factors, least, most } = product;
  const { u, smallestNormal, flushBelow, overflowFrom } = numerics;
  const ends: Ends = {
    normal: Math.log2(Math.max(smallestNormal, flushBelow)),
    flush: Math.log2(flushBelow),
    overflow: Math.log2(overflowFrom),
  };
  // in f64 the oracle's own digits are lost with those of the type, and its radii say so
  const isWatched = numerics.precision < 53;
  const v = t.data as Float64Array;
  const stays = least.every((low, i) => low >= ends.normal && most[i]! <= ends.overflow);
  if (!t.bound && stays) return t;
  const { bound, deviation } = copiedRadii(t);
  const marks = t.undecided?.slice() ?? new Uint8Array(v.length);
  const [fold, localDeviation] = [gamma(factors - 1, u), Math.sqrt(factors - 1) * u];
  const quantum = Math.log2(u) + Math.log2(smallestNormal);
  for (let i = 0; i < v.length; i++) {
    const [low, high] = [least[i]!, most[i]!];
    const size = Math.abs(v[i]!);
    const known = bound[i]!;
    if (!stays && leaves(size, low, high, known, ends)) marks[i] = undecidedMark;
    if (!(size < Infinity) || size === 0) continue;
    // without a radius it is representable, and so is every product of some factors in range
    if (bound[i]! > 0) {
      bound[i]! += fold * size;
      deviation[i] = rootSquares(deviation[i]!, localDeviation * size);
    }
    if (!(low < ends.normal)) continue;
    const share = low < ends.flush ? 1 : Math.min(1, 2 ** (quantum - low));
    const lost = (factors - 1) * share * size;
    if (isWatched && lost - known > mostLost * size && high > grows) marks[i] = undecidedMark;
    bound[i]! += lost;
    deviation[i]! += lost;
  }
  return { ...t, bound, deviation, ...(marks.some((m) => m > 0) && { undecided: marks }) };
}

/**
 * Whether a product may come to something else in another order, since partial products overflow, or
 * since it has overflowed or, beyond its radius, vanished as written though it is in range itself. Of
 * factors that are infinite or zero themselves it may not.
 */
function leaves(
  size: number,
  low: number,
  high: number,
  known: number,
  { normal, overflow }: Ends,
): boolean {
  if (!(high < Infinity)) return false;
  if (!(size < Infinity)) return low + high <= overflow || low < normal;
  if (high > overflow) return true;
  return (
    size === 0 &&
    low > -Infinity &&
    2 ** (low + high) > Math.max(known, Number.MIN_VALUE * 2 ** high)
  );
}

/** Computations of two scalars that add them, by type: for the logarithms of what an op multiplies. */
export function additionIn(type: ElementType): Module {
  let module = additions.get(type);
  if (!module) {
    module = new ModuleBuilder('addition').entry((b) => {
      const [x, y] = ['x', 'y'].map((name) => b.parameter(name, arrayShape(type, [])));
      return b.op('add', [x!, y!]);
    });
    additions.set(type, module);
  }
  return module;
}

const additions = new Map<ElementType, Module>();
