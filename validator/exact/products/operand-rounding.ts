/**
 * Figures of sums of products both sides of which were certain until the op read them at a narrower
 * type. With x known to u_x·|x| and y to u_y·|y| in all of a row and a column, what they bring is
 * (u_x + u_y + u_x·u_y)·Σ|xy|, and its variance (u_x² + u_y²)·Σ(xy)²: both from figures that the sum
 * has anyway.
 */
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { momentsWidth, type Offsets, type Rounding, rowMoments } from './dot-moments.ts';
import type { Rows } from './product-error.ts';
import { heldRow, mixedRow, type Narrowed } from './rounded-rows.ts';

export class OperandRounding {
  private readonly columns: Rows;
  private readonly of: Narrowed;
  private readonly hasMixed: boolean;
  private readonly offsets: Offsets;
  private readonly rounding: Rounding;
  private readonly even: { readonly held: Float64Array; readonly moved: Float64Array[] };

  constructor(columns: Rows, of: Narrowed, offsets: Offsets, rounding: Rounding) {
    const { kinds, k } = of;
    this.columns = columns;
    this.of = of;
    this.hasMixed = kinds.includes(mixedRow);
    this.offsets = offsets;
    this.rounding = rounding;
    this.even = { held: new Float64Array(k), moved: [] };
  }

  /** Figures of the row at `a` times n columns from `b` on. */
  put(rows: Rows, row: Narrowed, a: number, b: number, n: number, out: Float64Array): void {
    const { columns, offsets, rounding } = this;
    const { count: k } = offsets;
    rowMoments(rows.x, a, columns.x, b, n, offsets, rounding, out);
    this.bring(row, a, b, n, out);
    if (this.hasMixed || row.kinds[a / k] === mixedRow) this.bringMixed(rows, row, a, b, n, out);
  }

  /** What rows and columns of one kind bring. */
  private bring(row: Narrowed, a: number, b: number, n: number, out: Float64Array): void {
    const { kinds, u, k } = this.of;
    const ux = row.kinds[a / k] === heldRow ? 0 : row.u;
    const first = b / k;
    const [held, moved] = [factorsOf(ux, 0), factorsOf(ux, u)];
    for (let c = 0, at = 0; c < n; c++, at += momentsWidth) {
      const { bound, variance } = kinds[first + c] === heldRow ? held : moved;
      out[at + 5] = bound * out[at + 1];
      out[at + 6] = variance * out[at + 2];
    }
  }

  /** What is brought where a row or a column is mixed. */
  private bringMixed(
    rows: Rows,
    row: Narrowed,
    a: number,
    b: number,
    n: number,
    out: Float64Array,
  ): void {
    const { columns, of } = this;
    const { kinds, k } = of;
    const isMixed = row.kinds[a / k] === mixedRow;
    const [rx, ra] = this.relativeOf(row, a);
    for (let c = 0, from = b; c < n; c++, from += k) {
      if (!isMixed && kinds[from / k] !== mixedRow) continue;
      const [ry, rb] = this.relativeOf(of, from);
      broughtInPart(rows.x, a, columns.x, from, rx, ra, ry, rb, k, out, c * momentsWidth);
    }
  }

  /** Relative radii of the row at `a`, and where they begin. */
  private relativeOf(
    { kinds, u, relative, k }: Narrowed,
    a: number,
  ): readonly [Float64Array, number] {
    const kind = kinds[a / k];
    if (kind === mixedRow && relative) return [relative, a];
    if (kind === heldRow) return [this.even.held, 0];
    const { moved } = this.even;
    let known = moved.find((r) => r[0] === u);
    if (!known) {
      known = new Float64Array(k).fill(u);
      moved.push(known);
    }
    return [known, 0];
  }
}

/** Relative to Σ|xy| and Σ(xy)²; products of two errors count in the variance as elsewhere. */
function factorsOf(ux: number, uy: number) {
  const variance = ux * ux + uy * uy * (1 + (secondOrder * ux) ** 2);
  return { bound: ux + uy + ux * uy, variance };
}

/** What a row and a column bring whose elements have relative radii of their own. */
function broughtInPart(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  rx: Float64Array,
  ra: number,
  ry: Float64Array,
  rb: number,
  k: number,
  out: Float64Array,
  at: number,
): void {
  let bound = 0;
  let variance = 0;
  for (let j = 0; j < k; j++) {
    const p = Math.abs(x[a + j] * y[b + j]);
    const ux = rx[ra + j];
    const uy = ry[rb + j];
    const second = secondOrder * ux;
    bound += (ux + uy + ux * uy) * p;
    variance += (ux * ux + uy * uy * (1 + second * second)) * (p * p);
  }
  out[at + 5] = bound;
  out[at + 6] = variance;
}
