/**
 * The contract `approximates(recall)`: what an approximate top-k may and may not do. Every value
 * must occur at its index, no element may be returned twice, enough of the true top k must be there,
 * and the best is never lost.
 */
import { rowMajorStrides, sameDims } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { reach } from '../exact/radius.ts';
import type { ExactTensor } from '../exact/value.ts';
import { stridedIndices } from '../indexing/strided.ts';
import { distanceBetween, unravel } from './judge.ts';
import type { Selection } from './selection.ts';
import { combine, type Judgement } from './verdict.ts';

/** A value and which of its leaves are the elements selected, and their places. */
export interface Selected {
  readonly value: Value;
  readonly selection: Selection;
}

export interface Approximated {
  readonly after: Selected;
  readonly before: Selected;
  /** The tensor selected from, with radii where the pass may have computed it anew. */
  readonly from: ExactTensor;
  /** Share of the true top k that must be returned, 0 to 1. */
  readonly recall: number;
}

/** Judges a selection row by row: values, indices, or both, as far as the selection has them. */
export function judgeApproximate(given: Approximated): Judgement {
  const { from } = given;
  const [got, want] = [partsOf(given.after), partsOf(given.before)];
  const { shape } = (got.values ?? got.indices)!;
  const { dimension } = given.before.selection;
  const resultStrides = rowMajorStrides(shape.dims);
  const dataStrides = rowMajorStrides(from.shape.dims);
  const rowDims = shape.dims.map((n, d) => (d === dimension ? Math.min(n, 1) : n));
  const starts = stridedIndices(rowDims, resultStrides);
  const origins = stridedIndices(rowDims, dataStrides);
  const row = (n: number): Row => ({
    start: starts[n]!,
    step: resultStrides[dimension] ?? 1,
    count: shape.dims[dimension] ?? 1,
    origin: origins[n]!,
    stride: dataStrides[dimension] ?? 1,
    length: from.shape.dims[dimension] ?? 1,
  });
  if (shape.dims.some((n, d) => d !== dimension && n !== from.shape.dims[d])) return combine([]);
  return combine(
    Array.from(starts, (_, n) => {
      const fault = faultOf(row(n), got, want, given);
      return judgementOf(row(n), fault, got, want);
    }),
  );
}

interface Parts {
  readonly values: Tensor | undefined;
  readonly indices: Tensor | undefined;
}

/** A row of the result, and the row of the data that it was selected from. */
interface Row {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly origin: number;
  readonly stride: number;
  readonly length: number;
}

function partsOf({ value, selection }: Selected): Parts {
  const leaves = leafTensors(value);
  const [v, i] = [leaves[selection.values], leaves[selection.indices]];
  return { values: v, indices: v && i && !sameDims(v.shape, i.shape) ? undefined : i };
}

/** An element that was returned: its value, and its position in the data where that is known. */
interface Returned {
  readonly value: number | bigint;
  readonly at: number | undefined;
}

/** The first element of a row that breaks the promise; undefined if none does. */
function faultOf(row: Row, got: Parts, want: Parts, given: Approximated): number | undefined {
  const { before, from, recall } = given;
  const data = places(row);
  const returned = elementsOf(row, got, from);
  const wrong = returned.findIndex((e) => !e || !occurs(e, data, from));
  if (wrong >= 0) return wrong;
  const all = returned as Returned[];
  const known = all.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (new Set(known).size < known.length) return 0;
  const ideal = elementsOf(row, want, from).flatMap((e) => (e ? [e] : []));
  if (ideal.length === 0) return undefined;
  const slack = Math.max(...data.map((p) => reach(from, p)));
  const better = order(before.selection.largest);
  const [best, ...rest] = [...ideal].sort((a, b) => better(a.value, b.value));
  const least = rest.at(-1) ?? best!;
  const reaches = (bar: Returned) => (e: Returned) =>
    better(e.value, bar.value) <= 0 || distanceBetween(e.value, bar.value) <= slack;
  const found = all.filter(reaches(least)).length;
  return all.some(reaches(best!)) && found >= recall * ideal.length ? undefined : 0;
}

function places({ origin, stride, length }: Row): number[] {
  return Array.from({ length }, (_, k) => origin + k * stride);
}

/** The elements of a row of the result; undefined where an index points outside the data. */
function elementsOf(row: Row, { values, indices }: Parts, from: ExactTensor) {
  const { start, step, count, origin, stride, length } = row;
  return Array.from({ length: count }, (_, n): Returned | undefined => {
    const place = start + n * step;
    const index = indices && Number(indices.data[place]);
    if (index !== undefined && !(index >= 0 && index < length)) return undefined;
    const at = index === undefined ? undefined : origin + index * stride;
    const value = values ? values.data[place]! : from.data[at!]!;
    return { value, at };
  });
}

/** Whether a value stands at its index or, where that is not known, anywhere in its row. */
function occurs({ value, at }: Returned, data: readonly number[], from: ExactTensor): boolean {
  const here = (p: number) => distanceBetween(value, from.data[p]!) <= reach(from, p);
  return at === undefined ? data.some(here) : here(at);
}

/** The total order of sorting, best first; NaN counts as above everything. */
function order(largest: boolean): (a: number | bigint, b: number | bigint) => number {
  const sign = largest ? -1 : 1;
  const rank = (a: number | bigint, b: number | bigint) => {
    const [noA, noB] = [Number.isNaN(a), Number.isNaN(b)];
    if (noA || noB) return Number(noA) - Number(noB);
    return a < b ? -1 : a > b ? 1 : 0;
  };
  return (a, b) => sign * rank(a, b);
}

function judgementOf(row: Row, fault: number | undefined, got: Parts, want: Parts): Judgement {
  const { count, start, step } = row;
  const [after, before] = [(got.values ?? got.indices)!, (want.values ?? want.indices)!];
  const position = start + (fault ?? 0) * step;
  const verdict = fault === undefined ? 'within' : 'beyond';
  const shown = (t: Tensor) => {
    const x = t.data[position]!;
    return typeof x === 'number' && Number.isFinite(x) ? x : String(x);
  };
  if (count === 0) return combine([]);
  return {
    verdict,
    elements: count,
    decided: count,
    ties: 0,
    outside: fault === undefined ? 0 : count,
    worst: {
      ...{ verdict, output: 0, type: after.shape.type },
      index: unravel(position, after.shape.dims),
      ...{ before: shown(before), after: shown(after), exact: shown(before) },
      ...{ budgetUse: fault === undefined ? 0 : Infinity, budget: 0 },
    },
  };
}
