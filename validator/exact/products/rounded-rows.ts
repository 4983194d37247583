/**
 * Rows of numbers that were certain until an op read them at a narrower type. What that adds is known
 * without an array of radii: u·|x| for what the type does not hold, nothing for what it does. Nearly
 * every row is of one kind, and a sum over such rows needs no loop of its own for what they bring.
 */
import type { Numerics } from '../core/numerics.ts';

/** A row that is held as it is; one of which nothing but zeros is held; one of both. */
export const heldRow = 0;
/** Nothing but zeros of the row is held. */
export const movedRow = 1;
/** Some of the row is held. */
export const mixedRow = 2;

/** What the reading of rows of k numbers at a narrower type adds to each. */
export interface Narrowed {
  readonly k: number;
  /** Relative radius, worst and likely, of an element that is not held. */
  readonly u: number;
  /** Per row one of the three above. */
  readonly kinds: Uint8Array;
  /** Relative radius of each element of the mixed rows; absent where there are none. */
  readonly relative?: Float64Array;
}

/**
 * The rows of k numbers in x as an operation with these numerics reads them: what arithmeticOperand
 * says of numbers without radii. Undefined where some of them may be flushed or lie below or above the
 * normal numbers of the narrower type, which moves them by more than u.
 */
export function narrowedRows(x: Float64Array, k: number, numerics: Numerics): Narrowed | undefined {
  const { flushBelow, narrow, overflowFrom, smallestNormal, u } = numerics;
  const least = narrow ? Math.max(flushBelow, smallestNormal) : flushBelow;
  const isHeld = heldBy(numerics);
  const kinds = new Uint8Array(x.length / k);
  for (let row = 0, from = 0; row < kinds.length; row++, from += k) {
    let [moved, held] = [0, 0];
    for (let i = from; i < from + k; i++) {
      const size = Math.abs(x[i]);
      if (size === 0) continue;
      if (size < least || (size > overflowFrom && size < Infinity)) return undefined;
      if (isHeld(x[i])) held++;
      else moved++;
    }
    kinds[row] = moved === 0 ? heldRow : held === 0 ? movedRow : mixedRow;
  }
  const relative = kinds.includes(mixedRow) && relativeRadii(x, k, kinds, u, isHeld);
  return { k, u, kinds, ...(relative && { relative }) };
}

/** Rows that the op reads as they are. */
export function heldRows(x: Float64Array, k: number): Narrowed {
  return { k, u: 0, kinds: new Uint8Array(x.length / k) };
}

function relativeRadii(
  x: Float64Array,
  k: number,
  kinds: Uint8Array,
  u: number,
  isHeld: (x: number) => boolean,
): Float64Array {
  const relative = new Float64Array(x.length);
  kinds.forEach((kind, row) => {
    if (kind !== mixedRow) return;
    for (let i = row * k; i < (row + 1) * k; i++) relative[i] = isHeld(x[i]) ? 0 : u;
  });
  return relative;
}

/**
 * Whether a number is one of the type that operands are read at, or none that has a radius. By far
 * most are none, as their digits tell: c - (c - x) with c = (2^(53-p) + 1)x has p of them (Veltkamp).
 */
export function heldBy({ narrow, split }: Numerics): (x: number) => boolean {
  if (!narrow) return () => true;
  const { round } = narrow;
  return (x) => {
    const c = split * x;
    if (c - (c - x) === x) return round(x) === x;
    return !(Math.abs(x) < Infinity);
  };
}

/** Worst radius of element i, no less than the smallest number where there is one. */
export function narrowedRadius({ k, u, kinds, relative }: Narrowed, x: number, i: number): number {
  const kind = kinds[Math.floor(i / k)];
  const size = Math.abs(x);
  if (kind === heldRow || size === 0 || !(size < Infinity)) return 0;
  const r = kind === mixedRow && relative ? relative[i] : u;
  return r === 0 ? 0 : Math.max(r * size, Number.MIN_VALUE);
}
