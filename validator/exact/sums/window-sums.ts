/** The sums of reduce-window: listed sums of what lies under each window, or sums of prefixes. */
import type { WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { BatchedSums } from './batched-sums.ts';
import { prefixSums } from './prefix-sums.ts';

/** Puts init + Σ of the elements under the window at every place; `linear` as in sums.ts. */
export function windowSums(
  t: ExactTensor,
  init: ExactTensor,
  places: WindowPlaces,
  linear: boolean,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  if (places.prefix) prefixSums(t, init, places.prefix, linear, results, numerics);
  else batchedSums(t, init, places, linear, results, numerics);
  if (init.undecided?.[0]) for (let i = 0; i < places.count; i++) results.mark(i);
}

function batchedSums(
  t: ExactTensor,
  init: ExactTensor,
  places: WindowPlaces,
  linear: boolean,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  const { inner, columns, outs, count, area } = places;
  const rows = new Int32Array(Math.max(area, rowsAtOnce));
  const first = { values: init, isTerm: false };
  const sums = new BatchedSums(t, first, rows, linear, results, numerics, count * area);
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
