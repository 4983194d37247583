/** Rows of the elementwise ops. */
import { maybeOneOf, oneOf, optional, required } from './attr.ts';
import { type Group, op } from './row.ts';
import {
  type ArithmeticKind,
  anyType,
  binaryRule,
  bits,
  clampShape,
  compareShape,
  complexShape,
  convertShape,
  floats,
  floatsOrComplex,
  integers,
  numbers,
  partType,
  predType,
  reducePrecisionShape,
  selectShape,
  signedNumbers,
  stochasticConvertShape,
  type TypeClass,
  unaryRule,
} from './shape-rules/elementwise.ts';

type Rule = ReturnType<typeof unaryRule>;

/** A unary op; the example has one type in and out unless it is given. */
function unary<K extends ArithmeticKind>(name: string, types: TypeClass<K>, more: UnaryParts = {}) {
  const row = op({
    arity: 1,
    attrs: {},
    groups: ['elementwise', ...(more.groups ?? [])],
    shape: more.rule ?? unaryRule(label(name), types),
    example: more.example ?? unaryExample(name, types),
  });
  return { ...row, types };
}

interface UnaryParts {
  readonly groups?: readonly Group[];
  readonly rule?: Rule;
  readonly example?: string;
}

const discrete: UnaryParts = { groups: ['discrete'] };

function unaryExample(name: string, types: TypeClass): string {
  const type = types.has('f32') ? 'f32' : 's32';
  return `r = ${type}[4] ${name}(${type}[4] a)`;
}

/** Unary functions that take a result_accuracy. */
function function1<K extends ArithmeticKind>(name: string, types: TypeClass<K>) {
  const row = op({
    arity: 1,
    attrs: { result_accuracy: optional('raw') },
    groups: ['elementwise', 'transcendental'],
    shape: unaryRule(label(name), types),
    example: unaryExample(name, types),
  });
  return { ...row, types };
}

function binary<K extends ArithmeticKind>(name: string, types: TypeClass<K>, ...groups: Group[]) {
  const type = types.has('f32') ? 'f32' : 's32';
  const row = op({
    arity: 2,
    attrs: {},
    groups: ['elementwise', ...groups],
    shape: binaryRule(label(name), types),
    example: `r = ${type}[2,3] ${name}(${type}[2,3] a, ${type}[2,3] b)`,
  });
  return { ...row, types };
}

function label(name: string): string {
  return name.replaceAll('-', '_');
}

/** One row an opcode: result[i] = f(operands[i]). `types` are those that the operands may have. */
export const elementwise = {
  abs: unary('abs', signedNumbers, { rule: unaryRule('abs', signedNumbers, partType) }),
  acos: function1('acos', floats),
  acosh: function1('acosh', floats),
  asin: function1('asin', floats),
  asinh: function1('asinh', floats),
  atanh: function1('atanh', floats),
  cbrt: function1('cbrt', floats),
  ceil: unary('ceil', floats, discrete),
  cosine: function1('cosine', floatsOrComplex),
  cosh: function1('cosh', floats),
  'count-leading-zeros': unary('count-leading-zeros', integers),
  erf: function1('erf', floats),
  exponential: function1('exponential', floatsOrComplex),
  'exponential-minus-one': function1('exponential-minus-one', floatsOrComplex),
  floor: unary('floor', floats, discrete),
  imag: unary('imag', floatsOrComplex, {
    rule: unaryRule('imag', floatsOrComplex, partType),
    example: 'r = f32[4] imag(c64[4] a)',
  }),
  'is-finite': unary('is-finite', floats, {
    ...discrete,
    rule: unaryRule('is_finite', floats, predType),
    example: 'r = pred[4] is-finite(f32[4] a)',
  }),
  log: function1('log', floatsOrComplex),
  'log-plus-one': function1('log-plus-one', floatsOrComplex),
  logistic: function1('logistic', floatsOrComplex),
  negate: unary('negate', numbers),
  not: unary('not', bits),
  popcnt: unary('popcnt', integers),
  real: unary('real', floatsOrComplex, {
    rule: unaryRule('real', floatsOrComplex, partType),
    example: 'r = f32[4] real(c64[4] a)',
  }),
  'round-nearest-afz': unary('round-nearest-afz', floats, discrete),
  'round-nearest-even': unary('round-nearest-even', floats, discrete),
  rsqrt: function1('rsqrt', floatsOrComplex),
  sign: unary('sign', signedNumbers, discrete),
  sine: function1('sine', floatsOrComplex),
  sinh: function1('sinh', floats),
  sqrt: function1('sqrt', floatsOrComplex),
  tan: function1('tan', floatsOrComplex),
  tanh: function1('tanh', floatsOrComplex),
  add: binary('add', anyType, 'commutative'),
  and: binary('and', bits, 'commutative'),
  atan2: binary('atan2', floatsOrComplex, 'transcendental'),
  complex: op({
    arity: 2,
    attrs: {},
    groups: ['elementwise'],
    shape: complexShape,
    example: 'r = c64[4] complex(f32[4] a, f32[4] b)',
  }),
  divide: binary('divide', numbers),
  maximum: binary('maximum', anyType, 'commutative'),
  minimum: binary('minimum', anyType, 'commutative'),
  multiply: binary('multiply', anyType, 'commutative'),
  or: binary('or', bits, 'commutative'),
  power: binary('power', numbers, 'transcendental'),
  remainder: binary('remainder', numbers, 'discrete'),
  'shift-left': binary('shift-left', integers),
  'shift-right-arithmetic': binary('shift-right-arithmetic', integers),
  'shift-right-logical': binary('shift-right-logical', integers),
  subtract: binary('subtract', numbers),
  xor: binary('xor', bits, 'commutative'),
  compare: op({
    arity: 2,
    attrs: {
      direction: oneOf('EQ', 'NE', 'GE', 'GT', 'LE', 'LT'),
      type: maybeOneOf('FLOAT', 'TOTALORDER', 'SIGNED', 'UNSIGNED'),
    },
    groups: ['elementwise', 'discrete'],
    shape: compareShape,
    example: 'r = pred[4] compare(f32[4] a, f32[4] b), direction=LT',
  }),
  select: op({
    arity: 3,
    attrs: {},
    groups: ['elementwise'],
    shape: selectShape,
    example: 'r = f32[4] select(pred[4] p, f32[4] a, f32[4] b)',
  }),
  clamp: op({
    arity: 3,
    attrs: {},
    groups: ['elementwise'],
    shape: clampShape,
    example: 'r = f32[4] clamp(f32[] low, f32[4] a, f32[] high)',
  }),
  convert: op({
    arity: 1,
    attrs: {},
    groups: ['elementwise'],
    shape: convertShape,
    example: 'r = bf16[4] convert(f32[4] a)',
  }),
  'reduce-precision': op({
    arity: 1,
    attrs: { exponent_bits: required('int'), mantissa_bits: required('int') },
    groups: ['elementwise'],
    shape: reducePrecisionShape,
    example: 'r = f32[4] reduce-precision(f32[4] a), exponent_bits=8, mantissa_bits=7',
  }),
  'stochastic-convert': op({
    arity: 2,
    attrs: {},
    groups: ['elementwise'],
    shape: stochasticConvertShape,
    example: 'r = s8[4] stochastic-convert(f32[4] a, u32[4] bits)',
  }),
};

type Rows = typeof elementwise;

/**
 * Opcodes of one function for each kind of element type, that take operands of the kind: tables of
 * scalar arithmetic are mapped types over them, so that an op without its arithmetic does not compile.
 */
export type ElementwiseOn<K extends ArithmeticKind> = {
  readonly [O in keyof Rows]: Rows[O] extends { readonly types: TypeClass<infer T> }
    ? K extends T
      ? O
      : never
    : never;
}[keyof Rows];
