/**
 * Bit patterns of the floating-point types, those of up to 16 bits derived from each type's row in
 * element-type.ts: what files hold, against the exact values that tensors hold.
 */
import { type ElementType, elementTypes, type FloatFormat } from './element-type.ts';
import { fittedNaN, type NaNBits, nanBits, nanBitsAt, nanOf, plainNaN, putNaN } from './nan.ts';
import { rounder } from './rounding.ts';

/** Bit patterns of a float type, and back. */
export interface FloatBits {
  /** The value of a bit pattern; a NaN's sign and fraction are its bits, a quiet NaN's ones. */
  decode(bits: number): number;
  /** The pattern of the nearest value; a NaN's is that of its bits (zero where the type has none). */
  encode(value: number): number;
  /** decode into storage and encode from it, where a signalling NaN stays one. */
  put(data: Float32Array | Float64Array, at: number, bits: number): void;
  at(data: Float32Array | Float64Array, at: number): number;
}

/**
 * Decodes patterns of any floating-point type, sign, biased exponent and fraction from the top bit
 * down: of those of f64 as bigints, of others as numbers.
 */
export function floatDecoder(type: ElementType): (bits: number | bigint) => number {
  if (type === 'f64') return (bits) => new Float64Array(BigUint64Array.of(BigInt(bits)).buffer)[0]!;
  if (type === 'f32') return (bits) => new Float32Array(Uint32Array.of(Number(bits)).buffer)[0]!;
  const { decode } = floatBits(type);
  return (bits) => decode(Number(bits));
}

interface Fields {
  readonly format: FloatFormat;
  readonly fractionBits: number;
  readonly exponentMask: number;
  readonly signBit: number;
  /** What an exponent field of zero would stand for, were there no subnormals. */
  readonly bias: number;
  readonly nan: number;
}

/** Codec of a float type of at most 16 bits. */
export function floatBits(type: ElementType): FloatBits {
  const fields = fieldsOf(type);
  const round = rounder(type);
  const decoded = (bits: number) => decode(fields, bits);
  const asNumber = (x: number | NaNBits) => (typeof x === 'number' ? x : nanOf(x));
  const encoded = (x: number, nan: () => NaNBits) =>
    x !== x ? encodeNaN(fields, nan()) : encode(fields, round(x));
  return {
    decode: (bits) => asNumber(decoded(bits)),
    encode: (value) => encoded(value, () => nanBits(value)),
    put(data, at, bits) {
      const x = decoded(bits);
      if (typeof x === 'number') data[at] = x;
      else putNaN(data, at, x);
    },
    at: (data, at) => encoded(data[at]!, () => nanBitsAt(data, at)),
  };
}

function fieldsOf(type: ElementType): Fields {
  const { bits, format } = elementTypes[type];
  if (!format || bits > 16) throw new TypeError(`${type} is no float type of up to 16 bits`);
  const fractionBits = format.precision - 1;
  const signBit = format.signed ? 2 ** (bits - 1) : 0;
  const exponentMask = 2 ** (bits - fractionBits - (format.signed ? 1 : 0)) - 1;
  const bias = (format.signed ? 1 : 0) - format.minExponent;
  const fields = { format, fractionBits, exponentMask, signBit, bias };
  return { ...fields, nan: canonicalNaN(fields) };
}

/** inf types: quiet NaN; one-zero types: the pattern of −0; the others: all ones but the sign. */
function canonicalNaN(f: Omit<Fields, 'nan'>): number {
  if (!f.format.hasNaN) return 0;
  const top = f.exponentMask * 2 ** f.fractionBits;
  if (f.format.overflow === 'inf') return top + 2 ** (f.fractionBits - 1);
  return f.format.signed && !f.format.signedZero ? f.signBit : top + 2 ** f.fractionBits - 1;
}

/** A value, or the bits of a NaN. */
function decode(f: Fields, bits: number): number | NaNBits {
  const { format, fractionBits, exponentMask, signBit, bias } = f;
  const negative = signBit !== 0 && bits >= signBit;
  const magnitude = negative ? bits - signBit : bits;
  const exponent = Math.floor(magnitude / 2 ** fractionBits);
  const fraction = magnitude % 2 ** fractionBits;
  if (format.hasNaN && format.overflow !== 'inf') {
    const pattern = format.signedZero || !format.signed ? magnitude : bits;
    if (pattern === f.nan) return { ...plainNaN, negative: negative && format.signedZero };
  } else if (format.overflow === 'inf' && exponent === exponentMask) {
    if (fraction) return { negative, fraction: fraction / 2 ** fractionBits };
    return negative ? -Infinity : Infinity;
  }
  const subnormal = exponent === 0 && format.signed;
  const significand = (subnormal ? 0 : 1) + fraction / 2 ** fractionBits;
  const value = significand * 2 ** (subnormal ? format.minExponent : exponent - bias);
  return negative ? -value : value;
}

function encode(f: Fields, value: number): number {
  const { format, fractionBits, exponentMask, signBit, bias } = f;
  if (value !== value) return f.nan; // what rounding gives where there is no other answer
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign + exponentMask * 2 ** fractionBits;
  const scale = 2 ** fractionBits;
  if (format.signed && magnitude < 2 ** format.minExponent) {
    return sign + (magnitude / 2 ** format.minExponent) * scale;
  }
  const exponent = exponentOf(magnitude);
  return sign + (exponent + bias) * scale + (magnitude / 2 ** exponent - 1) * scale;
}

/** The pattern of a NaN with these bits. */
function encodeNaN(f: Fields, given: NaNBits): number {
  if (!f.format.hasNaN) return 0;
  const { negative, fraction } = fittedNaN(given, f.format);
  if (f.format.overflow !== 'inf') return f.nan + (negative ? f.signBit : 0);
  return (negative ? f.signBit : 0) + (f.exponentMask + fraction) * 2 ** f.fractionBits;
}

/** Exponent of a positive normal f64; log2 may be off by a rounding next to a power of two. */
export function exponentOf(x: number): number {
  const e = Math.floor(Math.log2(x));
  if (2 ** e > x) return e - 1;
  return 2 ** (e + 1) <= x ? e + 1 : e;
}
