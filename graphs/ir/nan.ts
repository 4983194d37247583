/**
 * NaN by its bits. A NaN is held as its type's pattern extended to f32 or f64: the sign, and the
 * fraction with its bits at the top, so that widening a NaN changes nothing and narrowing cuts.
 * Numbers carry these bits too, but a signalling NaN turns quiet in them: what only moves elements
 * moves them as integers (`bitsView`).
 */
import { type ElementType, type FloatFormat, floatFormat } from './element-type.ts';
import type { TensorData } from './tensor.ts';

/** A NaN's sign and its fraction as a part of 1, of which 1/2 is the quiet bit. */
export interface NaNBits {
  readonly negative: boolean;
  readonly fraction: number;
}

/** What `nan` means where nothing more is said. */
export const plainNaN: NaNBits = { negative: false, fraction: 1 / 2 };

/** The bits of the NaN at a place of f32 or f64 storage. */
export function nanBitsAt(data: Float32Array | Float64Array, at: number): NaNBits {
  if (data instanceof Float32Array) {
    const [word] = new Uint32Array(data.buffer, data.byteOffset + 4 * at, 1) as unknown as [number];
    return { negative: word >= 2 ** 31, fraction: (word % 2 ** 23) / 2 ** 23 };
  }
  const [low, high] = new Uint32Array(data.buffer, data.byteOffset + 8 * at, 2);
  const fraction = ((high! % 2 ** 20) * 2 ** 32 + low!) / 2 ** 52;
  return { negative: high! >= 2 ** 31, fraction };
}

/** Puts a NaN at a place of f32 or f64 storage. */
export function putNaN(data: Float32Array | Float64Array, at: number, nan: NaNBits): void {
  const sign = nan.negative ? 2 ** 31 : 0;
  if (data instanceof Float32Array) {
    const word = new Uint32Array(data.buffer, data.byteOffset + 4 * at, 1);
    word[0] = sign + 0x7f800000 + nan.fraction * 2 ** 23;
    return;
  }
  const words = new Uint32Array(data.buffer, data.byteOffset + 8 * at, 2);
  const fraction = nan.fraction * 2 ** 52;
  words[0] = fraction % 2 ** 32;
  words[1] = sign + 0x7ff00000 + Math.floor(fraction / 2 ** 32);
}

/** The bits of a number that is NaN. */
export const nanBits: (x: number) => NaNBits = reader();

/** A NaN with these bits. */
export function nanOf(bits: NaNBits): number {
  const one = new Float64Array(1);
  putNaN(one, 0, bits);
  return one[0]!;
}

function reader() {
  const one = new Float64Array(1);
  return (x: number): NaNBits => {
    one[0] = x;
    return nanBitsAt(one, 0);
  };
}

/** A NaN as a format holds it: cut to its fraction, and never an infinity; formats with one keep the sign. */
export function fittedNaN({ negative, fraction }: NaNBits, format: FloatFormat): NaNBits {
  if (format.overflow !== 'inf') {
    return { negative: negative && format.signed && format.signedZero, fraction: 1 / 2 };
  }
  const scale = 2 ** (format.precision - 1);
  const cut = Math.floor(fraction * scale) / scale;
  return { negative, fraction: cut === 0 ? 1 / 2 : cut };
}

/** A NaN with another sign: what negate and abs make of one. */
export function withSign(nan: number, negative: boolean): number {
  return nanOf({ ...nanBits(nan), negative });
}

/** The same elements as integers of their width, where copying numbers could change bits. */
export function bitsView<A extends TensorData | Uint8ClampedArray>(data: A): A {
  if (!(data instanceof Float32Array)) return data;
  return new Int32Array(data.buffer, data.byteOffset, data.length) as unknown as A;
}

/** The fraction of a NaN of a type as a whole number, as HLO prints it; undefined for plain ones. */
export function payloadOf({ fraction }: NaNBits, type: ElementType): number | undefined {
  const { overflow, precision } = floatFormat(type);
  if (overflow !== 'inf' || fraction === plainNaN.fraction) return undefined;
  return Math.floor(fraction * 2 ** (precision - 1));
}
