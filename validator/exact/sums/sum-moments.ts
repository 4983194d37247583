/**
 * One pass over the terms of a sum for all that its radii are made of. A loop for each way of
 * rounding partial sums, so that each holds nothing but arithmetic; elements are picked by steps of
 * one length or by an index list.
 */
import type { Rounder } from '../../../graphs/ir/rounding.ts';
import { isMultiple } from '../core/exactness.ts';

/** Which elements of an array are summed: start + steps[j], or start + j·stride; j < count. */
export interface Terms {
  readonly start: number;
  readonly count: number;
  readonly stride: number;
  readonly steps?: Int32Array | undefined;
}

/** Figures of one sum, made anew by each pass. */
export class SumMoments {
  /** Σx in f64, Σ|x| and Σx². */
  sum = 0;
  size = 0;
  squares = 0;
  /** Σ of the squares of the partial sums. */
  partialSquares = 0;
  /** The sum with every partial sum rounded. */
  sequential = 0;

  /** Adds the terms one after another to the first one. */
  take(x: Float64Array, terms: Terms, first: number, round: Rounder): void {
    this.sum = first;
    this.size = Math.abs(first);
    this.squares = first * first;
    this.partialSquares = 0;
    this.sequential = first;
    if (round === Math.fround) this.takeF32(x, terms);
    else if (round(exactInF64) === exactInF64) this.takeExact(x, terms);
    else this.takeRounded(x, terms, round);
  }

  private takeF32(x: Float64Array, { start, count, stride, steps }: Terms): void {
    let { sum, size, squares, partialSquares, sequential } = this;
    for (let j = 0, at = start; j < count; j++, at += stride) {
      const term = x[steps ? start + steps[j] : at];
      sum += term;
      size += Math.abs(term);
      squares += term * term;
      partialSquares += sum * sum;
      sequential = Math.fround(sequential + term);
    }
    this.store(sum, size, squares, partialSquares, sequential);
  }

  /** In f64 the sum is the rounded one. */
  private takeExact(x: Float64Array, { start, count, stride, steps }: Terms): void {
    let { sum, size, squares, partialSquares } = this;
    for (let j = 0, at = start; j < count; j++, at += stride) {
      const term = x[steps ? start + steps[j] : at];
      sum += term;
      size += Math.abs(term);
      squares += term * term;
      partialSquares += sum * sum;
    }
    this.store(sum, size, squares, partialSquares, sum);
  }

  private takeRounded(
    x: Float64Array,
    { start, count, stride, steps }: Terms,
    round: Rounder,
  ): void {
    let { sum, size, squares, partialSquares, sequential } = this;
    for (let j = 0, at = start; j < count; j++, at += stride) {
      const term = x[steps ? start + steps[j] : at];
      sum += term;
      size += Math.abs(term);
      squares += term * term;
      partialSquares += sum * sum;
      sequential = round(sequential + term);
    }
    this.store(sum, size, squares, partialSquares, sequential);
  }

  private store(
    sum: number,
    size: number,
    squares: number,
    partialSquares: number,
    sequential: number,
  ): void {
    this.sum = sum;
    this.size = size;
    this.squares = squares;
    this.partialSquares = partialSquares;
    this.sequential = sequential;
  }
}

/** A number that only f64 holds. */
const exactInF64 = 1 + 2 ** -52;

/** True where all terms are multiples of a power of two. */
export function allMultiples(x: Float64Array, terms: Terms, quantum: number): boolean {
  const { start, count, stride, steps } = terms;
  const inverse = 1 / quantum;
  for (let j = 0, at = start; j < count; j++, at += stride) {
    if (!isMultiple(x[steps ? start + steps[j] : at], quantum, inverse)) return false;
  }
  return true;
}
