/**
 * The gamma function and its kin as CHLO decomposes them: Lanczos' approximation (SIAM J. Numer.
 * Anal. B 1, 1964) with g = 7 and nine coefficients, reflection below 1/2; Hurwitz' zeta by
 * Euler-Maclaurin summation (Johansson, arXiv:1309.2877, formula 5).
 */
import { elementTypes } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { Arithmetic } from './arithmetic.ts';

const lanczosG = 7;
const lanczosBase = 0.9999999999998099;
const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** What lgamma and digamma have in common, for z = -x where x is reflected, else x - 1. */
interface Lanczos {
  readonly reflected: Instruction;
  readonly z: Instruction;
  /** z + g + 1/2, and its logarithm. */
  readonly t: Instruction;
  readonly logT: Instruction;
}

function shifted(m: Arithmetic, x: Instruction): Lanczos {
  const reflected = m.lt(x, 0.5);
  const z = m.choose([reflected, m.neg(x)], m.sub(x, 1));
  const middle = lanczosG + 0.5;
  const logT = m.add(Math.log(middle), m.log1p(m.div(z, middle)));
  return { reflected, z, t: m.add(middle, z), logT };
}

/** ln|Γ(x)|; inf at ±inf, 0, -1, -2 … */
export function logGamma(m: Arithmetic, x: Instruction): Instruction {
  const { reflected, z, t, logT } = shifted(m, x);
  let a = m.k(lanczosBase);
  lanczos.forEach((c, i) => {
    a = m.add(a, m.div(c, m.add(z, i + 1)));
  });
  const power = m.mul(m.sub(m.add(z, 0.5), m.div(t, logT)), logT);
  const value = m.add(m.add(Math.log(2 * Math.PI) / 2, power), m.log(a));
  const size = m.abs(x);
  const fraction = m.sub(size, m.floor(size));
  const distance = m.choose([m.lt(0.5, fraction), m.sub(1, fraction)], fraction);
  const sine = m.log(m.sin(m.mul(Math.PI, distance)));
  const mirror = m.sub(m.sub(Math.log(Math.PI), sine), value);
  const finite = m.lt(m.abs(sine), Infinity);
  const reflection = m.choose([finite, mirror], m.neg(sine));
  return m.choose([m.eq(size, Infinity), Infinity], [reflected, reflection], value);
}

/** Γ'/Γ; NaN at 0, -1, -2 … */
export function digamma(m: Arithmetic, x: Instruction): Instruction {
  const { reflected, z, t, logT } = shifted(m, x);
  let a = m.k(lanczosBase);
  let slope = m.k(0);
  lanczos.forEach((c, i) => {
    const term = m.add(z, i + 1);
    slope = m.sub(slope, m.div(c, m.mul(term, term)));
    a = m.add(a, m.div(c, term));
  });
  const value = m.sub(m.add(logT, m.div(slope, a)), m.div(lanczosG, t));
  const reduced = m.add(x, m.abs(m.floor(m.add(x, 0.5))));
  const angle = m.mul(Math.PI, reduced);
  const mirror = m.sub(value, m.div(m.mul(Math.PI, m.cos(angle)), m.sin(angle)));
  const pole = m.and(m.le(x, 0), m.eq(x, m.floor(x)));
  return m.choose([pole, NaN], [reflected, mirror], value);
}

/** Terms summed one by one after the first, and those of the Euler-Maclaurin expansion. */
const zetaTerms = 9;
/** (2k)!/B₂ₖ for k = 12 … 1. */
const zetaDivisors = [
  -7.166165256175667e18, 1.8152105401943546e17, -4597978722407473, 116467828143500.67,
  -2950130727918.164, 74724249600, -1892437580.3183792, 47900160, -1209600, 30240, -720, 12,
];

/** Least number above zero of the types that formulas are computed in. */
const smallest = { f32: 2 ** -149, f64: Number.MIN_VALUE } as const;

/**
 * Hurwitz zeta, Σ (q + k)^-x. inf at x = 1, NaN below; where q is not positive, inf at integers for
 * even x, and NaN where x is no integer.
 */
export function zeta(m: Arithmetic, x: Instruction, q: Instruction): Instruction {
  const power = (base: Instruction) => m.pow(base, m.neg(x));
  let end = q;
  let sum = power(q);
  for (let i = 0; i < zetaTerms; i++) {
    end = m.add(end, 1);
    sum = m.add(sum, power(end));
  }
  end = m.add(end, 1);
  const last = power(end);
  const integral = m.div(m.mul(last, end), m.sub(x, 1));
  const inverse = m.div(1, m.mul(end, end));
  const [closest, ...farther] = zetaDivisors.map((d) => 1 / d).reverse();
  let tail = m.k(0);
  farther.reverse().forEach((c, i) => {
    const degree = 2 * zetaDivisors.length - 2 - 2 * i;
    const factors = m.mul(m.add(x, degree), m.add(x, degree - 1));
    tail = m.mul(factors, m.mul(inverse, m.add(tail, c)));
  });
  const rest = m.mul(last, m.add(0.5, m.mul(m.div(x, end), m.add(closest!, tail))));
  const whole = m.add(m.add(sum, integral), rest);
  const least = elementTypes[m.type].bits === 64 ? smallest.f64 : smallest.f32;
  const enough = m.lt(m.abs(last), m.mul(m.abs(sum), least));
  return zetaEnds(m, x, q, m.choose([enough, sum], whole));
}

/** The value, or what zeta is at its poles and outside its domain. */
function zetaEnds(m: Arithmetic, x: Instruction, q: Instruction, value: Instruction): Instruction {
  const low = m.le(q, 0);
  const even = m.eq(m.rem(x, 2), 0);
  const pole = m.and(low, m.eq(q, m.floor(q)));
  const outside = m.and(low, m.not(m.eq(x, m.floor(x))));
  return m.choose(
    [m.eq(x, 1), Infinity],
    [pole, m.choose([even, Infinity], NaN)],
    [m.or(outside, m.lt(x, 1)), NaN],
    value,
  );
}

/** Derivative n of digamma: (-1)^(n+1) n! ζ(n+1, x); NaN unless n is 0, 1, 2 … */
export function polygamma(m: Arithmetic, n: Instruction, x: Instruction): Instruction {
  const next = m.add(n, 1);
  const sign = m.sub(m.mul(2, m.rem(n, 2)), 1);
  const size = m.mul(m.mul(sign, m.exp(logGamma(m, next))), zeta(m, next, x));
  const bad = m.or(m.lt(n, 0), m.not(m.eq(n, m.floor(n))));
  return m.choose([bad, NaN], [m.eq(n, 0), digamma(m, x)], size);
}
