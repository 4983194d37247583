/** Rows of the elementwise ops. */
import { maybeOneOf, oneOf, optional, required } from './attr.ts';
import { type Group, op } from './row.ts';

const unary = (...groups: Group[]) =>
  op({ arity: 1, attrs: {}, groups: ['elementwise', ...groups], shape: (c) => c.declared, example: '' });

/** Unary functions that take a result_accuracy. */
const function1 = () =>
  op({
    arity: 1,
    attrs: { result_accuracy: optional('raw') },
    groups: ['elementwise', 'transcendental'],
    shape: (c) => c.declared,
    example: '',
  });

const binary = (...groups: Group[]) =>
  op({ arity: 2, attrs: {}, groups: ['elementwise', ...groups], shape: (c) => c.declared, example: '' });

export const elementwise = {
  abs: unary(),
  acos: function1(),
  acosh: function1(),
  asin: function1(),
  asinh: function1(),
  atanh: function1(),
  cbrt: function1(),
  ceil: unary('discrete'),
  cosine: function1(),
  cosh: function1(),
  'count-leading-zeros': unary(),
  erf: function1(),
  exponential: function1(),
  'exponential-minus-one': function1(),
  floor: unary('discrete'),
  imag: unary(),
  'is-finite': unary('discrete'),
  log: function1(),
  'log-plus-one': function1(),
  logistic: function1(),
  negate: unary(),
  not: unary(),
  popcnt: unary(),
  real: unary(),
  'round-nearest-afz': unary('discrete'),
  'round-nearest-even': unary('discrete'),
  rsqrt: function1(),
  sign: unary('discrete'),
  sine: function1(),
  sinh: function1(),
  sqrt: function1(),
  tan: function1(),
  tanh: function1(),
  add: binary('commutative'),
  and: binary('commutative'),
  atan2: binary('transcendental'),
  complex: binary(),
  divide: binary(),
  maximum: binary('commutative'),
  minimum: binary('commutative'),
  multiply: binary('commutative'),
  or: binary('commutative'),
  power: binary('transcendental'),
  remainder: binary('discrete'),
  'shift-left': binary(),
  'shift-right-arithmetic': binary(),
  'shift-right-logical': binary(),
  subtract: binary(),
  xor: binary('commutative'),
  compare: op({
    arity: 2,
    attrs: {
      direction: oneOf('EQ', 'NE', 'GE', 'GT', 'LE', 'LT'),
      type: maybeOneOf('FLOAT', 'TOTALORDER', 'SIGNED', 'UNSIGNED'),
    },
    groups: ['elementwise', 'discrete'],
    shape: (c) => c.declared,
    example: '',
  }),
  select: op({ arity: 3, attrs: {}, groups: ['elementwise'], shape: (c) => c.declared, example: '' }),
  clamp: op({ arity: 3, attrs: {}, groups: ['elementwise'], shape: (c) => c.declared, example: '' }),
  convert: op({ arity: 1, attrs: {}, groups: ['elementwise'], shape: (c) => c.declared, example: '' }),
  'reduce-precision': op({
    arity: 1,
    attrs: { exponent_bits: required('int'), mantissa_bits: required('int') },
    groups: ['elementwise'],
    shape: (c) => c.declared,
    example: '',
  }),
  'stochastic-convert': op({
    arity: 2,
    attrs: {},
    groups: ['elementwise'],
    shape: (c) => c.declared,
    example: '',
  }),
};
