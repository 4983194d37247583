/**
 * Elementwise ops on 64-bit integers, as bigint. Results are wrapped to 64 bits by the caller.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { ElementwiseOn } from '../../../graphs/ops/elementwise.ts';

/** One op; unary ones leave `b` alone. */
export type WideFunction = (a: bigint, b: bigint) => bigint;

/** The functions of s64 or u64. Division by zero gives all ones, its remainder the dividend. */
export function wideFunctions(type: ElementType) {
  const ones = type === 's64' ? -1n : 2n ** 64n - 1n;
  const inside = (b: bigint) => b >= 0n && b < 64n;
  return {
    abs: (a) => (a < 0n ? -a : a),
    negate: (a) => -a,
    not: (a) => ~a,
    sign: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
    'count-leading-zeros': (a) => BigInt(64 - bitLength(BigInt.asUintN(64, a))),
    popcnt: (a) => BigInt(BigInt.asUintN(64, a).toString(2).replaceAll('0', '').length),
    add: (a, b) => a + b,
    and: (a, b) => a & b,
    divide: (a, b) => (b === 0n ? ones : a / b),
    maximum: (a, b) => (a - b > 0n ? a : b),
    minimum: (a, b) => (a - b < 0n ? a : b),
    multiply: (a, b) => a * b,
    or: (a, b) => a | b,
    power: widePower,
    remainder: (a, b) => (b === 0n ? a : a % b),
    'shift-left': (a, b) => (inside(b) ? a << b : 0n),
    'shift-right-arithmetic': (a, b) => BigInt.asIntN(64, a) >> (inside(b) ? b : 63n),
    'shift-right-logical': (a, b) => (inside(b) ? BigInt.asUintN(64, a) >> b : 0n),
    subtract: (a, b) => a - b,
    xor: (a, b) => a ^ b,
  } as const satisfies Record<ElementwiseOn<'integer'>, WideFunction>;
}

function bitLength(a: bigint): number {
  return a === 0n ? 0 : a.toString(2).length;
}

/** a^b modulo 2^64; for b < 0 the integer part of it, which is 0 but for 1 and -1; 0^b is 0. */
function widePower(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n || a === -1n ? a ** -(b % 2n) : 0n;
  let result = 1n;
  for (let square = a, n = b; n > 0n; n >>= 1n, square = BigInt.asUintN(64, square * square)) {
    if (n & 1n) result = BigInt.asUintN(64, result * square);
  }
  return result;
}
