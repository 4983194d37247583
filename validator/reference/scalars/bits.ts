/**
 * The bit patterns of elements, for bitcast-convert. Bytes are little-endian, elements narrower than
 * a byte are packed from the low end, pred takes 8 bits.
 */

import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { floatBits } from '../../../graphs/ir/float-bits.ts';
import { type ArrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData } from '../../../graphs/ir/tensor.ts';
import { result, storage } from '../operands.ts';

/** The elements of a tensor as bytes in row-major order. */
export function bitsOf(t: Tensor): Uint8Array {
  const { bits, format } = elementTypes[t.shape.type];
  if (isStoredAsIs(t.shape.type)) return bytesOf(t.data);
  if (t.shape.type === 'bf16') return upperHalves(t.data as Float32Array);
  const n = elementCount(t.shape);
  const out = new Uint8Array(Math.ceil((n * bits) / 8));
  const floats = format && floatBits(t.shape.type);
  const code = floats
    ? (i: number) => floats.at(t.data as Float32Array, i)
    : (i: number) => (t.data[i] as number) & (2 ** bits - 1);
  for (let i = 0; i < n; i++) putBits(out, i * bits, bits, code(i));
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
  if (format) {
    const { put } = floatBits(shape.type);
    const floats = data as Float32Array;
    for (let i = 0; i < data.length; i++) put(floats, i, getBits(bytes, i * bits, bits));
    return result(shape, data);
  }
  const value = (x: number) => (kind === 'signed' && x >= 2 ** (bits - 1) ? x - 2 ** bits : x);
  for (let i = 0; i < data.length; i++) data[i] = value(getBits(bytes, i * bits, bits)) as never;
  return result(shape, data);
}

/** The pattern of a bf16 is the upper half of its f32. */
function upperHalves(data: Float32Array): Uint8Array {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  return bytesOf(Uint16Array.from(words, (w) => w >>> 16));
}

function ofUpperHalves(bytes: Uint8Array, data: Float32Array): Float32Array {
  const words = new Uint32Array(data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = getBits(bytes, i * 16, 16) << 16;
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
