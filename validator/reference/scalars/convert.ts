/**
 * Conversion of one element between types, as XLA's convert: towards zero and clamped from float to
 * integer (NaN to 0), modulo 2^n from integer to integer, rounded once into a float.
 */
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { rounder, wrapper } from '../../../graphs/ir/rounding.ts';
import type { RoundingPolicy } from './rounding-policy.ts';
import { type Complex, classOf, type Scalar, type TypeClass } from './scalar.ts';

/** Takes an element of one type to another. */
export type Conversion = (x: Scalar) => Scalar;

type Make = (to: ElementType, round: RoundingPolicy) => (x: never) => Scalar;

/** The conversion from one type to another. */
export function conversion(from: ElementType, to: ElementType, round: RoundingPolicy): Conversion {
  if (from === to) return (x) => x;
  const source = classOf(from);
  return conversions[source][classOf(to)](to, round) as Conversion;
}

/** Wraps a bigint to s64 or u64. */
export function wrapWide(type: ElementType): (x: bigint) => bigint {
  return type === 's64' ? (x) => BigInt.asIntN(64, x) : (x) => BigInt.asUintN(64, x);
}

const toFloat: Make = (to, round) => round(to);
const toPred: Make = () => (x: number) => (x === 0 ? 0 : 1);
const toComplex: Make = (to, round) => {
  const part = round(to);
  return (x: number): Complex => [part(x), 0];
};

const fromNumber: Record<TypeClass, Make> = {
  float: toFloat,
  narrow: wrapper,
  wide: (to) => {
    const wrap = wrapWide(to);
    return (x: number) => wrap(BigInt(x));
  },
  pred: toPred,
  complex: toComplex,
};

const fromWide: Record<TypeClass, Make> = {
  float: (to, round) => {
    const r = round(to);
    return (x: bigint) => r(to === 'f64' ? Number(x) : oddNumber(x));
  },
  narrow: (to) => {
    const wrap = wrapper(to);
    return (x: bigint) => wrap(Number(BigInt.asIntN(32, x)));
  },
  wide: wrapWide,
  pred: () => (x: bigint) => (x === 0n ? 0 : 1),
  complex: (to, round) => {
    const r = round(to);
    return (x: bigint): Complex => [r(to === 'c128' ? Number(x) : oddNumber(x)), 0];
  },
};

const fromFloat: Record<TypeClass, Make> = {
  float: toFloat,
  narrow: rounder,
  wide: clampWide,
  pred: toPred,
  complex: toComplex,
};

const conversions: Record<TypeClass, Record<TypeClass, Make>> = {
  pred: fromNumber,
  narrow: fromNumber,
  wide: fromWide,
  float: fromFloat,
  complex: {
    float: realPart(toFloat),
    narrow: realPart(rounder),
    wide: realPart(clampWide),
    pred: () => (x: Complex) => (x[0] === 0 && x[1] === 0 ? 0 : 1),
    complex: (to, round) => {
      const part = round(to);
      return (x: Complex): Complex => [part(x[0]), part(x[1])];
    },
  },
};

function realPart(make: Make): Make {
  return (to, round) => {
    const convert = make(to, round) as (x: number) => Scalar;
    return (x: Complex) => convert(x[0]);
  };
}

function clampWide(to: ElementType): (x: number) => bigint {
  const { bits, kind } = elementTypes[to];
  const lo = kind === 'signed' ? -(2n ** BigInt(bits - 1)) : 0n;
  const hi = kind === 'signed' ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
  return (x) => {
    if (x !== x) return 0n;
    if (x <= Number(lo)) return lo;
    return x >= Number(hi) ? hi : BigInt(Math.trunc(x));
  };
}

/**
 * An f64 that rounds to narrower formats as the integer itself does: its low bits beyond 53 are
 * folded into the last one (round to odd), so rounding twice is rounding once.
 */
function oddNumber(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  const drop = magnitude.toString(2).length - 53;
  if (drop <= 0) return Number(x);
  const kept = magnitude >> BigInt(drop);
  const odd = kept << BigInt(drop) === magnitude ? kept : kept | 1n;
  return (x < 0n ? -1 : 1) * Number(odd) * 2 ** drop;
}
