/**
 * Halfway cases: numbers midway between two neighbours of a narrower format, and those one unit in
 * the last place of the own format to either side. Rounded once they go one way, rounded twice (to a
 * format in between, then on) often the other.
 */
import {
  type ElementType,
  elementTypes,
  type FloatFormat,
  floatFormat,
} from '../../graphs/ir/element-type.ts';
import { exponentOf } from '../../graphs/ir/float-bits.ts';
import type { Random } from './random.ts';
import type { FloatRequest, IntegerRequest } from './request.ts';

const narrower: readonly ElementType[] = [
  ...(['f32', 'f16', 'bf16', 'f8e4m3fn', 'f8e5m2'] as const),
];

/**
 * A float next to a halfway case of a narrower format, or of the integers: every second of them, where
 * it is rounded to whole numbers.
 */
export function halfwayFloat({ random, format, facts: { rounded } }: FloatRequest): number {
  const sign = random.u32() & 1 ? -1 : 1;
  if (rounded?.toWhole && random.u32() & 1) return sign * halfwayWhole(random, format);
  const targets = narrower.map(floatFormat).filter((f) => f.precision < format.precision);
  const chosen = random.integer(-1, targets.length);
  if (chosen < 0) return sign * (random.integer(0, 8) + 0.5);
  const target = targets[chosen]!;
  const x = Math.abs(random.normal()) * 2 ** random.integer(-3, 4);
  const isSubnormal = random.integer(0, 8) === 0;
  const exponent = isSubnormal ? target.minExponent : exponentOf(Math.max(x, 2 ** -6));
  const unit = 2 ** (Math.max(exponent, target.minExponent) - target.precision + 1);
  const steps = isSubnormal ? random.integer(0, 8) : Math.floor(x / unit);
  return sign * beside(random, (steps + 0.5) * unit, format);
}

/**
 * Next to half way between two integers; one in four an odd integer to which the type cannot add a
 * half, so that floor(x + 1/2) is the next one.
 */
function halfwayWhole(random: Random, format: FloatFormat): number {
  const steps = random.integer(0, 8);
  if (random.integer(0, 4) === 0) return 2 ** (format.precision - 1) + 2 * steps + 1;
  return beside(random, steps + 0.5, format);
}

/** A number, or one of the two next to it below and above in a format. */
function beside(random: Random, x: number, format: FloatFormat): number {
  const side = random.integer(-1, 2);
  const least = format.minExponent - format.precision + 1;
  const isBelowBinade = side < 0 && Math.log2(x) % 1 === 0;
  const exponent = exponentOf(x) - (isBelowBinade ? 1 : 0);
  return x + side * 2 ** Math.max(exponent - format.precision + 1, least);
}

/** Precisions of the floats that an integer may be converted to. */
const precisions = [8, 11, 24, 53];

/**
 * An integer next to a halfway case of a float format, of the module's where it has any; half of them so
 * long that a wider format cannot tell them from the halfway case. Undefined where the type is too narrow.
 */
export function halfwayInteger({ random, type, facts }: IntegerRequest): bigint | undefined {
  const { bits, kind } = elementTypes[type];
  const signed = kind === 'signed';
  const room = signed ? bits - 1 : bits;
  const fits = (p: number) => p + 1 < room;
  const own = facts.rounded?.precisions.filter(fits) ?? [];
  const fitting = own.length ? own : precisions.filter(fits);
  if (fitting.length === 0) return undefined;
  const between = fitting[random.integer(0, fitting.length)]!;
  const narrower = fitting.filter((p) => p < between);
  const isTwice = narrower.length > 0 && (random.u32() & 1) === 1;
  const precision = isTwice ? narrower[random.integer(0, narrower.length)]! : between;
  const least = isTwice ? between + 1 - precision : 0;
  const leading = 2n ** BigInt(precision);
  const odd = leading + 2n * BigInt(random.integer(0, 2 ** (precision - 1))) + 1n;
  const midway = odd << BigInt(random.integer(least, room - precision));
  const value = midway + BigInt(random.integer(-1, 2));
  return signed && random.u32() & 1 ? -value : value;
}
