/**
 * The bit patterns of elements, for bitcast-convert: encoding and decoding of every type from its
 * row in element-type.ts. A pattern is little-endian; narrow elements are packed, pred takes 8 bits.
 */
import { type ElementType, elementTypes, type FloatFormat } from '../../graphs/ir/element-type.ts';
import { type ArrayShape, elementCount } from '../../graphs/ir/shape.ts';
import type { Tensor, TensorData } from '../../graphs/ir/tensor.ts';
import { result, storage } from './operands.ts';

/** The elements of a tensor as bytes in row-major order. */
export function bitsOf(t: Tensor): Uint8Array {
  const { bits, format } = elementTypes[t.shape.type];
  if (isStoredAsIs(t.shape.type)) return bytesOf(t.data);
  const n = elementCount(t.shape);
  const out = new Uint8Array(Math.ceil((n * bits) / 8));
  const code = format ? encoder(t.shape.type, format) : (x: number) => x & (2 ** bits - 1);
  for (let i = 0; i < n; i++) putBits(out, i * bits, bits, code(t.data[i] as number));
  return out;
}

/** The tensor of a shape with these bytes; there must be enough of them. */
export function tensorOfBits(shape: ArrayShape, bytes: Uint8Array): Tensor {
  const { bits, kind, format } = elementTypes[shape.type];
  const data = storage(shape);
  if (isStoredAsIs(shape.type)) {
    bytesOf(data).set(bytes.subarray(0, data.byteLength));
    return result(shape, data);
  }
  const signed = (x: number) => (kind === 'signed' && x >= 2 ** (bits - 1) ? x - 2 ** bits : x);
  const value = format ? (code: number) => decodeFloat(shape.type, format, code) : signed;
  for (let i = 0; i < data.length; i++) data[i] = value(getBits(bytes, i * bits, bits)) as never;
  return result(shape, data);
}

/** Bit pattern of a value of a floating-point type (up to 16 bits wide). NaN: the quiet one. */
export function encoder(type: ElementType, format: FloatFormat): (x: number) => number {
  const { bits } = elementTypes[type];
  const { precision, minExponent, signed } = format;
  const mantissaBits = precision - 1;
  const sign = signed ? 2 ** (bits - 1) : 0;
  return (x) => {
    if (x !== x) return nanCode(bits, format);
    const magnitude = Math.abs(x);
    const top = x < 0 || Object.is(x, -0) ? sign : 0;
    if (magnitude === Infinity) return top + infinityCode(bits, mantissaBits);
    if (!signed) return Math.log2(magnitude) - minExponent;
    const e = magnitude < 2 ** minExponent ? minExponent : exponentOf(magnitude);
    const scaled = magnitude * 2 ** (mantissaBits - e);
    return top + scaled + (e - minExponent) * 2 ** mantissaBits;
  };
}

/** Value of a bit pattern of a floating-point type (up to 16 bits wide). */
export function decodeFloat(type: ElementType, format: FloatFormat, code: number): number {
  const { bits } = elementTypes[type];
  const { precision, minExponent, maxFinite, overflow, signed, signedZero, hasNaN } = format;
  if (!signed) return code === 255 ? NaN : 2 ** (code + minExponent);
  const mantissaBits = precision - 1;
  const half = 2 ** (bits - 1);
  const negative = code >= half;
  const body = negative ? code - half : code;
  if (!signedZero && code === half) return NaN;
  const exponent = Math.floor(body / 2 ** mantissaBits);
  const mantissa = body % 2 ** mantissaBits;
  const scale = 2 ** (Math.max(exponent, 1) - 1 + minExponent - mantissaBits);
  const magnitude = (mantissa + (exponent > 0 ? 2 ** mantissaBits : 0)) * scale;
  if (magnitude > maxFinite && hasNaN) {
    if (overflow !== 'inf' || mantissa !== 0) return NaN;
    return negative ? -Infinity : Infinity;
  }
  return negative ? -magnitude : magnitude;
}

function nanCode(bits: number, format: FloatFormat): number {
  if (!format.signed) return 2 ** bits - 1;
  if (!format.signedZero) return 2 ** (bits - 1);
  if (format.overflow !== 'inf') return 2 ** (bits - 1) - 1;
  const mantissaBits = format.precision - 1;
  return infinityCode(bits, mantissaBits) + 2 ** (mantissaBits - 1);
}

function infinityCode(bits: number, mantissaBits: number): number {
  return 2 ** (bits - 1) - 2 ** mantissaBits;
}

function exponentOf(magnitude: number): number {
  const e = Math.floor(Math.log2(magnitude));
  return 2 ** e > magnitude ? e - 1 : 2 ** (e + 1) <= magnitude ? e + 1 : e;
}

/** True where an array of the type holds the bits themselves. */
function isStoredAsIs(type: ElementType): boolean {
  const { kind, bits } = elementTypes[type];
  if (kind === 'float') return bits >= 32;
  return bits >= 8;
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function putBits(out: Uint8Array, at: number, bits: number, code: number): void {
  if (bits === 16) {
    out[at / 8] = code & 255;
    out[at / 8 + 1] = code >> 8;
  } else out[at >> 3] |= code << (at & 7);
}

function getBits(bytes: Uint8Array, at: number, bits: number): number {
  if (bits === 16) return bytes[at / 8] | (bytes[at / 8 + 1] << 8);
  return (bytes[at >> 3] >> (at & 7)) & (2 ** bits - 1);
}
