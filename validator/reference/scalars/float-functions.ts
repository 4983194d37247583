/**
 * Elementwise ops on floating-point numbers as functions of f64, not rounded: the caller rounds the
 * result to the element type, once.
 */
import { nanBits, withSign } from '../../../graphs/ir/nan.ts';
import type { ElementwiseOn } from '../../../graphs/ops/elementwise.ts';
import { exponential } from '../fast/exponential.ts';
import { erf, logistic, power, roundHalfAway, roundHalfEven } from './special-functions.ts';

/** Of one operand or two; unary ops ignore b. */
export type FloatFunction = (a: number, b: number) => number;

/** What is-finite gives is a pred: scalar-operation.ts has it. */
type FloatOpcode = Exclude<ElementwiseOn<'float'>, 'is-finite'>;

/** By opcode. remainder is C's fmod; maximum and minimum give NaN if either is NaN. */
export const floatFunctions = {
  abs: (a) => (a === a ? Math.abs(a) : withSign(a, false)),
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cosine: Math.cos,
  cosh: Math.cosh,
  erf,
  exponential: Math.exp,
  'exponential-minus-one': Math.expm1,
  floor: Math.floor,
  imag: () => 0,
  log: Math.log,
  'log-plus-one': Math.log1p,
  logistic,
  negate: (a) => (a === a ? -a : withSign(a, !nanBits(a).negative)),
  real: (a) => a,
  'round-nearest-afz': roundHalfAway,
  'round-nearest-even': roundHalfEven,
  rsqrt: (a) => 1 / Math.sqrt(a),
  sign: Math.sign,
  sine: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  add: (a, b) => a + b,
  atan2: Math.atan2,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  multiply: (a, b) => a * b,
  power,
  remainder: (a, b) => a % b,
  subtract: (a, b) => a - b,
} as const satisfies Record<FloatOpcode, FloatFunction>;

/** The same where the result is rounded to a type of up to f32. */
export const singleFunctions = { ...floatFunctions, exponential } as const;
