/**
 * Folds that choose among elements, where some are NaN: every comparison with NaN fails, so that the
 * choice of two need not be one of an order, and may depend on the tree. It does not where the chosen
 * element wins against each of the others, taken in their order: then whatever is chosen among those
 * before it, or behind it, loses to it too.
 */
import { markUndecided, partsOf } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { ExactTensor } from '../core/value.ts';
import { take } from '../movement/apply-index-map.ts';

/** Rows of `length` elements that were folded, and the results of the rows. */
export interface FoldedRows {
  readonly computation: string;
  readonly inputs: readonly ExactTensor[];
  readonly results: readonly ExactTensor[];
  readonly rows: number;
  readonly length: number;
}

/** The results with those rows marked whose choice may depend on the order; NaN itself stays NaN. */
export function withOpenChoices(folded: FoldedRows, context: ExactContext): readonly ExactTensor[] {
  const { inputs, results, rows } = folded;
  const floats = inputs.flatMap((t, k) => (t.data instanceof Float64Array ? [k] : []));
  const withNaN = Array.from({ length: rows }, (_, r) => r).filter((r) =>
    floats.some((k) => hasNaN(inputs[k], r, folded.length)),
  );
  if (withNaN.length === 0) return results;
  const marks = new Uint8Array(rows);
  const chosen = new Int32Array(rows).fill(-1);
  for (const r of withNaN) {
    chosen[r] = placeOf(folded, r);
    const noNumber = floats.every((k) => hasNaN(results[k], r, 1));
    if (chosen[r] < 0 && !noNumber) marks[r] = 1;
  }
  markLosers(
    folded,
    withNaN.filter((r) => chosen[r] >= 0),
    chosen,
    marks,
    context,
  );
  return results.map((t) => markUndecided(t, marks));
}

function hasNaN(t: ExactTensor, row: number, length: number): boolean {
  const width = partsOf(t.shape.type) * length;
  return (t.data as Float64Array).subarray(row * width, (row + 1) * width).some(Number.isNaN);
}

/** Which element of a row is its result, in all that is folded; -1 where none is. */
function placeOf({ inputs, results, length }: FoldedRows, row: number): number {
  for (let j = 0; j < length; j++) {
    if (inputs.every((t, k) => same(t, row * length + j, results[k], row))) return j;
  }
  return -1;
}

function same(a: ExactTensor, i: number, b: ExactTensor, j: number): boolean {
  const parts = partsOf(a.shape.type);
  for (let p = 0; p < parts; p++) {
    if (!Object.is(a.data[i * parts + p], b.data[j * parts + p])) return false;
  }
  return true;
}

/** Marks the rows whose chosen element does not win against another in its place. */
function markLosers(
  { computation, inputs, length }: FoldedRows,
  rows: readonly number[],
  chosen: Int32Array,
  marks: Uint8Array,
  context: ExactContext,
): void {
  const pairs = rows.flatMap((r) =>
    Array.from({ length }, (_, j) => [r, j] as const).filter(([, j]) => j !== chosen[r]),
  );
  if (pairs.length === 0) return;
  const at = (pick: (chosen: number, j: number) => number) =>
    Int32Array.from(pairs, ([r, j]) => r * length + pick(chosen[r], j));
  const args = [Math.min, Math.max].flatMap((side) => inputs.map((t) => take([t], at(side))));
  const winners = context.callEach(computation, args, pairs.length);
  pairs.forEach(([r], n) => {
    const wins = winners?.every(
      (t, k) => t.undecided?.[n] !== 1 && same(t, n, inputs[k], r * length + chosen[r]),
    );
    if (!wins) marks[r] = 1;
  });
}
