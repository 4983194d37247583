/**
 * Sums of all prefixes of rows (cumulative sums): the figures of each are those of the one before it
 * and one term more.
 */
import type { Rounder } from '../../../graphs/ir/rounding.ts';
import type { PrefixRows } from '../../semantics/indexing/window-places.ts';
import { specialised } from '../../semantics/loops/specialise.ts';
import { lowestSetBit, powerFrom } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { finishSums, SumBlock } from './sum-batch.ts';

/** Puts init + Σ of the first p + 1 elements of each row, for every p; `linear` as in sums.ts. */
export function prefixSums(
  t: ExactTensor,
  init: ExactTensor,
  { length, starts, step, outStarts, outStep }: PrefixRows,
  linear: boolean,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  const block = new SumBlock(length);
  const x = t.data as Float64Array;
  const first = init.data[0] as number;
  const opens = first !== 0 || (init.bound?.[0] ?? 0) > 0 ? 1 : 0;
  const add = specialised(addRunning, t.shape.type, x.length);
  for (let r = 0; r < starts.length; r++) {
    const row = { start: starts[r], step, length };
    for (let p = 0; p < length; p++) {
      block.begin(p, outStarts[r] + p * outStep, first);
      block.terms[p] = p + 1 + opens;
      if (first === 0) block.lead[p] = x[row.start] ** 2;
      if (init.bound) block.inherit(p, init, 0);
    }
    add(block, row, x, numerics.round);
    if (t.bound && t.deviation) addRadii(block, row, t.bound, t.deviation);
    if (t.correlated) addShared(block, row, t.correlated.radius);
    if (t.undecided) markFrom(block, row, t.undecided, results);
    settle(block, row, x, numerics);
    finishSums(block, length, linear, results, numerics);
  }
}

interface Row {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

function addRunning(
  block: SumBlock,
  { start, step, length }: Row,
  x: Float64Array,
  round: Rounder,
): void {
  let sum = block.sum[0];
  let size = block.magnitude[0];
  let squares = block.squares[0];
  let partial = 0;
  let sequential = block.sequential[0];
  for (let p = 0, at = start; p < length; p++, at += step) {
    const term = x[at];
    sum += term;
    size += Math.abs(term);
    squares += term * term;
    partial += sum * sum;
    sequential = round(sequential + term);
    block.sum[p] = sum;
    block.magnitude[p] = size;
    block.squares[p] = squares;
    block.partialSquares[p] = partial;
    block.sequential[p] = sequential;
  }
}

function addRadii(
  block: SumBlock,
  { start, step, length }: Row,
  bound: Float64Array,
  deviation: Float64Array,
): void {
  let w = block.bound[0];
  let variance = block.variance[0];
  for (let p = 0, at = start; p < length; p++, at += step) {
    w += bound[at];
    variance += deviation[at] * deviation[at];
    block.bound[p] = w;
    block.variance[p] = variance;
  }
}

function addShared(block: SumBlock, { start, step, length }: Row, radius: Float64Array): void {
  let sum = block.correlated[0];
  let squares = block.sharedSquares[0];
  for (let p = 0, at = start; p < length; p++, at += step) {
    sum += radius[at];
    squares += radius[at] * radius[at];
    block.correlated[p] = sum;
    block.sharedSquares[p] = squares;
  }
}

/** Whatever holds an undecided term. */
function markFrom(
  block: SumBlock,
  { start, step, length }: Row,
  undecided: Uint8Array,
  results: ResultBuilder,
): void {
  let mark = 0;
  for (let p = 0, at = start; p < length; p++, at += step) {
    mark |= undecided[at];
    if (mark) results.mark(block.target[p]);
  }
}

/**
 * Which sums are exact, and which special ones depend on the order: finite terms overflow. Where one
 * prefix is not exact no longer one is: it needs no less, of more terms.
 */
function settle(
  block: SumBlock,
  { start, step, length }: Row,
  x: Float64Array,
  { flushBelow, precision, overflowFrom }: Numerics,
): void {
  const floor = Math.max(flushBelow, 2 ** -1022);
  const scale = 2 ** -precision;
  const first = block.first[0];
  let quantum = lowestSetBit(first);
  let finite = Math.abs(first) < Infinity ? Math.abs(first) : 0;
  let special = !(Math.abs(first) < Infinity);
  let hasNaN = first !== first;
  for (let p = 0, at = start; p < length; p++, at += step) {
    const term = x[at];
    if (Math.abs(term) < Infinity) finite += Math.abs(term);
    else special = true;
    if (term !== term) hasNaN = true;
    if (!(Math.abs(block.sum[p]) < Infinity)) {
      block.open[p] = hasNaN || (special && finite + block.bound[p] <= overflowFrom) ? 0 : 1;
    } else if (block.bound[p] === 0 && quantum > 0) {
      quantum = Math.min(quantum, lowestSetBit(term));
      const isExact = quantum >= Math.max(powerFrom(block.magnitude[p] * scale), floor);
      if (!isExact) quantum = 0;
      else if (block.terms[p] > 1) block.exact[p] = 1;
    }
  }
}
