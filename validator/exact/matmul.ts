/**
 * Products of matrices with radii: result[row, column] = Σ_k lhs[row, k]·rhs[column, k]. Dot and
 * convolution arrange their operands so. Worst case: Σ(|a|r_b + |b|r_a + r_a r_b) + γₙ Σ|ab|
 * + u_out|v|; likely: sums.ts, with one rounding more for each product.
 */
import { secondOrder } from './arithmetic-loops.ts';
import { type Numerics, oracleRoundoff } from './numerics.ts';
import {
  type Brought,
  broughtByBoth,
  broughtByOne,
  figuresWidth,
  oneColumn,
  oneColumnF32,
  twoColumnsF32,
  type Uncertain,
} from './product-figures.ts';
import { commonQuantum, sumIsExact } from './quantum.ts';
import { gamma, mergeShared } from './radius.ts';
import type { Sink } from './sink.ts';
import { atLeast, mayStayFinite, sumRadius } from './sums.ts';

/** Rows of k numbers and, where there are any, their radii. */
export interface Rows {
  readonly x: Float64Array;
  readonly worst?: Float64Array;
  readonly likely?: Float64Array;
  readonly shared?: Float64Array;
  readonly undecided?: Uint8Array;
}

export interface Accumulator {
  /** Unit roundoff and significand bits that sums are carried with. */
  readonly u: number;
  readonly bits: number;
  /** Rounds a partial sum. */
  readonly round: (x: number) => number;
}

/** Multiplies rows by the columns that it is made for. */
export class Products {
  private readonly columns: Rows;
  private readonly k: number;
  private readonly accumulator: Accumulator;
  private readonly numerics: Numerics;
  /** Whether shared errors of both sides are one error along the contraction. */
  private readonly linear: boolean;
  /** Present where the columns have radii. */
  private readonly right: Uncertain | undefined;
  /** The row at hand, where rows have radii. */
  private readonly left: Uncertain | undefined;
  /** Common quantum of each column, of the row at hand; NaN until asked for, 0 where there is none. */
  private readonly quanta: Float64Array;
  private rowQuantum = Number.NaN;
  private readonly marked: Uint8Array | undefined;
  private readonly figures = new Float64Array(2 * figuresWidth);
  private readonly brought: Brought = { reachable: 0, variance: 0 };

  /** `columns` are rows of k numbers; `uncertain`: the rows to come may have radii. */
  constructor(
    columns: Rows,
    k: number,
    accumulator: Accumulator,
    numerics: Numerics,
    linear: boolean,
    uncertain: boolean,
  ) {
    const count = k === 0 ? 0 : columns.x.length / k;
    this.columns = columns;
    this.k = k;
    this.accumulator = accumulator;
    this.numerics = numerics;
    this.linear = linear;
    this.left = uncertain ? zeros(k) : undefined;
    this.right = columns.worst ? zeros(columns.x.length) : undefined;
    if (this.right) fill(this.right, columns, 0, columns.x.length, false);
    this.quanta = new Float64Array(count).fill(Number.NaN);
    this.marked = columns.undecided && rowMarks(columns.undecided, k, count);
  }

  /**
   * The row of k numbers at `from` times n columns from the one numbered `first` on, into elements
   * to, to + step … of the sink.
   */
  put(
    sink: Sink,
    rows: Rows,
    from: number,
    first: number,
    n: number,
    to: number,
    step: number,
  ): void {
    const { k, accumulator, figures } = this;
    const y = this.columns.x;
    const marked = rows.undecided?.subarray(from, from + k).includes(1) ?? false;
    this.rowQuantum = Number.NaN;
    if (this.left) fill(this.left, rows, from, k, true);
    for (let c = 0; c < n; ) {
      const column = (first + c) * k;
      const two = accumulator.bits === 24 && c + 1 < n;
      if (two) twoColumnsF32(rows.x, from, y, column, k, figures);
      else if (accumulator.bits === 24) oneColumnF32(rows.x, from, y, column, k, figures);
      else oneColumn(rows.x, from, y, column, k, figures, accumulator.round);
      for (let at = 0; at <= (two ? figuresWidth : 0); at += figuresWidth, c++) {
        if (marked || this.marked?.[first + c]) sink.mark(to + c * step);
        this.settle(sink, to + c * step, rows, from, first + c, at);
      }
    }
  }

  private settle(
    sink: Sink,
    i: number,
    rows: Rows,
    from: number,
    column: number,
    at: number,
  ): void {
    const { k, numerics, accumulator, figures } = this;
    const sum = figures[at];
    const size = figures[at + 1];
    const squares = figures[at + 2];
    if (!(Math.abs(sum) < Infinity)) {
      if (!this.settledSpecial(rows, from, column * k)) sink.mark(i);
      sink.keep(i, sum, 0, 0, 0);
      return;
    }
    const radii = this.left !== undefined || this.right !== undefined;
    const w = radii ? this.inherit(rows, from, column * k, size) : 0;
    if (w === 0 && (size === 0 || this.isLattice(rows, from, column, size))) {
      sink.put(i, sum, 0, 0, 0);
      return;
    }
    const l = radii ? this.brought.variance : 0;
    const s = radii ? this.common(rows, from, column * k) : 0;
    const { u } = accumulator;
    const error = figures[at + 4] - sum;
    const fresh = sumRadius(
      u,
      k,
      sum,
      squares,
      figures[at + 3] + squares,
      Math.abs(error) < Infinity ? error : 0,
      numerics.lambda,
    );
    const own = k * oracleRoundoff * size + k * numerics.flushBelow;
    const worst = w + gamma(k, u) * (size + w) + own;
    const likely = Math.sqrt(l + fresh * fresh + u * u * squares) + own;
    const farthest = size + Math.min(w, numerics.lambda * (likely + Math.abs(s)));
    if (farthest > this.range() && mayStayFinite(sum, farthest, numerics)) sink.mark(i);
    if (numerics.u > u) sink.putRounded(i, sum, worst, likely, s, numerics.u, numerics.u);
    else sink.keep(i, sum, worst, likely, s);
  }

  /** Whether every order is exact in the accumulator. */
  private isLattice(rows: Rows, from: number, column: number, size: number): boolean {
    const { k, quanta, accumulator } = this;
    if (quanta[column] !== quanta[column]) {
      quanta[column] = commonQuantum(this.columns.x, column * k, k, accumulator.bits);
    }
    if (quanta[column] === 0) return false;
    if (this.rowQuantum !== this.rowQuantum) {
      this.rowQuantum = commonQuantum(rows.x, from, k, accumulator.bits);
    }
    const quantum = this.rowQuantum * quanta[column];
    return quantum >= this.numerics.flushBelow && sumIsExact(size, quantum, accumulator.bits);
  }

  /** Worst radius that the operands bring along; the likely one is left in `brought`. */
  private inherit({ x }: Rows, from: number, column: number, size: number): number {
    const { k, left, right, brought } = this;
    if (left && right) broughtByBoth(left, 0, right, column, k, brought);
    else if (left) broughtByOne(left, 0, this.columns.x, column, k, brought);
    else broughtByOne(right!, column, x, from, k, brought);
    return Math.max(0, brought.reachable - size) + 2 * k * oracleRoundoff * size;
  }

  /** Shared radius that the operands bring along. */
  private common({ x, shared: ca }: Rows, a: number, b: number): number {
    const { k } = this;
    const { x: y, shared: cb } = this.columns;
    if (!ca && !cb) return 0;
    let s = 0;
    let s2 = 0;
    for (let j = a, i = b; j < a + k; j++, i++) {
      const p = ca ? y[i] * ca[j] : 0;
      const q = cb ? x[j] * cb[i] : 0;
      const first = p === 0 || q === 0 ? p + q : mergeShared(p, q);
      const both = ca && cb ? secondOrder * Math.abs(ca[j] * cb[i]) : 0;
      const r = first < 0 ? first - both : first + both;
      s += r;
      s2 += r * r;
    }
    return this.linear ? atLeast(s, Math.sqrt(s2)) : Math.sqrt(s2);
  }

  /**
   * An infinite or undefined sum that is so in any order and wherever the operands lie: NaN among
   * them, or infinite operands times numbers that keep their sign, the rest not overflowing.
   */
  private settledSpecial({ x, worst: wx }: Rows, from: number, column: number): boolean {
    const { x: y, worst: wy } = this.columns;
    let [size, infinite, settled] = [0, false, true];
    for (let j = from, i = column; j < from + this.k; j++, i++) {
      const [a, b] = [Math.abs(x[j]), Math.abs(y[i])];
      const [ra, rb] = [a + (wx ? wx[j] : 0), b + (wy ? wy[i] : 0)];
      if (a !== a || b !== b) return true;
      if (a < Infinity && b < Infinity) size += ra * rb;
      else {
        infinite = true;
        const [other, reached] = a < Infinity ? [a, ra] : [b, rb];
        if (reached > other && reached >= 2 * other) settled = false;
      }
    }
    return settled && infinite && size <= this.range();
  }

  /** Largest number that the accumulator holds. */
  private range(): number {
    return this.accumulator.bits === 24 ? largestF32 : Number.MAX_VALUE;
  }
}

const largestF32 = (2 - 2 ** -23) * 2 ** 127;

function zeros(n: number): Uncertain {
  const make = () => new Float64Array(n);
  return { reachable: make(), factors: make(), variances: make() };
}

/** Values and radii of n numbers as the loops need them. */
function fill(to: Uncertain, rows: Rows, from: number, n: number, isLeft: boolean): void {
  const { x, worst, likely, shared } = rows;
  const { reachable, factors, variances } = to;
  for (let i = 0, j = from; i < n; i++, j++) {
    const v = x[j];
    const l = likely ? likely[j] : 0;
    const error = secondOrder * ((shared ? Math.abs(shared[j]) : 0) + (isLeft ? l : 0));
    reachable[i] = Math.abs(v) + (worst ? worst[j] : 0);
    factors[i] = v * v + error * error;
    variances[i] = l * l;
  }
}

function rowMarks(marks: Uint8Array, k: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, r) =>
    marks.subarray(r * k, (r + 1) * k).includes(1) ? 1 : 0,
  );
}
