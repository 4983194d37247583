/**
 * Products of matrices with radii: result[row, column] = Σ_k lhs[row, k]·rhs[column, k]. Dot and
 * convolution arrange their operands so: whole rows times all columns, or lanes side by side, each
 * row of which is multiplied by the column beside it. Nothing is prepared for more than one row,
 * but columns with radii where the rows have some too. Where numbers were certain until the op read
 * them, operand-rounding.ts knows a shorter way.
 */

import { veltkamp } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import {
  laneMoments,
  momentsWidth,
  type Offsets,
  type Rounding,
  rowMoments,
} from './dot-moments.ts';
import { OperandRounding } from './operand-rounding.ts';
import { ProductFinisher, type Rows, type SumOf } from './product-error.ts';
import {
  broughtByAnyLanes,
  broughtByBoth,
  broughtByColumns,
  broughtByLanes,
  broughtByRow,
  prepare,
  type Uncertain,
  uncertainOf,
} from './propagated-error.ts';

/** Multiplies rows of k numbers by the columns that it is made for, one after another. */
export class Products {
  private readonly columns: Rows;
  private readonly offsets: Offsets;
  private readonly rounding: Rounding;
  private readonly settling: ProductFinisher;
  private readonly moments: Float64Array;
  /** Columns and the row at hand, where both sides have radii. */
  private readonly right: Uncertain | undefined;
  private readonly left: Uncertain | undefined;
  private readonly narrowed: OperandRounding | undefined;

  /** For rows that have radii, or have not; at most `most` columns at once. */
  constructor(columns: Rows, sum: SumOf, areUncertain: boolean, most: number) {
    const { k } = sum;
    const steps = Int32Array.from({ length: k }, (_, j) => j);
    this.columns = columns;
    this.offsets = { rowSteps: steps, columnSteps: steps, count: k };
    this.rounding = roundingOf(sum);
    this.moments = new Float64Array(most * momentsWidth);
    this.settling = new ProductFinisher(columns, k, steps, sum, this.moments);
    if (columns.narrowed) {
      this.narrowed = new OperandRounding(columns, columns.narrowed, this.offsets, this.rounding);
    }
    if (!columns.bound || !areUncertain) return;
    this.left = uncertainOf(k);
    this.right = uncertainOf(columns.x.length);
    prepare(columns, 0, columns.x.length, false, this.right);
  }

  /** The row at `a` times n columns from the one numbered `first` on, into elements to, to + step … */
  put(
    results: ResultBuilder,
    rows: Rows,
    a: number,
    first: number,
    n: number,
    to: number,
    step: number,
  ): void {
    const { offsets, moments, columns, narrowed } = this;
    const b = first * offsets.count;
    if (narrowed && rows.narrowed) narrowed.put(rows, rows.narrowed, a, b, n, moments);
    else {
      rowMoments(rows.x, a, columns.x, b, n, offsets, this.rounding, moments);
      this.bring(rows, a, b, n);
    }
    this.settling.put(results, { rows, a, rowPitch: 0, b, offsets }, n, to, step);
  }

  private bring(rows: Rows, a: number, b: number, n: number): void {
    const { moments, columns, left, right } = this;
    const { count: k } = this.offsets;
    if (left && right) {
      prepare(rows, a, k, true, left);
      broughtByBoth(left, right, b, n, k, moments);
    } else if (rows.bound && rows.deviation) {
      broughtByRow(rows.bound, rows.deviation, a, columns.x, b, n, k, moments);
    } else if (columns.bound && columns.deviation) {
      broughtByColumns(rows.x, a, columns.bound, columns.deviation, b, n, k, moments);
    }
  }
}

/** Multiplies n rows by the n columns that it is made for, each row by one, all side by side. */
export class LaneProducts {
  private readonly columns: Rows;
  private readonly lanes: number;
  private readonly rounding: Rounding;
  private readonly settling: ProductFinisher;
  private readonly moments: Float64Array;

  constructor(columns: Rows, sum: SumOf, lanes: number) {
    this.columns = columns;
    this.lanes = lanes;
    this.rounding = roundingOf(sum);
    this.moments = new Float64Array(lanes * momentsWidth);
    const steps = Int32Array.from({ length: sum.k }, (_, j) => j * lanes);
    this.settling = new ProductFinisher(columns, 1, steps, sum, this.moments);
  }

  /** The rows from `a` on, of which the taps count, into elements to, to + step … of the sink. */
  put(
    results: ResultBuilder,
    rows: Rows,
    a: number,
    offsets: Offsets,
    to: number,
    step: number,
  ): void {
    this.figure(rows, a, offsets);
    this.settling.put(results, { rows, a, rowPitch: 1, b: 0, offsets }, this.lanes, to, step);
  }

  private figure(rows: Rows, a: number, offsets: Offsets): void {
    const { columns, moments, lanes, rounding } = this;
    const { x, bound, deviation } = rows;
    laneMoments(x, a, columns.x, lanes, offsets, rounding, moments);
    if (columns.bound) broughtByAnyLanes(rows, a, columns, lanes, offsets, moments);
    else if (bound && deviation)
      broughtByLanes(bound, deviation, a, columns.x, lanes, offsets, moments);
  }
}

/**
 * The error of the sum in the order given counts only where it may exceed λ/2 radii of independent
 * roundings. It is at most u(Σ|S_j| + Σ|p_j|) over k - 1 sums and k products, hence by Cauchy and
 * Schwarz u·√(k - 1 + k/2)·√(ΣS_j² + 2Σp_j²), and that root times u is what likelyOf has for them.
 */
function roundingOf({ k, accumulator, numerics }: SumOf): Rounding {
  const { u, bits } = accumulator;
  const slack = 1 + 4 * k * u;
  if (bits === 53 || (1.5 * k - 1) * slack * slack <= (numerics.lambda / 2) ** 2) return 'none';
  return bits === 24 ? 'f32' : veltkamp(bits);
}
