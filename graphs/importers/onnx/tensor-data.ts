/**
 * Tensors of ONNX files: element types by number, and their data from raw bytes, typed fields or
 * an external file. Sizes are checked against the data before anything is allocated.
 */
import { fail } from '../../ir/diagnostic.ts';
import { type ElementType, elementTypes, isWide } from '../../ir/element-type.ts';
import { floatBits } from '../../ir/float-bits.ts';
import { arrayShape } from '../../ir/shape.ts';
import { allocate, type Tensor, type TensorData, tensor } from '../../ir/tensor.ts';
import type { SparseTensorProto, TensorProto } from './schema.ts';

/** Reads an external data file by the name in the model; the caller confines it. */
export type ExternalReader = (name: string) => Uint8Array;

/** Element types by their number in TensorProto.DataType; strings (8) have none. */
const types: Readonly<Record<number, ElementType>> = {
  1: 'f32',
  2: 'u8',
  3: 's8',
  4: 'u16',
  5: 's16',
  6: 's32',
  7: 's64',
  9: 'pred',
  10: 'f16',
  11: 'f64',
  12: 'u32',
  13: 'u64',
  14: 'c64',
  15: 'c128',
  16: 'bf16',
  17: 'f8e4m3fn',
  18: 'f8e4m3fnuz',
  19: 'f8e5m2',
  20: 'f8e5m2fnuz',
  21: 'u4',
  22: 's4',
  23: 'f4e2m1fn',
  24: 'f8e8m0fnu',
  25: 'u2',
  26: 's2',
  27: 'f6e2m3fn',
  28: 'f6e3m2fn',
};

/** The element type of an ONNX type number; `what` names the value in the refusal. */
export function elementTypeOf(number: number | undefined, what: string): ElementType {
  const type = types[number ?? 0];
  if (type) return type;
  if (number === 8) {
    return fail('onnx/unsupported-type', `${what} holds strings; HLO has no string type`);
  }
  return fail('onnx/unsupported-type', `${what} has the unknown element type ${number ?? 0}`);
}

const numberOfType = new Map(Object.entries(types).map(([n, type]) => [type, Number(n)] as const));

/** The ONNX type number of an element type; undefined where ONNX has none. */
export function typeNumberOf(type: ElementType): number | undefined {
  return numberOfType.get(type);
}

/** Checked sizes: non-negative, and a product that an index can hold. */
export function checkedDims(dims: readonly bigint[], what: string): number[] {
  let product = 1;
  for (const d of dims) {
    if (d < 0n) fail('onnx/bad-shape', `${what} has the negative size ${d}`);
    product *= Number(d);
    if (product > 2 ** 40) fail('onnx/bad-shape', `${what} has more than 2^40 elements`);
  }
  return dims.map(Number);
}

/** The value of a TensorProto. */
export function tensorOfProto(proto: TensorProto, external?: ExternalReader): Tensor {
  const what = `tensor "${proto.name ?? ''}"`;
  const type = elementTypeOf(proto.dataType, what);
  const dims = checkedDims(proto.dims, what);
  const count = dims.reduce((n, d) => n * d, 1);
  const raw = proto.dataLocation === 1 ? externalBytes(proto, what, external) : proto.rawData;
  const data = raw ? fromRaw(type, raw, count, what) : fromFields(type, proto, count, what);
  return tensor(arrayShape(type, dims), data);
}

/** A sparse tensor written out; indices are flat or one coordinate a row. */
export function tensorOfSparse(proto: SparseTensorProto, external?: ExternalReader): Tensor {
  const what = `sparse tensor "${proto.values?.name ?? ''}"`;
  if (!proto.values || !proto.indices) return fail('onnx/malformed', `${what} lacks its values`);
  const values = tensorOfProto(proto.values, external);
  const indices = tensorOfProto(proto.indices, external);
  const dims = checkedDims(proto.dims, what);
  const count = dims.reduce((n, d) => n * d, 1);
  if (count > 2 ** 24) fail('onnx/bad-shape', `${what} has more than 2^24 elements`);
  const data = allocate(values.shape.type, count);
  const rank = indices.shape.dims[1] ?? 1;
  for (let k = 0; k < values.data.length; k++) {
    let at = 0;
    for (let d = 0; d < rank; d++) {
      at = at * (rank > 1 ? dims[d]! : 1) + Number(indices.data[k * rank + d]);
    }
    if (!(at >= 0 && at < count)) fail('onnx/malformed', `${what} has an index out of range`);
    data[at] = values.data[k] as never;
  }
  return tensor(arrayShape(values.shape.type, dims), data);
}

function externalBytes(proto: TensorProto, what: string, external?: ExternalReader): Uint8Array {
  const entry = (key: string) => proto.externalData.find((e) => e.key === key)?.value;
  const location = entry('location');
  if (location === undefined) return fail('onnx/malformed', `${what} names no external file`);
  if (!external) {
    const why = 'and no reader of external files was given';
    return fail('onnx/external-data', `${what} lies in "${location}" ${why}`);
  }
  const bytes = external(location);
  const offset = wholeNumber(entry('offset') ?? '0', what);
  const length = wholeNumber(entry('length') ?? String(bytes.length - offset), what);
  if (offset + length > bytes.length) {
    const has = `"${location}" has ${bytes.length} bytes`;
    fail('onnx/external-data', `${what}: bytes ${offset} to ${offset + length}, but ${has}`);
  }
  return bytes.subarray(offset, offset + length);
}

function wholeNumber(text: string, what: string): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(n)) return n;
  return fail('onnx/malformed', `${what}: "${text}" is no offset or length`);
}

function sizeMismatch(what: string, count: number, has: string): never {
  return fail('onnx/bad-tensor', `${what} needs ${count} elements but its data hold ${has}`);
}

function fromRaw(type: ElementType, raw: Uint8Array, count: number, what: string): TensorData {
  const { kind, bits, format } = elementTypes[type];
  const want = bits < 8 ? Math.ceil((count * bits) / 8) : (count * bits) / 8;
  if (raw.length !== want) sizeMismatch(what, count, `${raw.length} bytes, not ${want}`);
  if (bits < 8) return unpack(type, count, (byte) => raw[byte] ?? 0);
  if (format && bits <= 16) return decodeFloats(type, unsignedView(raw, bits), count);
  const data = allocate(type, count);
  const bytes = new Uint8Array(data.buffer, 0, raw.length);
  bytes.set(raw);
  if (kind === 'pred') for (let i = 0; i < count; i++) data[i] = data[i] ? 1 : 0;
  return data;
}

function unsignedView(raw: Uint8Array, bits: number): ArrayLike<number> {
  return bits === 8 ? raw : new Uint16Array(new Uint8Array(raw).buffer);
}

function decodeFloats(type: ElementType, bits: ArrayLike<number>, count: number): TensorData {
  const { decode } = floatBits(type);
  const mask = 2 ** elementTypes[type].bits - 1;
  const data = allocate(type, count);
  for (let i = 0; i < count; i++) data[i] = decode(bits[i]! & mask);
  return data;
}

/** Elements of less than a byte, the first in the lowest bits; those of 6 lie across bytes. */
function unpack(type: ElementType, count: number, byteAt: (i: number) => number): TensorData {
  const { kind, bits, format } = elementTypes[type];
  const data = allocate(type, count);
  const decode = format ? floatBits(type).decode : undefined;
  const half = 2 ** (bits - 1);
  for (let i = 0; i < count; i++) {
    const byte = Math.floor((i * bits) / 8);
    const low = (i * bits) % 8;
    const pair = byteAt(byte) | (low + bits > 8 ? byteAt(byte + 1) << 8 : 0);
    const field = (pair >> low) & (2 ** bits - 1);
    data[i] = decode
      ? decode(field)
      : kind === 'signed' && field >= half
        ? field - 2 * half
        : field;
  }
  return data;
}

function fromFields(
  type: ElementType,
  proto: TensorProto,
  count: number,
  what: string,
): TensorData {
  const { bits, format, part } = elementTypes[type];
  const numbers = (list: readonly (number | bigint)[], want: number): TensorData => {
    if (list.length !== want) sizeMismatch(what, count, `${list.length} numbers, not ${want}`);
    const data = allocate(type, count);
    const wide = isWide(type);
    list.forEach((v, i) => {
      data[i] = (wide ? BigInt(v) : Number(v)) as never;
    });
    return data;
  };
  if (type === 'f32' || part === 'f32') return numbers(proto.floatData, part ? 2 * count : count);
  if (type === 'f64' || part === 'f64') return numbers(proto.doubleData, part ? 2 * count : count);
  if (type === 's64') return numbers(proto.int64Data, count);
  if (type === 'u64' || type === 'u32') return numbers(proto.uint64Data, count);
  if (bits < 8 && 8 % bits === 0) {
    const want = Math.ceil((count * bits) / 8);
    const has = proto.int32Data.length;
    if (has !== want) sizeMismatch(what, count, `${has} bytes, not ${want}`);
    return unpack(type, count, (i) => proto.int32Data[i]! & 255);
  }
  if (!format) return numbers(proto.int32Data, count);
  if (proto.int32Data.length !== count) sizeMismatch(what, count, `${proto.int32Data.length}`);
  return decodeFloats(type, proto.int32Data, count);
}
