/**
 * Sums of products, from their figures to elements of a sink. Worst case: what the operands bring,
 * plus γₙ Σ|ab| + u_out|v|; likely: sums.ts, with one rounding more for each product. What is in
 * range goes through one loop; exact sums, overflows and shared errors are looked at one by one.
 */

import { commonQuantum, sumIsExact } from '../core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, mergeCorrelated } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import type { StoredMoments } from '../sums/chain-moments.ts';
import { atLeast } from '../sums/sums.ts';
import { momentsWidth, type Span } from './pair-moments.ts';
import { hasMark, isCertainRow, type Rows, worstOfElement } from './rows.ts';

/** What sums of products are carried with. */
export interface Accumulator {
  /** Unit roundoff and significand bits that sums are carried with. */
  readonly u: number;
  readonly bits: number;
  /** Largest number that it holds. */
  readonly most: number;
  /** What a product or a sum may lose below its normal numbers. */
  readonly least: number;
}

/** What sums of k products have in common. */
export interface SumOf {
  readonly k: number;
  /** How many sums there are. */
  readonly count: number;
  readonly accumulator: Accumulator;
  readonly numerics: Numerics;
  /** Whether shared errors of both sides are one error along the contraction. */
  readonly linear: boolean;
  /** Takes the figures of every sum, by element of the sink, for a sum that goes on after it. */
  readonly keep?: StoredMoments | undefined;
}

/** Where columns and the rows that meet them lie. */
export interface Steps {
  /** From one column to the next: the c-th begins at c·columnPitch. */
  readonly columnPitch: number;
  /** From one row to the next that meets them; 0 where all meet the same. */
  readonly rowPitch: number;
  /** Where the k elements of a column lie, from its first one on. */
  readonly columnSteps: Int32Array;
}

/** Which rows meet which columns, and where their sums go: elements to, to + step … of the results. */
export interface Meeting extends Span {
  readonly rows: Rows;
  readonly to: number;
  readonly step: number;
}

/** Puts sums of products, whose figures are there, into results: see above. */
export class ProductFinisher {
  private readonly columns: Rows;
  private readonly steps: Steps;
  private readonly sum: SumOf;
  private readonly moments: Float64Array;
  /** Common quantum of each column, of the row at hand; NaN until asked for, 0 where there is none. */
  private readonly quanta: Float64Array;
  private rowQuantum = Number.NaN;
  private readonly marked: Uint8Array | undefined;
  private readonly radii: Radii;

  /** Figures are as pair-moments.ts and propagated-error.ts say. */
  constructor(columns: Rows, steps: Steps, sum: SumOf, moments: Float64Array) {
    const { undecided } = columns;
    const { columnPitch, columnSteps } = steps;
    const k = columnSteps.length;
    const count = k === 0 ? 0 : columns.x.length / k;
    this.columns = columns;
    this.steps = steps;
    this.sum = sum;
    this.moments = moments;
    this.quanta = new Float64Array(count).fill(Number.NaN);
    this.radii = radiiOf(sum);
    this.marked =
      undecided &&
      Uint8Array.from({ length: count }, (_, c) =>
        hasMark(undecided, c * columnPitch, columnSteps, k) ? 1 : 0,
      );
  }

  /** The sums whose figures are there. */
  put(results: ResultBuilder, meeting: Meeting): void {
    const { n, to, step } = meeting;
    this.rowQuantum = Number.NaN;
    if (results.bound && results.deviation)
      this.putMany(results, results.bound, results.deviation, meeting);
    else for (let c = 0; c < n; c++) this.putOne(results, to + c * step, meeting, c);
    if (this.sum.keep) this.keep(this.sum.keep, results, meeting);
    this.mark(results, meeting);
  }

  private keep(
    { size, squares, count, bound, variance, quantum }: StoredMoments,
    results: ResultBuilder,
    meeting: Meeting,
  ): void {
    const { moments, sum, quanta } = this;
    const { n, to, step } = meeting;
    for (let c = 0, at = 0, i = to; c < n; c++, at += momentsWidth, i += step) {
      const brought = moments[at + 5];
      size[i] = moments[at + 1];
      squares[i] = moments[at + 2];
      count[i] = sum.k;
      if (bound && variance) {
        bound[i] = Math.max(0, brought);
        variance[i] = moments[at + 6];
      }
      if (size[i] === 0) continue;
      const isExact = !results.bound || results.bound[i] === 0;
      const isFine = !isExact || !this.mayBeExact(meeting, c);
      quantum[i] = isFine ? 0 : this.rowQuantum * quanta[this.columnOf(meeting, c)];
    }
  }

  private putMany(
    results: ResultBuilder,
    bound: Float64Array,
    deviation: Float64Array,
    meeting: Meeting,
  ): void {
    const { moments, radii, sum: shape } = this;
    const { accumulator, numerics } = shape;
    const { flushBelow, lambda, u } = numerics;
    const { data, plainTo } = results;
    const { n, to, step } = meeting;
    const isRounded = u > accumulator.u;
    const special = meeting.rows.correlated || this.columns.correlated || numerics.positive;
    const range = special ? -1 : Math.min(plainTo, accumulator.most);
    for (let c = 0, at = 0, i = to; c < n; c++, at += momentsWidth, i += step) {
      const sum = moments[at];
      const size = moments[at + 1];
      const brought = moments[at + 5];
      let w = worstOf(radii, size, brought);
      let l = likelyOf(radii, moments, at);
      const isPlain = size + w <= range && l < Infinity;
      if (!isPlain || (!(brought > 0) && this.mayBeExact(meeting, c))) {
        this.putOne(results, i, meeting, c);
        continue;
      }
      if (isRounded) {
        results.putRounded(i, sum, w, l, 0, u, u);
        continue;
      }
      const distance = Math.abs(sum);
      if (distance - w < flushBelow && distance > 0) {
        const flushed = Math.min(distance + w, flushBelow);
        w += flushed;
        l += flushed / lambda + Number.MIN_VALUE;
      }
      data[i] = sum;
      bound[i] = w;
      deviation[i] = l;
    }
  }

  private putOne(results: ResultBuilder, i: number, meeting: Meeting, c: number): void {
    const { moments, radii } = this;
    const { accumulator, numerics } = this.sum;
    const at = c * momentsWidth;
    const sum = moments[at];
    const size = moments[at + 1];
    const brought = moments[at + 5];
    if (!(Math.abs(sum) < Infinity)) {
      if (!this.settledSpecial(meeting, c)) results.mark(i);
      results.keep(i, sum, 0, 0, 0);
      return;
    }
    if (!(brought > 0) && this.isExact(meeting, c, size)) {
      results.put(i, sum, 0, 0, 0);
      return;
    }
    const s = this.common(meeting, c);
    const bound = worstOf(radii, size, brought);
    const deviation = likelyOf(radii, moments, at);
    const reached = Math.max(0, brought) + radii.own * size;
    const farthest = size + Math.min(reached, numerics.lambda * (deviation + Math.abs(s)));
    if (farthest > accumulator.most) results.mayOverflow(i, sum, farthest);
    const { u } = numerics;
    if (u > accumulator.u) results.putRounded(i, sum, bound, deviation, s, u, u);
    else results.keep(i, sum, bound, deviation, s);
  }

  /** Marks what depends on an undecided element. */
  private mark(results: ResultBuilder, { rows, a, b, n, offsets, to, step }: Meeting): void {
    const { undecided } = rows;
    if (!undecided && !this.marked) return;
    const { columnPitch, rowPitch } = this.steps;
    const first = b / columnPitch;
    let marked = false;
    for (let c = 0; c < n; c++) {
      if (undecided && (c === 0 || rowPitch > 0)) {
        marked = hasMark(undecided, a + c * rowPitch, offsets.rowSteps, offsets.count);
      }
      if (marked || this.marked?.[first + c]) results.mark(to + c * step);
    }
  }

  private columnOf({ b }: Meeting, c: number): number {
    return b / this.steps.columnPitch + c;
  }

  /** False where some order of the sum may round, whatever the radii. */
  private mayBeExact(meeting: Meeting, c: number): boolean {
    const { quanta } = this;
    const column = this.columnOf(meeting, c);
    if (quanta[column] !== quanta[column]) quanta[column] = this.quantumOfColumn(column);
    if (quanta[column] === 0) return false;
    if (this.steps.rowPitch > 0 || this.rowQuantum !== this.rowQuantum) {
      this.rowQuantum = this.quantumOfRow(meeting, c);
    }
    return this.rowQuantum !== 0;
  }

  private quantumOfColumn(column: number): number {
    const { x } = this.columns;
    const { columnPitch, columnSteps } = this.steps;
    const { bits } = this.sum.accumulator;
    return commonQuantum(x, column * columnPitch, columnSteps.length, bits, columnSteps);
  }

  private quantumOfRow({ rows, a, offsets: { count, rowSteps } }: Meeting, c: number): number {
    const from = a + c * this.steps.rowPitch;
    return commonQuantum(rows.x, from, count, this.sum.accumulator.bits, rowSteps);
  }

  /** Whether every order is exact in the accumulator, the operands being certain. */
  private isExact(meeting: Meeting, c: number, size: number): boolean {
    const { numerics, accumulator } = this.sum;
    if (!this.isCertain(meeting, c)) return false;
    if (size === 0) return !this.underflows(meeting, c);
    if (!this.mayBeExact(meeting, c)) return false;
    const quantum = this.rowQuantum * this.quanta[this.columnOf(meeting, c)];
    const least = Math.max(numerics.flushBelow, numerics.narrowQuantum);
    return quantum >= least && sumIsExact(size, quantum, accumulator.bits);
  }

  /** Whether a sum that is 0 in f64 has products that are not. */
  private underflows({ rows, a, b, offsets }: Meeting, c: number): boolean {
    const { x } = this.columns;
    const { rowPitch, columnPitch } = this.steps;
    for (let j = 0; j < offsets.count; j++) {
      const p = a + c * rowPitch + offsets.rowSteps[j];
      if (rows.x[p] !== 0 && x[b + c * columnPitch + offsets.columnSteps[j]] !== 0) return true;
    }
    return false;
  }

  /** True where no radius reaches the sum. */
  private isCertain(meeting: Meeting, c: number): boolean {
    const { columns, steps } = this;
    const { rows, a, b } = meeting;
    const column = b + c * steps.columnPitch;
    if (isCertainRow(rows, a + c * steps.rowPitch) && isCertainRow(columns, column)) return true;
    return this.everyPair(meeting, c, (p, q) => {
      const [wx, wy] = [worstOfElement(rows, p), worstOfElement(columns, q)];
      if (wx !== 0 && (columns.x[q] !== 0 || wy !== 0)) return false;
      return wy === 0 || rows.x[p] === 0;
    });
  }

  /** Whether something holds of all elements that meet in a sum, by where they are. */
  private everyPair(
    { a, b, offsets: { rowSteps, columnSteps, count } }: Meeting,
    c: number,
    holds: (p: number, q: number) => boolean,
  ): boolean {
    const row = a + c * this.steps.rowPitch;
    const column = b + c * this.steps.columnPitch;
    for (let j = 0; j < count; j++) {
      if (!holds(row + rowSteps[j], column + columnSteps[j])) return false;
    }
    return true;
  }

  /** Shared radius that the operands bring along. */
  private common({ rows, a, b, offsets }: Meeting, c: number): number {
    const { x, correlated: ca } = rows;
    const { x: y, correlated: cb } = this.columns;
    const { columnPitch, rowPitch } = this.steps;
    if (!ca && !cb) return 0;
    const row = a + c * rowPitch;
    const column = b + c * columnPitch;
    let s = 0;
    let s2 = 0;
    for (let n = 0; n < offsets.count; n++) {
      const j = row + offsets.rowSteps[n];
      const i = column + offsets.columnSteps[n];
      const p = ca ? y[i] * ca[j] : 0;
      const q = cb ? x[j] * cb[i] : 0;
      const first = p === 0 || q === 0 ? p + q : mergeCorrelated(p, q);
      const both = ca && cb ? secondOrder * Math.abs(ca[j] * cb[i]) : 0;
      const r = first < 0 ? first - both : first + both;
      s += r;
      s2 += r * r;
    }
    return this.sum.linear ? atLeast(s, Math.sqrt(s2)) : Math.sqrt(s2);
  }

  /**
   * An infinite or undefined sum that is so in any order and wherever the operands lie: NaN among
   * them, or infinite operands times numbers that keep their sign, the rest not overflowing.
   */
  private settledSpecial(meeting: Meeting, c: number): boolean {
    const { columns } = this;
    const { rows } = meeting;
    let [size, infinite, settled] = [0, false, true];
    const isNumber = this.everyPair(meeting, c, (j, i) => {
      const [x, y] = [Math.abs(rows.x[j]), Math.abs(columns.x[i])];
      const rx = x + worstOfElement(rows, j);
      const ry = y + worstOfElement(columns, i);
      if (x < Infinity && y < Infinity) size += rx * ry;
      else {
        infinite = true;
        const [other, reached] = x < Infinity ? [x, rx] : [y, ry];
        if (reached > other && reached >= 2 * other) settled = false;
      }
      return x === x && y === y;
    });
    return !isNumber || (settled && infinite && size <= this.sum.accumulator.most);
  }
}

/** Factors of the radii of a sum of k products. */
interface Radii {
  /** γₖ. */
  readonly growth: number;
  /** The oracle's own roundings, relative to Σ|xy|. */
  readonly own: number;
  /** What is lost where products or sums lie below the normal numbers. */
  readonly lost: number;
  readonly likelyLost: number;
  /** u²; (k - 1)/6 and (k - 1)/3, of Σ of squared partial sums in any order; (2/λ)². */
  readonly square: number;
  readonly ofSquares: number;
  readonly ofSum: number;
  readonly ofError: number;
}

function radiiOf({ k, accumulator: { u, least }, numerics }: SumOf): Radii {
  return {
    growth: gamma(k, u),
    own: k * oracleRoundoff,
    lost: k * Math.max(numerics.flushBelow, least),
    likelyLost: Math.max(k * numerics.flushBelow, Math.sqrt(k) * least),
    square: u * u,
    ofSquares: (k - 1) / 6,
    ofSum: (k - 1) / 3,
    ofError: (2 / numerics.lambda) ** 2,
  };
}

/** Σ|xy| and what is brought are themselves rounded sums, the latter perhaps a difference of two. */
function worstOf({ growth, own, lost }: Radii, size: number, brought: number): number {
  const w = Math.max(brought, 0);
  return w + (growth + 3 * own) * (size + w) + lost;
}

/** One radius: what is brought, the roundings of the partial sums (sums.ts), those of the products. */
function likelyOf(r: Radii, moments: Float64Array, at: number): number {
  const sum = moments[at];
  const squares = moments[at + 2];
  const error = moments[at + 4] - sum;
  const partial = moments[at + 3] + squares;
  const most = Math.max(partial, r.ofSquares * squares + r.ofSum * (sum * sum));
  const aligned = Math.abs(error) < Infinity ? r.ofError * (error * error) : 0;
  const localBound = Math.max(r.square * most, aligned) + r.square * squares;
  return Math.sqrt(moments[at + 6] + localBound) + r.own * moments[at + 1] + r.likelyLost;
}
