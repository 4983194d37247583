/**
 * The largest (or smallest) elements under windows: what putExtremum does for one list of elements, in
 * all columns of a place.
 */
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { putExtremum } from './extremum.ts';

/** What lies under the window of one place: element j in column c is rows[j] + columns[c]. */
interface Window {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** The result of column c is `out` + outs[c]. */
  readonly outs: Int32Array;
  /** How many rows there are, and where its results begin: these alone differ from place to place. */
  count: number;
  out: number;
}

/** What an extremum is taken of. */
interface Terms {
  readonly x: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  readonly sign: 1 | -1;
  /** sign · the value before any element. */
  readonly first: number;
  readonly lambda: number;
}

const none = new Float64Array(0);

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
  const window: Window = { rows, columns, outs, count: 0, out: 0 };
  const { bound = none, deviation = none } = t;
  const x = t.data as Float64Array;
  const terms = { x, bound, deviation, sign, first: sign * (init.data[0] as number), lambda };
  const isPlain = !t.correlated && !init.bound;
  forEach(({ base, count: n }, out) => {
    for (let j = 0; j < n; j++) rows[j] = base[j] * inner;
    window.count = n;
    window.out = out;
    if (t.undecided) markColumns(t.undecided, window, results);
    if (!t.bound && !init.bound) certain(terms, window, results);
    else if (t.bound && isPlain) uncertain(terms, window, results);
    else {
      for (let c = 0; c < columns.length; c++) {
        const under = { start: columns[c], count: n, stride: 0, steps: rows };
        putExtremum(results, out + outs[c], t, init, sign, under, lambda);
      }
    }
  });
  if (init.undecided?.[0]) for (let i = 0; i < count; i++) results.mark(i);
}

function markColumns(
  undecided: Uint8Array,
  { rows, columns, outs, count, out }: Window,
  results: ResultBuilder,
): void {
  for (let c = 0; c < columns.length; c++) {
    let mark = 0;
    for (let j = 0; j < count; j++) mark |= undecided[rows[j] + columns[c]];
    if (mark) results.mark(out + outs[c]);
  }
}

function certain(
  { x, sign, first }: Terms,
  { rows, columns, outs, count, out }: Window,
  results: ResultBuilder,
): void {
  const { data, plainFrom, plainTo } = results;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    for (let j = 0; j < count; j++) best = Math.max(best, sign * x[rows[j] + columns[c]]);
    const size = Math.abs(best);
    if (size >= plainFrom && size <= plainTo) data[out + outs[c]] = sign * best;
    else results.keep(out + outs[c], sign * best, 0, 0, 0);
  }
}

/** As putExtremum; no shared errors, and a certain init. */
function uncertain(
  { x, bound, deviation, sign, first, lambda }: Terms,
  { rows, columns, outs, count, out }: Window,
  results: ResultBuilder,
): void {
  const { data, plainFrom, plainTo } = results;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    let floor = first;
    let likelyFloor = first;
    for (let j = 0; j < count; j++) {
      const at = rows[j] + columns[c];
      const v = sign * x[at];
      best = Math.max(best, v);
      floor = Math.max(floor, v - bound[at]);
      likelyFloor = Math.max(likelyFloor, v - lambda * deviation[at]);
    }
    let w = 0;
    let l = 0;
    for (let j = 0; j < count && best === best; j++) {
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
