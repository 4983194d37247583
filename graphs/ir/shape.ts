/**
 * Shapes: arrays with optional layout and dynamic dimensions, tuples, tokens, opaque values and
 * buffers. A shape is a plain value; its text form is in graphs/text.
 */
import type { ElementType } from './element-type.ts';

/** How elements lie in memory; no value depends on it. */
export interface Layout {
  /** Dimension numbers from the fastest-varying one; [1, 0] is row-major for rank 2. */
  readonly minorToMajor: readonly number[];
  /** The part after ':' (tiles, memory space, element size …), verbatim; empty if there is none. */
  readonly properties: string;
}

/** Element type and sizes of an array; no sizes for a scalar. */
export interface ArrayShape {
  readonly kind: 'array';
  readonly type: ElementType;
  /** Sizes; for a dynamic dimension its upper bound, -1 where it is unbounded ('?'). */
  readonly dims: readonly number[];
  /** Which dimensions are dynamic ('<='); absent where none is. */
  readonly dynamic?: readonly boolean[];
  readonly layout?: Layout;
}

/** Shapes of the elements of a tuple, which may be none. */
export interface TupleShape {
  readonly kind: 'tuple';
  readonly elements: readonly Shape[];
}

/** token[] and opaque[]: no elements. */
export interface MarkerShape {
  readonly kind: 'token' | 'opaque';
}

/** b(f32[4]): a buffer holding an array. */
export interface BufferShape {
  readonly kind: 'buffer';
  readonly array: ArrayShape;
}

/** Of any value. */
export type Shape = ArrayShape | TupleShape | MarkerShape | BufferShape;

/** An array shape without a layout. */
export function arrayShape(type: ElementType, dims: readonly number[]): ArrayShape {
  return { kind: 'array', type, dims };
}

/** A tuple of shapes. */
export function tupleShape(elements: readonly Shape[]): TupleShape {
  return { kind: 'tuple', elements };
}

/** Number of elements of an array shape (dynamic dimensions at their bound). */
export function elementCount(shape: ArrayShape): number {
  return shape.dims.reduce((n, d) => n * d, 1);
}

/** Row-major strides, in elements. */
export function rowMajorStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  for (let d = dims.length - 1, s = 1; d >= 0; d--) {
    strides[d] = s;
    s *= dims[d]!;
  }
  return strides;
}

/** The arrays of a shape, depth first. */
export function leafShapes(shape: Shape): readonly Exclude<Shape, TupleShape>[] {
  return shape.kind === 'tuple' ? shape.elements.flatMap(leafShapes) : [shape];
}

/** The shape as a value has it, without layouts: its elements are in logical order. */
export function withoutLayout(shape: Shape): Shape {
  if (shape.kind === 'tuple') return tupleShape(shape.elements.map(withoutLayout));
  if (shape.kind !== 'array' || !shape.layout) return shape;
  const { layout: _, ...logical } = shape;
  return logical;
}

/** Same shape, layouts aside. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.kind === 'array' && b.kind === 'array') return a.type === b.type && sameDims(a, b);
  if (a.kind === 'tuple' && b.kind === 'tuple') {
    return (
      a.elements.length === b.elements.length &&
      a.elements.every((e, i) => sameShape(e, b.elements[i]!))
    );
  }
  if (a.kind === 'buffer' && b.kind === 'buffer') return sameShape(a.array, b.array);
  return a.kind === b.kind;
}

/** Same sizes and same dynamic dimensions; element types and layouts aside. */
export function sameDims(a: ArrayShape, b: ArrayShape): boolean {
  return (
    a.dims.length === b.dims.length &&
    a.dims.every((d, i) => d === b.dims[i] && !!a.dynamic?.[i] === !!b.dynamic?.[i])
  );
}
