/**
 * Products of matrices with radii: result[row, column] = Σ_k lhs[row, k]·rhs[column, k]. Dot and
 * convolution arrange their operands so. Worst case: Σ(|a|r_b + |b|r_a + r_a r_b) + γₙ Σ|ab|
 * + u_out|v|; likely: sums.ts, with one rounding more for each product.
 */
import { secondOrder } from './arithmetic-elements.ts';
import { type Numerics, oracleRoundoff } from './numerics.ts';
import {
  broughtByBoth,
  broughtByOne,
  broughtToTwo,
  broughtToTwoByRow,
  broughtWidth,
  figuresWidth,
  oneColumn,
  oneColumnF32,
  twoColumnsF32,
  twoLanesF32,
  type Uncertain,
  type Walk,
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

/** Rows as they stand on the left of a product; whoever copies elements of them copies these arrays. */
export interface LeftRows {
  readonly x: Float64Array;
  /** Where there are radii. */
  readonly uncertain?: Uncertain;
  readonly shared?: Float64Array;
  readonly undecided?: Uint8Array;
}

export function leftRows(rows: Rows): LeftRows {
  const { x, worst, shared, undecided } = rows;
  return {
    x,
    ...(worst && { uncertain: uncertainOf(rows, true) }),
    ...(shared && { shared }),
    ...(undecided && { undecided }),
  };
}

/** Rows of k numbers that lie one after another, each multiplied by all columns. */
export function wholeRows(k: number): Walk {
  return { k, rowStep: 1, columnStep: 1, rowPitch: 0, columnPitch: k };
}

/** n rows and n columns of k numbers, side by side: each row is multiplied by one column. */
export function lanes(k: number, n: number): Walk {
  return { k, rowStep: n, columnStep: n, rowPitch: 1, columnPitch: 1 };
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
  private readonly walk: Walk;
  private readonly k: number;
  private readonly accumulator: Accumulator;
  private readonly numerics: Numerics;
  /** Whether shared errors of both sides are one error along the contraction. */
  private readonly linear: boolean;
  /** Present where the columns have radii. */
  private readonly right: Uncertain | undefined;
  /** Common quantum of each column, of the row at hand; NaN until asked for, 0 where there is none. */
  private readonly quanta: Float64Array;
  private rowQuantum = Number.NaN;
  private readonly marked: Uint8Array | undefined;
  private readonly figures = new Float64Array(2 * figuresWidth);
  private readonly brought = new Float64Array(2 * broughtWidth);

  /** `columns` lie, and the rows to come will lie, as `walk` says. */
  constructor(
    columns: Rows,
    walk: Walk,
    accumulator: Accumulator,
    numerics: Numerics,
    linear: boolean,
  ) {
    const count = walk.k === 0 ? 0 : columns.x.length / walk.k;
    this.columns = columns;
    this.walk = walk;
    this.k = walk.k;
    this.accumulator = accumulator;
    this.numerics = numerics;
    this.linear = linear;
    this.right = columns.worst && uncertainOf(columns, false);
    this.quanta = new Float64Array(count).fill(Number.NaN);
    this.marked = columns.undecided && columnMarks(columns.undecided, walk, count);
  }

  /**
   * The row that begins at `from`, or that one and the next n - 1, times n columns from the one
   * numbered `first` on, into elements to, to + step … of the sink.
   */
  put(
    sink: Sink,
    rows: LeftRows,
    from: number,
    first: number,
    n: number,
    to: number,
    step: number,
  ): void {
    const { walk, accumulator, figures } = this;
    const { k, rowStep, rowPitch, columnPitch } = walk;
    const y = this.columns.x;
    let marked = false;
    for (let c = 0; c < n; ) {
      const column = (first + c) * columnPitch;
      const row = from + c * rowPitch;
      const two = accumulator.bits === 24 && c + 1 < n;
      if (two && rowPitch === 0) twoColumnsF32(rows.x, row, y, column, k, figures);
      else if (two) twoLanesF32(rows.x, row, y, column, walk, figures);
      else if (accumulator.bits === 24) oneColumnF32(rows.x, row, y, column, walk, figures);
      else oneColumn(rows.x, row, y, column, walk, figures, accumulator.round);
      if (rows.uncertain || this.right) this.bring(rows, row, column, two);
      for (let at = 0; at < (two ? 2 : 1); at++, c++) {
        const own = from + c * rowPitch;
        if (c === 0 || rowPitch !== 0) {
          this.rowQuantum = Number.NaN;
          marked = rows.undecided !== undefined && hasMark(rows.undecided, own, rowStep, k);
        }
        if (marked || this.marked?.[first + c]) sink.mark(to + c * step);
        this.settle(sink, to + c * step, rows, own, first + c, at);
      }
    }
  }

  /** What the operands' radii bring to one column or two. */
  private bring({ x, uncertain: left }: LeftRows, row: number, column: number, two: boolean): void {
    const { walk, right, brought } = this;
    const { k, rowStep, columnStep } = walk;
    const rowPitch = two ? walk.rowPitch : 0;
    const columnPitch = two ? walk.columnPitch : 0;
    const y = this.columns.x;
    if (!left) {
      const swapped = {
        ...{ k, rowStep: columnStep, columnStep: rowStep },
        ...{ rowPitch: columnPitch, columnPitch: rowPitch },
      };
      broughtByOne(right!, column, x, row, swapped, brought);
      return;
    }
    if (two && rowPitch === 0) {
      if (right) broughtToTwo(left, row, right, column, k, brought);
      else broughtToTwoByRow(left, row, y, column, k, brought);
      return;
    }
    const own = two ? walk : { k, rowStep, columnStep, rowPitch, columnPitch };
    if (right) broughtByBoth(left, row, right, column, own, brought);
    else broughtByOne(left, row, y, column, own, brought);
  }

  private settle(
    sink: Sink,
    i: number,
    rows: LeftRows,
    from: number,
    column: number,
    which: number,
  ): void {
    const { k, numerics, accumulator, figures, brought } = this;
    const at = which * figuresWidth;
    const start = column * this.walk.columnPitch;
    const sum = figures[at];
    const size = figures[at + 1];
    const squares = figures[at + 2];
    if (!(Math.abs(sum) < Infinity)) {
      if (!this.settledSpecial(rows, from, start)) sink.mark(i);
      sink.keep(i, sum, 0, 0, 0);
      return;
    }
    const radii = rows.uncertain !== undefined || this.right !== undefined;
    const reachable = brought[which * broughtWidth];
    const w = radii ? Math.max(0, reachable - size) + 2 * k * oracleRoundoff * size : 0;
    if (w === 0 && (size === 0 || this.isLattice(rows, from, column, size))) {
      sink.put(i, sum, 0, 0, 0);
      return;
    }
    const l = radii ? brought[which * broughtWidth + 1] : 0;
    const s = radii ? this.common(rows, from, start) : 0;
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
  private isLattice(rows: LeftRows, from: number, column: number, size: number): boolean {
    const { k, quanta, accumulator, walk } = this;
    const { bits } = accumulator;
    if (quanta[column] !== quanta[column]) {
      const start = column * walk.columnPitch;
      quanta[column] = commonQuantum(this.columns.x, start, k, bits, walk.columnStep);
    }
    if (quanta[column] === 0) return false;
    if (this.rowQuantum !== this.rowQuantum) {
      this.rowQuantum = commonQuantum(rows.x, from, k, bits, walk.rowStep);
    }
    const quantum = this.rowQuantum * quanta[column];
    return quantum >= this.numerics.flushBelow && sumIsExact(size, quantum, bits);
  }

  /** Shared radius that the operands bring along. */
  private common({ x, shared: ca }: LeftRows, a: number, b: number): number {
    const { k, rowStep, columnStep } = this.walk;
    const { x: y, shared: cb } = this.columns;
    if (!ca && !cb) return 0;
    let s = 0;
    let s2 = 0;
    for (let n = 0, j = a, i = b; n < k; n++, j += rowStep, i += columnStep) {
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
  private settledSpecial({ x, uncertain: left }: LeftRows, from: number, column: number): boolean {
    const { k, rowStep, columnStep } = this.walk;
    const y = this.columns.x;
    let [size, infinite, settled] = [0, false, true];
    for (let n = 0, j = from, i = column; n < k; n++, j += rowStep, i += columnStep) {
      const [a, b] = [Math.abs(x[j]), Math.abs(y[i])];
      const ra = left ? left.reachable[j] : a;
      const rb = this.right ? this.right.reachable[i] : b;
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

/** Values and radii as the loops need them. */
function uncertainOf({ x, worst, likely, shared }: Rows, isLeft: boolean): Uncertain {
  const make = () => new Float64Array(x.length);
  const [reachable, factors, variances] = [make(), make(), make()];
  for (let i = 0; i < x.length; i++) {
    const v = x[i];
    const l = likely ? likely[i] : 0;
    const error = secondOrder * ((shared ? Math.abs(shared[i]) : 0) + (isLeft ? l : 0));
    reachable[i] = Math.abs(v) + (worst ? worst[i] : 0);
    factors[i] = v * v + error * error;
    variances[i] = l * l;
  }
  return { reachable, factors, variances };
}

function columnMarks(marks: Uint8Array, walk: Walk, count: number): Uint8Array {
  const { k, columnStep, columnPitch } = walk;
  return Uint8Array.from({ length: count }, (_, c) =>
    hasMark(marks, c * columnPitch, columnStep, k) ? 1 : 0,
  );
}

function hasMark(marks: Uint8Array, from: number, step: number, k: number): boolean {
  for (let j = 0, at = from; j < k; j++, at += step) if (marks[at] === 1) return true;
  return false;
}
