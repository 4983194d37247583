/**
 * Tensors and values. Elements lie in row-major logical order whatever the layout; types narrower
 * than f32 are held as their exact values in a Float32Array, so arithmetic needs no decoding.
 */
import { type ElementType, elementTypes } from './element-type.ts';
import { type ArrayShape, arrayShape, elementCount } from './shape.ts';

/** Storage of elements, by type: `allocate`. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An array with its elements, row-major. */
export interface Tensor {
  readonly kind: 'tensor';
  /** The static shape; layout and dynamic marks carry no meaning here. */
  readonly shape: ArrayShape;
  /** elementCount(shape) elements; for complex types twice as many, (re, im) interleaved. */
  readonly data: TensorData;
}

/** Values of a tuple. */
export interface TupleValue {
  readonly kind: 'tuple';
  readonly elements: readonly Value[];
}

/** A value that only orders what happens. */
export interface TokenValue {
  readonly kind: 'token';
}

/** What an instruction computes. */
export type Value = Tensor | TupleValue | TokenValue;

/** The one token. */
export const token: TokenValue = { kind: 'token' };

/** Zero-filled storage for n elements of a type. */
export function allocate(type: ElementType, n: number): TensorData {
  const { kind, bits, part } = elementTypes[type];
  if (kind === 'complex') return part === 'f32' ? new Float32Array(2 * n) : new Float64Array(2 * n);
  if (kind === 'float') return bits === 64 ? new Float64Array(n) : new Float32Array(n);
  if (kind === 'pred') return new Uint8Array(n);
  const signed = kind === 'signed';
  if (bits <= 8) return signed ? new Int8Array(n) : new Uint8Array(n);
  if (bits === 16) return signed ? new Int16Array(n) : new Uint16Array(n);
  if (bits === 32) return signed ? new Int32Array(n) : new Uint32Array(n);
  return signed ? new BigInt64Array(n) : new BigUint64Array(n);
}

/** A tensor over existing storage; the length must fit the shape. */
export function tensor(shape: ArrayShape, data: TensorData): Tensor {
  const want = elementCount(shape) * (elementTypes[shape.type].kind === 'complex' ? 2 : 1);
  if (data.length !== want) {
    throw new RangeError(`${shape.type}[${shape.dims}] needs ${want} numbers, got ${data.length}`);
  }
  return { kind: 'tensor', shape, data };
}

/** A zero-filled tensor. */
export function emptyTensor(type: ElementType, dims: readonly number[]): Tensor {
  const shape = arrayShape(type, dims);
  return { kind: 'tensor', shape, data: allocate(type, elementCount(shape)) };
}

/** A tensor from numbers that the type can hold exactly (they are stored, not rounded). */
export function tensorOf(
  type: ElementType,
  dims: readonly number[],
  values: Iterable<number | bigint>,
): Tensor {
  const t = emptyTensor(type, dims);
  const wide = t.data instanceof BigInt64Array || t.data instanceof BigUint64Array;
  if (values instanceof Float64Array && !wide) {
    (t.data as Float64Array).set(values);
    return t;
  }
  let i = 0;
  for (const v of values) t.data[i++] = (wide ? BigInt(v) : Number(v)) as never;
  return t;
}

/** A tuple of values. */
export function tupleValue(elements: readonly Value[]): TupleValue {
  return { kind: 'tuple', elements };
}

/** The tensors of a value, depth first; tokens are left out. */
export function leafTensors(value: Value): readonly Tensor[] {
  if (value.kind === 'tuple') return value.elements.flatMap(leafTensors);
  return value.kind === 'tensor' ? [value] : [];
}
