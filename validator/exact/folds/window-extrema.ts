/**
 * The largest (or smallest) elements under windows: what putExtremum does for one list of elements, in
 * all columns of a place.
 */
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { Sink } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { putExtremum } from './extremum.ts';

/** Puts the largest (sign 1) or smallest (-1) of init and what lies under the window, everywhere. */
export function windowExtrema(
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  { inner, columns, outs, count, area, forEach }: WindowPlaces,
  sink: Sink,
  lambda: number,
): void {
  const rows = new Int32Array(area);
  const radii = t.worst && t.likely && !t.shared && !init.worst ? radiiOf(t) : undefined;
  forEach(({ base, count: n }, out) => {
    for (let j = 0; j < n; j++) rows[j] = base[j] * inner;
    if (t.undecided) markColumns(t.undecided, rows, n, columns, outs, out, sink);
    if (!t.worst && !init.worst) certain(t, init, sign, rows, n, columns, outs, out, sink);
    else if (radii) uncertain(radii, init, sign, rows, n, columns, outs, out, sink, lambda);
    else {
      for (let c = 0; c < columns.length; c++) {
        const terms = { start: columns[c], count: n, stride: 0, steps: rows };
        putExtremum(sink, out + outs[c], t, init, sign, terms, lambda);
      }
    }
  });
  if (init.undecided?.[0]) for (let i = 0; i < count; i++) sink.mark(i);
}

function markColumns(
  undecided: Uint8Array,
  rows: Int32Array,
  n: number,
  columns: Int32Array,
  outs: Int32Array,
  out: number,
  sink: Sink,
): void {
  for (let c = 0; c < columns.length; c++) {
    let mark = 0;
    for (let j = 0; j < n; j++) mark |= undecided[rows[j] + columns[c]];
    if (mark) sink.mark(out + outs[c]);
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
  sink: Sink,
): void {
  const x = t.data as Float64Array;
  const first = sign * (init.data[0] as number);
  const { data, plainFrom, plainTo } = sink;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    for (let j = 0; j < n; j++) best = Math.max(best, sign * x[rows[j] + columns[c]]);
    const size = Math.abs(best);
    if (size >= plainFrom && size <= plainTo) data[out + outs[c]] = sign * best;
    else sink.keep(out + outs[c], sign * best, 0, 0, 0);
  }
}

interface Radii {
  readonly x: Float64Array;
  readonly worst: Float64Array;
  readonly likely: Float64Array;
}

function radiiOf({ data, worst, likely }: ExactTensor): Radii {
  return { x: data as Float64Array, worst: worst!, likely: likely! };
}

/** As putExtremum; no shared errors, and a certain init. */
function uncertain(
  { x, worst, likely }: Radii,
  init: ExactTensor,
  sign: 1 | -1,
  rows: Int32Array,
  n: number,
  columns: Int32Array,
  outs: Int32Array,
  out: number,
  sink: Sink,
  lambda: number,
): void {
  const first = sign * (init.data[0] as number);
  const { data, plainFrom, plainTo } = sink;
  for (let c = 0; c < columns.length; c++) {
    let best = first;
    let floor = first;
    let likelyFloor = first;
    for (let j = 0; j < n; j++) {
      const at = rows[j] + columns[c];
      const v = sign * x[at];
      best = Math.max(best, v);
      floor = Math.max(floor, v - worst[at]);
      likelyFloor = Math.max(likelyFloor, v - lambda * likely[at]);
    }
    let w = 0;
    let l = 0;
    for (let j = 0; j < n && best === best; j++) {
      const at = rows[j] + columns[c];
      const v = sign * x[at];
      if (v + worst[at] >= floor) w = Math.max(w, worst[at]);
      if (v + lambda * likely[at] >= likelyFloor) l = Math.max(l, likely[at]);
    }
    const i = out + outs[c];
    const size = Math.abs(best);
    const plain = size - w >= plainFrom && size + w <= plainTo && l < Infinity;
    if (plain && w > 0 && sink.worst) {
      data[i] = sign * best;
      sink.worst[i] = w;
      sink.likely![i] = l;
    } else sink.keep(i, sign * best, w, l, 0);
  }
}
