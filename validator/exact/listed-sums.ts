/**
 * Sums of listed terms: sum b is what it begins with plus the elements rows[j] + column[b] of a tensor,
 * j from low[b] to high[b]. Sums wait in a block until there are enough of them; then each loop goes
 * over one sum after another with its figures in registers.
 */
import type { Rounder } from '../../graphs/ir/rounding.ts';
import { specialised } from '../indexing/specialised.ts';
import type { Numerics } from './numerics.ts';
import { isMultiple, powerFrom } from './quantum.ts';
import type { Sink } from './sink.ts';
import { finishSums, SumBlock } from './sum-block.ts';
import type { ExactTensor } from './value.ts';

/** Sums that are finished together. */
const blockSize = 1024;

export class ListedSums {
  readonly block = new SumBlock(blockSize);
  private readonly low = new Int32Array(blockSize);
  private readonly high = new Int32Array(blockSize);
  private readonly column = new Int32Array(blockSize);
  private readonly t: ExactTensor;
  private readonly rows: Int32Array;
  private readonly linear: boolean;
  private readonly sink: Sink;
  private readonly numerics: Numerics;
  private readonly add: typeof addTerms;
  private filled = 0;
  /** Whether a term was so small that arithmetic may take it for zero. */
  metDenormal = false;

  /** Of terms of t; `linear`: their shared errors are one error. There are about `terms` in all. */
  constructor(
    t: ExactTensor,
    rows: Int32Array,
    linear: boolean,
    sink: Sink,
    numerics: Numerics,
    terms: number,
  ) {
    this.t = t;
    this.rows = rows;
    this.linear = linear;
    this.sink = sink;
    this.numerics = numerics;
    this.add = specialised(addTerms, t.shape.type, terms);
  }

  /** A new sum over these terms: its place in the block, where it is yet to begin. */
  next(low: number, high: number, column: number): number {
    if (this.filled === blockSize) this.finish();
    const b = this.filled++;
    this.low[b] = low;
    this.high[b] = high;
    this.column[b] = column;
    return b;
  }

  /** Adds up the sums that wait, and puts them into the sink. */
  finish(): void {
    const { t, block, rows, low, high, column, sink, numerics } = this;
    const lists: Lists = { count: this.filled, rows, low, high, column };
    const x = t.data as Float64Array;
    if (this.add(block, lists, x, numerics.flushBelow, numerics.round)) this.metDenormal = true;
    if (t.worst && t.likely) addRadii(block, lists, t.worst, t.likely);
    if (t.shared) addShared(block, lists, t.shared.radius);
    if (t.undecided) markSums(block, lists, t.undecided, sink);
    settle(block, lists, x, numerics);
    finishSums(block, this.filled, this.linear, sink, numerics);
    this.filled = 0;
  }
}

/** The terms of each of `count` sums. */
interface Lists {
  readonly count: number;
  readonly rows: Int32Array;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly column: Int32Array;
}

/** True where a term is below `flushBelow`. */
function addTerms(
  block: SumBlock,
  lists: Lists,
  x: Float64Array,
  flushBelow: number,
  round: Rounder,
): boolean {
  const { count, rows, low, high, column } = lists;
  let tiny = false;
  for (let b = 0; b < count; b++) {
    const from = column[b];
    const end = high[b];
    let sum = block.sum[b];
    let size = block.magnitude[b];
    let squares = block.squares[b];
    let partial = block.partialSquares[b];
    let sequential = block.sequential[b];
    for (let j = low[b]; j < end; j++) {
      const term = x[rows[j] + from];
      const own = Math.abs(term);
      if (own < flushBelow && own > 0) tiny = true;
      sum += term;
      size += own;
      squares += term * term;
      partial += sum * sum;
      sequential = round(sequential + term);
    }
    block.sum[b] = sum;
    block.magnitude[b] = size;
    block.squares[b] = squares;
    block.partialSquares[b] = partial;
    block.sequential[b] = sequential;
  }
  return tiny;
}

function addRadii(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  worst: Float64Array,
  likely: Float64Array,
): void {
  for (let b = 0; b < count; b++) {
    const from = column[b];
    let w = block.worst[b];
    let variance = block.variance[b];
    for (let j = low[b], end = high[b]; j < end; j++) {
      const at = rows[j] + from;
      w += worst[at];
      variance += likely[at] * likely[at];
    }
    block.worst[b] = w;
    block.variance[b] = variance;
  }
}

function addShared(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  radius: Float64Array,
): void {
  for (let b = 0; b < count; b++) {
    const from = column[b];
    let sum = block.shared[b];
    let squares = block.sharedSquares[b];
    for (let j = low[b], end = high[b]; j < end; j++) {
      const r = radius[rows[j] + from];
      sum += r;
      squares += r * r;
    }
    block.shared[b] = sum;
    block.sharedSquares[b] = squares;
  }
}

function markSums(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  undecided: Uint8Array,
  sink: Sink,
): void {
  for (let b = 0; b < count; b++) {
    let mark = 0;
    for (let j = low[b], end = high[b]; j < end; j++) mark |= undecided[rows[j] + column[b]];
    if (mark) sink.mark(block.target[b]);
  }
}

/** Which sums are exact, and which special ones depend on the order. */
function settle(block: SumBlock, lists: Lists, x: Float64Array, numerics: Numerics): void {
  const floor = Math.max(numerics.flushBelow, 2 ** -1022);
  const scale = 2 ** -numerics.precision;
  for (let b = 0; b < lists.count; b++) {
    if (!(Math.abs(block.sum[b]) < Infinity)) {
      block.open[b] = isSettled(block.first[b], lists, b, x, numerics) ? 0 : 1;
    } else if (block.worst[b] === 0 && block.terms[b] > 1) {
      const needed = Math.max(powerFrom(block.magnitude[b] * scale), floor);
      const exact = isMultiple(block.first[b], needed, 1 / needed);
      if (exact && allMultiples(lists, b, x, needed)) block.exact[b] = 1;
    }
  }
}

/** Whether a sum that is not finite is so in any order: its finite terms do not overflow. */
function isSettled(
  first: number,
  { rows, low, high, column }: Lists,
  b: number,
  x: Float64Array,
  { overflowFrom }: Numerics,
): boolean {
  let size = 0;
  let special = false;
  for (let j = low[b] - 1; j < high[b]; j++) {
    const term = j < low[b] ? first : x[rows[j] + column[b]];
    if (term !== term) return true;
    if (Math.abs(term) < Infinity) size += Math.abs(term);
    else special = true;
  }
  return special && size <= overflowFrom;
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
