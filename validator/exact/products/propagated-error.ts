/**
 * What the radii of rows and columns bring to sums of their products: Σ(|x|r_y + |y|r_x + r_x r_y)
 * and the squares of Σ's likely radius, the last two of the figures of each column. Where one side
 * is certain nothing is prepared; where neither is, both sides are.
 */
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { momentsWidth, type Offsets } from './dot-moments.ts';
import type { Rows } from './product-error.ts';

/** One side of a product both sides of which have radii. */
export interface Uncertain {
  /** |x| + worst. */
  readonly reachable: Float64Array;
  /** x², and what stands for products of two errors. */
  readonly factors: Float64Array;
  /** likely². */
  readonly variances: Float64Array;
}

/** The first `n` numbers from `from` on as the loops over two uncertain sides need them. */
export function prepare(
  { x, bound, deviation, correlated }: Rows,
  from: number,
  n: number,
  isLeft: boolean,
  { reachable, factors, variances }: Uncertain,
): void {
  for (let j = 0, i = from; j < n; j++, i++) {
    const v = x[i];
    const l = deviation ? deviation[i] : 0;
    const error = secondOrder * ((correlated ? Math.abs(correlated[i]) : 0) + (isLeft ? l : 0));
    reachable[j] = Math.abs(v) + (bound ? bound[i] : 0);
    factors[j] = v * v + error * error;
    variances[j] = l * l;
  }
}

export function uncertainOf(n: number): Uncertain {
  const make = () => new Float64Array(n);
  return { reachable: make(), factors: make(), variances: make() };
}

/** Of an uncertain row times n certain columns, one after another from b on. */
export function broughtByRow(
  bound: Float64Array,
  deviation: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * momentsWidth) {
    const first = b + c * k;
    const next = c + 1 < n ? first + k : first;
    let worst0 = 0;
    let variance0 = 0;
    let worst1 = 0;
    let variance1 = 0;
    for (let j = 0; j < k; j++) {
      const w = bound[a + j];
      const l = deviation[a + j];
      const v0 = y[first + j];
      const v1 = y[next + j];
      const l0 = l * v0;
      const l1 = l * v1;
      worst0 += w * Math.abs(v0);
      worst1 += w * Math.abs(v1);
      variance0 += l0 * l0;
      variance1 += l1 * l1;
    }
    out[at] = worst0;
    out[at + 1] = variance0;
    if (next === first) continue;
    out[at + momentsWidth] = worst1;
    out[at + momentsWidth + 1] = variance1;
  }
}

/** Of a certain row times n uncertain columns. */
export function broughtByColumns(
  x: Float64Array,
  a: number,
  bound: Float64Array,
  deviation: Float64Array,
  b: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let c = 0, at = 5, first = b; c < n; c++, at += momentsWidth, first += k) {
    let sum = 0;
    let variance = 0;
    for (let j = 0; j < k; j++) {
      const v = x[a + j];
      const l = v * deviation[first + j];
      sum += Math.abs(v) * bound[first + j];
      variance += l * l;
    }
    out[at] = sum;
    out[at + 1] = variance;
  }
}

/**
 * Of a row, prepared from 0 on, times n columns, prepared from b on. Writes Σ(|x|+r_x)(|y|+r_y) less
 * Σ|xy|: what is left of it may be no more than rounding.
 */
export function broughtByBoth(
  { reachable: ra, factors: sa, variances: va }: Uncertain,
  { reachable: rb, factors: sb, variances: vb }: Uncertain,
  b: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * momentsWidth) {
    const first = b + c * k;
    const next = c + 1 < n ? first + k : first;
    let reachable0 = 0;
    let variance0 = 0;
    let reachable1 = 0;
    let variance1 = 0;
    for (let j = 0; j < k; j++) {
      const reached = ra[j];
      const factor = sa[j];
      const variance = va[j];
      reachable0 += reached * rb[first + j];
      reachable1 += reached * rb[next + j];
      variance0 += factor * vb[first + j] + sb[first + j] * variance;
      variance1 += factor * vb[next + j] + sb[next + j] * variance;
    }
    out[at] = reachable0 - out[at - 4];
    out[at + 1] = variance0;
    if (next === first) continue;
    out[at + momentsWidth] = reachable1 - out[at - 4 + momentsWidth];
    out[at + momentsWidth + 1] = variance1;
  }
}

/** Of n uncertain rows and n certain columns side by side, each row with a column of its own. */
export function broughtByLanes(
  bound: Float64Array,
  deviation: Float64Array,
  a: number,
  y: Float64Array,
  n: number,
  { rowSteps, columnSteps, count }: Offsets,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * momentsWidth) {
    const next = c + 1 < n ? 1 : 0;
    let worst0 = 0;
    let variance0 = 0;
    let worst1 = 0;
    let variance1 = 0;
    for (let j = 0; j < count; j++) {
      const from = a + c + rowSteps[j];
      const column = c + columnSteps[j];
      const v0 = y[column];
      const v1 = y[column + next];
      const l0 = deviation[from] * v0;
      const l1 = deviation[from + next] * v1;
      worst0 += bound[from] * Math.abs(v0);
      worst1 += bound[from + next] * Math.abs(v1);
      variance0 += l0 * l0;
      variance1 += l1 * l1;
    }
    out[at] = worst0;
    out[at + 1] = variance0;
    if (next === 0) continue;
    out[at + momentsWidth] = worst1;
    out[at + momentsWidth + 1] = variance1;
  }
}

/** Of n rows and n columns side by side, whichever have radii. */
export function broughtByAnyLanes(
  rows: Rows,
  a: number,
  columns: Rows,
  n: number,
  { rowSteps, columnSteps, count }: Offsets,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c++, at += momentsWidth) {
    let bound = 0;
    let variance = 0;
    for (let j = 0; j < count; j++) {
      const from = a + c + rowSteps[j];
      const column = c + columnSteps[j];
      const x = Math.abs(rows.x[from]);
      const y = Math.abs(columns.x[column]);
      const wx = rows.bound ? rows.bound[from] : 0;
      const wy = columns.bound ? columns.bound[column] : 0;
      const lx = rows.deviation ? rows.deviation[from] : 0;
      const ly = columns.deviation ? columns.deviation[column] : 0;
      const ex = secondOrder * ((rows.correlated ? Math.abs(rows.correlated[from]) : 0) + lx);
      const ey = secondOrder * (columns.correlated ? Math.abs(columns.correlated[column]) : 0);
      bound += wx * y + (x + wx) * wy;
      variance += (x * x + ex * ex) * (ly * ly) + (y * y + ey * ey) * (lx * lx);
    }
    out[at] = bound;
    out[at + 1] = variance;
  }
}
