/**
 * Elementwise ops on integers of up to 32 bits, and on pred. Results are wrapped to the type by the
 * caller; what is returned is integer-valued and below 2^53 in magnitude.
 */
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { ElementwiseOn } from '../../../graphs/ops/elementwise.ts';
import type { FloatFunction } from './float-functions.ts';

/** The functions of one integer type. Division by zero gives all ones, its remainder the dividend. */
export function integerFunctions(type: ElementType) {
  const { bits, kind } = elementTypes[type];
  const ones = kind === 'signed' ? -1 : 2 ** bits - 1;
  const unsigned = (a: number) => (bits === 32 ? a >>> 0 : a & (2 ** bits - 1));
  return {
    abs: (a) => Math.abs(a),
    negate: (a) => 0 - a,
    not: (a) => ~a,
    sign: (a) => Math.sign(a),
    'count-leading-zeros': (a) => Math.clz32(unsigned(a)) - (32 - bits),
    popcnt: (a) => popcount(unsigned(a)),
    add: (a, b) => a + b,
    and: (a, b) => a & b,
    divide: (a, b) => (b === 0 ? ones : Math.trunc(a / b) + 0),
    maximum: (a, b) => Math.max(a, b),
    minimum: (a, b) => Math.min(a, b),
    multiply: (a, b) => Math.imul(a, b),
    or: (a, b) => a | b,
    power: (a, b) => integerPower(a, b),
    remainder: (a, b) => (b === 0 ? a : (a % b) + 0),
    'shift-left': (a, b) => (unsigned(b) < bits ? a << b : 0),
    'shift-right-arithmetic': (a, b) => signed(a, bits) >> (unsigned(b) < bits ? b : bits - 1),
    'shift-right-logical': (a, b) => (unsigned(b) < bits ? unsigned(a) >>> b : 0),
    subtract: (a, b) => a - b,
    xor: (a, b) => a ^ b,
  } as const satisfies Record<ElementwiseOn<'integer'>, FloatFunction>;
}

/** On pred, add is or, multiply is and. */
export const predFunctions = {
  not: (a) => 1 - a,
  add: (a, b) => a | b,
  and: (a, b) => a & b,
  maximum: (a, b) => a | b,
  minimum: (a, b) => a & b,
  multiply: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
} as const satisfies Record<ElementwiseOn<'pred'>, FloatFunction>;

function signed(a: number, bits: number): number {
  return (a << (32 - bits)) >> (32 - bits);
}

function popcount(a: number): number {
  let count = 0;
  for (let rest = a; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** a^b modulo 2^32; for b < 0 the integer part of it, which is 0 but for 1 and -1; 0^b is 0. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 || a === -1 ? a ** (b % 2) : 0;
  let result = 1;
  for (let square = a, n = b; n > 0; n = Math.floor(n / 2), square = Math.imul(square, square)) {
    if (n % 2 === 1) result = Math.imul(result, square);
  }
  return result;
}
