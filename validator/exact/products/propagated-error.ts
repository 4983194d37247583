/**
 * What the radii of rows and columns bring to sums of their products: Σ(|x|r_y + |y|r_x + r_x r_y)
 * and the squares of Σ's likely radius, the last two of the figures of each column. Where one side
 * is certain nothing is prepared; where neither is, both sides are.
 */
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { figuresWidth, type Taps } from './dot-moments.ts';
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
  { x, worst, likely, shared }: Rows,
  from: number,
  n: number,
  isLeft: boolean,
  { reachable, factors, variances }: Uncertain,
): void {
  for (let j = 0, i = from; j < n; j++, i++) {
    const v = x[i];
    const l = likely ? likely[i] : 0;
    const error = secondOrder * ((shared ? Math.abs(shared[i]) : 0) + (isLeft ? l : 0));
    reachable[j] = Math.abs(v) + (worst ? worst[i] : 0);
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
  worst: Float64Array,
  likely: Float64Array,
  a: number,
  y: Float64Array,
  b: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * figuresWidth) {
    const first = b + c * k;
    const next = c + 1 < n ? first + k : first;
    let worst0 = 0;
    let variance0 = 0;
    let worst1 = 0;
    let variance1 = 0;
    for (let j = 0; j < k; j++) {
      const w = worst[a + j];
      const l = likely[a + j];
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
    out[at + figuresWidth] = worst1;
    out[at + figuresWidth + 1] = variance1;
  }
}

/** Of a certain row times n uncertain columns. */
export function broughtByColumns(
  x: Float64Array,
  a: number,
  worst: Float64Array,
  likely: Float64Array,
  b: number,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let c = 0, at = 5, first = b; c < n; c++, at += figuresWidth, first += k) {
    let sum = 0;
    let variance = 0;
    for (let j = 0; j < k; j++) {
      const v = x[a + j];
      const l = v * likely[first + j];
      sum += Math.abs(v) * worst[first + j];
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
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * figuresWidth) {
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
    out[at + figuresWidth] = reachable1 - out[at - 4 + figuresWidth];
    out[at + figuresWidth + 1] = variance1;
  }
}

/** Of n uncertain rows and n certain columns side by side, each row with a column of its own. */
export function broughtByLanes(
  worst: Float64Array,
  likely: Float64Array,
  a: number,
  y: Float64Array,
  n: number,
  { rowSteps, columnSteps, count }: Taps,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c += 2, at += 2 * figuresWidth) {
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
      const l0 = likely[from] * v0;
      const l1 = likely[from + next] * v1;
      worst0 += worst[from] * Math.abs(v0);
      worst1 += worst[from + next] * Math.abs(v1);
      variance0 += l0 * l0;
      variance1 += l1 * l1;
    }
    out[at] = worst0;
    out[at + 1] = variance0;
    if (next === 0) continue;
    out[at + figuresWidth] = worst1;
    out[at + figuresWidth + 1] = variance1;
  }
}

/** Of n rows and n columns side by side, whichever have radii. */
export function broughtByAnyLanes(
  rows: Rows,
  a: number,
  columns: Rows,
  n: number,
  { rowSteps, columnSteps, count }: Taps,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c++, at += figuresWidth) {
    let worst = 0;
    let variance = 0;
    for (let j = 0; j < count; j++) {
      const from = a + c + rowSteps[j];
      const column = c + columnSteps[j];
      const x = Math.abs(rows.x[from]);
      const y = Math.abs(columns.x[column]);
      const wx = rows.worst ? rows.worst[from] : 0;
      const wy = columns.worst ? columns.worst[column] : 0;
      const lx = rows.likely ? rows.likely[from] : 0;
      const ly = columns.likely ? columns.likely[column] : 0;
      const ex = secondOrder * ((rows.shared ? Math.abs(rows.shared[from]) : 0) + lx);
      const ey = secondOrder * (columns.shared ? Math.abs(columns.shared[column]) : 0);
      worst += wx * y + (x + wx) * wy;
      variance += (x * x + ex * ex) * (ly * ly) + (y * y + ey * ey) * (lx * lx);
    }
    out[at] = worst;
    out[at + 1] = variance;
  }
}
