/** Comparison of two elements: partial order of floats, total order, complex numbers. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { nanBits } from '../../../graphs/ir/nan.ts';
import type { Complex, Scalar } from './scalar.ts';

type Direction = InstructionOf<'compare'>['attrs']['direction'];
type Comparison = (a: Scalar, b: Scalar) => number;

const comparisons: Readonly<Record<Direction, Comparison>> = {
  EQ: (a, b) => +(a === b),
  NE: (a, b) => +(a !== b),
  GE: (a, b) => +(a >= b),
  GT: (a, b) => +(a > b),
  LE: (a, b) => +(a <= b),
  LT: (a, b) => +(a < b),
};

/** 1 or 0. Operands are of one type. */
export function comparison(attrs: InstructionOf<'compare'>['attrs'], complex: boolean): Comparison {
  const compare = comparisons[attrs.direction];
  if (complex) return complexComparison(attrs.direction);
  if (attrs.type !== 'TOTALORDER') return compare;
  return (a, b) => compare(totalOrder(a as number, b as number), 0);
}

/**
 * Below, at or above 0 as a stands before, at or after b in -NaN < -inf < … < -0 < +0 < … < inf < NaN,
 * NaNs of one sign by their payload: the order of the bits as sign and magnitude.
 */
export function totalOrder(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return a === 0 ? signOfZero(a) - signOfZero(b) : 0;
  return beyondNumbers(a) - beyondNumbers(b);
}

/** 0 for a number; below or above 0 for a NaN, further out for a larger payload. */
function beyondNumbers(x: number): number {
  if (x === x) return 0;
  const { negative, fraction } = nanBits(x);
  return negative ? -1 - fraction : 1 + fraction;
}

function signOfZero(x: number): number {
  return Object.is(x, -0) ? -1 : 1;
}

/** (re, im) in lexicographic order: StableHLO's meaning; XLA itself only knows EQ and NE. */
function complexComparison(direction: Direction): Comparison {
  const parts = comparisons[direction];
  const wanted = direction === 'EQ';
  if (wanted || direction === 'NE') {
    return (a, b) => {
      const [x, y] = [a as Complex, b as Complex];
      return +((x[0] === y[0] && x[1] === y[1]) === wanted);
    };
  }
  return (a, b) => {
    const [x, y] = [a as Complex, b as Complex];
    return x[0] === y[0] ? parts(x[1], y[1]) : parts(x[0], y[0]);
  };
}
