/**
 * The loops over one row times one or two columns, and what sums.ts asks for of such a sum of
 * products. Two columns side by side wait less for one another's roundings; the numbers are the same.
 */
import type { Rounder } from '../../graphs/ir/rounding.ts';

/** Numbers written per column: Σp, Σ|p|, Σp², Σ of squared partial sums, and the rounded sum. */
export const figuresWidth = 5;

/** Figures of Σ x[a + j]·y[b + j], j < k, and of the column that begins at b + k. */
export function twoColumnsF32(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
): void {
  let [sum0, size0, squares0, partial0, rounded0] = [0, 0, 0, 0, 0];
  let [sum1, size1, squares1, partial1, rounded1] = [0, 0, 0, 0, 0];
  for (let j = 0; j < k; j++) {
    const v = x[a + j];
    const p = v * y[b + j];
    const q = v * y[b + k + j];
    sum0 += p;
    sum1 += q;
    rounded0 = Math.fround(rounded0 + Math.fround(p));
    rounded1 = Math.fround(rounded1 + Math.fround(q));
    size0 += Math.abs(p);
    size1 += Math.abs(q);
    squares0 += p * p;
    squares1 += q * q;
    partial0 += sum0 * sum0;
    partial1 += sum1 * sum1;
  }
  store(out, 0, sum0, size0, squares0, partial0, rounded0);
  store(out, figuresWidth, sum1, size1, squares1, partial1, rounded1);
}

/** Figures of one column, partial sums rounded to f32. */
export function oneColumnF32(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
): void {
  let [sum, size, squares, partial, rounded] = [0, 0, 0, 0, 0];
  for (let j = 0; j < k; j++) {
    const p = x[a + j] * y[b + j];
    sum += p;
    rounded = Math.fround(rounded + Math.fround(p));
    size += Math.abs(p);
    squares += p * p;
    partial += sum * sum;
  }
  store(out, 0, sum, size, squares, partial, rounded);
}

/** Figures of one column, partial sums rounded by any rounder. */
export function oneColumn(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
  round: Rounder,
): void {
  let [sum, size, squares, partial, rounded] = [0, 0, 0, 0, 0];
  for (let j = 0; j < k; j++) {
    const p = x[a + j] * y[b + j];
    sum += p;
    rounded = round(rounded + round(p));
    size += Math.abs(p);
    squares += p * p;
    partial += sum * sum;
  }
  store(out, 0, sum, size, squares, partial, rounded);
}

function store(
  out: Float64Array,
  at: number,
  sum: number,
  size: number,
  squares: number,
  partial: number,
  rounded: number,
): void {
  out[at] = sum;
  out[at + 1] = size;
  out[at + 2] = squares;
  out[at + 3] = partial;
  out[at + 4] = rounded;
}

/** What the operands' radii come to: Σ(|a| + rₐ)(|b| + r_b), and the likely radius squared. */
export interface Brought {
  reachable: number;
  variance: number;
}

/** One side of a product with radii, row after row. */
export interface Uncertain {
  /** |x| + worst. */
  readonly reachable: Float64Array;
  /** x², and what stands for products of two errors. */
  readonly factors: Float64Array;
  /** likely². */
  readonly variances: Float64Array;
}

/** Both sides have radii. */
export function broughtByBoth(
  l: Uncertain,
  a: number,
  r: Uncertain,
  b: number,
  k: number,
  out: Brought,
): void {
  const { reachable: ra, factors: sa, variances: va } = l;
  const { reachable: rb, factors: sb, variances: vb } = r;
  let reachable = 0;
  let variance = 0;
  for (let j = a, i = b; j < a + k; j++, i++) {
    reachable += ra[j] * rb[i];
    variance += sa[j] * vb[i] + sb[i] * va[j];
  }
  out.reachable = reachable;
  out.variance = variance;
}

/** Only one side has; the other is y. */
export function broughtByOne(
  { reachable: ra, variances: va }: Uncertain,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Brought,
): void {
  let reachable = 0;
  let variance = 0;
  for (let j = a, i = b; j < a + k; j++, i++) {
    const v = y[i];
    reachable += ra[j] * Math.abs(v);
    variance += v * v * va[j];
  }
  out.reachable = reachable;
  out.variance = variance;
}
