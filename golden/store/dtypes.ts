/**
 * The element types of safetensors files, and how tensor storage becomes bytes and back. HLO types
 * that the format lacks travel in a wider carrier and are named in the file's metadata.
 */
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { floatBits } from '../../graphs/ir/float-bits.ts';
import { wrapper } from '../../graphs/ir/rounding.ts';
import { allocate, type TensorData } from '../../graphs/ir/tensor.ts';

/** dtype names of the format and the HLO type of each. */
export const dtypes = {
  BOOL: 'pred',
  F4: 'f4e2m1fn',
  U8: 'u8',
  I8: 's8',
  F8_E5M2: 'f8e5m2',
  F8_E4M3: 'f8e4m3fn',
  F8_E8M0: 'f8e8m0fnu',
  F8_E4M3FNUZ: 'f8e4m3fnuz',
  F8_E5M2FNUZ: 'f8e5m2fnuz',
  I16: 's16',
  U16: 'u16',
  F16: 'f16',
  BF16: 'bf16',
  I32: 's32',
  U32: 'u32',
  F32: 'f32',
  C64: 'c64',
  F64: 'f64',
  I64: 's64',
  U64: 'u64',
} as const satisfies Record<string, ElementType>;

/**
 * Packed types that files of others have and the format's own library does not: the first element in
 * the lowest bits of a byte. They are read, and never written.
 */
export const packedDtypes = {
  I4: 's4',
  U4: 'u4',
  F6_E2M3: 'f6e2m3fn',
  F6_E3M2: 'f6e3m2fn',
} as const satisfies Record<string, ElementType>;

/** A dtype of safetensors that is written. */
export type Dtype = keyof typeof dtypes;
/** A dtype that is read: those that are written, and packed ones. */
export type ReadDtype = Dtype | keyof typeof packedDtypes;

/** Types without a dtype: the dtype whose values include theirs. c128 is F64 with a last [2]. */
const carriers: { readonly [T in ElementType]?: Dtype } = {
  s1: 'I8',
  s2: 'I8',
  s4: 'I8',
  u1: 'U8',
  u2: 'U8',
  u4: 'U8',
  f6e2m3fn: 'F16',
  f6e3m2fn: 'F16',
  f8e3m4: 'F16',
  f8e4m3: 'F16',
  f8e4m3b11fnuz: 'F16',
  c128: 'F64',
};

const dtypeOfType = new Map<ElementType, Dtype>(
  Object.entries(dtypes).map(([name, type]) => [type, name as Dtype]),
);

/** Whether a name from a file is a dtype that is read. */
export function isDtype(name: string): name is ReadDtype {
  return Object.hasOwn(dtypes, name) || Object.hasOwn(packedDtypes, name);
}

/** The HLO type of a dtype. */
export function typeOfDtype(dtype: ReadDtype): ElementType {
  return { ...dtypes, ...packedDtypes }[dtype];
}

/** The dtype that holds a type, and whether it is the type's own. */
export function dtypeFor(type: ElementType): { readonly dtype: Dtype; readonly own: boolean } {
  const own = dtypeOfType.get(type);
  return { dtype: own ?? carriers[type]!, own: own !== undefined };
}

/** Bytes that n elements of a dtype take; fractional where some share a byte and it is not full. */
export function byteLength(dtype: ReadDtype, n: number): number {
  return (n * elementTypes[typeOfDtype(dtype)].bits) / 8;
}

/** Storage of n elements of a type from the little-endian bytes of a dtype that holds them. */
export function decodeData(dtype: ReadDtype, bytes: Uint8Array, type: ElementType): TensorData {
  const held = typeOfDtype(dtype);
  const { bits, kind } = elementTypes[held];
  const n = (bytes.length * 8) / bits;
  const raw = bits < 8 ? unpack(bytes, n, bits) : bits <= 16 ? patterns(bytes, bits) : undefined;
  if (raw && bits < 8 && kind !== 'float') return integersOf(raw as Uint8Array, held);
  if (!raw || (kind !== 'float' && bits <= 16 && kind !== 'pred')) {
    const native = allocate(held, n);
    new Uint8Array(native.buffer).set(bytes);
    return native;
  }
  const data = allocate(type, n) as Uint8Array;
  if (kind === 'pred') for (let i = 0; i < n; i++) data[i] = raw[i] ? 1 : 0;
  else {
    const { put } = floatBits(held);
    for (let i = 0; i < n; i++) put(data as unknown as Float32Array, i, raw[i]!);
  }
  return data;
}

/** The little-endian bytes of a dtype that holds the elements of `data`. */
export function encodeData(dtype: Dtype, data: TensorData): Uint8Array {
  const { bits, kind } = elementTypes[dtypes[dtype]];
  if (kind !== 'float' || bits > 16) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  const { at } = floatBits(dtypes[dtype]);
  const raw = bits === 16 ? new Uint16Array(data.length) : new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) raw[i] = at(data as Float32Array, i);
  return bits < 8 ? pack(raw) : new Uint8Array(raw.buffer);
}

function patterns(bytes: Uint8Array, bits: number): Uint8Array | Uint16Array {
  return bits === 8 ? bytes : new Uint16Array(new Uint8Array(bytes).buffer);
}

/** Elements of less than a byte, the first in the lowest bits; those of 6 lie across bytes. */
function unpack(bytes: Uint8Array, n: number, bits: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => {
    const at = i * bits;
    const pair = bytes[at >> 3]! | ((bytes[(at >> 3) + 1] ?? 0) << 8);
    return (pair >> (at & 7)) & (2 ** bits - 1);
  });
}

function integersOf(raw: Uint8Array, type: ElementType): TensorData {
  const data = allocate(type, raw.length) as Int8Array;
  const wrap = wrapper(type);
  for (let i = 0; i < raw.length; i++) data[i] = wrap(raw[i]!);
  return data;
}

function pack(raw: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(raw.length / 2);
  for (let i = 0; i < raw.length; i++) bytes[i >> 1]! |= raw[i]! << (4 * (i & 1));
  return bytes;
}
