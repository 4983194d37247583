/**
 * NumPy's .npy files: a magic word, a version, a header that is a Python literal, the elements
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Arrays of numbers and
 * booleans are read, of either byte order and in C or Fortran order; objects are not.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { arrayShape, elementCount, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { allocate, type Tensor, type TensorData, tensor } from '../../graphs/ir/tensor.ts';
import { decodeData, dtypeFor } from './dtypes.ts';

/** Kinds and sizes of NumPy's type strings, and the HLO type of each. */
const types: ReadonlyMap<string, ElementType> = new Map([
  ['b1', 'pred'],
  ['i1', 's8'],
  ['i2', 's16'],
  ['i4', 's32'],
  ['i8', 's64'],
  ['u1', 'u8'],
  ['u2', 'u16'],
  ['u4', 'u32'],
  ['u8', 'u64'],
  ['f2', 'f16'],
  ['f4', 'f32'],
  ['f8', 'f64'],
  ['c8', 'c64'],
  ['c16', 'c128'],
]);

const magic = [0x93, ...Buffer.from('NUMPY')];

/** Whether a file begins as .npy files do. */
export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The array of a .npy file, row-major.
 *
 * @throws AssayError `npy/malformed` or `npy/type` with the file where it cannot be read
 */
export function readNpy(bytes: Uint8Array, file: string): Tensor {
  const { descr, isFortran, dims, start } = headerOf(bytes, file);
  const [, order, name] = /^([<>|=])(\w+)$/.exec(descr) ?? [];
  const type = types.get(name ?? '');
  if (!type) {
    const known = [...types.keys()].join(', ');
    const remedy = 'write another type as safetensors, or x.astype(np.float32)';
    return fail('npy/type', `${file} holds ${descr}; what is read is ${known}: ${remedy}`, {
      file,
    });
  }
  const shape = arrayShape(type, dims);
  const count = elementCount(shape);
  const width = Number(name!.slice(1));
  const body = bytes.subarray(start);
  if (!Number.isSafeInteger(count) || body.length !== count * width) {
    const want = `${count} elements of ${width} bytes`;
    return malformed(file, `its header tells of ${want}, ${body.length} bytes follow it`);
  }
  const parts = type === 'c64' || type === 'c128' ? 2 : 1;
  const little = order === '>' ? swapped(body, width / parts) : body;
  const data =
    type === 'c128'
      ? decodeData('F64', little, 'f64')
      : decodeData(dtypeFor(type).dtype, little, type);
  return tensor(shape, isFortran ? rowMajor(data, dims, parts, type) : data);
}

interface Header {
  readonly descr: string;
  readonly isFortran: boolean;
  readonly dims: readonly number[];
  /** Where the elements begin. */
  readonly start: number;
}

function headerOf(bytes: Uint8Array, file: string): Header {
  if (!isNpy(bytes)) return malformed(file, 'it does not begin as .npy files do');
  const isShort = bytes[6] === 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = isShort ? 10 : 12;
  if (bytes.length < at) return malformed(file, 'it ends within its header');
  const start = at + (isShort ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < start) return malformed(file, 'it ends within its header');
  const text = Buffer.from(bytes.subarray(at, start)).toString('latin1');
  const [, descr] = /'descr': *'([^']*)'/.exec(text) ?? [];
  const [, order] = /'fortran_order': *(True|False)/.exec(text) ?? [];
  const [, list] = /'shape': *\(([\d, ]*)\)/.exec(text) ?? [];
  if (descr === undefined || order === undefined || list === undefined) {
    return malformed(file, 'its header tells no type, order and shape of a plain array');
  }
  const dims = list
    .split(',')
    .filter((n) => n.trim() !== '')
    .map(Number);
  return { descr, isFortran: order === 'True', dims, start };
}

function malformed(file: string, why: string): never {
  return fail('npy/malformed', `${file} is no .npy file that can be read: ${why}`, { file });
}

/** Each number's bytes the other way round. */
function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let i = 0; i < out.length; i += width) out.subarray(i, i + width).reverse();
  return out;
}

/** Elements that lie with the first index fastest, with the last one fastest. */
function rowMajor(
  data: TensorData,
  dims: readonly number[],
  parts: number,
  type: ElementType,
): TensorData {
  const out = allocate(type, data.length / parts);
  const strides = rowMajorStrides([...dims].reverse()).reverse();
  const index = dims.map(() => 0);
  for (let i = 0; i < data.length / parts; i++) {
    const from = index.reduce((at, x, d) => at + x * strides[d]!, 0);
    for (let p = 0; p < parts; p++) out[i * parts + p] = data[from * parts + p]!;
    for (let d = dims.length - 1; d >= 0 && ++index[d]! === dims[d]; d--) index[d] = 0;
  }
  return out;
}
