/**
 * Functions of mathematical physics as formulas in f64: error functions, gamma and its kin, zeta,
 * Bessel. Series are asymptotic ones of the handbooks (Abramowitz and Stegun, DLMF) after a shift
 * of the argument, or quadratures that converge exponentially; relative error below 1e-13.
 */
import type { Instruction } from '../../ir/module.ts';
import type { Arithmetic } from './arithmetic.ts';

/** Step and number of terms of the quadrature for erfc. */
const erfcStep = 0.5;
const erfcTerms = 12;

/**
 * 1 - erf(x). Beyond 1 the trapezoidal rule of Matta and Reich (Math. Comp. 25, 1971):
 * (h x e^-x² / π)·(1/x² + 2 Σ e^-(nh)² / ((nh)² + x²)) - 2/(e^(2πx/h) - 1).
 */
export function erfc(m: Arithmetic, x: Instruction): Instruction {
  const y = m.abs(x);
  const tail = erfcTail(m, y);
  const near = m.lt(y, 1);
  return m.choose([near, m.sub(1, m.erf(x))], [m.lt(x, 0), m.sub(2, tail)], tail);
}

function erfcTail(m: Arithmetic, y: Instruction): Instruction {
  const square = m.mul(y, y);
  let sum = m.div(1, square);
  for (let n = 1; n <= erfcTerms; n++) {
    const node = (n * erfcStep) ** 2;
    sum = m.add(sum, m.div(2 * Math.exp(-node), m.add(square, node)));
  }
  const weight = m.div(m.mul(erfcStep, y, m.exp(m.neg(square))), Math.PI);
  const pole = m.div(2, m.expm1(m.mul(y, (2 * Math.PI) / erfcStep)));
  const smooth = m.mul(weight, sum);
  const beyond = m.gt(y, Math.PI / erfcStep);
  const gone = m.gt(y, 27.5);
  return m.choose([gone, 0], [beyond, smooth], m.sub(smooth, pole));
}

/** Constant of Winitzki's approximation of the inverse error function. */
const winitzki = 0.147;

/**
 * The y with erf(y) = x: Winitzki's closed form, then Halley's method (cubic) on erf below 1/2 and
 * on erfc above, where 1 - x is exact. ±inf at ±1, NaN beyond.
 */
export function inverseErf(m: Arithmetic, x: Instruction): Instruction {
  const size = m.abs(x);
  const rest = m.sub(1, size);
  const logarithm = m.log(m.mul(rest, m.add(1, size)));
  const half = m.add(2 / (Math.PI * winitzki), m.div(logarithm, 2));
  const under = m.sub(m.mul(half, half), m.div(logarithm, winitzki));
  let y = m.sqrt(m.max(0, m.sub(m.sqrt(under), half)));
  for (let step = 0; step < 3; step++) {
    const low = m.lt(size, 0.5);
    const residual = m.choose([low, m.sub(m.erf(y), size)], m.sub(rest, erfc(m, y)));
    const slope = m.mul(2 / Math.sqrt(Math.PI), m.exp(m.neg(m.mul(y, y))));
    const move = m.div(residual, slope);
    y = m.sub(y, m.div(move, m.add(1, m.mul(y, move))));
  }
  const small = m.mul(size, Math.sqrt(Math.PI) / 2);
  const value = m.choose(
    [m.eq(size, 1), Infinity],
    [m.gt(size, 1), NaN],
    [m.lt(size, 1e-8), small],
    y,
  );
  return m.choose([m.eq(x, 0), x], m.copySign(value, x));
}

/** Bernoulli numbers B₂, B₄ … B₂₀. */
const bernoulli = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
  43867 / 798,
  -174611 / 330,
];

/** Arguments are shifted up by so much before an asymptotic series is used. */
const shift = 10;

/** Distance of x to the nearest integer, signed so that sin πx = ± sin πd. */
function toInteger(m: Arithmetic, x: Instruction): Instruction {
  const fraction = m.sub(x, m.floor(x));
  return m.choose([m.gt(fraction, 0.5), m.sub(1, fraction)], fraction);
}

/** ln|Γ(x)|: Stirling's series (A&S 6.1.41) from x ≥ 10 on, reflection below 1/2. */
export function logGamma(m: Arithmetic, x: Instruction): Instruction {
  const reflected = m.lt(x, 0.5);
  const z = m.choose([reflected, m.sub(1, x)], x);
  const large = m.compare(z, 'GE', shift);
  const shifted = m.choose([large, z], m.add(z, shift));
  let product = z;
  for (let k = 1; k < shift; k++) product = m.mul(product, m.add(z, k));
  const series = stirling(m, shifted);
  const gamma = m.choose([large, series], m.sub(series, m.log(product)));
  const sine = m.sin(m.mul(Math.PI, toInteger(m, m.abs(x))));
  const mirror = m.sub(m.sub(Math.log(Math.PI), m.log(m.abs(sine))), gamma);
  const exact = m.or(m.eq(x, 1), m.eq(x, 2));
  const infinite = m.eq(m.abs(x), Infinity);
  return m.choose([infinite, Infinity], [exact, 0], [reflected, mirror], gamma);
}

function stirling(m: Arithmetic, z: Instruction): Instruction {
  const inverse = m.div(1, z);
  const coefficients = bernoulli.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)));
  const tail = m.mul(inverse, m.polynomial(m.mul(inverse, inverse), coefficients));
  const head = m.sub(m.mul(m.sub(z, 0.5), m.log(z)), z);
  return m.add(head, Math.log(2 * Math.PI) / 2, tail);
}

/** Γ'/Γ (A&S 6.3.18 after a shift, reflection below 1/2); NaN at 0, -1, -2 … */
export function digamma(m: Arithmetic, x: Instruction): Instruction {
  const reflected = m.lt(x, 0.5);
  const z = m.choose([reflected, m.sub(1, x)], x);
  const large = m.compare(z, 'GE', shift);
  const shifted = m.choose([large, z], m.add(z, shift));
  const inverse = m.div(1, shifted);
  const coefficients = bernoulli.map((b, i) => -b / (2 * i + 2));
  const square = m.mul(inverse, inverse);
  const tail = m.mul(square, m.polynomial(square, coefficients));
  const series = m.add(m.sub(m.log(shifted), m.div(inverse, 2)), tail);
  let steps = m.div(1, z);
  for (let k = 1; k < shift; k++) steps = m.add(steps, m.div(1, m.add(z, k)));
  const value = m.choose([large, series], m.sub(series, steps));
  const fraction = m.sub(x, m.floor(x));
  const mirror = m.sub(value, m.div(Math.PI, m.tan(m.mul(Math.PI, fraction))));
  const pole = m.and(m.le(x, 0), m.eq(fraction, 0));
  return m.choose([pole, NaN], [reflected, mirror], value);
}

/** Terms summed before the Euler-Maclaurin correction of zeta. */
const zetaTerms = 12;

/**
 * Hurwitz zeta, Σ (q + k)^-x: Euler-Maclaurin summation (DLMF 25.11.5). inf at x = 1, NaN below;
 * where q is not positive, inf at integers for even x, and NaN where x is no integer.
 */
export function zeta(m: Arithmetic, x: Instruction, q: Instruction): Instruction {
  const power = (base: Instruction) => m.pow(base, m.neg(x));
  let sum = power(q);
  for (let k = 1; k < zetaTerms; k++) sum = m.add(sum, power(m.add(q, k)));
  const end = m.add(q, zetaTerms);
  const last = power(end);
  sum = m.add(sum, m.div(m.mul(last, end), m.sub(x, 1)), m.div(last, 2));
  let factor = m.div(m.mul(last, x), end);
  let factorial = 2;
  bernoulli.forEach((b, i) => {
    sum = m.add(sum, m.mul(factor, b / factorial));
    const n = 2 * i + 1;
    factorial *= (n + 2) * (n + 3);
    factor = m.div(m.mul(factor, m.add(x, n), m.add(x, n + 1)), m.mul(end, end));
  });
  const whole = m.eq(q, m.floor(q));
  const even = m.eq(m.mul(2, m.floor(m.div(x, 2))), x);
  const lowPole = m.and(m.le(q, 0), whole);
  const noPower = m.and(m.le(q, 0), m.not(m.eq(x, m.floor(x))));
  return m.choose(
    [m.eq(x, 1), Infinity],
    [m.lt(x, 1), NaN],
    [lowPole, m.choose([even, Infinity], NaN)],
    [noPower, NaN],
    sum,
  );
}

/** Derivative n of digamma: (-1)^(n+1) n! ζ(n+1, x); NaN unless n is 0, 1, 2 … */
export function polygamma(m: Arithmetic, n: Instruction, x: Instruction): Instruction {
  const next = m.add(n, 1);
  const even = m.eq(m.mul(2, m.floor(m.div(n, 2))), n);
  const size = m.mul(m.exp(logGamma(m, next)), zeta(m, next, x));
  const bad = m.or(m.lt(n, 0), m.not(m.eq(n, m.floor(n))));
  return m.choose([bad, NaN], [m.eq(n, 0), digamma(m, x)], [even, m.neg(size)], size);
}

/** Where the quadrature for the Bessel function hands over to its asymptotic series. */
const besselSplit = 25;
const besselNodes = 48;
const besselTerms = 22;

/**
 * e^-|x| I₁(x): the trapezoidal rule on (2/π) ∫ cos θ sinh(x cos θ) dθ (A&S 9.6.19), all terms of
 * one sign; beyond 25 the asymptotic series 9.7.1.
 */
export function besselI1e(m: Arithmetic, x: Instruction): Instruction {
  const y = m.abs(x);
  let sum = m.k(0);
  for (let j = 0; j < besselNodes / 2; j++) {
    const node = Math.cos(((j + 0.5) * Math.PI) / besselNodes);
    sum = m.add(sum, m.mul((2 * node) / besselNodes, m.sinh(m.mul(y, node))));
  }
  const near = m.mul(sum, m.exp(m.neg(y)));
  const coefficients = [1];
  for (let k = 1; k < besselTerms; k++) {
    coefficients.push((-coefficients[k - 1]! * (4 - (2 * k - 1) ** 2)) / (8 * k));
  }
  const series = m.polynomial(m.div(1, y), coefficients);
  const far = m.div(series, m.sqrt(m.mul(2 * Math.PI, y)));
  const value = m.choose([m.le(y, besselSplit), near], far);
  return m.choose([m.eq(x, 0), x], m.copySign(value, x));
}
