/** The loops over the terms of listed sums: one sum after another, its figures in registers. */
import type { Rounder } from '../../../graphs/ir/rounding.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ExactTensor } from '../core/value.ts';
import type { SumBlock } from './sum-batch.ts';

/** The terms of each of `count` sums, and the element of the sink that it goes to. */
export interface Lists {
  readonly count: number;
  readonly rows: Int32Array;
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly column: Int32Array;
}

/** Values and radii of what sums open with; radii that are absent are one zero. */
export interface Side {
  readonly x: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  /** 1 where there is an element, or a radius, for each sum; 0 where one serves all. */
  readonly step: 0 | 1;
  readonly radiusStep: 0 | 1;
}

const zero = new Float64Array(1);

export function sideOf(t: ExactTensor, step: 0 | 1): Side {
  const { bound = zero, deviation = zero } = t;
  return { x: t.data as Float64Array, bound, deviation, step, radiusStep: t.bound ? step : 0 };
}

/** Sums of at most so many certain terms need no sum rounded step by step. */
export function shortSum({ u, lambda }: Numerics): number {
  return u <= 2 ** -11 ? 0.75 * (lambda / 2) ** 2 : 0;
}

/**
 * Figures of each sum and what its opening brings; true where a term is below `flushBelow`. The
 * rounding error of a sum is at most u·Σ|Sₖ| ≤ u·√(n·ΣSₖ²) over its partial sums, to first order.
 * Twice that over λ is less than the independent radius u·√ΣSₖ² where n < (λ/2)²: then the sum
 * rounded step by step, which is there for that error, is left out.
 */
export function addTerms(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  x: Float64Array,
  first: Side,
  opensWithTerm: boolean,
  short: number,
  flushBelow: number,
  round: Rounder,
): boolean {
  const { target, terms, magnitude, bound, variance } = block;
  const [firsts, leads, sums, squared] = [block.first, block.lead, block.sum, block.squares];
  const [partials, steps] = [block.partialSquares, block.sequential];
  const { x: openings, step, bound: openWorst, deviation: openLikely, radiusStep } = first;
  let tiny = false;
  for (let b = 0; b < count; b++) {
    const i = target[b];
    const from = column[b];
    const begin = low[b];
    const end = high[b];
    const x0 = opensWithTerm ? 0 + openings[i * step] : openings[i * step];
    const w0 = openWorst[i * radiusStep];
    const l0 = openLikely[i * radiusStep];
    const n = end - begin + (opensWithTerm || x0 !== 0 || w0 > 0 ? 1 : 0);
    const lead = opensWithTerm ? x0 : x0 === 0 && end > begin ? x[rows[begin] + from] : 0;
    let sum = x0;
    let size = Math.abs(x0);
    let squares = x0 * x0;
    let partial = opensWithTerm ? squares : 0;
    let sequential = opensWithTerm ? round(x0) : x0;
    const isShort = n <= short;
    for (let j = begin; j < end; j++) {
      const term = x[rows[j] + from];
      const own = Math.abs(term);
      if (own < flushBelow && own > 0) tiny = true;
      sum += term;
      size += own;
      squares += term * term;
      partial += sum * sum;
      sequential = isShort ? sum : round(sequential + term);
    }
    terms[b] = n;
    firsts[b] = x0;
    leads[b] = lead * lead;
    sums[b] = sum;
    magnitude[b] = size;
    squared[b] = squares;
    partials[b] = partial;
    steps[b] = isShort ? sum : sequential;
    bound[b] = w0;
    variance[b] = l0 * l0;
  }
  return tiny;
}

/** What the terms bring. */
export function addRadii(
  block: SumBlock,
  { count, rows, low, high, column }: Lists,
  bound: Float64Array,
  deviation: Float64Array,
): void {
  for (let b = 0; b < count; b++) {
    const from = column[b];
    let w = block.bound[b];
    let variance = block.variance[b];
    for (let j = low[b], end = high[b]; j < end; j++) {
      const at = rows[j] + from;
      w += bound[at];
      variance += deviation[at] * deviation[at];
    }
    block.bound[b] = w;
    block.variance[b] = variance;
  }
}
