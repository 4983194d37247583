/**
 * Reading radii: how far from the exact value a faithful result may lie, as a bound (`bound`), as
 * one standard radius (`deviation`), and as what decisions and verdicts use (`effectiveRadius`).
 */
import type { ExactTensor } from './value.ts';

/** Multiplier of the likely radius at decisions and verdicts (DESIGN, section 5). */
export const defaultLambda = 8;

/** Sound bound of element i (for complex types: of entry i of the interleaved data). */
export function boundAt(t: ExactTensor, i: number): number {
  return t.bound ? t.bound[i] : 0;
}

/**
 * One standard radius of element i. The independent and the shared part are added, not combined as
 * root sum of squares: at most √2 too wide, and right where they are one error seen twice.
 */
export function deviationAt(t: ExactTensor, i: number): number {
  return (t.deviation ? t.deviation[i] : 0) + (t.correlated ? Math.abs(t.correlated.radius[i]) : 0);
}

/** min(worst, λ·likely): half the width of the interval that decisions are taken with. */
export function effectiveRadius(t: ExactTensor, i: number, lambda: number = defaultLambda): number {
  if (!t.bound) return 0;
  return Math.min(t.bound[i], lambda * deviationAt(t, i));
}

/** True where element i cannot be judged. */
export function isUndecided(t: ExactTensor, i: number): boolean {
  return t.undecided !== undefined && t.undecided[i] !== 0;
}

/**
 * Two shared errors of one element as one. They may be one error or two: the root sum of squares,
 * with the sign of the larger, is off by no more than √2 where they are one and add up. The squares
 * may underflow: it is no less than the larger.
 */
export function mergeCorrelated(a: number, b: number): number {
  if (a === 0 || b === 0) return a + b;
  const larger = Math.abs(a) >= Math.abs(b) ? a : b;
  const size = Math.max(Math.abs(larger), Math.sqrt(a * a + b * b));
  return larger < 0 ? -size : size;
}

/**
 * The likely radius of a result from one of an operand: the chord over λ radii, which sees curvature;
 * but no more than twice the chord over half of them, so that a pole or the end of a domain counts
 * only from there. `grow` bounds the result for a bound of the operand.
 */
export function chord(grow: (r: number) => number, radius: number, lambda: number): number {
  const far = grow(lambda * radius);
  const near = grow((lambda / 2) * radius);
  return Math.min(far, 4 * near) / lambda;
}

/** √(a² + b²) of two radii, also where the squares overflow or underflow. */
export function rootSquares(a: number, b: number): number {
  const squares = a * a + b * b;
  return squares > smallSquare && squares < Infinity ? Math.sqrt(squares) : Math.hypot(a, b);
}

/** Squares below it may have lost digits to underflow. */
const smallSquare = 2 ** -900;

/** γₙ = n·u/(1 − n·u), the error bound of n roundings; Infinity where n·u ≥ 1 (Higham 2002, 3.1). */
export function gamma(n: number, u: number): number {
  return n * u < 1 ? (n * u) / (1 - n * u) : Infinity;
}
