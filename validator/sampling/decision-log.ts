/**
 * What samples show of discrete decisions: per decision and element the outcome, and the margin by
 * which it was taken. Each sample computes every value once, so a margin carries the correlation of
 * its two sides: in p >= max(p) both move together, and the margin of the largest is always zero.
 */

/** Margins and outcomes of one decision over the samples, element by element. */
export interface Decision {
  /** Samples that took it. */
  count: number;
  readonly first: Float64Array;
  /** Sum of margin - first, and of its square. */
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly outcome: Int32Array | Float64Array;
  /** 1 where the outcome was not always the same. */
  readonly varies: Uint8Array;
}

/** How far a decision lies from its threshold over the samples, and how far that varies. */
export interface Margin {
  readonly mean: number;
  readonly spread: number;
}

/** Elements of all decisions that are followed; what lies beyond stays as open as it was. */
const maxFollowed = 2 ** 23;

/**
 * Outcomes and margins of all decisions, over samples; what is beyond `maxFollowed` elements is not
 * followed.
 */
export class DecisionLog {
  private readonly decisions = new Map<string, Decision>();
  private followed = 0;

  /**
   * A sample took decision `key`. `margin` and `outcome` are of one length; a margin that is no
   * number tells nothing but its outcome.
   */
  record(key: string, margin: ArrayLike<number>, outcome: ArrayLike<number>): void {
    let d = this.decisions.get(key);
    if (!d) {
      if (this.followed + outcome.length > maxFollowed) return;
      this.followed += outcome.length;
      d = begun(margin, outcome);
      this.decisions.set(key, d);
    }
    if (d.outcome.length !== outcome.length) {
      d.varies.fill(1);
      return;
    }
    d.count++;
    for (let i = 0; i < outcome.length; i++) {
      const step = difference(margin[i]!, d.first[i]!);
      d.sum[i]! += step;
      d.squares[i]! += step * step;
      if (!Object.is(d.outcome[i], outcome[i])) d.varies[i] = 1;
    }
  }

  get(key: string): Decision | undefined {
    return this.decisions.get(key);
  }
}

function begun(margin: ArrayLike<number>, outcome: ArrayLike<number>): Decision {
  const n = outcome.length;
  return {
    count: 0,
    first: Float64Array.from({ length: n }, (_, i) => margin[i]!),
    sum: new Float64Array(n),
    squares: new Float64Array(n),
    outcome: Float64Array.from({ length: n }, (_, i) => outcome[i]!),
    varies: new Uint8Array(n),
  };
}

/** 0 between equal infinities and between two NaN. */
function difference(a: number, b: number): number {
  return a === b || (a !== a && b !== b) ? 0 : a - b;
}

/** Mean and standard deviation of the margin of element i. */
export function marginOf({ count, first, sum, squares }: Decision, i: number): Margin {
  const mean = sum[i]! / count;
  const variance = squares[i]! / count - mean * mean;
  return { mean: first[i]! + mean, spread: Math.sqrt(Math.max(0, variance)) };
}
