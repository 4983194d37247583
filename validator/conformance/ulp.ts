/** Distance of two floating-point numbers in units in the last place of their type. */
import { type ElementType, elementTypes, floatFormat } from '../../graphs/ir/element-type.ts';

/**
 * How many values of the type lie between two of its values; -0 and 0 are one, any NaN is any
 * other. Infinity where one is not finite and they are not the same.
 */
export function ulpDistance(type: ElementType): (a: number, b: number) => number {
  const rank = type === 'f64' ? doubleRank() : narrowRank(type);
  return (a, b) => {
    if (a === b || (a !== a && b !== b)) return 0;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    return Number(difference(rank(a), rank(b)));
  };
}

function difference(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a > b ? a - b : b - a;
  return Math.abs(Number(a) - Number(b));
}

/** The number of a double among doubles, counted from zero. */
function doubleRank(): (x: number) => bigint {
  const f = new Float64Array(1);
  const u = new BigUint64Array(f.buffer);
  return (x) => {
    f[0] = Math.abs(x);
    return x < 0 ? -u[0]! : u[0]!;
  };
}

/** The number of a value among the values of its type, from its exponent and fraction. */
function narrowRank(type: ElementType): (x: number) => number {
  const { precision, minExponent } = floatFormat(elementTypes[type].part ?? type);
  const perBinade = 2 ** (precision - 1);
  return (x) => {
    const size = Math.abs(x);
    const sign = x < 0 ? -1 : 1;
    if (size < 2 ** minExponent) return (sign * size) / 2 ** (minExponent - precision + 1);
    let exponent = Math.floor(Math.log2(size));
    if (2 ** exponent > size) exponent--;
    else if (2 ** (exponent + 1) <= size) exponent++;
    const fraction = size / 2 ** exponent - 1;
    return sign * (exponent - minExponent + 1 + fraction) * perBinade;
  };
}
