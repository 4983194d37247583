/**
 * Elementwise ops on complex numbers, computed in f64 pairs and not rounded. Branch cuts and
 * special values as in C99 annex G where that is what the formula gives.
 */
import type { ElementwiseOn } from '../../../graphs/ops/elementwise.ts';
import type { Complex } from './scalar.ts';

/** Of one operand or two; unary ops ignore b. */
export type ComplexFunction = (a: Complex, b: Complex) => Complex | number;

/** Complex numbers have no order: what needs one is refused when it runs, whatever the text says. */
type ComplexOpcode = Exclude<ElementwiseOn<'complex'>, 'maximum' | 'minimum' | 'remainder'>;

const { abs, atan2, cos, cosh, exp, expm1, hypot, log, log1p, sin, sinh, sqrt } = Math;

const one: Complex = [1, 0];

/** By opcode; abs, real and imag give a real number. */
export const complexFunctions = {
  abs: (a) => hypot(a[0], a[1]),
  real: (a) => a[0],
  imag: (a) => a[1],
  add: (a, b) => [a[0] + b[0], a[1] + b[1]],
  subtract: (a, b) => [a[0] - b[0], a[1] - b[1]],
  multiply,
  divide,
  negate: (a) => [-a[0], -a[1]],
  sign(a) {
    const r = hypot(a[0], a[1]);
    return r === 0 ? [0, 0] : [a[0] / r, a[1] / r];
  },
  exponential,
  'exponential-minus-one'(a) {
    const half = sin(a[1] / 2);
    const real = expm1(a[0]) * cos(a[1]) - 2 * half * half;
    return [real, a[1] === 0 ? a[1] : exp(a[0]) * sin(a[1])];
  },
  log: logarithm,
  'log-plus-one'([x, y]) {
    const near = abs(x) < 0.5 && abs(y) < 0.5;
    const modulus = near ? log1p(x * (2 + x) + y * y) / 2 : logModulus(1 + x, y);
    return [modulus, atan2(y, 1 + x)];
  },
  logistic: (a) => divide(one, complexAdd(one, exponential([-a[0], -a[1]]))),
  sqrt: squareRoot,
  rsqrt: (a) => divide(one, squareRoot(a)),
  cosine: (a) => [cos(a[0]) * cosh(a[1]), -sin(a[0]) * sinh(a[1])],
  sine: (a) => [sin(a[0]) * cosh(a[1]), cos(a[0]) * sinh(a[1])],
  tan([x, y]) {
    const [re, im] = hyperbolicTangent([-y, x]);
    return [im, -re];
  },
  tanh: hyperbolicTangent,
  power,
  atan2(y, x) {
    const [re, im] = logarithm(
      divide(
        complexAdd(x, multiply([0, 1], y)),
        squareRoot(complexAdd(multiply(x, x), multiply(y, y))),
      ),
    );
    return [im, -re];
  },
} as const satisfies Record<ComplexOpcode, ComplexFunction>;

function complexAdd(a: Complex, b: Complex): Complex {
  return [a[0] + b[0], a[1] + b[1]];
}

function multiply(a: Complex, b: Complex): Complex {
  return [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
}

/** Smith's method, with the infinities and zeros of C99 annex G.5.1. */
function divide([a, b]: Complex, [c, d]: Complex): Complex {
  if (c === 0 && d === 0 && !(a !== a && b !== b)) {
    const inf = Object.is(c, -0) ? -Infinity : Infinity;
    return [inf * a, inf * b];
  }
  if ((isInf(a) || isInf(b)) && Number.isFinite(c) && Number.isFinite(d)) {
    const [x, y] = [unit(a), unit(b)];
    return [Infinity * (x * c + y * d), Infinity * (y * c - x * d)];
  }
  if ((isInf(c) || isInf(d)) && Number.isFinite(a) && Number.isFinite(b)) {
    const [x, y] = [unit(c), unit(d)];
    return [0 * (a * x + b * y), 0 * (b * x - a * y)];
  }
  if (abs(c) >= abs(d)) {
    const ratio = d / c;
    const scale = c + d * ratio;
    return [(a + b * ratio) / scale, (b - a * ratio) / scale];
  }
  const ratio = c / d;
  const scale = c * ratio + d;
  return [(a * ratio + b) / scale, (b * ratio - a) / scale];
}

function isInf(x: number): boolean {
  return abs(x) === Infinity;
}

/** ±1 for an infinity, ±0 for anything finite. */
function unit(x: number): number {
  return isInf(x) ? Math.sign(x) : x < 0 || Object.is(x, -0) ? -0 : 0;
}

function exponential([x, y]: Complex): Complex {
  const e = exp(x);
  if (y === 0) return [e, y];
  if (e === 0 && Number.isFinite(y)) return [0, 0];
  return [e * cos(y), e * sin(y)];
}

function logarithm([x, y]: Complex): Complex {
  return [logModulus(x, y), atan2(y, x)];
}

/**
 * ln √(x² + y²), also where the root overflows or is subnormal. Near 1 the excess of the square
 * over 1 is summed without rounding its parts, since the logarithm is hardly more than that.
 */
function logModulus(x: number, y: number): number {
  const [a, b] = [Math.max(abs(x), abs(y)), Math.min(abs(x), abs(y))];
  if (a > 2 ** 1000 && a !== Infinity) return log(hypot(a / 4, b / 4)) + 2 * Math.LN2;
  if (a < 2 ** -1000 && a > 0) return log(hypot(a * 2 ** 54, b * 2 ** 54)) - 54 * Math.LN2;
  const square = a * a + b * b;
  if (!(square > 0.5 && square < 3)) return log(hypot(a, b));
  const [a2, b2] = [squareParts(a), squareParts(b)];
  return log1p(a2[0] - 1 + b2[0] + (a2[1] + b2[1])) / 2;
}

/** x² as a sum of two numbers, exactly (Veltkamp's splitting, Dekker's product). */
function squareParts(x: number): Complex {
  const c = 134217729 * x;
  const high = c - (c - x);
  const low = x - high;
  const product = x * x;
  return [product, high * high - product + 2 * high * low + low * low];
}

/** Principal root, by the half-angle formulas that do not cancel. */
function squareRoot([x, y]: Complex): Complex {
  if (isInf(y)) return [Infinity, y];
  if (x === 0 && y === 0) return [0, y];
  if (x === -Infinity) return [y !== y ? NaN : 0, Object.is(y, -0) || y < 0 ? -Infinity : Infinity];
  if (x === Infinity) return [Infinity, y !== y ? NaN : Object.is(y, -0) || y < 0 ? -0 : 0];
  const [scale, root] = rootScale(Math.max(abs(x), abs(y)));
  const [u, v] = [abs(x) * scale, abs(y) * scale];
  const half = sqrt((u + hypot(u, v)) / 2);
  const t = half * root;
  const other = (v / (2 * half)) * root;
  const negative = y < 0 || Object.is(y, -0);
  const [re, im] = x >= 0 ? [t, other] : [other, t];
  return [re, negative ? -im : im];
}

/** A power of 4 that brings numbers to where squares are harmless, and the inverse of its root. */
function rootScale(size: number): Complex {
  if (size > 2 ** 1000) return [2 ** -4, 4];
  return size < 2 ** -900 ? [2 ** 120, 2 ** -60] : [1, 1];
}

/** tanh(x + iy) = (sinh 2x + i sin 2y) / (cosh 2x + cos 2y), ±1 where cosh overflows. */
function hyperbolicTangent([x, y]: Complex): Complex {
  if (abs(x) > 22) return [Math.sign(x), (4 * sin(y) * cos(y)) / exp(2 * abs(x)) || 0];
  const t = Math.tan(y);
  const s = sinh(x);
  if (abs(t) === Infinity) return [cosh(x) / s, 0];
  const rho = sqrt(1 + s * s);
  const beta = 1 + t * t;
  const scale = 1 + beta * s * s;
  return [(beta * rho * s) / scale, t / scale];
}

/** exp(b·log a), with 0^0 = 1 and 0^b = 0 for Re b > 0. */
function power(a: Complex, b: Complex): Complex {
  if ((a[0] === 1 && a[1] === 0) || (b[0] === 0 && b[1] === 0)) return one;
  if (a[0] === 0 && a[1] === 0 && b[0] > 0) return [0, 0];
  if (a[0] === Infinity && a[1] === 0 && b[1] === 0) return b[0] > 0 ? [Infinity, 0] : [0, 0];
  return exponential(multiply(b, logarithm(a)));
}
