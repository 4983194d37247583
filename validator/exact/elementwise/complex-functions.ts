/**
 * Smooth functions of one complex variable, one row each. Errors are bounded in the modulus and
 * given to both parts: implementations are good to a few units of |f|, not of each part. Allowances
 * are at least twice the largest error measured on XLA:CPU (jax 0.10.2, c64, 3·10^5 arguments a
 * function; the figure stands in the row's comment, in units of 2^-23·|f|).
 */
import { complexFunctions as f } from '../../reference/scalars/complex-functions.ts';
import type { Complex } from '../../reference/scalars/scalar.ts';
import type { Numerics } from '../core/numerics.ts';
import { chord } from '../core/radius.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';

/** What is known of a function of one complex number. */
export interface ComplexRow {
  readonly f: (z: Complex) => Complex;
  /** Bound of |f'(z)|; |v| and |1 + v| come from v = f(z). */
  readonly slope: (v: Complex, z: Complex) => number;
  /** Distance from z within which that bound grows by no more than a factor e. */
  readonly span: (v: Complex, z: Complex) => number;
  /** The branch cut is the real axis below this. */
  readonly cut?: number;
  /** Allowance in units of 2u·|f|. */
  readonly ulps: number;
  /** Computed by a formula that is good to a small change of z: allowance of 2u·|z·f'| as well. */
  readonly backward?: true;
}

const size = ([re, im]: Complex) => Math.hypot(re, im);
const nearUnit = (v: Complex) => 0.5 / (1 + size(v));
const plusSquare = ([re, im]: Complex, sign: 1 | -1) =>
  Math.hypot(1 + sign * (re * re - im * im), 2 * re * im);

/** The rows, by opcode. */
export const complexRows = {
  /** 1.29 */
  sqrt: {
    f: f.sqrt,
    slope: (v) => 0.5 / size(v),
    span: (_, z) => size(z) / 2,
    cut: 0,
    ulps: 4,
  },
  /** 2.09 */
  rsqrt: {
    f: f.rsqrt as ComplexRow['f'],
    slope: (v) => 0.5 * size(v) ** 3,
    span: (_, z) => size(z) / 3,
    cut: 0,
    ulps: 6,
  },
  /** 3.03 */
  'log-plus-one': {
    f: f['log-plus-one'],
    slope: (_, [re, im]) => 1 / Math.hypot(1 + re, im),
    span: (_, [re, im]) => Math.hypot(1 + re, im) / 2,
    cut: -1,
    ulps: 8,
  },
  /** 94.69, next to the zeros 2πik. */
  'exponential-minus-one': {
    f: f['exponential-minus-one'],
    slope: (_, z) => Math.exp(z[0]),
    span: () => 1,
    ulps: 8,
    backward: true,
  },
  /** 369.94, next to the poles. */
  logistic: {
    f: f.logistic as ComplexRow['f'],
    slope: (v) => size(v) * Math.hypot(1 - v[0], v[1]),
    span: nearUnit,
    ulps: 8,
    backward: true,
  },
  /** 204.33, next to the poles. */
  tanh: { f: f.tanh, slope: (v) => plusSquare(v, -1), span: nearUnit, ulps: 8, backward: true },
  /** 1831.53, next to the poles. */
  tan: {
    f: f.tan as ComplexRow['f'],
    slope: (v) => plusSquare(v, 1),
    span: nearUnit,
    ulps: 8,
    backward: true,
  },
  /** 3.27 */
  sine: { f: f.sine, slope: (_, z) => Math.cosh(z[1]), span: () => 1, ulps: 8 },
  /** 2.85 */
  cosine: { f: f.cosine, slope: (_, z) => Math.cosh(z[1]), span: () => 1, ulps: 8 },
} as const satisfies Record<string, ComplexRow>;

/** An opcode that has a row. */
export type DifferentiableComplexOpcode = keyof typeof complexRows;

/** A smooth function of a complex tensor; the marks of the operand are the caller's to add. */
export function differentiableComplex(
  row: ComplexRow,
  t: ExactTensor,
  numerics: Numerics,
): ExactTensor {
  const [re, im] = [realPart(t), imaginaryPart(t)];
  const n = re.data.length;
  const sinks = [new ResultBuilder(n, numerics), new ResultBuilder(n, numerics)] as const;
  for (let i = 0; i < n; i++) {
    const z: Complex = [re.data[i] as number, im.data[i] as number];
    const v = row.f(z);
    const own = size([re.bound?.[i] ?? 0, im.bound?.[i] ?? 0]);
    const special = !(size(v) < Infinity && size(z) < Infinity);
    if (special || crossesCut(row, z, own, re, im, i, numerics)) {
      if (own > 0 || special) for (const results of sinks) results.mark(i);
      sinks[0].keep(i, v[0], 0, 0, 0);
      sinks[1].keep(i, v[1], 0, 0, 0);
      continue;
    }
    put(row, z, v, [re, im], i, sinks, numerics);
  }
  const { along } = t.correlated ?? {};
  return joined(sinks[0].finish(re.shape, along), sinks[1].finish(re.shape, along));
}

function put(
  row: ComplexRow,
  z: Complex,
  v: Complex,
  [re, im]: readonly [ExactTensor, ExactTensor],
  i: number,
  sinks: readonly [ResultBuilder, ResultBuilder],
  { u, functionU, lambda }: Numerics,
): void {
  const slope = row.slope(v, z);
  const span = row.span(v, z);
  const grow = (r: number) => growth(slope, span, r);
  const w = grow(size([re.bound?.[i] ?? 0, im.bound?.[i] ?? 0]));
  const l = chord(grow, size([re.deviation?.[i] ?? 0, im.deviation?.[i] ?? 0]), lambda);
  const common = size([re.correlated?.radius[i] ?? 0, im.correlated?.radius[i] ?? 0]);
  const scale = size(v) + (row.backward ? slope * size(z) : 0);
  const localBound = 2 * row.ulps * functionU * scale;
  for (const k of [0, 1] as const) {
    sinks[k].putRounded(
      i,
      v[k],
      w + localBound,
      Math.hypot(l, localBound / 2),
      common === 0 ? 0 : chord(grow, common, lambda),
      u,
      u,
    );
  }
}

/** Bound of |f(z + d) - f(z)| for |d| ≤ r. */
function growth(slope: number, span: number, r: number): number {
  if (r === 0) return 0;
  if (r <= span / 128) return slope * r * (1 + 3 / 128);
  return r <= span ? slope * r * Math.E : Infinity;
}

function crossesCut(
  { cut }: ComplexRow,
  [x, y]: Complex,
  bound: number,
  re: ExactTensor,
  im: ExactTensor,
  i: number,
  { lambda }: Numerics,
): boolean {
  if (cut === undefined || bound === 0) return false;
  const deviation = (t: ExactTensor) =>
    (t.deviation?.[i] ?? 0) + Math.abs(t.correlated?.radius[i] ?? 0);
  const r = Math.min(bound, lambda * size([deviation(re), deviation(im)]));
  return x - r <= cut && Math.abs(y) <= r;
}
