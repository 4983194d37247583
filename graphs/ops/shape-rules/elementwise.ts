/** Shape rules of elementwise ops: one size in, the same size out. */
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
  isInteger,
} from '../../ir/element-type.ts';
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import {
  arrayAt,
  arrayOf,
  declaredArray,
  dynamicOf,
  fitDims,
  type Given,
  higherPrecision,
  isScalar,
  likeType,
  need,
  text,
  withType,
} from './checks.ts';

/** Element types that arithmetic treats alike, one table of scalar functions each. */
export type ArithmeticKind = 'pred' | 'integer' | 'float' | 'complex';

/** A set of element types, and how to say it. */
export interface TypeClass<K extends ArithmeticKind = ArithmeticKind> {
  readonly words: string;
  /** The kinds that any of its types is of. */
  readonly kinds: readonly K[];
  has(type: ElementType): boolean;
}

/** Every element type. */
export const anyType: TypeClass = {
  words: 'any',
  kinds: ['pred', 'integer', 'float', 'complex'],
  has: () => true,
};
/** Real floating-point types of any width. */
export const floats: TypeClass<'float'> = {
  words: 'floating-point',
  kinds: ['float'],
  has: isFloat,
};
/** Floating-point types, real or complex. */
export const floatsOrComplex: TypeClass<'float' | 'complex'> = {
  words: 'floating-point or complex',
  kinds: ['float', 'complex'],
  has: (t) => isFloat(t) || isComplex(t),
};
/** Integers of any width, signed or not. */
export const integers: TypeClass<'integer'> = {
  words: 'integer',
  kinds: ['integer'],
  has: isInteger,
};
/** What has bits to work on: pred and integers. */
export const bits: TypeClass<'pred' | 'integer'> = {
  words: 'pred or integer',
  kinds: ['pred', 'integer'],
  has: (t) => t === 'pred' || isInteger(t),
};
/** Every element type but pred. */
export const numbers: TypeClass<'integer' | 'float' | 'complex'> = {
  words: 'other than pred',
  kinds: ['integer', 'float', 'complex'],
  has: (t) => t !== 'pred',
};
/** Types that hold numbers below zero. */
export const signedNumbers: TypeClass<'integer' | 'float' | 'complex'> = {
  words: 'signed, floating-point or complex',
  kinds: ['integer', 'float', 'complex'],
  has: (t) => elementTypes[t].kind === 'signed' || isFloat(t) || isComplex(t),
};
/** The parts of complex numbers. */
export const complexParts: TypeClass<'float'> = {
  words: 'f32 or f64',
  kinds: ['float'],
  has: (t) => t === 'f32' || t === 'f64',
};

type Retype = (type: ElementType) => ElementType;
const same: Retype = (t) => t;
/** The type of the parts of a complex type; a real type itself. */
export const partType: Retype = (t) => {
  const info: { readonly part?: ElementType } = elementTypes[t];
  return info.part ?? t;
};
/** The result is pred. */
export const predType: Retype = () => 'pred';
/** The type of numbers with such parts: c128 of f64, c64 of f32. */
export const complexType: Retype = (t) => (t === 'f64' ? 'c128' : 'c64');

/** One operand of a class of types; the result has its sizes. */
export function unaryRule(op: string, types: TypeClass, retype: Retype = same) {
  return (c: Given): Shape => {
    const a = arrayAt(c, 0, op);
    needType(c, a, types, `${op}_i1`);
    return withType(a, retype(a.type));
  };
}

/** Two operands of one size and (precision aside) one type; the result has their size. */
export function binaryRule(op: string, types: TypeClass, retype: Retype = same) {
  return (c: Given): Shape => {
    const [a, b] = [arrayAt(c, 0, op), arrayAt(c, 1, op)];
    needType(c, a, types, `${op}_i1`);
    needType(c, b, types, `${op}_i2`);
    const pair = () => `${text(a)} and ${text(b)}`;
    need(
      c,
      likeType(a.type, b.type),
      `${op}_c1`,
      () => `the operands must have one element type, got ${pair()}; insert a convert`,
    );
    need(
      c,
      fitDims(a.dims, b.dims),
      `${op}_c2`,
      () => `the operands must have one size, got ${pair()}; insert a broadcast`,
    );
    return withType(merge(a, b), retype(higherPrecision(a.type, b.type)));
  };
}

const complexSizes = binaryRule('complex', complexParts, complexType);

/** Unlike other binary ops, real and imaginary part must not differ in precision. */
export function complexShape(c: Given): Shape {
  const result = complexSizes(c);
  const [re, im] = c.operands as readonly ArrayShape[];
  need(
    c,
    re!.type === im!.type,
    'complex_c1',
    () => `both parts must have one type, got ${text(re)} and ${text(im)}`,
  );
  return result;
}

/** a or b, with the bounds that either knows. */
function merge(a: ArrayShape, b: ArrayShape): ArrayShape {
  if (!a.dynamic && !b.dynamic) return a;
  const dims = a.dims.map((d, i) => (d === -1 ? b.dims[i]! : d));
  const dynamic = dims.map((d, i) => d === -1 || !!a.dynamic?.[i] || !!b.dynamic?.[i]);
  return arrayOf(a.type, dims, dynamic);
}

function needType(c: Given, shape: ArrayShape, types: TypeClass, label: string): void {
  need(
    c,
    types.has(shape.type),
    label,
    () => `the element type must be ${types.words}, got ${text(shape)}`,
  );
}

/** The comparison types that an element type allows; the first is the default. */
function comparisonTypes(type: ElementType): readonly string[] {
  const { kind } = elementTypes[type];
  if (kind === 'float') return ['FLOAT', 'TOTALORDER'];
  return [kind === 'complex' ? 'FLOAT' : kind === 'signed' ? 'SIGNED' : 'UNSIGNED'];
}

const compareSizes = binaryRule('compare', anyType, predType);

/** pred of the operands' size; `type`, if given, suits their element type. */
export function compareShape(c: Given<{ readonly type?: string }>): Shape {
  const result = compareSizes(c);
  const operand = c.operands[1] as ArrayShape;
  const legal = comparisonTypes(operand.type);
  const { type } = c.attrs;
  need(
    c,
    type === undefined || legal.includes(type),
    'compare_c3',
    () => `type=${type} does not suit ${text(operand)}; use type=${legal.join(' or ')}`,
  );
  return result;
}

/** The shape of operands 1 and 2; the pred before them may be a scalar. */
export function selectShape(c: Given): Shape {
  const [pred, onTrue, onFalse] = [0, 1, 2].map((k) => arrayAt(c, k, 'select')) as [
    ArrayShape,
    ArrayShape,
    ArrayShape,
  ];
  need(
    c,
    pred.type === 'pred',
    'select_i1',
    () => `operand 0 must be pred, got ${text(pred)}; compare it with zero`,
  );
  need(
    c,
    likeType(onTrue.type, onFalse.type) && fitDims(onTrue.dims, onFalse.dims),
    'select_c2',
    () => `operands 1 and 2 must have one shape, got ${text(onTrue)} and ${text(onFalse)}`,
  );
  need(
    c,
    isScalar(pred) || fitDims(pred.dims, onTrue.dims),
    'select_c1',
    () => `operand 0 must be a scalar or as large as ${text(onTrue)}, got ${text(pred)}`,
  );
  const type = higherPrecision(onTrue.type, onFalse.type);
  const result = merge(onTrue, onFalse);
  return withType(isScalar(pred) ? result : merge(result, withType(pred, type)), type);
}

/** The shape of operand 1; the bounds may be scalars. */
export function clampShape(c: Given): Shape {
  const [min, operand, max] = [0, 1, 2].map((k) => arrayAt(c, k, 'clamp')) as [
    ArrayShape,
    ArrayShape,
    ArrayShape,
  ];
  need(
    c,
    likeType(min.type, operand.type) && likeType(max.type, operand.type),
    'clamp_c3',
    () => `the operands must have one element type, got ${[min, operand, max].map(text)}`,
  );
  for (const [bound, label] of [
    [min, 'clamp_c1'],
    [max, 'clamp_c2'],
  ] as const) {
    need(
      c,
      isScalar(bound) || fitDims(bound.dims, operand.dims),
      label,
      () => `a bound must be a scalar or as large as ${text(operand)}, got ${text(bound)}`,
    );
  }
  return operand;
}

/** The operand's size at the declared element type. */
export function convertShape(c: Given): Shape {
  return withType(arrayAt(c, 0, 'convert'), declaredArray(c, 'convert_c1').type);
}

const reducePrecisionSizes = unaryRule('reduce_precision', floats);

/** The operand's own shape; at least 1 exponent bit and 0 mantissa bits. */
export function reducePrecisionShape(
  c: Given<{ readonly exponent_bits: number; readonly mantissa_bits: number }>,
): Shape {
  const { exponent_bits: exponent, mantissa_bits: mantissa } = c.attrs;
  const result = reducePrecisionSizes(c);
  const got = (n: number) => () => `got ${n} bits`;
  need(
    c,
    exponent >= 1,
    'reduce_precision_c2',
    () => `at least 1 exponent bit, ${got(exponent)()}`,
  );
  need(
    c,
    mantissa >= 0,
    'reduce_precision_c3',
    () => `at least 0 mantissa bits, ${got(mantissa)()}`,
  );
  return result;
}

/**
 * The operand's size at the declared element type; random bits are as wide as the operand's
 * elements.
 */
export function stochasticConvertShape(c: Given): Shape {
  const op = 'stochastic_convert';
  const [a, random] = [arrayAt(c, 0, op), arrayAt(c, 1, op)];
  needType(c, a, floats, `${op}_i1`);
  need(
    c,
    elementTypes[random.type].kind === 'unsigned',
    `${op}_i2`,
    () => `the random bits must be unsigned, got ${text(random)}`,
  );
  need(
    c,
    elementTypes[a.type].bits === elementTypes[random.type].bits,
    `${op}_x1`,
    () => `as many random bits as operand bits are needed, got ${text(a)} and ${text(random)}`,
  );
  need(
    c,
    fitDims(a.dims, random.dims),
    `${op}_x2`,
    () => `operand and random bits must have one size, got ${text(a)} and ${text(random)}`,
  );
  return arrayOf(declaredArray(c, `${op}_x3`).type, a.dims, dynamicOf(a));
}
