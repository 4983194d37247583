/**
 * Figures of sums of products both sides of which were certain until the op read them at a narrower
 * type. With x known to u_x·|x| and y to u_y·|y| in all of a row and a column, what they bring is
 * (u_x + u_y + u_x·u_y)·Σ|xy|, and its variance (u_x² + u_y²)·Σ(xy)²: both from figures that the sum
 * has anyway.
 */
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { momentsWidth, type Span } from './pair-moments.ts';
import { heldRow, mixedRow, type Narrowed } from './rounded-rows.ts';
import type { Rows } from './rows.ts';

/** Completes the figures of the row at a times n columns from b on. */
export function bringRounding(
  rows: Rounded,
  columns: Rounded,
  { a, b, n }: Span,
  out: Float64Array,
): void {
  const { kinds, u, k } = columns.narrowed;
  const isMixed = rows.narrowed.kinds[a / k] === mixedRow;
  const hasMixed = isMixed || columns.narrowed.relative !== undefined;
  const row = partOf(rows, a);
  const [held, moved] = [factorsOf(row.u, 0), factorsOf(row.u, u)];
  for (let c = 0, at = 0; c < n; c++, at += momentsWidth) {
    const kind = kinds[b / k + c];
    if (hasMixed && (isMixed || kind === mixedRow)) {
      broughtInPart(row, partOf(columns, b + c * k), k, out, at);
      continue;
    }
    const { bound, variance } = kind === heldRow ? held : moved;
    out[at + 5] = bound * out[at + 1];
    out[at + 6] = variance * out[at + 2];
  }
}

/** Rows of which the narrower type holds this and that. */
type Rounded = Rows & { readonly narrowed: Narrowed };

/** Whether rows have, in place of radii, how a narrower type reads them. */
export function isRounded(rows: Rows): rows is Rounded {
  return rows.narrowed !== undefined;
}

/** One row: relative radii of its elements, all of them u where there are none. */
interface Part {
  readonly x: Float64Array;
  readonly from: number;
  readonly u: number;
  readonly relative: Float64Array | undefined;
}

function partOf({ x, narrowed: { kinds, u, k, relative } }: Rounded, from: number): Part {
  const kind = kinds[from / k];
  const isMixed = kind === mixedRow;
  return { x, from, u: kind === heldRow ? 0 : u, relative: isMixed ? relative : undefined };
}

/** Relative to Σ|xy| and Σ(xy)²; products of two errors count in the variance as elsewhere. */
function factorsOf(ux: number, uy: number) {
  const variance = ux * ux + uy * uy * (1 + (secondOrder * ux) ** 2);
  return { bound: ux + uy + ux * uy, variance };
}

/** What a row and a column bring whose elements have relative radii of their own. */
function broughtInPart(row: Part, column: Part, k: number, out: Float64Array, at: number): void {
  const { x, from: a, u: ua, relative: ra } = row;
  const { x: y, from: b, u: ub, relative: rb } = column;
  let bound = 0;
  let variance = 0;
  for (let j = 0; j < k; j++) {
    const p = Math.abs(x[a + j] * y[b + j]);
    const ux = ra ? ra[a + j] : ua;
    const uy = rb ? rb[b + j] : ub;
    const second = secondOrder * ux;
    bound += (ux + uy + ux * uy) * p;
    variance += (ux * ux + uy * uy * (1 + second * second)) * (p * p);
  }
  out[at + 5] = bound;
  out[at + 6] = variance;
}
