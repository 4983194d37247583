/**
 * Functions of two real variables, one row each: value, and a bound of how far it moves where the
 * operands move by at most rx and ry.
 */
import { floatFunctions } from '../../reference/scalars/float-functions.ts';
import { additionIsExact, productIsExact } from '../core/exactness.ts';

/** The row of a function. */
export interface BinaryRow {
  readonly f: (x: number, y: number) => number;
  /** Sound bound of |f(x ± rx, y ± ry) - v|; Infinity where there is none. */
  readonly bound: (v: number, x: number, y: number, rx: number, ry: number) => number;
  /** Signs of the derivatives by x and by y where they are not both positive. */
  readonly directions?: (x: number, y: number, v: number) => readonly [number, number];
  /** True where v holds the value without an error of f64 itself. */
  readonly exact?: (x: number, y: number, v: number) => boolean;
  /** Not continuous: what the operands do together cannot be told from what each does alone. */
  readonly discontinuous?: true;
  /** Fresh error beyond one rounding, in units of 2u (1 ulp at most) of f32, or f64 for f64. */
  readonly ulps: number;
  /** Has no limit where the second operand goes to zero. */
  readonly pole?: true;
}

const f = floatFunctions;

/** max and min are continuous: the result moves with whichever operand may win. */
function extremum(v: number, x: number, y: number, rx: number, ry: number): number {
  if (Math.abs(x - y) <= rx + ry) return Math.max(rx, ry);
  return v === x ? rx : ry;
}

function quotient(v: number, _: number, y: number, rx: number, ry: number): number {
  const room = Math.abs(y) - ry;
  return room > 0 ? (rx + Math.abs(v) * ry) / room : Infinity;
}

/** Corners of the box where x stays positive, which is where x^y is monotone in each variable. */
function powerBound(v: number, x: number, y: number, rx: number, ry: number): number {
  if (rx === 0 && ry === 0) return 0;
  if (x - rx > 0) {
    const corner = (sx: number, sy: number) => Math.abs((x + sx * rx) ** (y + sy * ry) - v);
    return Math.max(corner(1, 1), corner(1, -1), corner(-1, 1), corner(-1, -1));
  }
  if (ry > 0 || !Number.isInteger(y) || (y < 0 && x + rx >= 0)) return Infinity;
  if (y < 0) return Math.abs(x + rx) ** y - Math.abs(v);
  return y === 0 ? 0 : y * (Math.abs(x) + rx) ** (y - 1) * rx;
}

function angleBound(_: number, x: number, y: number, rx: number, ry: number): number {
  const distance = Math.hypot(x, y) - Math.hypot(rx, ry);
  const onCut = y - ry <= 0 && Math.abs(x) <= rx && rx > 0;
  if (distance <= 0 || onCut) return rx === 0 && ry === 0 ? 0 : Infinity;
  return (rx + ry) / distance;
}

/** x - trunc(x/y)·y, as long as the quotient keeps its integer part. */
function remainderBound(_: number, x: number, y: number, rx: number, ry: number): number {
  if (rx === 0 && ry === 0) return 0;
  const room = Math.abs(y) - ry;
  if (!(room > 0)) return Infinity;
  const q = x / y;
  const rq = (rx + Math.abs(q) * ry) / room;
  const whole = Math.trunc(q);
  if (Math.trunc(q - rq) !== whole || Math.trunc(q + rq) !== whole) return Infinity;
  return rx + Math.abs(whole) * ry;
}

/** The rows by opcode. */
export const binaryFunctions = {
  add: { f: f.add, bound: (_v, _x, _y, rx, ry) => rx + ry, exact: additionIsExact, ulps: 0 },
  subtract: {
    f: f.subtract,
    bound: (_v, _x, _y, rx, ry) => rx + ry,
    directions: () => [1, -1],
    exact: (x, y, v) => additionIsExact(x, -y, v),
    ulps: 0,
  },
  multiply: {
    f: f.multiply,
    bound: (_, x, y, rx, ry) => Math.abs(x) * ry + Math.abs(y) * rx + rx * ry,
    directions: (x, y) => [Math.sign(y), Math.sign(x)],
    exact: productIsExact,
    ulps: 0,
  },
  divide: {
    f: f.divide,
    bound: quotient,
    directions: (x, y) => [Math.sign(y), -Math.sign(x)],
    exact: (x, y, v) => v * y === x && productIsExact(v, y, x),
    pole: true,
    ulps: 0,
  },
  maximum: { f: f.maximum, bound: extremum, exact: () => true, ulps: 0 },
  minimum: { f: f.minimum, bound: extremum, exact: () => true, ulps: 0 },
  /** 0.50 on XLA:CPU; as a product of logarithms it would be good to a few units. */
  power: { f: f.power, bound: powerBound, discontinuous: true, ulps: 4 },
  /** 1.01 on XLA:CPU. */
  atan2: { f: f.atan2, bound: angleBound, discontinuous: true, ulps: 4 },
  /** Exact by definition; the oracle's % is exact too. */
  remainder: {
    f: f.remainder,
    bound: remainderBound,
    exact: () => true,
    discontinuous: true,
    ulps: 0,
  },
} as const satisfies Record<string, BinaryRow>;

/** Ops that are functions of two real variables. */
export type BinaryOpcode = keyof typeof binaryFunctions;
