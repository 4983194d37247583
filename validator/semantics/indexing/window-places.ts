/**
 * The windows of reduce-window as lists of rows in columns: dimensions without a window, outermost and
 * innermost, see the same windows at each of their indices.
 */
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { sizeOf, stridedIndices } from '../loops/strides.ts';
import { forEachCoordinate, type WindowView, windowReader } from './window.ts';

/** Where the elements under each window lie. */
export interface WindowPlaces {
  /** Element j under the window in column c is view.base[j]·inner + columns[c]. */
  readonly inner: number;
  readonly columns: Int32Array;
  /** The results of a place are `out` + outs[c]. */
  readonly outs: Int32Array;
  /** Results in all, and elements under one window at most. */
  readonly count: number;
  readonly area: number;
  /** Where each window is the one before it and one element more, along one dimension. */
  readonly prefix: PrefixRows | undefined;
  /** Calls with every place of the windowed dimensions; the view is reused. */
  forEach(visit: (view: WindowView, out: number) => void): void;
}

/** Rows whose prefixes are the windows: where they begin, and the distance of their elements. */
export interface PrefixRows {
  readonly length: number;
  readonly starts: Int32Array;
  readonly step: number;
  readonly outStarts: Int32Array;
  readonly outStep: number;
}

/** Of windows over a base of `base`, with results of `places`. */
export function windowPlaces(
  window: readonly WindowDim[],
  base: readonly number[],
  places: readonly number[],
): WindowPlaces {
  const isWindowed = window.map((w, d) => !isSingle(w) || base[d] !== places[d]);
  const first = Math.max(0, isWindowed.indexOf(true));
  const end = Math.max(first, isWindowed.lastIndexOf(true) + 1);
  const [area, spots] = [base, places].map((dims) => sizeOf(dims.slice(first, end)));
  const [outer, inner] = [sizeOf(base.slice(0, first)), sizeOf(base.slice(end))];
  const middle = <T>(all: readonly T[]) => all.slice(first, end);
  return {
    inner,
    columns: stridedIndices([outer, inner], [area * inner, 1]),
    outs: stridedIndices([outer, inner], [spots * inner, 1]),
    count: sizeOf(places),
    area: window.reduce((n, w) => n * w.size, 1),
    prefix: prefixRows(window, base, places),
    forEach(visit) {
      const read = windowReader(middle(window), middle(base), middle(places));
      forEachCoordinate(middle(places), (place, p) => visit(read(place), p * inner));
    },
  };
}

function isSingle({ size, stride, padLow, padHigh, baseDilation }: WindowDim): boolean {
  return size === 1 && stride === 1 && padLow === 0 && padHigh === 0 && baseDilation === 1;
}

/**
 * The rows along the dimension in which every window is the one before it and one element more, all
 * others having single elements: a running fold, which needs no window twice.
 */
export function prefixRows(
  window: readonly WindowDim[],
  base: readonly number[],
  places: readonly number[],
): PrefixRows | undefined {
  const plain = window.every((w) => w.stride === 1 && w.windowDilation * w.baseDilation === 1);
  const wide = window.flatMap((w, d) => (w.size > 1 || w.padLow !== 0 ? [d] : []));
  const fits = places.every((n, d) => n <= base[d]);
  if (!plain || !fits || wide.length !== 1) return undefined;
  const [axis] = wide;
  const { size, padLow } = window[axis];
  if (size !== padLow + 1 || size < places[axis]) return undefined;
  const rows = places.map((n, d) => (d === axis ? 1 : n));
  const [from, to] = [rowMajorStrides(base), rowMajorStrides(places)];
  return {
    length: places[axis],
    starts: stridedIndices(rows, from),
    step: from[axis],
    outStarts: stridedIndices(rows, to),
    outStep: to[axis],
  };
}
