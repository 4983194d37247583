/**
 * The loops over one or two rows times one column each, and what sums.ts asks for of such a sum of
 * products. Two side by side wait less for one another's roundings; the numbers are the same.
 */
import type { Rounder } from '../../graphs/ir/rounding.ts';

/** Numbers written per column: Σp, Σ|p|, Σp², Σ of squared partial sums, and the rounded sum. */
export const figuresWidth = 5;

/** How rows and columns lie in memory. */
export interface Walk {
  /** Numbers in a row. */
  readonly k: number;
  /** From a number of a row to the next one, from a number of a column to the next one. */
  readonly rowStep: number;
  readonly columnStep: number;
  /** From the row of a column to the row of the next column (0: the same row), column to column. */
  readonly rowPitch: number;
  readonly columnPitch: number;
}

/** Figures of the row at a times the column at b, and the column after it; all lie in one piece. */
export function twoColumnsF32(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
): void {
  let sum0 = 0;
  let size0 = 0;
  let squares0 = 0;
  let partial0 = 0;
  let rounded0 = 0;
  let sum1 = 0;
  let size1 = 0;
  let squares1 = 0;
  let partial1 = 0;
  let rounded1 = 0;
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

/** The same of two rows and two columns that lie side by side. */
export function twoLanesF32(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  { k, rowStep, columnStep }: Walk,
  out: Float64Array,
): void {
  let sum0 = 0;
  let size0 = 0;
  let squares0 = 0;
  let partial0 = 0;
  let rounded0 = 0;
  let sum1 = 0;
  let size1 = 0;
  let squares1 = 0;
  let partial1 = 0;
  let rounded1 = 0;
  for (let j = 0, r = a, c = b; j < k; j++, r += rowStep, c += columnStep) {
    const p = x[r] * y[c];
    const q = x[r + 1] * y[c + 1];
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
  { k, rowStep, columnStep }: Walk,
  out: Float64Array,
): void {
  let sum = 0;
  let size = 0;
  let squares = 0;
  let partial = 0;
  let rounded = 0;
  for (let j = 0, r = a, c = b; j < k; j++, r += rowStep, c += columnStep) {
    const p = x[r] * y[c];
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
  { k, rowStep, columnStep }: Walk,
  out: Float64Array,
  round: Rounder,
): void {
  let sum = 0;
  let size = 0;
  let squares = 0;
  let partial = 0;
  let rounded = 0;
  for (let j = 0, r = a, c = b; j < k; j++, r += rowStep, c += columnStep) {
    const p = x[r] * y[c];
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

/** Numbers written per column: Σ(|a| + rₐ)(|b| + r_b), and the likely radius squared. */
export const broughtWidth = 2;

/** One side of a product with radii, row after row. */
export interface Uncertain {
  /** |x| + worst. */
  readonly reachable: Float64Array;
  /** x², and what stands for products of two errors. */
  readonly factors: Float64Array;
  /** likely². */
  readonly variances: Float64Array;
}

/** What the radii of both sides come to, for the row at a times the column at b and the next pair. */
export function broughtByBoth(
  l: Uncertain,
  a: number,
  r: Uncertain,
  b: number,
  { k, rowStep, columnStep, rowPitch, columnPitch }: Walk,
  out: Float64Array,
): void {
  const { reachable: ra, factors: sa, variances: va } = l;
  const { reachable: rb, factors: sb, variances: vb } = r;
  let reachable0 = 0;
  let variance0 = 0;
  let reachable1 = 0;
  let variance1 = 0;
  for (let j = 0, i = a, c = b; j < k; j++, i += rowStep, c += columnStep) {
    const i1 = i + rowPitch;
    const c1 = c + columnPitch;
    reachable0 += ra[i] * rb[c];
    reachable1 += ra[i1] * rb[c1];
    variance0 += sa[i] * vb[c] + sb[c] * va[i];
    variance1 += sa[i1] * vb[c1] + sb[c1] * va[i1];
  }
  out[0] = reachable0;
  out[1] = variance0;
  out[2] = reachable1;
  out[3] = variance1;
}

/** The same for the row at a times the column at b and the column after it; all lie in one piece. */
export function broughtToTwo(
  l: Uncertain,
  a: number,
  r: Uncertain,
  b: number,
  k: number,
  out: Float64Array,
): void {
  const { reachable: ra, factors: sa, variances: va } = l;
  const { reachable: rb, factors: sb, variances: vb } = r;
  let reachable0 = 0;
  let variance0 = 0;
  let reachable1 = 0;
  let variance1 = 0;
  for (let j = 0; j < k; j++) {
    const reached = ra[a + j];
    const factor = sa[a + j];
    const variance = va[a + j];
    reachable0 += reached * rb[b + j];
    variance0 += factor * vb[b + j] + sb[b + j] * variance;
    reachable1 += reached * rb[b + k + j];
    variance1 += factor * vb[b + k + j] + sb[b + k + j] * variance;
  }
  out[0] = reachable0;
  out[1] = variance0;
  out[2] = reachable1;
  out[3] = variance1;
}

/** The same where only one side has radii; the other is y. The walk takes that side for the row. */
export function broughtByOne(
  { reachable: ra, variances: va }: Uncertain,
  a: number,
  y: Float64Array,
  b: number,
  { k, rowStep, columnStep, rowPitch, columnPitch }: Walk,
  out: Float64Array,
): void {
  let reachable0 = 0;
  let variance0 = 0;
  let reachable1 = 0;
  let variance1 = 0;
  for (let j = 0, i = a, c = b; j < k; j++, i += rowStep, c += columnStep) {
    const v = y[c];
    const w = y[c + columnPitch];
    reachable0 += ra[i] * Math.abs(v);
    reachable1 += ra[i + rowPitch] * Math.abs(w);
    variance0 += v * v * va[i];
    variance1 += w * w * va[i + rowPitch];
  }
  out[0] = reachable0;
  out[1] = variance0;
  out[2] = reachable1;
  out[3] = variance1;
}

/** The same where only the row has radii, in one piece like the two columns. */
export function broughtToTwoByRow(
  { reachable: ra, variances: va }: Uncertain,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
): void {
  let reachable0 = 0;
  let variance0 = 0;
  let reachable1 = 0;
  let variance1 = 0;
  for (let j = 0; j < k; j++) {
    const reached = ra[a + j];
    const variance = va[a + j];
    const v = y[b + j];
    const w = y[b + k + j];
    reachable0 += reached * Math.abs(v);
    reachable1 += reached * Math.abs(w);
    variance0 += v * v * variance;
    variance1 += w * w * variance;
  }
  out[0] = reachable0;
  out[1] = variance0;
  out[2] = reachable1;
  out[3] = variance1;
}
