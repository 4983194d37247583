/**
 * Smooth functions of one real variable, one row each: how errors of the argument grow, and how far
 * an implementation may be from correct rounding. Allowances are at least twice the largest error
 * measured on XLA:CPU (jax 0.10.2, 10^5 to 10^6 arguments a function, dense and logarithmic, in f32
 * and in f64, and every number of f16 and bf16; the figure of f32 stands in the row's comment, in
 * units of 2^-23 relative, and others where they need an allowance of their own) and no less than 4
 * where a function is usually a polynomial.
 */
import { floatFunctions } from '../../reference/scalars/float-functions.ts';

/** What is known of a function of one real number. */
export interface DifferentiableRow {
  readonly f: (x: number) => number;
  /** |f'(x)|, given v = f(x). */
  readonly slope: (v: number, x: number) => number;
  /** Sign of f'(x) where it is not positive throughout. */
  readonly direction?: (x: number) => number;
  /** Distance from x within which |f'| changes by no more than a factor e. */
  readonly span: (v: number, x: number) => number;
  /** Beyond small errors: `ends`: |f| is largest-error at the interval's ends; else a bound of |f'|. */
  readonly far: 'ends' | 'pole' | number;
  /** Where f is defined; an interval that reaches past an end has no bound. */
  readonly domain?: readonly [low: number, high: number];
  /** Allowance beyond correct rounding, in units of 2u (1 ulp at most) of f32, or f64 for f64. */
  readonly ulps: number;
  /** The same in units of 2u of f64, where XLA's f64 is worse than its f32. */
  readonly doubleUlps?: number;
  /** In units of 2u of f16, where f16 (and f8 in it) is computed step by step and not in f32. */
  readonly halfUlps?: number;
}

const f = floatFunctions;
const one = () => 1;
const relative = (_: number, x: number) => Math.abs(x);
const always = () => Infinity;
const falling = () => -1;
/** Never 0, which would lose the error of an argument at the turning point. */
const even = (x: number) => (x < 0 ? -1 : 1);

/** The rows, by opcode. */
export const differentiableFunctions = {
  /** Exact. */
  abs: { f: f.abs, slope: one, direction: even, span: always, far: 1, ulps: 0 },
  /** Exact. */
  negate: { f: f.negate, slope: one, direction: falling, span: always, far: 1, ulps: 0 },
  /** Exact. */
  real: { f: f.real, slope: one, span: always, far: 1, ulps: 0 },
  /** 0.50: correctly rounded, as IEEE 754 demands. */
  sqrt: {
    f: f.sqrt,
    slope: (v) => 0.5 / v,
    span: relative,
    far: 'ends',
    domain: [0, Infinity],
    ulps: 0,
  },
  /** 1.27 */
  rsqrt: {
    f: f.rsqrt,
    slope: (v, x) => (0.5 * v) / x,
    direction: falling,
    span: (_, x) => Math.abs(x) / 2,
    far: 'ends',
    domain: [Number.MIN_VALUE, Infinity],
    ulps: 4,
  },
  /** 0.77 */
  cbrt: { f: f.cbrt, slope: (v) => 1 / (3 * v * v), span: relative, far: 'ends', ulps: 4 },
  /** 2.76, next to overflow. */
  exponential: { f: f.exponential, slope: (v) => v, span: one, far: 'ends', ulps: 6 },
  /** 3.08; in f16, as tanh(x/2)·(e^x + 1) rounded at each step, 2.11 ulp of all its arguments. */
  'exponential-minus-one': {
    f: f['exponential-minus-one'],
    slope: (v) => v + 1,
    span: one,
    far: 'ends',
    ulps: 7,
    halfUlps: 4,
  },
  /** 1.02 */
  log: {
    f: f.log,
    slope: (_, x) => 1 / x,
    span: relative,
    far: 'ends',
    domain: [Number.MIN_VALUE, Infinity],
    ulps: 4,
  },
  /** 1.79; in f64 120.33, between -0.415 and -0.363, and 1.8 elsewhere. */
  'log-plus-one': {
    f: f['log-plus-one'],
    slope: (_, x) => 1 / (1 + x),
    span: (_, x) => 1 + x,
    far: 'ends',
    domain: [-1 + 2 ** -53, Infinity],
    ulps: 4,
    doubleUlps: 241,
  },
  /** 1.21; in f16, as 1/(1 + e^-x) rounded at each step, 1.06 ulp of all its arguments. */
  logistic: {
    f: f.logistic,
    slope: (v) => v * (1 - v),
    span: one,
    far: 'ends',
    ulps: 4,
    halfUlps: 2,
  },
  /** 2.30; in f64 3.65, close to 1. */
  tanh: { f: f.tanh, slope: (v) => 1 - v * v, span: () => 0.5, far: 'ends', ulps: 8 },
  /** 2.96 */
  erf: {
    f: f.erf,
    slope: (_, x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
    span: (_, x) => 0.5 / (1 + Math.abs(x)),
    far: 'ends',
    ulps: 6,
  },
  /** 0.53 */
  sine: {
    f: f.sine,
    slope: one,
    direction: (x) => Math.sign(Math.cos(x)),
    span: always,
    far: 1,
    ulps: 4,
  },
  /** 0.53 */
  cosine: {
    f: f.cosine,
    slope: one,
    direction: (x) => (Math.sin(x) < 0 ? 1 : -1),
    span: always,
    far: 1,
    ulps: 4,
  },
  /** 0.64 */
  tan: {
    f: f.tan,
    slope: (v) => 1 + v * v,
    span: (v) => 0.5 / (1 + Math.abs(v)),
    far: 'pole',
    ulps: 4,
  },
  /** 12.63: e^(x + log 1/2), so the rounding of x counts; in f64 248.68. */
  sinh: {
    f: f.sinh,
    slope: (_, x) => Math.cosh(x),
    span: one,
    far: 'ends',
    ulps: 26,
    doubleUlps: 498,
  },
  /** 12.63, and with one sign (6.8 on average); in f64 248.74. */
  cosh: {
    f: f.cosh,
    slope: (_, x) => Math.abs(Math.sinh(x)),
    direction: even,
    span: (_, x) => Math.min(1, Math.abs(x)),
    far: 'ends',
    ulps: 26,
    doubleUlps: 498,
  },
  /** 1.40 */
  asin: {
    f: f.asin,
    slope: (_, x) => 1 / Math.sqrt((1 - x) * (1 + x)),
    span: (_, x) => 1 - Math.abs(x),
    far: 'ends',
    domain: [-1, 1],
    ulps: 4,
  },
  /** 1.52 */
  acos: {
    f: f.acos,
    direction: falling,
    slope: (_, x) => 1 / Math.sqrt((1 - x) * (1 + x)),
    span: (_, x) => 1 - Math.abs(x),
    far: 'ends',
    domain: [-1, 1],
    ulps: 4,
  },
  /** 1.93 */
  asinh: {
    f: f.asinh,
    slope: (_, x) => 1 / Math.sqrt(1 + x * x),
    span: one,
    far: 'ends',
    ulps: 4,
  },
  /** 2.34 */
  acosh: {
    f: f.acosh,
    slope: (_, x) => 1 / Math.sqrt((x - 1) * (x + 1)),
    span: (_, x) => x - 1,
    far: 'ends',
    domain: [1, Infinity],
    ulps: 5,
  },
  /** 1.65; in f64 73.17, where its log1p is as far off. */
  atanh: {
    f: f.atanh,
    slope: (_, x) => 1 / ((1 - x) * (1 + x)),
    span: (_, x) => 1 - Math.abs(x),
    far: 'ends',
    domain: [-1, 1],
    ulps: 4,
    doubleUlps: 147,
  },
} as const satisfies Record<string, DifferentiableRow>;

/** An opcode that has a row. */
export type DifferentiableOpcode = keyof typeof differentiableFunctions;

/** Below this share of the span, |f'| changes by less than this share times e. */
export const nearby = 1 / 128;

/**
 * Bound of |f(x ± r) - v|: by the slope where r is small, at the interval's ends otherwise.
 * Infinity where the interval reaches past the domain or over a pole.
 */
export function growth(row: DifferentiableRow, v: number, x: number, r: number): number {
  if (r === 0) return 0;
  const span = row.span(v, x);
  const inside = !row.domain || (x - r >= row.domain[0] && x + r <= row.domain[1]);
  if (!inside) return Infinity;
  const close = row.slope(v, x) * Math.min(r, span * nearby) * (1 + 3 * nearby);
  if (r <= span * nearby) return close;
  if (row.far === 'pole') return r < span ? row.slope(v, x) * r * Math.E : Infinity;
  if (row.far !== 'ends') return row.far * r;
  return Math.max(close, Math.abs(row.f(x + r) - v), Math.abs(row.f(x - r) - v));
}
