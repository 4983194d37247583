/**
 * One element as a JavaScript value, and how the element types fall into classes of arithmetic:
 * every table of scalar functions is one class.
 */
import { type ElementType, elementTypes, isWide } from '../../../graphs/ir/element-type.ts';
import type { TensorData } from '../../../graphs/ir/tensor.ts';

/** (re, im) */
export type Complex = readonly [number, number];

/** An element: a number, a 64-bit integer, or a complex number. */
export type Scalar = number | bigint | Complex;

/** float; narrow: integers of up to 32 bits; wide: s64 and u64; pred; complex. */
export type TypeClass = 'float' | 'narrow' | 'wide' | 'pred' | 'complex';

/** `wide` is 64-bit integers, as bigint; `narrow` all other integers, as numbers. */
export function classOf(type: ElementType): TypeClass {
  const { kind } = elementTypes[type];
  if (kind === 'float' || kind === 'complex' || kind === 'pred') return kind;
  return isWide(type) ? 'wide' : 'narrow';
}

/** Entries of storage per element. */
export function widthOf(type: ElementType): number {
  return elementTypes[type].kind === 'complex' ? 2 : 1;
}

/** A reader of element i of an array of a type. */
export function elementReader(type: ElementType, data: TensorData): (i: number) => Scalar {
  if (widthOf(type) === 1) return (i) => data[i];
  const parts = data as Float32Array | Float64Array;
  return (i) => [parts[2 * i], parts[2 * i + 1]];
}

/** A writer of element i of an array of a type; the value must be one of the type. */
export function elementWriter(
  type: ElementType,
  data: TensorData,
): (i: number, value: Scalar) => void {
  if (widthOf(type) === 1) {
    return (i, value) => {
      data[i] = value as never;
    };
  }
  return (i, value) => {
    data[2 * i] = (value as Complex)[0];
    data[2 * i + 1] = (value as Complex)[1];
  };
}
