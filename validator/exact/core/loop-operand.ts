/**
 * Operands of the loops over two arrays, and the stretches of elements over which both go on evenly:
 * an operand stays at one element (a scalar, one row of a broadcast) or moves along with the result.
 */
import { stepOf } from './broadcasting.ts';
import { lazyBroadcastOf } from './lazy-broadcast.ts';
import type { ExactTensor } from './value.ts';

/** One operand: values and radii; arrays that are absent are one zero, read over and over. */
export interface LoopOperand {
  readonly x: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  readonly correlated: Float64Array;
  /** Which of the arrays there are. */
  readonly isRough: boolean;
  readonly isShared: boolean;
  /**
   * Element i of the result reads element ⌊i/inner⌋ mod count of the arrays. Always 0 where there is
   * but one; i itself where inner is 1 and count the number of elements.
   */
  readonly inner: number;
  readonly count: number;
}

/** Stands for radii that are absent: loops then read numbers only, and box none. */
const zero = new Float64Array(1);

/** The operand of a result of n elements; a broadcast is read as its source where rows are long. */
export function loopOperand(t: ExactTensor, n: number): LoopOperand {
  const lazyBroadcast = n > 1 ? lazyBroadcastOf(t) : undefined;
  const { bound = zero, deviation = zero, correlated, data } = lazyBroadcast?.source ?? t;
  return {
    x: data as Float64Array,
    bound,
    deviation,
    correlated: correlated?.radius ?? zero,
    isRough: bound !== zero,
    isShared: correlated !== undefined,
    inner: lazyBroadcast ? lazyBroadcast.inner : stepOf(t, n) === 0 ? n : 1,
    count: lazyBroadcast || stepOf(t, n) === 0 ? data.length : n,
  };
}

/** Where the operand's element for element i is. */
export function indexIn({ inner, count }: LoopOperand, i: number): number {
  return inner === 1 && i < count ? i : Math.floor(i / inner) % count;
}

/** How many elements from i on the operand goes on evenly. */
export function evenFor({ inner, count }: LoopOperand, i: number): number {
  return inner > 1 ? inner - (i % inner) : count - (i % count);
}

/** Radius arrays are one zero where they are absent. */
export function radiusAt(radii: Float64Array, isPresent: boolean, at: number): number {
  return isPresent ? radii[at] : 0;
}
