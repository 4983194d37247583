/**
 * The bit patterns of elements, for bitcast-convert. Bytes are little-endian, elements narrower than
 * a byte are packed from the low end, pred takes 8 bits.
 */

import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { floatBits } from '../../graphs/ir/float-bits.ts';
import { type ArrayShape, elementCount } from '../../graphs/ir/shape.ts';
import type { Tensor, TensorData } from '../../graphs/ir/tensor.ts';
import { result, storage } from './operands.ts';
import { negativeNaN, positiveNaN } from './scalar-bits.ts';

/** The elements of a tensor as bytes in row-major order. */
export function bitsOf(t: Tensor): Uint8Array {
  const { bits, format } = elementTypes[t.shape.type];
  if (isStoredAsIs(t.shape.type)) return format ? withoutSigns(t.data) : bytesOf(t.data);
  if (t.shape.type === 'bf16') return upperHalves(t.data as Float32Array);
  const n = elementCount(t.shape);
  const out = new Uint8Array(Math.ceil((n * bits) / 8));
  const code = format ? floatBits(t.shape.type).encode : (x: number) => x & (2 ** bits - 1);
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
  if (shape.type === 'bf16') return result(shape, ofUpperHalves(bytes, data as Float32Array));
  const signed = (x: number) => (kind === 'signed' && x >= 2 ** (bits - 1) ? x - 2 ** bits : x);
  const value = format ? floatBits(shape.type).decode : signed;
  for (let i = 0; i < data.length; i++) data[i] = value(getBits(bytes, i * bits, bits)) as never;
  return result(shape, data);
}

/** The bytes of f32 or f64 elements; see `negativeNaN`. */
function withoutSigns(data: TensorData): Uint8Array {
  if (data instanceof Float32Array) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    if (!words.includes(negativeNaN.f32)) return bytesOf(data);
    return bytesOf(words.map((w) => (w === negativeNaN.f32 ? positiveNaN.f32 : w)));
  }
  const words = new BigUint64Array(data.buffer, data.byteOffset, data.length);
  if (!words.includes(negativeNaN.f64)) return bytesOf(data);
  return bytesOf(words.map((w) => (w === negativeNaN.f64 ? positiveNaN.f64 : w)));
}

/** The pattern of a bf16 is the upper half of its f32; NaN has the one that encoding gives it. */
function upperHalves(data: Float32Array): Uint8Array {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const nan = floatBits('bf16').encode(NaN);
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < halves.length; i++) halves[i] = data[i] !== data[i] ? nan : words[i] >>> 16;
  return bytesOf(halves);
}

function ofUpperHalves(bytes: Uint8Array, data: Float32Array): Float32Array {
  const words = new Uint32Array(data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = getBits(bytes, i * 16, 16) << 16;
  for (let i = 0; i < data.length; i++) if (data[i] !== data[i]) data[i] = NaN;
  return data;
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

/** Elements of 6 bits lie across the bounds of bytes. */
function putBits(out: Uint8Array, at: number, bits: number, code: number): void {
  if (bits === 16) {
    out[at / 8] = code & 255;
    out[at / 8 + 1] = code >> 8;
    return;
  }
  const spread = code << (at & 7);
  out[at >> 3] |= spread;
  if (spread > 255) out[(at >> 3) + 1] |= spread >> 8;
}

function getBits(bytes: Uint8Array, at: number, bits: number): number {
  if (bits === 16) return bytes[at / 8] | (bytes[at / 8 + 1] << 8);
  const pair = bytes[at >> 3] | ((bytes[(at >> 3) + 1] ?? 0) << 8);
  return (pair >> (at & 7)) & (2 ** bits - 1);
}
