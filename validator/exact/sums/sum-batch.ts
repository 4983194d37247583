/**
 * Figures and inherited radii of many sums side by side, and one loop that puts them into a sink: what
 * putSum does for one sum, written out for results in range.
 */
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma } from '../core/radius.ts';
import type { Sink } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { SumFigures } from './sum-moments.ts';
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
  readonly worst: Float64Array;
  readonly variance: Float64Array;
  readonly shared: Float64Array;
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
    [this.worst, this.variance] = [numbers(), numbers()];
    [this.shared, this.sharedSquares] = [numbers(), numbers()];
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
    this.worst[b] = 0;
    this.variance[b] = 0;
    this.shared[b] = 0;
    this.sharedSquares[b] = 0;
    this.exact[b] = 0;
    this.open[b] = 0;
  }

  /** No sum is exact, or open, or has shared errors, until it is found out. */
  clear(): void {
    this.shared.fill(0);
    this.sharedSquares.fill(0);
    this.exact.fill(0);
    this.open.fill(0);
  }

  /** Its first value brings the radii of element i of t. */
  inherit(b: number, { worst, likely, shared }: ExactTensor, i: number): void {
    if (!worst || !likely) return;
    const common = shared ? shared.radius[i] : 0;
    this.worst[b] = worst[i];
    this.variance[b] = likely[i] * likely[i];
    this.shared[b] = common;
    this.sharedSquares[b] = common * common;
  }
}

/** Puts the first `count` sums into the sink; `linear`: shared errors of terms are one error. */
export function finishSums(
  block: SumBlock,
  count: number,
  linear: boolean,
  sink: Sink,
  numerics: Numerics,
): void {
  const { lambda, u, flushBelow, overflowFrom } = numerics;
  const { data, plainFrom, plainTo } = sink;
  const { target, terms, exact, sum, magnitude, squares, lead, sequential } = block;
  const { partialSquares, worst, variance, shared, sharedSquares } = block;
  let [n, fold, sixth, third] = [0, 0, 0, 0];
  for (let b = 0; b < count; b++) {
    const v = sum[b];
    const size = Math.abs(v);
    const w = worst[b];
    const inRange = size >= plainFrom && size <= plainTo;
    if (exact[b] === 1 || (terms[b] <= 1 && w === 0)) {
      if (inRange) data[target[b]] = v;
      else putOne(block, b, linear, sink, numerics);
      continue;
    }
    if (n !== terms[b]) {
      n = terms[b];
      [fold, sixth, third] = [gamma(n - 1, u), (n - 1) / 6, (n - 1) / 3];
    }
    const total = magnitude[b];
    const anyOrder = sixth * squares[b] + third * v * v;
    const partial = partialSquares[b] - lead[b];
    const error = sequential[b] - v;
    const independent = u * Math.sqrt(Math.max(partial, anyOrder));
    const fresh = Math.max(independent, (2 * Math.abs(error)) / lambda);
    const own = n * oracleRoundoff * total + n * flushBelow;
    const l = variance[b] === 0 ? 0 : Math.sqrt(variance[b]);
    const common = shared[b] === 0 && sharedSquares[b] === 0 ? 0 : sharedOf(block, b, linear);
    const far = total + Math.min(w, lambda * (l + fresh + Math.abs(common)));
    const both = l * l + fresh * fresh;
    const wide = w + fold * (total + w) + own;
    const typical = (l === 0 ? fresh : Math.sqrt(both)) + own;
    const plain = inRange && size - wide >= plainFrom && size + wide <= plainTo;
    const known = n > 1 && sink.worst !== undefined && typical < Infinity && common === common;
    if (plain && known && far <= overflowFrom && both > smallSquare) {
      const i = target[b];
      data[i] = v;
      sink.worst![i] = wide;
      sink.likely![i] = typical;
      if (common !== 0) sink.storeShared(i, common);
    } else putOne(block, b, linear, sink, numerics);
  }
}

/** Squares below it may have lost digits to underflow. */
const smallSquare = 2 ** -900;

/** The shared errors of the terms of sum b: one error, or as many as there are terms. */
function sharedOf({ shared, sharedSquares }: SumBlock, b: number, linear: boolean): number {
  const independent = Math.sqrt(sharedSquares[b]);
  return linear ? atLeast(shared[b], independent) : independent;
}

/** Any sum. */
function putOne(block: SumBlock, b: number, linear: boolean, sink: Sink, numerics: Numerics): void {
  const i = block.target[b];
  const figures = new SumFigures();
  figures.sum = block.sum[b];
  figures.size = block.magnitude[b];
  figures.squares = block.squares[b];
  figures.partialSquares = block.partialSquares[b] - block.lead[b];
  figures.sequential = block.sequential[b];
  const inherited = {
    worst: block.worst[b],
    likely: Math.sqrt(block.variance[b]),
    shared: sharedOf(block, b, linear),
  };
  if (block.open[b]) sink.mark(i);
  putSum(sink, i, figures, block.terms[b], inherited, block.exact[b] === 1, numerics);
}
