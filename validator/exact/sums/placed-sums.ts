/** The sums of reduce and reduce-window: of rows, of what lies under windows, and of prefixes. */
import type { PrefixRows, WindowPlaces } from '../../semantics/indexing/window-places.ts';
import type { ExactTensor } from '../core/value.ts';
import { BatchedSums } from './batched-sums.ts';
import type { SumUse } from './sums.ts';

/** The terms of result r: start + steps[j], or start + j·stride, of `starts[r]`; j < count. */
export interface ReducedRows {
  readonly starts: Int32Array;
  readonly count: number;
  readonly stride: number;
  readonly steps?: Int32Array | undefined;
}

/** Puts init + Σ of the terms of every result. */
export function reducedSums(
  t: ExactTensor,
  first: ExactTensor,
  { starts, count, stride, steps }: ReducedRows,
  use: SumUse,
): void {
  const terms = starts.length * count;
  const source = { t, first, rows: steps, stride, stored: true, sums: starts.length, terms };
  const sums = new BatchedSums(source, use);
  for (let r = 0; r < starts.length; r++) sums.put(r, 0, count, starts[r]);
  sums.finish();
}

/** Puts init + Σ of the elements under the window at every place. */
export function windowSums(
  t: ExactTensor,
  first: ExactTensor,
  places: WindowPlaces,
  use: SumUse,
): void {
  if (places.prefix) prefixSums(t, first, places.prefix, use);
  else sumsUnder(t, first, places, use);
}

/** Puts init + Σ of the first p + 1 elements of each row, for every p. */
function prefixSums(
  t: ExactTensor,
  first: ExactTensor,
  { length, starts, step, outStarts, outStep }: PrefixRows,
  use: SumUse,
): void {
  const terms = starts.length * length;
  const sums = new BatchedSums(
    { t, first, stride: step, prefixes: length, sums: starts.length, terms },
    use,
  );
  for (let r = 0; r < starts.length; r++) sums.putPrefixes(outStarts[r], outStep, starts[r]);
}

function sumsUnder(
  t: ExactTensor,
  first: ExactTensor,
  { inner, columns, outs, count, area, forEach }: WindowPlaces,
  use: SumUse,
): void {
  const rows = new Int32Array(Math.max(area, rowsAtOnce));
  const sums = new BatchedSums({ t, first, rows, sums: count, terms: count * area }, use);
  let filled = 0;
  forEach(({ base, count }, out) => {
    if (filled + count > rows.length) {
      sums.finish();
      filled = 0;
    }
    const low = filled;
    for (let j = 0; j < count; j++) rows[filled++] = base[j] * inner;
    for (let c = 0; c < columns.length; c++) sums.put(out + outs[c], low, filled, columns[c]);
  });
  sums.finish();
}

/** Elements under windows that wait to be added up. */
const rowsAtOnce = 2 ** 14;
