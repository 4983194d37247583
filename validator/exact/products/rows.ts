/** Operands of products as rows of numbers, and what is known of a row or of one element. */
import type { ExactTensor } from '../core/value.ts';
import { heldRow, type Narrowed, narrowedRadius } from './rounded-rows.ts';

/** Rows of numbers and, where there are any, their radii: both, or neither; or how they are read. */
export interface Rows {
  readonly x: Float64Array;
  readonly bound?: Float64Array;
  readonly deviation?: Float64Array;
  readonly correlated?: Float64Array;
  readonly undecided?: Uint8Array;
  /** In place of radii: of both sides of a product, or of neither. */
  readonly narrowed?: Narrowed;
}

/** The elements of a tensor as they lie. */
export function rowsOf({ data, bound, deviation, correlated, undecided }: ExactTensor): Rows {
  const zero = () => new Float64Array(data.length);
  const uncertain = bound !== undefined || deviation !== undefined || correlated !== undefined;
  return {
    x: data as Float64Array,
    ...(uncertain && { bound: bound ?? zero(), deviation: deviation ?? zero() }),
    ...(correlated && { correlated: correlated.radius }),
    ...(undecided && { undecided }),
  };
}

/** True where no element of the row has a radius. */
export function isCertainRow({ bound, narrowed }: Rows, from: number): boolean {
  return !bound && (!narrowed || narrowed.kinds[Math.floor(from / narrowed.k)] === heldRow);
}

/** Bound of the radius of one element. */
export function worstOfElement({ x, bound, narrowed }: Rows, i: number): number {
  if (bound) return bound[i];
  return narrowed ? narrowedRadius(narrowed, x[i], i) : 0;
}

/** Whether one of `count` elements, at `from` + steps, is marked. */
export function hasMark(
  marks: Uint8Array,
  from: number,
  steps: Int32Array,
  count: number,
): boolean {
  for (let j = 0; j < count; j++) if (marks[from + steps[j]] !== 0) return true;
  return false;
}
