/**
 * Halfway cases: numbers midway between two neighbours of a narrower format, and those one unit in
 * the last place of the own format to either side. Rounded once they go one way, rounded twice (to a
 * format in between, then on) often the other.
 */
import { type ElementType, type FloatFormat, floatFormat } from '../../graphs/ir/element-type.ts';
import { exponentOf } from '../../graphs/ir/float-bits.ts';
import type { Random } from './random.ts';

const narrower: readonly ElementType[] = [
  ...(['f32', 'f16', 'bf16', 'f8e4m3fn', 'f8e5m2'] as const),
];

/** A float next to a halfway case of a narrower format, or of the integers. */
export function halfwayFloat(random: Random, format: FloatFormat): number {
  const sign = random.u32() & 1 ? -1 : 1;
  const targets = narrower.map(floatFormat).filter((f) => f.precision < format.precision);
  const chosen = random.integer(-1, targets.length);
  if (chosen < 0) return sign * (random.integer(0, 8) + 0.5);
  const target = targets[chosen]!;
  const x = Math.abs(random.normal()) * 2 ** random.integer(-3, 4);
  const isSubnormal = random.integer(0, 8) === 0;
  const exponent = isSubnormal ? target.minExponent : exponentOf(Math.max(x, 2 ** -6));
  const unit = 2 ** (Math.max(exponent, target.minExponent) - target.precision + 1);
  const steps = isSubnormal ? random.integer(0, 8) : Math.floor(x / unit);
  const midway = (steps + 0.5) * unit;
  const least = format.minExponent - format.precision + 1;
  const own = 2 ** Math.max(exponentOf(midway) - format.precision + 1, least);
  return sign * (midway + random.integer(-1, 2) * own);
}

/** Precisions of the floats that an integer may be converted to. */
const precisions = [8, 11, 24, 53];

/** An integer next to a halfway case of a float format; undefined where the type is too narrow. */
export function halfwayInteger(random: Random, bits: number, signed: boolean): bigint | undefined {
  const room = signed ? bits - 1 : bits;
  const fitting = precisions.filter((p) => p + 1 < room);
  if (fitting.length === 0) return undefined;
  const precision = fitting[random.integer(0, fitting.length)]!;
  const leading = 2n ** BigInt(precision);
  const odd = leading + 2n * BigInt(random.integer(0, 2 ** (precision - 1))) + 1n;
  const midway = odd << BigInt(random.integer(0, room - precision));
  const value = midway + BigInt(random.integer(-1, 2));
  return signed && random.u32() & 1 ? -value : value;
}
