/**
 * What convert gives, by definition: towards zero and clamped from float to integer (NaN to 0), modulo
 * the width between integers, to the nearest float from the exact number, the real part of a complex
 * number. Written over whole numbers and encodings, apart from graphs/ir and the reference.
 */
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../../../graphs/ir/element-type.ts';
import { layouts, magnitudes, nearest } from '../encodings.ts';

type Wanted = number | bigint | 'any';

/** The parts of the result of converting (real, imaginary). */
export function wantedConversion(
  from: ElementType,
  to: ElementType,
  [re, im]: readonly [number | bigint, number],
): readonly Wanted[] {
  if (isComplex(to)) {
    const part = to === 'c64' ? 'f32' : 'f64';
    return [toReal(from, part, re), isComplex(from) ? toReal(from, part, im) : 0];
  }
  if (to === 'pred') return [re === 0 || re === 0n ? (im === 0 ? 0 : 1) : 1];
  return [toReal(from, to, re)];
}

function toReal(from: ElementType, to: ElementType, x: number | bigint): Wanted {
  if (isFloat(to)) return toFloat(to, x);
  const { bits, kind } = elementTypes[to];
  const result = typeof x === 'bigint' || isWhole(from) ? modulo(BigInt(x), to) : clamped(x, to);
  return bits === 64 && kind !== 'pred' ? result : Number(result);
}

function isWhole(type: ElementType): boolean {
  const { kind } = elementTypes[type];
  return kind === 'signed' || kind === 'unsigned' || kind === 'pred';
}

function modulo(x: bigint, to: ElementType): bigint {
  const { bits, kind } = elementTypes[to];
  return kind === 'signed' ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x);
}

function clamped(x: number, to: ElementType): bigint {
  const { bits, kind } = elementTypes[to];
  const low = kind === 'signed' ? -(2n ** BigInt(bits - 1)) : 0n;
  const high = low + 2n ** BigInt(bits) - 1n;
  if (Number.isNaN(x)) return 0n;
  if (x === Infinity) return high;
  if (x === -Infinity) return low;
  const whole = BigInt(Math.trunc(x));
  return whole < low ? low : whole > high ? high : whole;
}

const tables = new Map(
  (Object.keys(layouts) as ElementType[]).map((type) => [type, magnitudes(type)]),
);

function toFloat(to: ElementType, x: number | bigint): Wanted {
  const table = tables.get(to);
  if (Number.isNaN(Number(x)) && layouts[to]?.flavour === 'finite') return 'any';
  if (typeof x === 'number') {
    if (table) return nearest(to, table, x);
    return to === 'f32' ? Math.fround(x) : x;
  }
  if (to === 'f64') return Number(x);
  if (to === 'f32') return nearestOfTwo(x, Math.fround(Number(x)), 2 ** -23);
  return nearestOfTwo(x, nearest(to, table!, Number(x)), 2 ** -layouts[to]!.fractionBits, to);
}

/** Number(x) may lie on a midpoint that x only comes near: the neighbours are tried too. */
function nearestOfTwo(x: bigint, guess: number, ulp: number, to?: ElementType): number {
  if (!Number.isFinite(guess) || guess === 0) return guess;
  const round = (v: number) => (to ? nearest(to, tables.get(to)!, v) : Math.fround(v));
  const candidates = [guess, ...[1 + ulp, 1 - ulp, 1 - ulp / 2].map((s) => round(guess * s))];
  const away = (c: number) => {
    const distance = 2n * x - BigInt(2 * c);
    return distance < 0n ? -distance : distance;
  };
  const whole = candidates.filter((c) => Number.isInteger(2 * c));
  return whole.reduce((best, c) => (away(c) < away(best) ? c : best), guess);
}
