/**
 * Figures and inherited radii of many sums side by side, and one loop that puts them into a sink: what
 * putSum does for one sum, written out for results in range.
 */
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { SumMoments } from './sum-moments.ts';
import { atLeast, putSum } from './sums.ts';

/** Sums under way; entry b of every array belongs to the sum that goes to element target[b]. */
export class SumBlock {
  readonly size: number;
  readonly target: Int32Array;
  /** Terms that bring roundings, the one that a sum opens with among them if it does. */
  readonly terms: Int32Array;
  /** The value that a sum opens with, and the square of its first partial sum, which is no rounding. */
  readonly first: Float64Array;
  readonly lead: Float64Array;
  /** The figures of sum-moments.ts. */
  readonly sum: Float64Array;
  readonly magnitude: Float64Array;
  readonly squares: Float64Array;
  readonly partialSquares: Float64Array;
  readonly sequential: Float64Array;
  /** Σ worst, Σ likely², Σ shared and Σ shared² of the terms. */
  readonly bound: Float64Array;
  readonly variance: Float64Array;
  readonly correlated: Float64Array;
  readonly sharedSquares: Float64Array;
  /** 1 where the sum is exact in any order; 1 where a special result depends on the order. */
  readonly exact: Uint8Array;
  readonly open: Uint8Array;

  constructor(size: number) {
    const numbers = () => new Float64Array(size);
    this.size = size;
    this.target = new Int32Array(size);
    this.terms = new Int32Array(size);
    [this.first, this.lead] = [numbers(), numbers()];
    [this.sum, this.magnitude, this.squares] = [numbers(), numbers(), numbers()];
    [this.partialSquares, this.sequential] = [numbers(), numbers()];
    [this.bound, this.variance] = [numbers(), numbers()];
    [this.correlated, this.sharedSquares] = [numbers(), numbers()];
    this.exact = new Uint8Array(size);
    this.open = new Uint8Array(size);
  }

  /** Sum b begins with x, and with figures as if nothing had been added to it yet. */
  begin(b: number, target: number, x: number): void {
    this.target[b] = target;
    this.first[b] = x;
    this.lead[b] = 0;
    this.sum[b] = x;
    this.magnitude[b] = Math.abs(x);
    this.squares[b] = x * x;
    this.partialSquares[b] = 0;
    this.sequential[b] = x;
    this.bound[b] = 0;
    this.variance[b] = 0;
    this.correlated[b] = 0;
    this.sharedSquares[b] = 0;
    this.exact[b] = 0;
    this.open[b] = 0;
  }

  /** No sum is exact, or open, or has shared errors, until it is found out. */
  clear(): void {
    this.correlated.fill(0);
    this.sharedSquares.fill(0);
    this.exact.fill(0);
    this.open.fill(0);
  }

  /** Its first value brings the radii of element i of t. */
  inherit(b: number, { bound, deviation, correlated }: ExactTensor, i: number): void {
    if (!bound || !deviation) return;
    const common = correlated ? correlated.radius[i] : 0;
    this.bound[b] = bound[i];
    this.variance[b] = deviation[i] * deviation[i];
    this.correlated[b] = common;
    this.sharedSquares[b] = common * common;
  }
}

/** Puts the first `count` sums into the sink; `linear`: shared errors of terms are one error. */
export function finishSums(
  block: SumBlock,
  count: number,
  linear: boolean,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  const { lambda, u, flushBelow, overflowFrom } = numerics;
  const { data, plainFrom, plainTo } = results;
  const { target, terms, exact, sum, magnitude, squares, lead, sequential } = block;
  const { partialSquares, bound, variance, correlated, sharedSquares } = block;
  let [n, fold, sixth, third] = [0, 0, 0, 0];
  for (let b = 0; b < count; b++) {
    const v = sum[b];
    const size = Math.abs(v);
    const w = bound[b];
    const inRange = size >= plainFrom && size <= plainTo;
    if (exact[b] === 1 || (terms[b] <= 1 && w === 0)) {
      if (inRange) data[target[b]] = v;
      else putOne(block, b, linear, results, numerics);
      continue;
    }
    if (n !== terms[b]) {
      n = terms[b];
      [fold, sixth, third] = [gamma(n - 1, u), (n - 1) / 6, (n - 1) / 3];
    }
    const total = magnitude[b];
    const reassociation = sixth * squares[b] + third * v * v;
    const partial = partialSquares[b] - lead[b];
    const error = sequential[b] - v;
    const independent = u * Math.sqrt(Math.max(partial, reassociation));
    const localBound = Math.max(independent, (2 * Math.abs(error)) / lambda);
    const own = n * oracleRoundoff * total + n * flushBelow;
    const l = variance[b] === 0 ? 0 : Math.sqrt(variance[b]);
    const common = correlated[b] === 0 && sharedSquares[b] === 0 ? 0 : sharedOf(block, b, linear);
    const far = total + Math.min(w, lambda * (l + localBound + Math.abs(common)));
    const both = l * l + localBound * localBound;
    const wide = w + fold * (total + w) + own;
    const localDeviation = (l === 0 ? localBound : Math.sqrt(both)) + own;
    const plain = inRange && size - wide >= plainFrom && size + wide <= plainTo;
    const known =
      n > 1 && results.bound !== undefined && localDeviation < Infinity && common === common;
    if (plain && known && far <= overflowFrom && both > smallSquare) {
      const i = target[b];
      data[i] = v;
      results.bound![i] = wide;
      results.deviation![i] = localDeviation;
      if (common !== 0) results.storeCorrelated(i, common);
    } else putOne(block, b, linear, results, numerics);
  }
}

/** Squares below it may have lost digits to underflow. */
const smallSquare = 2 ** -900;

/** The shared errors of the terms of sum b: one error, or as many as there are terms. */
function sharedOf({ correlated, sharedSquares }: SumBlock, b: number, linear: boolean): number {
  const independent = Math.sqrt(sharedSquares[b]);
  return linear ? atLeast(correlated[b], independent) : independent;
}

/** Any sum. */
function putOne(
  block: SumBlock,
  b: number,
  linear: boolean,
  results: ResultBuilder,
  numerics: Numerics,
): void {
  const i = block.target[b];
  const moments = new SumMoments();
  moments.sum = block.sum[b];
  moments.size = block.magnitude[b];
  moments.squares = block.squares[b];
  moments.partialSquares = block.partialSquares[b] - block.lead[b];
  moments.sequential = block.sequential[b];
  const inherited = {
    bound: block.bound[b],
    deviation: Math.sqrt(block.variance[b]),
    correlated: sharedOf(block, b, linear),
  };
  if (block.open[b]) results.mark(i);
  putSum(results, i, moments, block.terms[b], inherited, block.exact[b] === 1, numerics);
}
