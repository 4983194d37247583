/**
 * Operands below the smallest normal number: an operation may take them for zero. They stay what
 * they are where they are only moved.
 */

import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import { heldBy } from '../products/rounded-rows.ts';
import { copiedRadii } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import { lazyBroadcastOf } from './lazy-broadcast.ts';
import { rootSquares } from './radius.ts';
import { type ExactTensor, factsOf } from './value.ts';

/**
 * The operand as an arithmetic operation may see it: flushed, or rounded to a narrower type. Either
 * radius alone reaches zero then. A flush happens or does not, it is no random error: its likely
 * radius is taken twice, so that a root sum of squares still holds the roundings beside it. Dividing
 * by lambda may itself underflow, so the smallest f64 is added.
 */
export function arithmeticOperand(t: ExactTensor, context: ExactContext): ExactTensor {
  const { type } = t.shape;
  if (!isFloat(type) && !isComplex(type)) return t;
  const numerics = context.numerics(type);
  const { flushBelow, lambda, narrow, smallestNormal, u } = numerics;
  const source = lazyBroadcastOf(t)?.source ?? t;
  if (!narrow && !hasDenormal(source, flushBelow)) return t;
  const data = t.data as Float64Array;
  const isHeld = heldBy(numerics);
  const { bound, deviation } = copiedRadii(t);
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (!(size < Infinity)) continue;
    if (narrow && (bound[i] > 0 || !isHeld(data[i]))) {
      const scale = Math.max(size, smallestNormal);
      bound[i] += u * (scale + bound[i]);
      deviation[i] = deviation[i] === 0 ? u * scale : rootSquares(deviation[i], u * scale);
    }
    if (size < flushBelow && size > 0) {
      deviation[i] = Math.max(deviation[i], (2 * size) / lambda + Number.MIN_VALUE);
      bound[i] = Math.max(bound[i], size);
    }
  }
  return { ...t, bound, deviation };
}

/** An operand that the op itself declares to be read at a narrower precision. */
export function roundedOperand(t: ExactTensor, round: (x: number) => number): ExactTensor {
  const data = t.data as Float64Array;
  if (!t.bound && data.every((x) => round(x) === x)) return t;
  const { bound, deviation } = copiedRadii(t);
  const u = roundoffOf(round);
  for (let i = 0; i < data.length; i++) {
    if (!(Math.abs(data[i]) < Infinity)) continue;
    if (bound[i] === 0 && round(data[i]) === data[i]) continue;
    const moved = Math.max(u * (Math.abs(data[i]) + bound[i]), Math.abs(round(data[i]) - data[i]));
    bound[i] += moved;
    deviation[i] = Math.hypot(deviation[i], moved);
  }
  return { ...t, bound, deviation };
}

/** Unit roundoff of a rounding to nearest. */
function roundoffOf(round: (x: number) => number): number {
  let ulp = 2 ** -52;
  while (round(1 + ulp) !== 1 + ulp) ulp *= 2;
  return ulp / 2;
}

/** Records that a tensor holds no denormal. */
export function hasNoDenormal(t: ExactTensor, below: number): void {
  factsOf(t).noneBelow = below;
}

/** The same tensor, of which it is recorded that it holds nothing but elements of others. */
export function inheritsSizes(t: ExactTensor, from: readonly ExactTensor[]): ExactTensor {
  const smallest = Math.min(...from.map((s) => s.facts?.noneBelow ?? 0));
  if (smallest > 0) factsOf(t).noneBelow = smallest;
  return t;
}

function hasDenormal({ data, facts }: ExactTensor, below: number): boolean {
  if ((facts?.noneBelow ?? 0) >= below) return false;
  const numbers = data as Float64Array;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i]);
    if (size < below && size > 0) return true;
  }
  return false;
}
