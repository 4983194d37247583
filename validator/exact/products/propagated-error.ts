/**
 * What the radii of rows and columns bring to sums of their products: Σ(|x|r_y + |y|r_x + r_x r_y)
 * and the squares of Σ's likely radius, the last two of the figures of each sum. Where one side is
 * certain nothing is prepared; where neither is, both sides of what lies in one piece are.
 */
import { secondOrder } from '../elementwise/arithmetic-elements.ts';
import { momentsWidth, type Span } from './pair-moments.ts';
import type { Rows } from './rows.ts';

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

/** Room for n numbers of one side. */
export function uncertainOf(n: number): Uncertain {
  const make = () => new Float64Array(n);
  return { reachable: make(), factors: make(), variances: make() };
}

/** Which pairs of a certain and an uncertain side; see PairFlags for the first two. */
export interface SideFlags extends Readonly<Record<string, boolean>> {
  readonly lanes: boolean;
  readonly single: boolean;
  /** The rows are the uncertain side. */
  readonly rows: boolean;
}

/** The uncertain side. */
interface Radii {
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
}

/** Of n pairs, one side of which is certain, two at a time. */
export function broughtByOneSide(
  is: SideFlags,
  certain: Float64Array,
  { bound, deviation }: Radii,
  { a, b, n, offsets: { rowSteps, columnSteps, count } }: Span,
  out: Float64Array,
): void {
  const width = 7;
  const pitch = is.lanes ? 1 : count;
  const [nextRow, nextColumn] = [is.lanes && !is.single ? 1 : 0, is.single ? 0 : pitch];
  const [nextOf, nextOther] = is.rows ? [nextRow, nextColumn] : [nextColumn, nextRow];
  for (let c = 0; c < n; c += 2) {
    const first = is.single || c + 1 < n ? c : c - 1;
    const row = is.lanes ? a + first : a;
    const column = b + first * pitch;
    let worst0 = 0;
    let variance0 = 0;
    let worst1 = 0;
    let variance1 = 0;
    for (let j = 0; j < count; j++) {
      const r = row + (is.lanes ? rowSteps[j] : j);
      const s = column + (is.lanes ? columnSteps[j] : j);
      const u0 = is.rows ? r : s;
      const isShared = is.rows && !is.lanes;
      const w = bound[u0];
      const d = deviation[u0];
      const v0 = certain[is.rows ? s : r];
      const v1 = certain[(is.rows ? s : r) + nextOther];
      const l0 = d * v0;
      const l1 = (isShared ? d : deviation[u0 + nextOf]) * v1;
      worst0 += w * Math.abs(v0);
      worst1 += (isShared ? w : bound[u0 + nextOf]) * Math.abs(v1);
      variance0 += l0 * l0;
      variance1 += l1 * l1;
    }
    const at = first * width + 5;
    const next = is.single ? at : at + width;
    out[at] = worst0;
    out[at + 1] = variance0;
    out[next] = worst1;
    out[next + 1] = variance1;
  }
}

/**
 * Of a row, prepared from 0 on, times n columns, prepared from b on. Writes Σ(|x|+r_x)(|y|+r_y) less
 * Σ|xy|: what is left of it may be no more than rounding.
 */
export function broughtByBoth(
  { reachable: ra, factors: sa, variances: va }: Uncertain,
  { reachable: rb, factors: sb, variances: vb }: Uncertain,
  { b, n, offsets: { count: k } }: Span,
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

/** Of n rows and n columns side by side, whichever have radii. */
export function broughtByLanes(
  rows: Rows,
  columns: Rows,
  { a, b, n, offsets: { rowSteps, columnSteps, count } }: Span,
  out: Float64Array,
): void {
  for (let c = 0, at = 5; c < n; c++, at += momentsWidth) {
    let bound = 0;
    let variance = 0;
    for (let j = 0; j < count; j++) {
      const from = a + c + rowSteps[j];
      const column = b + c + columnSteps[j];
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
