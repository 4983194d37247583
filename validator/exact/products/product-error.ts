/**
 * Sums of products, from their figures to elements of a sink. Worst case: what the operands bring,
 * plus γₙ Σ|ab| + u_out|v|; likely: sums.ts, with one rounding more for each product. What is in
 * range goes through one loop; exact sums, overflows and shared errors are looked at one by one.
 */

import { commonQuantum, sumIsExact } from '../core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../core/numerics.ts';
import { gamma, mergeShared } from '../core/radius.ts';
import type { Sink } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import type { StoredFigures } from '../sums/chain-moments.ts';
import { atLeast } from '../sums/sums.ts';
import { figuresWidth, type Taps } from './dot-moments.ts';
import { heldRow, type Narrowed, narrowedRadius } from './rounded-rows.ts';

/** Rows of numbers and, where there are any, their radii: both, or neither; or how they are read. */
export interface Rows {
  readonly x: Float64Array;
  readonly worst?: Float64Array;
  readonly likely?: Float64Array;
  readonly shared?: Float64Array;
  readonly undecided?: Uint8Array;
  /** In place of radii: of both sides of a product, or of neither. */
  readonly narrowed?: Narrowed;
}

/** The elements of a tensor as they lie. */
export function rowsOf({ data, worst, likely, shared, undecided }: ExactTensor): Rows {
  const zero = () => new Float64Array(data.length);
  const uncertain = worst !== undefined || likely !== undefined || shared !== undefined;
  return {
    x: data as Float64Array,
    ...(uncertain && { worst: worst ?? zero(), likely: likely ?? zero() }),
    ...(shared && { shared: shared.radius }),
    ...(undecided && { undecided }),
  };
}

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
  readonly accumulator: Accumulator;
  readonly numerics: Numerics;
  /** Whether shared errors of both sides are one error along the contraction. */
  readonly linear: boolean;
  /** Takes the figures of every sum, by element of the sink, for a sum that goes on after it. */
  readonly keep?: StoredFigures | undefined;
}

/** Which rows meet which columns: numbers a, a + rowPitch … those at b, b + columnPitch … */
export interface Meeting {
  readonly rows: Rows;
  readonly a: number;
  readonly rowPitch: number;
  readonly b: number;
  /** The elements of both that meet. */
  readonly taps: Taps;
}

export class Settling {
  private readonly columns: Rows;
  private readonly columnPitch: number;
  /** Where the k elements of a column lie, from its first one on. */
  private readonly columnSteps: Int32Array;
  private readonly sum: SumOf;
  private readonly figures: Float64Array;
  /** Common quantum of each column, of the row at hand; NaN until asked for, 0 where there is none. */
  private readonly quanta: Float64Array;
  private rowQuantum = Number.NaN;
  private readonly marked: Uint8Array | undefined;
  private readonly radii: Radii;

  /** Column c begins at c·columnPitch; figures are as dot-moments.ts and propagated-error.ts say. */
  constructor(
    columns: Rows,
    columnPitch: number,
    columnSteps: Int32Array,
    sum: SumOf,
    figures: Float64Array,
  ) {
    const count = columnSteps.length === 0 ? 0 : columns.x.length / columnSteps.length;
    this.columns = columns;
    this.columnPitch = columnPitch;
    this.columnSteps = columnSteps;
    this.sum = sum;
    this.figures = figures;
    this.quanta = new Float64Array(count).fill(Number.NaN);
    this.radii = radiiOf(sum);
    const { undecided } = columns;
    this.marked =
      undecided &&
      Uint8Array.from({ length: count }, (_, c) =>
        hasMark(undecided, c * columnPitch, columnSteps, columnSteps.length) ? 1 : 0,
      );
  }

  /** The sums of n rows, or one, times n columns into elements to, to + step … of the sink. */
  put(sink: Sink, meeting: Meeting, n: number, to: number, step: number): void {
    this.rowQuantum = Number.NaN;
    if (sink.worst && sink.likely)
      this.putMany(sink, sink.worst, sink.likely, meeting, n, to, step);
    else for (let c = 0; c < n; c++) this.putOne(sink, to + c * step, meeting, c);
    if (this.sum.keep) this.keep(this.sum.keep, sink, meeting, n, to, step);
    this.mark(sink, meeting, n, to, step);
  }

  private keep(
    { size, squares, count, worst, variance, quantum }: StoredFigures,
    sink: Sink,
    meeting: Meeting,
    n: number,
    to: number,
    step: number,
  ): void {
    const { figures, sum, quanta, columnPitch } = this;
    for (let c = 0, at = 0, i = to; c < n; c++, at += figuresWidth, i += step) {
      const brought = figures[at + 5];
      size[i] = figures[at + 1];
      squares[i] = figures[at + 2];
      count[i] = sum.k;
      if (worst && variance) {
        worst[i] = Math.max(0, brought);
        variance[i] = figures[at + 6];
      }
      if (size[i] === 0) continue;
      const isExact = !sink.worst || sink.worst[i] === 0;
      const isFine = !isExact || !this.mayBeExact(meeting, c);
      quantum[i] = isFine ? 0 : this.rowQuantum * quanta[meeting.b / columnPitch + c];
    }
  }

  private putMany(
    sink: Sink,
    worst: Float64Array,
    likely: Float64Array,
    meeting: Meeting,
    n: number,
    to: number,
    step: number,
  ): void {
    const { figures, radii, sum: shape } = this;
    const { accumulator, numerics } = shape;
    const { flushBelow, lambda, u } = numerics;
    const { data, plainTo } = sink;
    const isRounded = u > accumulator.u;
    const special = meeting.rows.shared || this.columns.shared || numerics.positive;
    const range = special ? -1 : Math.min(plainTo, accumulator.most);
    for (let c = 0, at = 0, i = to; c < n; c++, at += figuresWidth, i += step) {
      const sum = figures[at];
      const size = figures[at + 1];
      const brought = figures[at + 5];
      let w = worstOf(radii, size, brought);
      let l = likelyOf(radii, figures, at);
      const isPlain = size + w <= range && l < Infinity;
      if (!isPlain || (!(brought > 0) && this.mayBeExact(meeting, c))) {
        this.putOne(sink, i, meeting, c);
        continue;
      }
      if (isRounded) {
        sink.putRounded(i, sum, w, l, 0, u, u);
        continue;
      }
      const distance = Math.abs(sum);
      if (distance - w < flushBelow && distance > 0) {
        const flushed = Math.min(distance + w, flushBelow);
        w += flushed;
        l += flushed / lambda + Number.MIN_VALUE;
      }
      data[i] = sum;
      worst[i] = w;
      likely[i] = l;
    }
  }

  private putOne(sink: Sink, i: number, meeting: Meeting, c: number): void {
    const { figures, radii } = this;
    const { accumulator, numerics } = this.sum;
    const at = c * figuresWidth;
    const sum = figures[at];
    const size = figures[at + 1];
    const brought = figures[at + 5];
    if (!(Math.abs(sum) < Infinity)) {
      if (!this.settledSpecial(meeting, c)) sink.mark(i);
      sink.keep(i, sum, 0, 0, 0);
      return;
    }
    if (!(brought > 0) && this.isExact(meeting, c, size)) {
      sink.put(i, sum, 0, 0, 0);
      return;
    }
    const s = this.common(meeting, c);
    const worst = worstOf(radii, size, brought);
    const likely = likelyOf(radii, figures, at);
    const reached = Math.max(0, brought) + radii.own * size;
    const farthest = size + Math.min(reached, numerics.lambda * (likely + Math.abs(s)));
    if (farthest > accumulator.most) sink.mayOverflow(i, sum, farthest);
    const { u } = numerics;
    if (u > accumulator.u) sink.putRounded(i, sum, worst, likely, s, u, u);
    else sink.keep(i, sum, worst, likely, s);
  }

  /** Marks what depends on an undecided element. */
  private mark(
    sink: Sink,
    { rows, a, rowPitch, b, taps }: Meeting,
    n: number,
    to: number,
    step: number,
  ) {
    const { undecided } = rows;
    if (!undecided && !this.marked) return;
    const first = b / this.columnPitch;
    let marked = false;
    for (let c = 0; c < n; c++) {
      if (undecided && (c === 0 || rowPitch > 0)) {
        marked = hasMark(undecided, a + c * rowPitch, taps.rowSteps, taps.count);
      }
      if (marked || this.marked?.[first + c]) sink.mark(to + c * step);
    }
  }

  /** False where some order of the sum may round, whatever the radii. */
  private mayBeExact({ rows, a, rowPitch, b, taps }: Meeting, c: number): boolean {
    const { quanta, columnPitch, columnSteps } = this;
    const { bits } = this.sum.accumulator;
    const start = b + c * columnPitch;
    const column = start / columnPitch;
    if (quanta[column] !== quanta[column]) {
      const { length } = columnSteps;
      quanta[column] = commonQuantum(this.columns.x, start, length, bits, columnSteps);
    }
    if (quanta[column] === 0) return false;
    if (rowPitch > 0 || this.rowQuantum !== this.rowQuantum) {
      const from = a + c * rowPitch;
      this.rowQuantum = commonQuantum(rows.x, from, taps.count, bits, taps.rowSteps);
    }
    return this.rowQuantum !== 0;
  }

  /** Whether every order is exact in the accumulator, the operands being certain. */
  private isExact(meeting: Meeting, c: number, size: number): boolean {
    const { numerics, accumulator } = this.sum;
    if (!this.isCertain(meeting, c)) return false;
    if (size === 0) return !this.underflows(meeting, c);
    if (!this.mayBeExact(meeting, c)) return false;
    const quantum = this.rowQuantum * this.quanta[meeting.b / this.columnPitch + c];
    const least = Math.max(numerics.flushBelow, numerics.narrowQuantum);
    return quantum >= least && sumIsExact(size, quantum, accumulator.bits);
  }

  /** Whether a sum that is 0 in f64 has products that are not. */
  private underflows({ rows, a, rowPitch, b, taps }: Meeting, c: number): boolean {
    const { columns, columnPitch } = this;
    for (let j = 0; j < taps.count; j++) {
      const x = rows.x[a + c * rowPitch + taps.rowSteps[j]];
      if (x !== 0 && columns.x[b + c * columnPitch + taps.columnSteps[j]] !== 0) return true;
    }
    return false;
  }

  /** True where no radius reaches the sum. */
  private isCertain({ rows, a, rowPitch, b, taps }: Meeting, c: number): boolean {
    const { columns, columnPitch } = this;
    if (isCertainRow(rows, a + c * rowPitch) && isCertainRow(columns, b + c * columnPitch))
      return true;
    for (let j = 0; j < taps.count; j++) {
      const p = a + c * rowPitch + taps.rowSteps[j];
      const q = b + c * columnPitch + taps.columnSteps[j];
      const [wx, wy] = [worstOfElement(rows, p), worstOfElement(columns, q)];
      if (wx !== 0 && (columns.x[q] !== 0 || wy !== 0)) return false;
      if (wy !== 0 && rows.x[p] !== 0) return false;
    }
    return true;
  }

  /** Shared radius that the operands bring along. */
  private common({ rows, a, rowPitch, b, taps }: Meeting, c: number): number {
    const { x, shared: ca } = rows;
    const { x: y, shared: cb } = this.columns;
    if (!ca && !cb) return 0;
    let s = 0;
    let s2 = 0;
    for (let n = 0; n < taps.count; n++) {
      const j = a + c * rowPitch + taps.rowSteps[n];
      const i = b + c * this.columnPitch + taps.columnSteps[n];
      const p = ca ? y[i] * ca[j] : 0;
      const q = cb ? x[j] * cb[i] : 0;
      const first = p === 0 || q === 0 ? p + q : mergeShared(p, q);
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
  private settledSpecial({ rows, a, rowPitch, b, taps }: Meeting, c: number): boolean {
    const { columns, columnPitch } = this;
    let [size, infinite, settled] = [0, false, true];
    for (let n = 0; n < taps.count; n++) {
      const j = a + c * rowPitch + taps.rowSteps[n];
      const i = b + c * columnPitch + taps.columnSteps[n];
      const [x, y] = [Math.abs(rows.x[j]), Math.abs(columns.x[i])];
      const rx = x + worstOfElement(rows, j);
      const ry = y + worstOfElement(columns, i);
      if (x !== x || y !== y) return true;
      if (x < Infinity && y < Infinity) size += rx * ry;
      else {
        infinite = true;
        const [other, reached] = x < Infinity ? [x, rx] : [y, ry];
        if (reached > other && reached >= 2 * other) settled = false;
      }
    }
    return settled && infinite && size <= this.sum.accumulator.most;
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
function likelyOf(r: Radii, figures: Float64Array, at: number): number {
  const sum = figures[at];
  const squares = figures[at + 2];
  const error = figures[at + 4] - sum;
  const partial = figures[at + 3] + squares;
  const most = Math.max(partial, r.ofSquares * squares + r.ofSum * (sum * sum));
  const aligned = Math.abs(error) < Infinity ? r.ofError * (error * error) : 0;
  const fresh = Math.max(r.square * most, aligned) + r.square * squares;
  return Math.sqrt(figures[at + 6] + fresh) + r.own * figures[at + 1] + r.likelyLost;
}

/** True where no element of the row has a radius. */
function isCertainRow({ worst, narrowed }: Rows, from: number): boolean {
  return !worst && (!narrowed || narrowed.kinds[Math.floor(from / narrowed.k)] === heldRow);
}

function worstOfElement({ x, worst, narrowed }: Rows, i: number): number {
  if (worst) return worst[i];
  return narrowed ? narrowedRadius(narrowed, x[i], i) : 0;
}

function hasMark(marks: Uint8Array, from: number, steps: Int32Array, count: number): boolean {
  for (let j = 0; j < count; j++) if (marks[from + steps[j]] !== 0) return true;
  return false;
}
