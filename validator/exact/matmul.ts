/**
 * Products of matrices with radii: result[row, column] = Σ_k lhs[row, k]·rhs[column, k]. Dot and
 * convolution arrange their operands so. Worst case: Σ(|a|r_b + |b|r_a + r_a r_b) + γₙ Σ|ab|
 * + u_out|v|; likely: sums.ts, with one rounding more for each product.
 */
import { secondOrder } from './arithmetic-loops.ts';
import { type Numerics, oracleRoundoff } from './numerics.ts';
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

/** Multiplies one row by one column at a time; made once for a pair of operands. */
export class Products {
  private readonly lhs: Prepared;
  private readonly rhs: Prepared;
  private readonly k: number;
  private readonly accumulator: Accumulator;
  private readonly numerics: Numerics;
  /** Whether shared errors of lhs and rhs are one error along the contraction. */
  private readonly linear: boolean;
  private readonly radii: boolean;
  /** Worst radius of the last result that came from the operands. */
  private brought = 0;

  constructor(
    lhs: Rows,
    rhs: Rows,
    k: number,
    accumulator: Accumulator,
    numerics: Numerics,
    linear: boolean,
  ) {
    this.lhs = prepare(lhs, k, accumulator.bits, true);
    this.rhs = prepare(rhs, k, accumulator.bits, false);
    this.k = k;
    this.accumulator = accumulator;
    this.numerics = numerics;
    this.linear = linear;
    this.radii = !!lhs.worst || !!rhs.worst;
  }

  /** Element i of the sink: row of lhs times row of rhs. */
  put(sink: Sink, i: number, row: number, column: number): void {
    const { k, accumulator } = this;
    const x = this.lhs.x;
    const y = this.rhs.x;
    const from = row * k;
    const shift = column * k - from;
    const f32 = accumulator.bits === 24;
    let sum = 0;
    let size = 0;
    let squares = 0;
    let partialSquares = 0;
    let sequential = 0;
    for (let j = from; j < from + k; j++) {
      const p = x[j] * y[j + shift];
      sum += p;
      size += Math.abs(p);
      squares += p * p;
      partialSquares += sum * sum;
      sequential = f32
        ? Math.fround(sequential + Math.fround(p))
        : accumulator.round(sequential + accumulator.round(p));
    }
    if (this.lhs.undecided?.[row] || this.rhs.undecided?.[column]) sink.mark(i);
    if (!(Math.abs(sum) < Infinity)) {
      if (!this.settledSpecial(from, shift)) sink.mark(i);
      sink.keep(i, sum, 0, 0, 0);
      return;
    }
    this.settle(sink, i, row, column, sum, size, squares, partialSquares, sequential - sum);
  }

  /**
   * An infinite or undefined sum that is so in any order and wherever the operands lie: NaN among
   * them, or infinite operands times numbers that keep their sign, the rest not overflowing.
   */
  private settledSpecial(from: number, shift: number): boolean {
    const { x, reachable: rx } = this.lhs;
    const { x: y, reachable: ry } = this.rhs;
    let [size, infinite, settled] = [0, false, true];
    for (let j = from; j < from + this.k; j++) {
      const [a, b] = [Math.abs(x[j]), Math.abs(y[j + shift])];
      if (a !== a || b !== b) return true;
      if (a < Infinity && b < Infinity) size += rx[j] * ry[j + shift];
      else {
        infinite = true;
        const [other, reached] = a < Infinity ? [a, rx[j]] : [b, ry[j + shift]];
        if (reached > other && reached >= 2 * other) settled = false;
      }
    }
    return settled && infinite && size <= this.range();
  }

  /** Largest number that the accumulator holds. */
  private range(): number {
    return this.accumulator.bits === 24 ? largestF32 : Number.MAX_VALUE;
  }

  private settle(
    sink: Sink,
    i: number,
    row: number,
    column: number,
    sum: number,
    size: number,
    squares: number,
    partialSquares: number,
    error: number,
  ): void {
    const { k, numerics, accumulator } = this;
    this.brought = 0;
    const l = this.radii ? this.inherited(row * k, column * k, size) : 0;
    const s = this.radii ? this.common(row * k, column * k) : 0;
    const w = this.brought;
    const quantum = this.lhs.quanta[row] * this.rhs.quanta[column];
    const lattice = quantum >= numerics.flushBelow && sumIsExact(size, quantum, accumulator.bits);
    if (w === 0 && (size === 0 || lattice)) {
      sink.put(i, sum, 0, 0, 0);
      return;
    }
    const { u } = accumulator;
    const fresh = sumRadius(
      u,
      k,
      sum,
      squares,
      partialSquares + squares,
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

  /** Likely radius squared that the operands bring along; their worst is left in `brought`. */
  private inherited(a: number, b: number, size: number): number {
    const { k } = this;
    const { reachable: ra, factors: sa, variances: va } = this.lhs;
    const { reachable: rb, factors: sb, variances: vb } = this.rhs;
    let reachable = 0;
    let l = 0;
    for (let j = a, i = b; j < a + k; j++, i++) {
      reachable += ra[j] * rb[i];
      l += sa[j] * vb[i] + sb[i] * va[j];
    }
    this.brought = Math.max(0, reachable - size) + 2 * k * oracleRoundoff * size;
    return l;
  }

  /** Shared radius that the operands bring along. */
  private common(a: number, b: number): number {
    const { k } = this;
    const { x, shared: ca } = this.lhs;
    const { x: y, shared: cb } = this.rhs;
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
}

const largestF32 = (2 - 2 ** -23) * 2 ** 127;

interface Prepared {
  readonly x: Float64Array;
  /** |x| + worst. */
  readonly reachable: Float64Array;
  /** x², and what stands for products of two errors (`secondOrder`). */
  readonly factors: Float64Array;
  /** likely². */
  readonly variances: Float64Array;
  readonly shared?: Float64Array;
  /** Common quantum of each row; 0 where there is none. */
  readonly quanta: Float64Array;
  /** Per row: some element is undecided. */
  readonly undecided?: Uint8Array;
}

function prepare(rows: Rows, k: number, bits: number, isLeft: boolean): Prepared {
  const { x, worst, likely, shared, undecided } = rows;
  const count = k === 0 ? 0 : x.length / k;
  const steps = Int32Array.from({ length: k }, (_, j) => j);
  const rowOf = (r: number) => commonQuantum(x, steps, r * k, k, bits);
  return {
    x,
    reachable: x.map((v, i) => Math.abs(v) + (worst ? worst[i] : 0)),
    factors: x.map((v, i) => {
      const common = shared ? Math.abs(shared[i]) : 0;
      const error = secondOrder * (common + (isLeft && likely ? likely[i] : 0));
      return v * v + error * error;
    }),
    variances: likely ? likely.map((l) => l * l) : new Float64Array(x.length),
    ...(shared && { shared }),
    quanta: Float64Array.from({ length: count }, (_, r) => rowOf(r)),
    ...(undecided && { undecided: rowMarks(undecided, k, count) }),
  };
}

function rowMarks(marks: Uint8Array, k: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, r) =>
    marks.subarray(r * k, (r + 1) * k).includes(1) ? 1 : 0,
  );
}
