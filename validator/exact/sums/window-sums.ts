/** The sums of reduce-window: listed sums of what lies under each window, or sums of prefixes. */
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { Numerics } from '../core/numerics.ts';
import type { Sink } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { ListedSums } from './batched-sums.ts';
import { prefixSums } from './prefix-sums.ts';

/** Puts init + Σ of the elements under the window at every place; `linear` as in sums.ts. */
export function windowSums(
  t: ExactTensor,
  init: ExactTensor,
  places: WindowPlaces,
  linear: boolean,
  sink: Sink,
  numerics: Numerics,
): void {
  if (places.prefix) prefixSums(t, init, places.prefix, linear, sink, numerics);
  else listedSums(t, init, places, linear, sink, numerics);
  if (init.undecided?.[0]) for (let i = 0; i < places.count; i++) sink.mark(i);
}

function listedSums(
  t: ExactTensor,
  init: ExactTensor,
  places: WindowPlaces,
  linear: boolean,
  sink: Sink,
  numerics: Numerics,
): void {
  const { inner, columns, outs, count, area } = places;
  const rows = new Int32Array(Math.max(area, rowsAtOnce));
  const first = { values: init, isTerm: false };
  const sums = new ListedSums(t, first, rows, linear, sink, numerics, count * area);
  let filled = 0;
  places.forEach(({ base, count }, out) => {
    if (filled + count > rows.length) {
      sums.finish();
      filled = 0;
    }
    const low = filled;
    for (let j = 0; j < count; j++) rows[filled++] = base[j] * inner;
    for (let c = 0; c < columns.length; c++) {
      sums.put(out + outs[c], low, filled, columns[c]);
    }
  });
  sums.finish();
}

/** Elements under windows that wait to be added up. */
const rowsAtOnce = 2 ** 14;
