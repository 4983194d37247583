/**
 * Sums of listed terms: sum b is what it begins with plus the elements rows[j] + column[b] of a tensor,
 * j from low[b] to high[b]. Sums wait in a block until there are enough of them; then each loop goes
 * over one sum after another.
 */
import { specialised } from '../../semantics/loops/specialise.ts';
import { isMultiple, powerFrom } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { addRadii, addTerms, type Lists, shortSum, sideOf } from './batched-loop.ts';
import { finishSums, SumBlock } from './sum-batch.ts';

/** Sums that are finished together. */
const blockSize = 512;

export class BatchedSums {
  private readonly block = new SumBlock(blockSize);
  private readonly low = new Int32Array(blockSize);
  private readonly high = new Int32Array(blockSize);
  private readonly column = new Int32Array(blockSize);
  private readonly t: ExactTensor;
  private readonly first: Opening;
  private readonly rows: Int32Array;
  private readonly linear: boolean;
  private readonly results: ResultBuilder;
  private readonly numerics: Numerics;
  private readonly short: number;
  private readonly add: typeof addTerms;
  private filled = 0;
  /** Whether a term was so small that arithmetic may take it for zero. */
  metDenormal = false;

  /** Of terms of t; `linear`: their shared errors are one error. There are about `terms` in all. */
  constructor(
    t: ExactTensor,
    first: Opening,
    rows: Int32Array,
    linear: boolean,
    results: ResultBuilder,
    numerics: Numerics,
    terms: number,
  ) {
    this.t = t;
    this.first = first;
    this.rows = rows;
    this.linear = linear;
    this.results = results;
    this.numerics = numerics;
    this.short = t.bound || first.values.bound ? 0 : shortSum(numerics);
    this.add = specialised(addTerms, `${t.shape.type} ${first.isTerm}`, terms);
  }

  /** A sum over these terms, to an element of the sink. */
  put(target: number, low: number, high: number, column: number): void {
    if (this.filled === blockSize) this.finish();
    const b = this.filled++;
    this.block.target[b] = target;
    this.low[b] = low;
    this.high[b] = high;
    this.column[b] = column;
  }

  /** Adds up the sums that wait, and puts them into the sink. */
  finish(): void {
    const { t, first, block, rows, low, high, column, results, numerics, short } = this;
    const { flushBelow, round } = numerics;
    const lists: Lists = { count: this.filled, rows, low, high, column };
    const x = t.data as Float64Array;
    const opening = sideOf(first.values, first.isTerm ? 1 : 0);
    if (this.add(block, lists, x, opening, first.isTerm, short, flushBelow, round)) {
      this.metDenormal = true;
    }
    block.clear();
    if (t.bound && t.deviation) addRadii(block, lists, t.bound, t.deviation);
    if (first.values.correlated) openShared(block, lists, first);
    if (t.correlated) addShared(block, lists, t.correlated.radius);
    if (t.undecided) markSums(block, lists, t.undecided, results);
    settle(block, lists, x, numerics);
    finishSums(block, this.filled, this.linear, results, numerics);
    this.filled = 0;
  }
}

/** What sums open with: one value for all, or an element for each target, which is a term of its own. */
export interface Opening {
  readonly values: ExactTensor;
  readonly isTerm: boolean;
}

function openShared(block: SumBlock, { count }: Lists, { values, isTerm }: Opening): void {
  for (let b = 0; b < count; b++) {
    const r = values.correlated!.radius[isTerm ? block.target[b] : 0];
    block.correlated[b] = r;
    block.sharedSquares[b] = r * r;
  }
}

function addShared(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  radius: Float64Array,
): void {
  for (let b = 0; b < count; b++) {
    const from = column[b];
    let sum = block.correlated[b];
    let squares = block.sharedSquares[b];
    for (let j = low[b], end = high[b]; j < end; j++) {
      const r = radius[rows[j] + from];
      sum += r;
      squares += r * r;
    }
    block.correlated[b] = sum;
    block.sharedSquares[b] = squares;
  }
}

function markSums(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  undecided: Uint8Array,
  results: ResultBuilder,
): void {
  for (let b = 0; b < count; b++) {
    let mark = 0;
    for (let j = low[b], end = high[b]; j < end; j++) mark |= undecided[rows[j] + column[b]];
    if (mark) results.mark(block.target[b]);
  }
}

/** Which sums are exact, and which special ones depend on the order. */
function settle(block: SumBlock, lists: Lists, x: Float64Array, numerics: Numerics): void {
  const floor = Math.max(numerics.flushBelow, 2 ** -1022);
  const scale = 2 ** -numerics.precision;
  for (let b = 0; b < lists.count; b++) {
    if (!(Math.abs(block.sum[b]) < Infinity)) {
      block.open[b] = isSettled(block, lists, b, x, numerics) ? 0 : 1;
    } else if (block.bound[b] === 0 && block.terms[b] > 1) {
      const needed = Math.max(powerFrom(block.magnitude[b] * scale), floor);
      const exact = isMultiple(block.first[b], needed, 1 / needed);
      if (exact && allMultiples(lists, b, x, needed)) block.exact[b] = 1;
    }
  }
}

/** Whether a sum that is not finite is so in any order: its finite terms do not overflow. */
function isSettled(
  { first, bound }: SumBlock,
  { rows, low, high, column }: Lists,
  b: number,
  x: Float64Array,
  { overflowFrom }: Numerics,
): boolean {
  let size = 0;
  let special = false;
  for (let j = low[b] - 1; j < high[b]; j++) {
    const term = j < low[b] ? first[b] : x[rows[j] + column[b]];
    if (term !== term) return true;
    if (Math.abs(term) < Infinity) size += Math.abs(term);
    else special = true;
  }
  return special && size + bound[b] <= overflowFrom;
}

function allMultiples(
  { rows, low, high, column }: Lists,
  b: number,
  x: Float64Array,
  quantum: number,
): boolean {
  const inverse = 1 / quantum;
  for (let j = low[b], end = high[b], from = column[b]; j < end; j++) {
    if (!isMultiple(x[rows[j] + from], quantum, inverse)) return false;
  }
  return true;
}
