/**
 * The largest (or smallest) elements under windows: what putExtremum does for one list of elements, in
 * all columns of a place.
 */
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { putExtremum } from './extremum.ts';

/** Puts the largest (sign 1) or smallest (-1) of init and what lies under the window, everywhere. */
export function windowExtrema(
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  { inner, columns, outs, count, area, forEach }: WindowPlaces,
  results: ResultBuilder,
  lambda: number,
): void {
  const rows = new Int32Array(area);
  const radii = t.bound && t.deviation && !t.correlated && !init.bound ? radiiOf(t) : undefined;
  forEach(({ base, count: n }, out) => {
    for (let j = 0; j < n; j++) rows[j] = base[j] * inner;
    if (t.undecided) markColumns(t.undecided, rows, n, columns, outs, out, results);
    if (!t.bound && !init.bound) certain(t, init, sign, rows, n, columns, outs, out, results);
    else if (radii) uncertain(radii, init, sign, rows, n, columns, outs, out, results, lambda);
    else {
      for (let c = 0; c < columns.length; c++) {
        const terms = { start: columns[c], count: n, stride: 0, steps: rows };
        putExtremum(results, out + outs[c], t, init, sign, terms, lambda);
      }
    }
  });
  if (init.undecided?.[0]) for (let i = 0; i < count; i++) results.mark(i);
}

function markColumns(
  undecided: Uint8Array,
  rows: Int32Array,
  n: number,
  columns: Int32Array,
  outs: Int32Array,
  out: number,
  results: ResultBuilder,
): void {
  for (let c = 0; c < columns.length; c++) {
    let mark = 0;
    for (let j = 0; j < n; j++) mark |= undecided[rows[j] + columns[c]];
    if (mark) results.mark(out + outs[c]);
  }
}

function certain(
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  rows: Int32Array,
  n: number,
  columns: Int32Array,
  outs: Int32Array,
  out: number,
  results: ResultBuilder,
): void {
  const x = t.data as Float64Array;
  const first = sign * (init.data[0] as number);
  const { data, plainFrom, plainTo } = results;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    for (let j = 0; j < n; j++) best = Math.max(best, sign * x[rows[j] + columns[c]]);
    const size = Math.abs(best);
    if (size >= plainFrom && size <= plainTo) data[out + outs[c]] = sign * best;
    else results.keep(out + outs[c], sign * best, 0, 0, 0);
  }
}

interface Radii {
  readonly x: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
}

function radiiOf({ data, bound, deviation }: ExactTensor): Radii {
  return { x: data as Float64Array, bound: bound!, deviation: deviation! };
}

/** As putExtremum; no shared errors, and a certain init. */
function uncertain(
  { x, bound, deviation }: Radii,
  init: ExactTensor,
  sign: 1 | -1,
  rows: Int32Array,
  n: number,
  columns: Int32Array,
  outs: Int32Array,
  out: number,
  results: ResultBuilder,
  lambda: number,
): void {
  const first = sign * (init.data[0] as number);
  const { data, plainFrom, plainTo } = results;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    let floor = first;
    let likelyFloor = first;
    for (let j = 0; j < n; j++) {
      const at = rows[j] + columns[c];
      const v = sign * x[at];
      best = Math.max(best, v);
      floor = Math.max(floor, v - bound[at]);
      likelyFloor = Math.max(likelyFloor, v - lambda * deviation[at]);
    }
    let w = 0;
    let l = 0;
    for (let j = 0; j < n && best === best; j++) {
      const at = rows[j] + columns[c];
      const v = sign * x[at];
      if (v + bound[at] >= floor) w = Math.max(w, bound[at]);
      if (v + lambda * deviation[at] >= likelyFloor) l = Math.max(l, deviation[at]);
    }
    const i = out + outs[c];
    const size = Math.abs(best);
    const plain = size - w >= plainFrom && size + w <= plainTo && l < Infinity;
    if (plain && w > 0 && results.bound) {
      data[i] = sign * best;
      results.bound[i] = w;
      results.deviation![i] = l;
    } else results.keep(i, sign * best, w, l, 0);
  }
}
