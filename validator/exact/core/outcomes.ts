/**
 * What an element may turn out as besides what its radii tell: a value too large for the narrower type
 * that a contract allows is an infinity there, and nothing else. Marks are bits, of which 1 says that
 * nothing is known.
 */
import type { NarrowType } from './numerics.ts';

/** Nothing is known of the element. */
export const undecidedMark = 1;

/** An infinity or a NaN as a mark; undecided where a number is none of them. */
export function outcomeOf(x: number): number {
  if (x === Infinity) return 2;
  if (x === -Infinity) return 4;
  return x !== x ? 8 : undecidedMark;
}

/** The numbers that a mark stands for. */
export function outcomesIn(mark: number): readonly number[] {
  return [Infinity, -Infinity, Number.NaN].filter((x) => (mark & outcomeOf(x)) !== 0);
}

/** What overflows in a narrower type comes to: NaN too where infinities of both signs may meet. */
export function overflowOutcomes({ round }: NarrowType, up: boolean, down: boolean): number {
  const marks = (up ? outcomeOf(round(Infinity)) : 0) | (down ? outcomeOf(round(-Infinity)) : 0);
  return up && down ? marks | outcomeOf(Number.NaN) : marks;
}
