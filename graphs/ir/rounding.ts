/**
 * The one place where numbers are rounded to an element type: round-to-nearest, ties to even,
 * once, from f64. Every format is described by its row in element-type.ts.
 */
import { type ElementType, elementTypes, type FloatFormat } from './element-type.ts';
import { fittedNaN, nanBits, nanOf, plainNaN } from './nan.ts';

/** Rounds an f64 to the nearest value of a type. */
export type Rounder = (x: number) => number;

const negativeNaN = { ...plainNaN, negative: true };

/** 1.5·2^52: adding and subtracting it rounds |x| < 2^51 to an integer, ties to even. */
const toInteger = 6755399441055744;

/** 2^(max(exponent of x, minExponent) - precision + 1): how far apart the format's numbers lie at x. */
function spacing({ precision, minExponent }: FloatFormat): (x: number) => number {
  const f = new Float64Array(1);
  const words = new Uint32Array(f.buffer);
  return (x) => {
    f[0] = x;
    const exponent = Math.max(((words[1]! >>> 20) & 0x7ff) - 1023, minExponent);
    const q = exponent - precision + 1;
    if (q < -1022) return 2 ** q;
    words[0] = 0;
    words[1] = (q + 1023) << 20;
    return f[0];
  };
}

/** Rounder of a floating-point format; x is any f64, subnormal results are kept, NaN keeps its sign. */
export function formatRounder(format: FloatFormat): Rounder {
  const { precision, minExponent, maxFinite, overflow, signedZero, signed, hasNaN } = format;
  const tooLarge = overflow === 'inf' ? Infinity : overflow === 'nan' ? NaN : maxFinite;
  const below = overflow === 'nan' ? nanOf(fittedNaN(negativeNaN, format)) : -tooLarge;
  const noNaN = signedZero ? -0 : 0;
  const smallest = 2 ** minExponent;
  const quantumOf = spacing(format);
  return (x) => {
    if (x !== x) return hasNaN ? nanOf(fittedNaN(nanBits(x), format)) : noNaN;
    // XLA's emitter and its evaluator agree that what has no zero has no rounding of one either.
    if (!signed && x <= 0) return NaN;
    if (x === Infinity || x === -Infinity) return x < 0 ? below : tooLarge;
    const quantum = quantumOf(x);
    const n = x / quantum;
    const y = (precision > 51 ? nearest(n) : n + toInteger - toInteger) * quantum;
    if (y > maxFinite) return tooLarge;
    if (y < -maxFinite) return below;
    if (y === 0) return signedZero ? (x < 0 || Object.is(x, -0) ? -0 : 0) : signed ? 0 : smallest;
    return y;
  };
}

/**
 * Rounder of bf16, the upper half of an f32, by its bits. What lies between two f32 becomes the odd
 * one of them, so that the second rounding finds no tie where there is none (Boldo and Melquiond 2008).
 */
function bf16Rounder(): Rounder {
  const f = new Float32Array(1);
  const word = new Int32Array(f.buffer);
  const { format } = elementTypes.bf16;
  return (x) => {
    if (x !== x) return nanOf(fittedNaN(nanBits(x), format!));
    if (x - x !== 0) return x;
    f[0] = x;
    const near = f[0]!;
    let bits = word[0]!;
    if (near !== x) bits = (Math.abs(near) > Math.abs(x) ? bits - 1 : bits) | 1;
    word[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & -0x10000;
    return f[0]!;
  };
}

/** The nearest integer, ties to even, of any size. */
function nearest(x: number): number {
  const size = Math.abs(x);
  if (size >= 2 ** 52) return x;
  return Math.sign(x) * (size + 2 ** 52 - 2 ** 52);
}

function integerRounder(type: ElementType): Rounder {
  const { kind, bits } = elementTypes[type];
  const lo = kind === 'signed' ? -(2 ** (bits - 1)) : 0;
  const hi = kind === 'signed' ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return (x) => (x !== x ? 0 : x <= lo ? lo : x >= hi ? hi : Math.trunc(x));
}

const identity: Rounder = (x) => x;

function makeRounder(type: ElementType): Rounder {
  const info = elementTypes[type];
  if (info.kind === 'pred') return (x) => (x === 0 ? 0 : 1);
  if (type === 'f32' || info.part === 'f32') return Math.fround;
  if (type === 'f64' || info.part === 'f64') return identity;
  if (type === 'bf16') return bf16Rounder();
  return info.format ? formatRounder(info.format) : integerRounder(type);
}

const rounders = Object.fromEntries(
  (Object.keys(elementTypes) as ElementType[]).map((t) => [t, makeRounder(t)]),
) as Readonly<Record<ElementType, Rounder>>;

/**
 * The rounder of an element type. Floats: nearest, ties to even. Integers up to 32 bits: truncated
 * towards zero and clamped to the range, NaN to 0 (what XLA's convert does). Complex: one part.
 */
export function rounder(type: ElementType): Rounder {
  return rounders[type];
}

/** Wraps an integer-valued number (|x| ≤ 2^53) to the range of an integer type of up to 32 bits. */
export function wrapper(type: ElementType): Rounder {
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return (x) => (x === 0 ? 0 : 1);
  if (bits === 32) return kind === 'signed' ? (x) => x | 0 : (x) => x >>> 0;
  const shift = 32 - bits;
  return kind === 'signed' ? (x) => (x << shift) >> shift : (x) => (x << shift) >>> shift;
}
