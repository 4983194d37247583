/**
 * The loops over one row, or lanes of rows, times columns: what sums.ts asks for of each sum of
 * products. Two side by side wait less for one another's roundings; the numbers are the same.
 */
import { veltkamp } from '../core/numerics.ts';

/**
 * Numbers written per column: Σp, Σ|p|, Σp², Σ of squared partial sums, the rounded sum, and what
 * propagated-error.ts finds: the worst and the squared likely radius that the operands bring.
 */
export const momentsWidth = 7;

/** Elements of a row and a column that meet: those at a + rowSteps[j] and b + columnSteps[j]. */
export interface Offsets {
  readonly rowSteps: Int32Array;
  readonly columnSteps: Int32Array;
  /** How many of them count. */
  readonly count: number;
}

/**
 * How partial sums are rounded: in f32, to the digits of a split (veltkamp in numerics.ts), or not at
 * all (the sum stands for it).
 */
export type Rounding = 'f32' | 'none' | number;

/** Figures of the row of k numbers at a times n columns that lie one after another from b on. */
export function rowMoments(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  n: number,
  { rowSteps, columnSteps, count: k }: Offsets,
  rounding: Rounding,
  out: Float64Array,
): void {
  let c = 0;
  if (rounding === 'f32') {
    for (; c + 1 < n; c += 2) twoColumnsF32(x, a, y, b + c * k, k, out, c * momentsWidth);
  } else if (rounding === 'none') {
    for (; c + 1 < n; c += 2) twoColumns(x, a, y, b + c * k, k, out, c * momentsWidth);
  }
  const split = splitOf(rounding);
  for (; c < n; c++) {
    onePair(x, a, rowSteps, y, b + c * k, columnSteps, k, split, out, c * momentsWidth);
  }
}

/** Figures of n rows and n columns that lie side by side from a and 0 on, each with its own. */
export function laneMoments(
  x: Float64Array,
  a: number,
  y: Float64Array,
  n: number,
  { rowSteps, columnSteps, count }: Offsets,
  rounding: Rounding,
  out: Float64Array,
): void {
  let c = 0;
  if (rounding === 'f32') {
    for (; c + 1 < n; c += 2) {
      twoLanesF32(x, a + c, rowSteps, y, c, columnSteps, count, out, c * momentsWidth);
    }
  } else if (rounding === 'none') {
    for (; c + 1 < n; c += 2) {
      twoLanes(x, a + c, rowSteps, y, c, columnSteps, count, out, c * momentsWidth);
    }
  }
  const split = splitOf(rounding);
  for (; c < n; c++) {
    onePair(x, a + c, rowSteps, y, c, columnSteps, count, split, out, c * momentsWidth);
  }
}

/** The split that rounds so; 0 where nothing is rounded. */
function splitOf(rounding: Rounding): number {
  if (rounding === 'f32') return veltkamp(24);
  return rounding === 'none' ? 0 : rounding;
}

function twoColumnsF32(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
  at: number,
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
  store(out, at, sum0, size0, squares0, partial0, rounded0);
  store(out, at + momentsWidth, sum1, size1, squares1, partial1, rounded1);
}

function twoColumns(
  x: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  k: number,
  out: Float64Array,
  at: number,
): void {
  let sum0 = 0;
  let size0 = 0;
  let squares0 = 0;
  let partial0 = 0;
  let sum1 = 0;
  let size1 = 0;
  let squares1 = 0;
  let partial1 = 0;
  for (let j = 0; j < k; j++) {
    const v = x[a + j];
    const p = v * y[b + j];
    const q = v * y[b + k + j];
    sum0 += p;
    sum1 += q;
    size0 += Math.abs(p);
    size1 += Math.abs(q);
    squares0 += p * p;
    squares1 += q * q;
    partial0 += sum0 * sum0;
    partial1 += sum1 * sum1;
  }
  store(out, at, sum0, size0, squares0, partial0, sum0);
  store(out, at + momentsWidth, sum1, size1, squares1, partial1, sum1);
}

function twoLanesF32(
  x: Float64Array,
  a: number,
  rowSteps: Int32Array,
  y: Float64Array,
  b: number,
  columnSteps: Int32Array,
  count: number,
  out: Float64Array,
  at: number,
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
  for (let j = 0; j < count; j++) {
    const r = a + rowSteps[j];
    const c = b + columnSteps[j];
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
  store(out, at, sum0, size0, squares0, partial0, rounded0);
  store(out, at + momentsWidth, sum1, size1, squares1, partial1, rounded1);
}

function twoLanes(
  x: Float64Array,
  a: number,
  rowSteps: Int32Array,
  y: Float64Array,
  b: number,
  columnSteps: Int32Array,
  count: number,
  out: Float64Array,
  at: number,
): void {
  let sum0 = 0;
  let size0 = 0;
  let squares0 = 0;
  let partial0 = 0;
  let sum1 = 0;
  let size1 = 0;
  let squares1 = 0;
  let partial1 = 0;
  for (let j = 0; j < count; j++) {
    const r = a + rowSteps[j];
    const c = b + columnSteps[j];
    const p = x[r] * y[c];
    const q = x[r + 1] * y[c + 1];
    sum0 += p;
    sum1 += q;
    size0 += Math.abs(p);
    size1 += Math.abs(q);
    squares0 += p * p;
    squares1 += q * q;
    partial0 += sum0 * sum0;
    partial1 += sum1 * sum1;
  }
  store(out, at, sum0, size0, squares0, partial0, sum0);
  store(out, at + momentsWidth, sum1, size1, squares1, partial1, sum1);
}

/** One row times one column, wherever their elements lie. */
function onePair(
  x: Float64Array,
  a: number,
  rowSteps: Int32Array,
  y: Float64Array,
  b: number,
  columnSteps: Int32Array,
  count: number,
  split: number,
  out: Float64Array,
  at: number,
): void {
  let sum = 0;
  let size = 0;
  let squares = 0;
  let partial = 0;
  let rounded = 0;
  for (let j = 0; j < count; j++) {
    const p = x[a + rowSteps[j]] * y[b + columnSteps[j]];
    sum += p;
    if (split > 0) {
      const c = split * p;
      const v = rounded + (c - (c - p));
      const d = split * v;
      rounded = d - (d - v);
    }
    size += Math.abs(p);
    squares += p * p;
    partial += sum * sum;
  }
  store(out, at, sum, size, squares, partial, split > 0 ? rounded : sum);
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
