/** What the radii of sums in any order are made of, of many sums side by side. */

/** Entry b of every array belongs to the sum that goes to element target[b]. */
export class SumMoments {
  readonly capacity: number;
  readonly target: Int32Array;
  /** Terms that bring roundings, the one that a sum opens with among them if it does. */
  readonly terms: Int32Array;
  /** The value that a sum opens with. */
  readonly first: Float64Array;
  /** Σx in f64, Σ|x| and Σx². */
  readonly sum: Float64Array;
  readonly size: Float64Array;
  readonly squares: Float64Array;
  /** Σ of the squares of the partial sums, and that of the first, which no rounding made. */
  readonly partialSquares: Float64Array;
  readonly lead: Float64Array;
  /** The sum with every partial sum rounded. */
  readonly sequential: Float64Array;
  /** Σ bound, Σ deviation², Σ correlated and Σ correlated² of the terms. */
  readonly bound: Float64Array;
  readonly variance: Float64Array;
  readonly correlated: Float64Array;
  readonly correlatedSquares: Float64Array;
  /** 1 where the sum is exact in any order; 1 where a special result depends on the order. */
  readonly exact: Uint8Array;
  readonly open: Uint8Array;

  constructor(capacity: number) {
    const numbers = () => new Float64Array(capacity);
    this.capacity = capacity;
    [this.target, this.terms] = [new Int32Array(capacity), new Int32Array(capacity)];
    [this.first, this.sum, this.size, this.squares] = [numbers(), numbers(), numbers(), numbers()];
    [this.partialSquares, this.lead, this.sequential] = [numbers(), numbers(), numbers()];
    [this.bound, this.variance] = [numbers(), numbers()];
    [this.correlated, this.correlatedSquares] = [numbers(), numbers()];
    [this.exact, this.open] = [new Uint8Array(capacity), new Uint8Array(capacity)];
  }

  /** None of the first `count` sums is exact, or open, or has correlated errors, until it is found out. */
  clear(count: number): void {
    this.correlated.fill(0, 0, count);
    this.correlatedSquares.fill(0, 0, count);
    this.exact.fill(0, 0, count);
    this.open.fill(0, 0, count);
  }
}
