/** Tensors as ONNX files hold them: little-endian raw bytes, elements of less than a byte packed. */
import { fail } from '../../ir/diagnostic.ts';
import { elementTypes } from '../../ir/element-type.ts';
import { floatBits } from '../../ir/float-bits.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { TensorProto } from './schema.ts';
import { typeNumberOf } from './tensor-data.ts';

/**
 * The proto of a tensor.
 *
 * @throws AssayError `onnx/unsupported-type` where ONNX has no such element type
 */
export function protoOfTensor(name: string, t: Tensor): TensorProto {
  const { type, dims } = t.shape;
  const dataType =
    typeNumberOf(type) ?? fail('onnx/unsupported-type', `ONNX has no tensors of ${type}`);
  const lists = { floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [] };
  const sizes = dims.map(BigInt);
  return { name, dims: sizes, dataType, ...lists, externalData: [], rawData: rawBytes(t) };
}

function rawBytes({ shape: { type }, data }: Tensor): Uint8Array {
  const { bits, format } = elementTypes[type];
  const bytes = () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (bits > 16 || (bits >= 8 && !format)) return bytes();
  const at = format
    ? (n: number) => floatBits(type).at(data as Float32Array, n)
    : (n: number) => Number(data[n]) & (2 ** bits - 1);
  const fields = Array.from({ length: data.length }, (_, n) => at(n));
  if (bits === 16) return new Uint8Array(Uint16Array.from(fields).buffer);
  return bits === 8 ? Uint8Array.from(fields) : packed(bits, fields);
}

/** The first element in the lowest bits; those of 6 bits lie across bytes. */
function packed(bits: number, fields: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((fields.length * bits) / 8));
  for (const [n, field] of fields.entries()) {
    const [byte, low] = [Math.floor((n * bits) / 8), (n * bits) % 8];
    bytes[byte]! |= (field << low) & 255;
    if (low + bits > 8) bytes[byte + 1]! |= (field << low) >> 8;
  }
  return bytes;
}
