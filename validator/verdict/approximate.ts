/**
 * The contract `approximates(recall)`: what an approximate top-k may and may not do. Every value
 * must occur at its index, no element may be returned twice, there are enough for the recall, and the
 * best is never lost; how much of the true top k is there is counted.
 */
import { nanBits } from '../../graphs/ir/nan.ts';
import { rowMajorStrides, sameDims } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { effectiveRadius } from '../exact/core/radius.ts';
import type { ExactTensor } from '../exact/core/value.ts';
import { stridedIndices } from '../semantics/loops/strides.ts';
import { distanceBetween, unravel } from './judge.ts';
import type { Selection } from './selection.ts';
import { combine, type Judgement } from './verdict.ts';

/** A value and which of its leaves are the elements selected, and their places. */
export interface Selected {
  readonly value: Value;
  readonly selection: Selection;
}

/** A selection, the one before it, and what both select from. */
export interface Approximated {
  readonly after: Selected;
  readonly before: Selected;
  /** The tensor selected from, with radii where the pass may have computed it anew. */
  readonly from: ExactTensor;
  /** Share of the true top k that must be returned, 0 to 1. */
  readonly recall: number;
}

/**
 * Judges a selection row by row: values, indices, or both, as far as the selection has them. What
 * must hold in every row decides the verdict; the recall is an expectation, and only counted: `recall`
 * is for `judgeRecall`, over all the cases.
 */
export function judgeApproximate(given: Approximated): Judgement {
  const { from, recall: target } = given;
  const [got, want] = [partsOf(given.after), partsOf(given.before)];
  const { shape } = (got.values ?? got.indices)!;
  const { dimension } = given.before.selection;
  if (shape.dims.some((n, d) => d !== dimension && n !== from.shape.dims[d])) return combine([]);
  const rows = rowsOf(shape.dims, from.shape.dims, dimension);
  const counted = new SpreadRows(from);
  let [hits, wanted] = [0, 0];
  const judgements = rows.map((row) => {
    const data = places(row);
    if (isOpen(data, given)) return openRow(row, got, want);
    const { fault, found, k } = rowFound(row, data, got, given);
    if (fault === undefined && counted.take(data, row.length)) {
      hits += found;
      wanted += k;
    }
    return judgementOf(row, fault, got, want);
  });
  return { ...combine(judgements), recall: { hits, wanted, target } };
}

function rowsOf(dims: readonly number[], from: readonly number[], dimension: number): Row[] {
  const [resultStrides, dataStrides] = [rowMajorStrides(dims), rowMajorStrides(from)];
  const rowDims = dims.map((n, d) => (d === dimension ? Math.min(n, 1) : n));
  const starts = stridedIndices(rowDims, resultStrides);
  const origins = stridedIndices(rowDims, dataStrides);
  return Array.from(starts, (start, n) => ({
    start,
    step: resultStrides[dimension] ?? 1,
    count: dims[dimension] ?? 1,
    origin: origins[n]!,
    stride: dataStrides[dimension] ?? 1,
    length: from[dimension] ?? 1,
  }));
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

/** What became of a row: the first element that breaks a promise, and how much of the top k is there. */
interface RowFound {
  readonly fault: number | undefined;
  readonly found: number;
  readonly k: number;
}

function rowFound(
  row: Row,
  data: readonly number[],
  got: Parts,
  { before, from, recall }: Approximated,
): RowFound {
  const k = Math.min(before.selection.k ?? row.count, row.length);
  const broken = (fault: number): RowFound => ({ fault, found: 0, k });
  if (row.count < recall * k) return broken(0);
  const { largest } = before.selection;
  const returned = elementsOf(row, got, from).map((e) => e ?? ('outside' as const));
  const isFill = (e: Returned | 'outside', n: number) =>
    e === 'outside' && fills(row, n, got, largest);
  const stands = occurrence(data, from);
  const wrong = returned.findIndex((e, n) => !isFill(e, n) && (e === 'outside' || !stands(e)));
  if (wrong >= 0) return broken(wrong);
  const all = returned.flatMap((e) => (e === 'outside' ? [] : [e]));
  const known = all.flatMap(({ at }) => (at === undefined ? [] : [at]));
  if (new Set(known).size < known.length) return broken(0);
  if (k === 0) return { fault: undefined, found: 0, k };
  const better = order(largest);
  const ranked = data.map((p) => from.data[p]!).sort(better);
  const slack = data.reduce((most, p) => Math.max(most, effectiveRadius(from, p)), 0);
  const reaches = (bar: number | bigint) => (e: Returned) =>
    better(e.value, bar) <= 0 || distanceBetween(e.value, bar) <= slack;
  if (!all.some(reaches(ranked[0]!))) return broken(0);
  return { fault: undefined, found: Math.min(k, all.filter(reaches(ranked[k - 1]!)).length), k };
}

/** Whether an element stands for none: what a bin without inputs is filled with. */
function fills(row: Row, n: number, { values, indices }: Parts, largest: boolean): boolean {
  const place = row.start + n * row.step;
  const isNone = indices !== undefined && Number(indices.data[place]) === -1;
  return isNone && (!values || values.data[place] === (largest ? -Infinity : Infinity));
}

/**
 * Which rows the recall is counted in. It is expected of elements that lie in no particular order:
 * of a sorted row the best share their bins, whatever the implementation. So rows are left out whose
 * ranks correlate with those a step or a row of lanes further on, and rows that occurred before.
 */
class SpreadRows {
  private readonly seen = new Set<string>();
  private readonly from: ExactTensor;

  constructor(from: ExactTensor) {
    this.from = from;
  }

  take(data: readonly number[], length: number): boolean {
    const values = data.map((p) => this.from.data[p]!);
    const key = values.join();
    if (this.seen.has(key)) return false;
    this.seen.add(key);
    const ranks = ranksOf(values);
    const lags = [1, ...[128, 1024].filter((lanes) => 2 * lanes < length)];
    return lags.every((lag) => serialCorrelation(ranks, lag) * Math.sqrt(length) < mostSpreads);
  }
}

/** Spreads of the serial correlation, 1/√n each for rows in random order: odds of about 1e-9. */
const mostSpreads = 6;

function ranksOf(values: readonly (number | bigint)[]): readonly number[] {
  const better = order(false);
  const sorted = values.map((_, p) => p).sort((a, b) => better(values[a]!, values[b]!));
  const ranks: number[] = new Array(values.length).fill(0);
  sorted.forEach((p, rank) => {
    ranks[p] = rank - (values.length - 1) / 2;
  });
  return ranks;
}

/** Circular serial correlation of ranks (Wald and Wolfowitz 1943), its size. */
function serialCorrelation(ranks: readonly number[], lag: number): number {
  const n = ranks.length;
  if (n < 2) return 0;
  const [sum, squares] = ranks.reduce(
    ([s, q], x, p) => [s + x * ranks[(p + lag) % n]!, q + x * x] as const,
    [0, 0] as readonly [number, number],
  );
  return Math.abs(sum / squares);
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
function occurrence(data: readonly number[], from: ExactTensor): (e: Returned) => boolean {
  const here = (value: number | bigint, p: number) =>
    distanceBetween(value, from.data[p]!) <= effectiveRadius(from, p);
  let all: ReadonlySet<number | bigint> | undefined;
  return ({ value, at }) => {
    if (at !== undefined) return here(value, at);
    all ??= new Set(data.map((p) => from.data[p]!));
    return all.has(value) || data.some((p) => here(value, p));
  };
}

/** The total order of sorting, best first; NaN lies beyond the infinity of its sign. */
function order(largest: boolean): (a: number | bigint, b: number | bigint) => number {
  const sign = largest ? -1 : 1;
  const rank = (a: number | bigint, b: number | bigint) => {
    const [noA, noB] = [sideOfNaN(a), sideOfNaN(b)];
    if (noA !== 0 || noB !== 0) return noA - noB;
    return a < b ? -1 : a > b ? 1 : 0;
  };
  return (a, b) => sign * rank(a, b);
}

/** Where a NaN ranks: -1 below all numbers, 1 above; 0 for a number. */
function sideOfNaN(x: number | bigint): number {
  if (typeof x === 'bigint' || !Number.isNaN(x)) return 0;
  return nanBits(x).negative ? -1 : 1;
}

/** Whether the data of a row are undecided themselves, or hold a NaN that the order does not place. */
function isOpen(data: readonly number[], { from, before }: Approximated): boolean {
  const { undecided } = from;
  if (undecided && data.some((p) => undecided[p])) return true;
  return before.selection.partial === true && data.some((p) => Number.isNaN(from.data[p]));
}

/** A row of which no order is the right one. */
function openRow(row: Row, got: Parts, want: Parts): Judgement {
  const { worst, elements } = judgementOf(row, undefined, got, want);
  const open = worst && { ...worst, verdict: 'undecided' as const };
  return { verdict: 'undecided', elements, decided: 0, ties: 0, outside: 0, worst: open };
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
