/**
 * Complex rows as real ones of twice the length: Σ (a + bi)(c + di) is Σ (a·c + b·(-d)) and
 * Σ (a·d + b·c)·i, each one real sum of products. An implementation may add their terms in any
 * order, so their radii, and whether they are exact, are those of the whole sum. Runs of real parts
 * come before those of imaginary ones, as where the two are summed by themselves: the squares of
 * partial sums (sums.ts) are then not made small by terms that cancel in pairs.
 */

import type { ExactTensor } from '../core/value.ts';
import { imaginaryPart, joined, realPart } from '../elementwise/complex-parts.ts';
import { type Rows, rowsOf } from './rows.ts';

/** Real rows in runs: `run` real parts, the `run` imaginary parts that belong to them, and so on. */
export interface PairedRows extends Rows {
  readonly run: number;
}

/** The tensor, with imaginary zeros where it is real. */
export function asComplex(t: ExactTensor): ExactTensor {
  return joined(realPart(t), imaginaryPart(t));
}

/** Elements of a complex tensor by index, `run` of them at a time. */
export function pairedRows(t: ExactTensor, index: Int32Array, run: number): PairedRows {
  const { x, bound, deviation, correlated, undecided } = rowsOf(t);
  const n = index.length;
  const place = (i: number) => i + Math.floor(i / run) * run;
  const pairs = (from: Float64Array) => {
    const out = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      const to = place(i);
      out[to] = from[2 * index[i]];
      out[to + run] = from[2 * index[i] + 1];
    }
    return out;
  };
  const marks = undecided && new Uint8Array(2 * n);
  if (marks) for (let i = 0; i < n; i++) marks[place(i)] = undecided[index[i]];
  return {
    run,
    x: pairs(x),
    ...(bound && { bound: pairs(bound) }),
    ...(deviation && { deviation: pairs(deviation) }),
    ...(correlated && { correlated: pairs(correlated) }),
    ...(marks && { undecided: marks }),
  };
}

/** Columns that give the real part: c, -d. */
export function conjugated(rows: PairedRows): Rows {
  const every = (a: Float64Array) => a.map((v, e) => (isReal(e, rows.run) ? v : -v));
  return {
    ...rows,
    x: every(rows.x),
    ...(rows.correlated && { correlated: every(rows.correlated) }),
  };
}

/** Columns that give the imaginary part: d, c. Marks are of the element, whichever part bears them. */
export function exchanged(rows: PairedRows): Rows {
  const { x, bound, deviation, correlated, run } = rows;
  const every = (a: Float64Array) => a.map((_, e) => a[isReal(e, run) ? e + run : e - run]);
  return {
    ...rows,
    x: every(x),
    ...(bound && { bound: every(bound) }),
    ...(deviation && { deviation: every(deviation) }),
    ...(correlated && { correlated: every(correlated) }),
  };
}

const isReal = (e: number, run: number) => Math.floor(e / run) % 2 === 0;
