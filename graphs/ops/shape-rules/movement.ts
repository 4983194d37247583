/** Shape rules of ops that rearrange, cut and join arrays. */
import { elementTypes, isComplex } from '../../ir/element-type.ts';
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import { elementCount } from '../../ir/shape.ts';
import type { PaddingDim, SliceRange } from '../attr.ts';
import {
  arrayAt,
  arrayOf,
  arrays,
  declaredArray,
  dynamicOf,
  fits,
  type Given,
  higherPrecision,
  isScalar,
  likeType,
  need,
  needInRange,
  needUnique,
  text,
} from './checks.ts';

interface Dimensions {
  readonly dimensions: readonly number[];
}

/** Bits of an array without padding, or -1 where a size is not known. */
function bitCount(shape: ArrayShape): number {
  if (shape.dims.includes(-1)) return -1;
  return elementCount(shape) * elementTypes[shape.type].bits;
}

/**
 * A bitcast gives the declared shape to the operand's bytes. How many those are is certain only
 * where both layouts are given and have no padding; XLA too checks it only then.
 */
export function bitcastShape(c: Given): Shape {
  const [a, result] = [c.operands[0]!, c.declared];
  if (a.kind === 'array' && result.kind === 'array' && isPlain(a) && isPlain(result)) {
    need(
      c,
      bitCount(a) === bitCount(result),
      'bitcast_x1',
      () => `${text(a)} and ${text(result)} must be equally many bits`,
    );
  }
  return result;
}

function isPlain({ layout, dynamic }: ArrayShape): boolean {
  return layout?.properties === '' && !dynamic;
}

/**
 * The declared element type; a narrower one adds a last dimension of size ratio, a wider one takes
 * it away.
 */
export function bitcastConvertShape(c: Given): Shape {
  const op = 'bitcast_convert';
  const a = arrayAt(c, 0, op);
  const { type } = declaredArray(c, `${op}_x1`);
  const [from, to] = [elementTypes[a.type].bits, elementTypes[type].bits];
  const words = () => `${text(a)} to ${type}`;
  need(
    c,
    isComplex(a.type) === isComplex(type),
    `${op}_c2`,
    () => `cannot reinterpret ${words()}: both or neither must be complex`,
  );
  if (from === to) return arrayOf(type, a.dims, dynamicOf(a));
  const ratio = from > to ? from / to : to / from;
  const divides = Number.isInteger(ratio);
  if (from > to) {
    need(c, divides, `${op}_c1`, () => `${to} bits do not divide ${from}: ${words()}`);
    return arrayOf(type, [...a.dims, ratio], [...dynamicOf(a), false]);
  }
  need(
    c,
    divides && a.dims.at(-1) === ratio,
    `${op}_c1`,
    () => `the last dimension must be ${ratio} to reinterpret ${words()}`,
  );
  return arrayOf(type, a.dims.slice(0, -1), dynamicOf(a).slice(0, -1));
}

/** The declared size; `dimensions` says where each dimension of the operand goes. */
export function broadcastShape(c: Given<Dimensions>): Shape {
  const a = arrayAt(c, 0, 'broadcast');
  const result = declaredArray(c, 'broadcast_x1');
  const { dimensions } = c.attrs;
  const words = () => `${text(a)} with dimensions={${dimensions}} to ${text(result)}`;
  need(
    c,
    dimensions.length === a.dims.length,
    'broadcast_c2',
    () => `dimensions must name one result dimension for each operand dimension: ${words()}`,
  );
  needInRange(c, dimensions, result.dims.length, 'broadcast_c3', 'dimensions');
  needUnique(c, dimensions, 'broadcast_c4', 'dimensions');
  need(
    c,
    a.dims.every((d, i) => fits(d, result.dims[dimensions[i]!]!)),
    'broadcast_c5',
    () => `sizes must agree where dimensions map them: ${words()}; drop size-1 dimensions first`,
  );
  need(
    c,
    likeType(a.type, result.type),
    'broadcast_c1',
    () => `the element type must not change: ${words()}; insert a convert`,
  );
  return result;
}

/** The operands' sizes, summed along the dimension. */
export function concatenateShape(c: Given<Dimensions>): Shape {
  const op = 'concatenate';
  const inputs = arrays(c, op);
  const [first] = inputs as [ArrayShape];
  const [along] = c.attrs.dimensions as [number];
  need(c, c.attrs.dimensions.length === 1, `${op}_x1`, () => 'dimensions must name one dimension');
  needInRange(c, [along], first.dims.length, `${op}_c4`, 'dimensions');
  for (const input of inputs) {
    const pair = () => `${text(first)} and ${text(input)}`;
    need(
      c,
      likeType(first.type, input.type),
      `${op}_c1`,
      () => `the operands must have one element type, got ${pair()}`,
    );
    need(
      c,
      input.dims.length === first.dims.length &&
        input.dims.every((d, i) => i === along || fits(d, first.dims[i]!)),
      `${op}_c2`,
      () => `the operands may differ in dimension ${along} only, got ${pair()}`,
    );
  }
  return joined(inputs, along);
}

function joined(inputs: readonly ArrayShape[], along: number): ArrayShape {
  const [first] = inputs as [ArrayShape];
  const dims = first.dims.map((_, i) => {
    const sizes = inputs.map((s) => s.dims[i]!);
    if (i !== along) return sizes.find((d) => d !== -1) ?? -1;
    return sizes.includes(-1) ? -1 : sizes.reduce((sum, d) => sum + d, 0);
  });
  const dynamic = dims.map((d, i) => d === -1 || inputs.some((s) => !!s.dynamic?.[i]));
  return arrayOf(inputs.map((s) => s.type).reduce(higherPrecision), dims, dynamic);
}

/** The declared sizes as bounds; one s32 operand a dimension gives the actual one. */
export function dynamicReshapeShape(c: Given): Shape {
  const op = 'dynamic_reshape';
  const a = arrayAt(c, 0, op);
  const result = reshaped(c, a, op);
  const sizes = c.operands.slice(1);
  need(
    c,
    sizes.length === result.dims.length,
    `${op}_c4`,
    () => `${text(result)} needs ${result.dims.length} size operands, got ${sizes.length}`,
  );
  need(
    c,
    sizes.every((s) => s.kind === 'array' && s.type === 's32'),
    `${op}_i2`,
    () => `the size operands must be s32, got ${sizes.map(text)}`,
  );
  return result;
}

/** The declared sizes, of as many elements as the operand. */
export function reshapeShape(c: Given): Shape {
  return reshaped(c, arrayAt(c, 0, 'reshape'), 'reshape');
}

function reshaped(c: Given, a: ArrayShape, op: string): ArrayShape {
  const result = declaredArray(c, `${op}_x1`);
  const [from, to] = [a, result].map((s) => (s.dims.includes(-1) ? -1 : elementCount(s)));
  need(
    c,
    likeType(a.type, result.type),
    `${op}_c1`,
    () => `the element type must not change: ${text(a)} to ${text(result)}; insert a convert`,
  );
  need(
    c,
    fits(from!, to!),
    `${op}_c2`,
    () =>
      `${text(a)} has ${from} elements and ${text(result)} has ${to}; they must be equally many`,
  );
  return result;
}

/** Each size with what is put before, after and between; what would be less than 0 is refused. */
export function padShape(c: Given<{ readonly padding: readonly PaddingDim[] }>): Shape {
  const [a, value] = [arrayAt(c, 0, 'pad'), arrayAt(c, 1, 'pad')];
  const { padding } = c.attrs;
  need(
    c,
    isScalar(value),
    'pad_i2',
    () => `the padding value must be a scalar, got ${text(value)}`,
  );
  need(
    c,
    padding.length === a.dims.length,
    'pad_c2',
    () => `padding gives ${padding.length} dimensions, ${text(a)} has ${a.dims.length}`,
  );
  need(
    c,
    likeType(a.type, value.type),
    'pad_c1',
    () => `operand and padding value must have one type, got ${text(a)} and ${text(value)}`,
  );
  need(
    c,
    padding.every((p) => p.interior >= 0),
    'pad_c3',
    () => `interior padding must not be negative, got ${padding.map((p) => p.interior)}`,
  );
  const dims = a.dims.map((d, i) => paddedSize(d, padding[i]!));
  need(
    c,
    dims.every((d, i) => d >= 0 || a.dims[i] === -1),
    'pad_c4',
    () => `the result sizes [${dims}] of ${text(a)} must not be negative; pad less negatively`,
  );
  return arrayOf(higherPrecision(a.type, value.type), dims, dynamicOf(a));
}

function paddedSize(size: number, { low, high, interior }: PaddingDim): number {
  return size === -1 ? -1 : low + size + Math.max(size - 1, 0) * interior + high;
}

/** The operand's own shape. */
export function reverseShape(c: Given<Dimensions>): Shape {
  const a = arrayAt(c, 0, 'reverse');
  needUnique(c, c.attrs.dimensions, 'reverse_c2', 'dimensions');
  needInRange(c, c.attrs.dimensions, a.dims.length, 'reverse_c3', 'dimensions');
  return a;
}

/** ⌈(limit - start) / stride⌉ along each dimension. */
export function sliceShape(c: Given<{ readonly slice: readonly SliceRange[] }>): Shape {
  const a = arrayAt(c, 0, 'slice');
  const ranges = c.attrs.slice;
  need(
    c,
    ranges.length === a.dims.length,
    'slice_c2',
    () => `slice gives ${ranges.length} ranges, ${text(a)} has ${a.dims.length} dimensions`,
  );
  ranges.forEach(({ start, limit, stride }, i) => {
    const size = a.dims[i]!;
    need(
      c,
      start >= 0 && start <= limit && (size === -1 || limit <= size),
      'slice_c3',
      () => `[${start}:${limit}] must lie within dimension ${i} of ${text(a)}`,
    );
    need(c, stride > 0, 'slice_c4', () => `the stride of dimension ${i} must be positive`);
  });
  const dims = ranges.map((r) => Math.ceil((r.limit - r.start) / r.stride));
  const dynamic = dims.map((d, i) => d !== 1 && a.dims[i] !== -1 && !!a.dynamic?.[i]);
  return arrayOf(a.type, dims, dynamic);
}

/** Dimension k of the result is dimension `dimensions[k]` of the operand. */
export function transposeShape(c: Given<Dimensions>): Shape {
  const a = arrayAt(c, 0, 'transpose');
  const { dimensions } = c.attrs;
  const rank = a.dims.length;
  need(
    c,
    dimensions.length === rank &&
      new Set(dimensions).size === rank &&
      dimensions.every((d) => d >= 0 && d < rank),
    'transpose_c2',
    () =>
      `dimensions={${dimensions}} must be a permutation of the ${rank} dimensions of ${text(a)}`,
  );
  return arrayOf(
    a.type,
    dimensions.map((d) => a.dims[d]!),
    a.dynamic ? dimensions.map((d) => !!a.dynamic?.[d]) : [],
  );
}

/** The declared shape, of any numbers. */
export function iotaShape(c: Given<{ readonly iota_dimension: number }>): Shape {
  const result = declaredArray(c, 'iota_x1');
  needInRange(c, [c.attrs.iota_dimension], result.dims.length, 'iota_c1', 'iota_dimension');
  need(
    c,
    result.type !== 'pred',
    'iota_x2',
    () => `the element type must be a number, got ${text(result)}`,
  );
  return result;
}

/** s32[]. */
export function getDimensionSizeShape(c: Given<Dimensions>): Shape {
  sizedDimension(c, 'get_dimension_size');
  return arrayOf('s32', []);
}

/** The operand's own shape, dynamic along the dimension. */
export function setDimensionSizeShape(c: Given<Dimensions>): Shape {
  const op = 'set_dimension_size';
  const [a, dimension] = sizedDimension(c, op);
  const size = arrayAt(c, 1, op);
  need(
    c,
    isScalar(size) && size.type === 's32',
    `${op}_i2`,
    () => `the size must be s32[], got ${text(size)}`,
  );
  const dynamic = dynamicOf(a).map((known, d) => known || d === dimension);
  return arrayOf(a.type, a.dims, dynamic);
}

/** The operand and the one dimension that the attribute names. */
function sizedDimension(c: Given<Dimensions>, op: string): [ArrayShape, number] {
  const a = arrayAt(c, 0, op);
  const { dimensions } = c.attrs;
  need(c, dimensions.length === 1, `${op}_x1`, () => 'dimensions must name one dimension');
  needInRange(c, dimensions, a.dims.length, `${op}_c1`, 'dimensions');
  return [a, dimensions[0]!];
}
