/**
 * Inverse circular and hyperbolic functions of complex numbers by their parts. asin and acos follow
 * Hull, Fairgrieve and Tang (ACM TOMS 23, 1997), which neither overflows nor cancels; atanh Kahan.
 */
import { floatFormat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { Arithmetic } from './arithmetic.ts';

/** Real and imaginary part. */
export type Parts = readonly [Instruction, Instruction];

/** What a formula needs to know of its type. */
interface Limits {
  readonly epsilon: number;
  readonly largest: number;
  /** Squares of numbers between these neither overflow nor lose digits. */
  readonly safeMin: number;
  readonly safeMax: number;
}

function limitsOf({ type }: Arithmetic): Limits {
  const { precision, minExponent, maxFinite } = floatFormat(type);
  return {
    epsilon: 2 ** (1 - precision),
    largest: maxFinite,
    safeMin: 4 * 2 ** (minExponent / 2),
    safeMax: Math.sqrt(maxFinite) / 8,
  };
}

interface Kernel {
  /** asin and acos of the real part's branch, for |re| and |im|. */
  readonly asin: Instruction;
  readonly acos: Instruction;
  /** Size of the imaginary part. */
  readonly imag: Instruction;
}

/** For x, y ≥ 0: the parts of asin(x + iy), and Re acos. */
function kernel(m: Arithmetic, x: Instruction, y: Instruction): Kernel {
  const { epsilon, largest, safeMin, safeMax } = limitsOf(m);
  const safe = m.and(inside(m, x, safeMax), m.and(inside(m, y, safeMax), m.gt(y, safeMin)));
  const usual = safeKernel(m, x, y);
  const above = m.add(x, 1);
  const below = m.sub(x, 1);
  const flat = m.and(m.le(y, m.mul(epsilon, m.abs(below))), m.compare(x, 'NE', 1));
  const steep = m.compare(m.sub(m.mul(epsilon, y), 1), 'GE', x);
  const tiny = m.le(y, safeMin);
  const inner = m.lt(x, 1);
  const root = m.sqrt(y);
  const height = m.sqrt(m.add(m.mul(y, y), 1));
  const both = m.and(m.eq(x, Infinity), m.eq(y, Infinity));
  const spread = m.sqrt(m.mul(m.abs(below), above));
  const quarter = Math.PI / 4;
  const asin = m.choose(
    [both, quarter],
    [safe, usual.asin],
    [flat, m.choose([inner, m.asin(x)], Math.PI / 2)],
    [tiny, m.sub(Math.PI / 2, root)],
    [steep, m.div(x, y)],
    [inner, m.div(x, height)],
    m.atan2(x, y),
  );
  const acos = m.choose(
    [both, quarter],
    [safe, usual.acos],
    [flat, m.choose([inner, m.acos(x)], flatAcos(m, y, above, below))],
    [tiny, root],
    [steep, Math.PI / 2],
    [inner, Math.PI / 2],
    m.atan2(y, x),
  );
  const product = m.gt(m.div(largest, above), m.abs(below));
  const outer = m.choose([product, m.log1p(m.add(below, spread))], m.add(Math.LN2, m.log(x)));
  const ratio = m.div(x, y);
  const imag = m.choose(
    [m.or(m.eq(x, Infinity), m.eq(y, Infinity)), Infinity],
    [safe, usual.imag],
    [flat, m.choose([inner, m.div(y, spread)], outer)],
    [tiny, root],
    [steep, m.add(Math.LN2, m.log(y))],
    [inner, m.div(m.log1p(m.mul(2, y, m.add(y, height))), 2)],
    m.add(Math.LN2, m.log(y), m.div(m.log1p(m.mul(ratio, ratio)), 2)),
  );
  return { asin, acos, imag };
}

/** y / √(x² - 1) where x > 1, without the square: a tiny y grows first. */
function flatAcos(m: Arithmetic, y: Instruction, above: Instruction, below: Instruction) {
  return m.div(m.div(y, m.sqrt(m.abs(below))), m.sqrt(above));
}

function inside(m: Arithmetic, x: Instruction, limit: number): Instruction {
  return m.lt(x, limit);
}

/** The formulas for arguments whose squares are harmless. */
function safeKernel(m: Arithmetic, x: Instruction, y: Instruction): Kernel {
  const above = m.add(x, 1);
  const square = m.mul(y, y);
  const r = m.hypot(above, y);
  const s = m.hypot(m.sub(x, 1), y);
  const a = m.div(m.add(r, s), 2);
  const b = m.div(x, a);
  const sum = m.add(a, x);
  const rightSum = m.add(r, above);
  const inner = m.le(x, 1);
  const leftInner = m.add(s, m.sub(1, x));
  const leftOuter = m.add(s, m.sub(x, 1));
  const low = m.sqrt(m.mul(0.5, sum, m.add(m.div(square, rightSum), leftInner)));
  const high = m.mul(y, m.sqrt(m.mul(0.5, m.add(m.div(sum, rightSum), m.div(sum, leftOuter)))));
  const opposite = m.choose([inner, low], high);
  const direct = m.le(b, 0.6417);
  const excess = m.mul(
    0.5,
    m.add(m.div(square, rightSum), m.choose([m.lt(x, 1), m.div(square, leftInner)], leftOuter)),
  );
  const near = m.log1p(m.add(excess, m.sqrt(m.mul(excess, m.add(a, 1)))));
  const far = m.log(m.add(a, m.sqrt(m.sub(m.mul(a, a), 1))));
  return {
    asin: m.choose([direct, m.asin(b)], m.atan2(x, opposite)),
    acos: m.choose([direct, m.acos(b)], m.atan2(opposite, x)),
    imag: m.choose([m.le(a, 1.5), near], far),
  };
}

/** asin(x + iy) as (re, im). */
export function asin(m: Arithmetic, [x, y]: Parts): Parts {
  const k = kernel(m, m.abs(x), m.abs(y));
  return [m.copySign(k.asin, x), m.copySign(k.imag, y)];
}

/** acos(x + iy) as (re, im). */
export function acos(m: Arithmetic, [x, y]: Parts): Parts {
  const k = kernel(m, m.abs(x), m.abs(y));
  const real = m.choose([m.signBit(x), m.sub(Math.PI, k.acos)], k.acos);
  return [real, m.neg(m.copySign(k.imag, y))];
}

/** acosh z = ±i acos z, with a real part that is not negative. */
export function acosh(m: Arithmetic, z: Parts): Parts {
  const [re, im] = acos(m, z);
  return [m.abs(im), m.copySign(re, z[1])];
}

/** asinh(x + iy): the parts of asin(y + ix), exchanged. */
export function asinh(m: Arithmetic, [x, y]: Parts): Parts {
  const [re, im] = asin(m, [y, x]);
  return [im, re];
}

/**
 * Re = log1p(4x / ((1-x)² + y²)) / 4, Im = atan2(2y, (1-x)(1+x) - y²) / 2; where the squares
 * overflow x/|z|² and π/2, and at x = 1 with a small y (ln 2 - ln y) / 2.
 */
export function atanh(m: Arithmetic, [re, im]: Parts): Parts {
  const { safeMin, safeMax } = limitsOf(m);
  const [x, y] = [m.abs(re), m.abs(im)];
  const square = m.mul(y, y);
  const gap = m.sub(1, x);
  const usual = m.div(m.log1p(m.div(m.mul(4, x), m.add(m.mul(gap, gap), square))), 4);
  const half = m.hypot(m.div(x, 2), m.div(y, 2));
  const far = m.div(m.div(m.div(m.div(x, 2), half), half), 2);
  const large = m.or(m.gt(x, safeMax), m.gt(y, safeMax));
  const infinite = m.or(m.eq(x, Infinity), m.eq(y, Infinity));
  const pole = m.and(m.eq(x, 1), m.lt(y, safeMin));
  const real = m.choose(
    [infinite, 0],
    [large, far],
    [pole, m.div(m.sub(Math.LN2, m.log(y)), 2)],
    usual,
  );
  const angle = m.atan2(m.mul(2, y), m.sub(m.mul(gap, m.add(1, x)), square));
  const imag = m.choose([large, Math.PI / 2], m.div(angle, 2));
  return [m.copySign(real, re), m.copySign(imag, im)];
}

/** atan z = -i atanh(iz): the parts of atanh(-y + ix), turned back. */
export function atan(m: Arithmetic, [x, y]: Parts): Parts {
  const [re, im] = atanh(m, [m.neg(y), x]);
  return [im, m.neg(re)];
}

/** sinh x cos y + i cosh x sin y; real on the real line. */
export function sinh(m: Arithmetic, [x, y]: Parts): Parts {
  const real = grown(m, x, m.sinh(x), m.cos(y));
  const imag = grown(m, m.abs(x), m.cosh(x), m.sin(y));
  return [real, m.choose([m.eq(y, 0), y], imag)];
}

/** cosh x cos y + i sinh x sin y; real on the real line. */
export function cosh(m: Arithmetic, [x, y]: Parts): Parts {
  const real = grown(m, m.abs(x), m.cosh(x), m.cos(y));
  const imag = grown(m, x, m.sinh(x), m.sin(y));
  return [real, m.choose([m.eq(y, 0), m.choose([m.lt(x, 0), m.neg(y)], y)], imag)];
}

/** size · factor, where size is ±e^|x|/2 once x is large: no overflow before the product does. */
function grown(m: Arithmetic, x: Instruction, size: Instruction, factor: Instruction): Instruction {
  const limit = Math.log(limitsOf(m).largest) - 1;
  const root = m.exp(m.div(m.abs(x), 2));
  const signed = m.choose([m.lt(x, 0), m.neg(root)], root);
  const large = m.mul(m.mul(factor, root), m.div(signed, 2));
  return m.choose([m.gt(m.abs(x), limit), large], m.mul(size, factor));
}

/** (x - y)(x + y) + 2ixy, with 0 where |x| = |y| even if their sum overflows. */
export function square(m: Arithmetic, [x, y]: Parts): Parts {
  const product = m.mul(x, y);
  const difference = m.mul(m.sub(x, y), m.add(x, y));
  const level = m.and(m.eq(m.abs(x), m.abs(y)), m.lt(m.abs(x), Infinity));
  return [m.choose([level, 0], difference), m.add(product, product)];
}
