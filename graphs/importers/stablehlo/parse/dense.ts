/**
 * The body of `dense<…>`: nested lists, a splat, a hexadecimal blob, or nothing. A literal
 * allocates no more elements than its text can hold; a splat holds one.
 */
import { type ElementType, elementTypes, isComplex, isWide } from '../../../ir/element-type.ts';
import { floatDecoder } from '../../../ir/float-bits.ts';
import { rounder, wrapper } from '../../../ir/rounding.ts';
import { arrayShape } from '../../../ir/shape.ts';
import { allocate, type TensorData, tensor } from '../../../ir/tensor.ts';
import type { DenseAttr, TensorType } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** Reads the body that stands at `start`, of a type that the text gives after it. */
export function parseDense(c: Cursor, start: number, type: TensorType): DenseAttr {
  const after = c.pos;
  c.pos = start;
  if (type.dims.includes(-1)) c.fail('dense-type', 'a constant needs a static shape', start);
  const attr = denseBody(c, type);
  c.expect('>', 'after the elements of a dense constant');
  c.pos = after;
  return attr;
}

function denseBody(c: Cursor, type: TensorType): DenseAttr {
  const count = type.dims.reduce((n, d) => n * d, 1);
  const next = c.peek();
  if (next === '"') return fromHex(c, type, count);
  if (next === '>') {
    if (count !== 0) c.fail('dense-size', `the type has ${count} elements, the text none`);
    return { kind: 'dense', type, splat: false, values: values(type, allocate(type.type, 0)) };
  }
  if (next === '[') return fromList(c, type, count);
  const data = allocate(type.type, 1);
  elementReader(c, type.type, data)(0);
  return splat(type, data);
}

function splat(type: TensorType, data: TensorData): DenseAttr {
  return { kind: 'dense', type, splat: true, values: tensor(arrayShape(type.type, []), data) };
}

function values(type: TensorType, data: TensorData) {
  return tensor(arrayShape(type.type, type.dims), data);
}

function fromList(c: Cursor, type: TensorType, count: number): DenseAttr {
  const start = c.pos;
  if (count > c.end - c.pos) {
    c.fail('dense-size', `the type has ${count} elements, more than the text can hold`);
  }
  const data = allocate(type.type, count);
  const read = elementReader(c, type.type, data);
  let index = 0;
  const level = (d: number): void => {
    const items = c.list('[', ']', 'a dimension of a constant', () => {
      if (d + 1 < type.dims.length) return level(d + 1);
      if (index >= count) c.fail('dense-size', `more than the ${count} elements of the type`);
      read(index++);
    });
    if (items.length !== type.dims[d]) {
      const found = `dimension ${d} has ${type.dims[d]} elements, the text ${items.length}`;
      c.fail('dense-size', found);
    }
  };
  if (!type.dims.length) c.fail('dense-size', 'a scalar takes no brackets', start);
  c.nested(() => level(0));
  return { kind: 'dense', type, splat: false, values: values(type, data) };
}

/** Writes the element that comes next into the data. */
function elementReader(c: Cursor, type: ElementType, data: TensorData): (i: number) => void {
  const { part } = elementTypes[type];
  if (!isComplex(type)) {
    const read = scalarReader(c, type);
    return (i) => {
      data[i] = read() as never;
    };
  }
  const read = scalarReader(c, part!);
  return (i) => {
    c.expect('(', 'to open a complex number');
    data[2 * i] = read() as never;
    c.expect(',', 'between the parts of a complex number');
    data[2 * i + 1] = read() as never;
    c.expect(')', 'to close a complex number');
  };
}

function scalarReader(c: Cursor, type: ElementType): () => number | bigint {
  const { kind } = elementTypes[type];
  if (kind === 'pred') return () => readBool(c);
  if (kind !== 'float') return () => readInteger(c, type);
  const round = rounder(type);
  const decode = floatDecoder(type);
  return () => {
    const named = special(c);
    if (named !== undefined) return round(named);
    const text = c.number();
    if (!text) c.unexpected(`a number of type ${type}`);
    if (!/^-?0x/.test(text)) return round(Number(text));
    return decode(type === 'f64' ? BigInt(text) : Number(text));
  };
}

function special(c: Cursor): number | undefined {
  if (c.acceptWord('nan')) return NaN;
  if (c.acceptWord('inf')) return Infinity;
  if (!c.at('-inf')) return undefined;
  c.pos += 4;
  return -Infinity;
}

function readBool(c: Cursor): number {
  const word = c.word();
  if (word) return word === 'true' ? 1 : word === 'false' ? 0 : c.unexpected('true or false');
  const text = c.number();
  if (!text) c.unexpected('true or false');
  return Number(text) === 0 ? 0 : 1;
}

function readInteger(c: Cursor, type: ElementType): number | bigint {
  const start = c.pos;
  if (c.acceptWord('true')) return isWide(type) ? 1n : 1;
  if (c.acceptWord('false')) return isWide(type) ? 0n : 0;
  const text = c.number();
  if (!text || /[.eE]/.test(text.replace(/^-?0x.*/, ''))) c.unexpected(`a whole number of ${type}`);
  const { bits } = elementTypes[type];
  const negative = text.startsWith('-');
  const value = negative ? -BigInt(text.slice(1)) : BigInt(text);
  if (value >= 2n ** BigInt(bits) || value < -(2n ** BigInt(bits - 1))) {
    c.fail('out-of-range', `${text} is out of range for ${type}`, start);
  }
  return isWide(type) ? value : wrapper(type)(Number(value));
}

/** Bytes of one element (of one part of a complex one) in a blob; little-endian. */
function blobBytes(type: ElementType): number {
  return Math.max(1, elementTypes[type].bits / 8) / (isComplex(type) ? 2 : 1);
}

function fromHex(c: Cursor, type: TensorType, count: number): DenseAttr {
  const start = c.pos;
  const text = c.quoted('a blob');
  if (!/^0x(?:[0-9A-Fa-f]{2})*$/.test(text)) {
    c.fail('dense-blob', 'a blob is 0x and an even number of hexadecimal digits', start);
  }
  const bytes = Buffer.from(text.slice(2), 'hex');
  const lanes = isComplex(type.type) ? 2 : 1;
  const size = blobBytes(type.type) * lanes;
  if (type.type === 'pred') return fromBits(c, type, count, bytes, start);
  const isSplat = bytes.length === size && count !== 1;
  if (!isSplat && bytes.length !== size * count) {
    const want = `${count} elements of ${size} bytes`;
    c.fail('dense-size', `${bytes.length} bytes do not make ${want}`, start);
  }
  const data = allocate(type.type, isSplat ? 1 : count);
  decodeBlob(bytes, type.type, data);
  return isSplat
    ? splat(type, data)
    : { kind: 'dense', type, splat: false, values: values(type, data) };
}

/** Booleans lie one to a byte, or packed eight to a byte from the low bit on. */
function fromBits(c: Cursor, type: TensorType, count: number, bytes: Uint8Array, start: number) {
  const packed = bytes.length === Math.ceil(count / 8);
  if (bytes.length === 1 && count > 8) return splat(type, Uint8Array.of(bytes[0] ? 1 : 0));
  if (!packed && bytes.length !== count) {
    c.fail('dense-size', `${bytes.length} bytes do not make ${count} booleans`, start);
  }
  const data = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    data[i] = packed ? (bytes[i >> 3]! >> (i & 7)) & 1 : bytes[i] ? 1 : 0;
  }
  return { kind: 'dense', type, splat: false, values: values(type, data) } as const;
}

function decodeBlob(bytes: Uint8Array, type: ElementType, data: TensorData): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held = elementTypes[type].part ?? type;
  const size = blobBytes(type);
  const read = blobReader(view, held, size);
  for (let i = 0; i < data.length; i++) data[i] = read(i * size) as never;
}

function blobReader(
  view: DataView,
  type: ElementType,
  size: number,
): (at: number) => number | bigint {
  if (type === 'f32') return (at) => view.getFloat32(at, true);
  if (type === 'f64') return (at) => view.getFloat64(at, true);
  if (type === 's64') return (at) => view.getBigInt64(at, true);
  if (type === 'u64') return (at) => view.getBigUint64(at, true);
  const bits = (at: number) =>
    size === 1
      ? view.getUint8(at)
      : size === 2
        ? view.getUint16(at, true)
        : view.getUint32(at, true);
  const decode = elementTypes[type].kind === 'float' ? floatDecoder(type) : wrapper(type);
  return (at) => decode(bits(at));
}
