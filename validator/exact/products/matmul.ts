/**
 * Products of matrices with radii: result[row, column] = Σ_k lhs[row, k]·rhs[column, k]. Dot and
 * convolution arrange their operands so: whole rows times all columns, or lanes side by side, each
 * row of which is multiplied by the column beside it. Nothing is prepared for more than one row,
 * but columns with radii where the rows have some too. Where numbers were certain until the op read
 * them, operand-rounding.ts knows a shorter way.
 */

import { specialised } from '../../semantics/loops/specialise.ts';
import { veltkamp } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import { bringRounding, isRounded } from './operand-rounding.ts';
import {
  momentsWidth,
  type Offsets,
  type PairFlags,
  pairMoments,
  type Span,
} from './pair-moments.ts';
import { type Meeting, ProductFinisher, type SumOf } from './product-error.ts';
import {
  broughtByBoth,
  broughtByLanes,
  broughtByOneSide,
  prepare,
  type SideFlags,
  type Uncertain,
  uncertainOf,
} from './propagated-error.ts';
import type { Rows } from './rows.ts';

/** What columns lie like: `lanes` of them side by side, or one after another, `most` at once. */
export type Layout = { readonly lanes: number } | { readonly most: number };

/** Multiplies rows by the columns that it is made for. */
export class Products {
  private readonly columns: Rows;
  private readonly k: number;
  private readonly finisher: ProductFinisher;
  private readonly moments: { readonly out: Float64Array; readonly split: number };
  /** The loops over sums two at a time, and over an odd last one. */
  private readonly loops: readonly { readonly is: PairFlags; readonly loop: typeof pairMoments }[];
  private readonly side: typeof broughtByOneSide;
  private readonly ofSide: SideFlags;
  /** Columns and the row at hand, where both sides have radii and lie in one piece. */
  private readonly prepared: { readonly left: Uncertain; readonly right: Uncertain } | undefined;

  /** For rows that have radii, or have not. */
  constructor(columns: Rows, sum: SumOf, areUncertain: boolean, layout: Layout) {
    const { k, accumulator, count } = sum;
    const lanes = 'lanes' in layout;
    const most = lanes ? layout.lanes : layout.most;
    const split = splitOf(sum);
    const f32 = split > 0 && accumulator.bits === 24;
    this.columns = columns;
    this.k = k;
    this.moments = { out: new Float64Array(most * momentsWidth), split };
    const pairs = { lanes, single: false, f32, split: split > 0 && !f32 };
    const last = { lanes, single: true, f32: false, split: split > 0 };
    this.loops = [...(most > 1 ? [pairs] : []), ...(most % 2 === 1 ? [last] : [])].map((is) => ({
      is,
      loop: specialised(pairMoments, '', count * k, is),
    }));
    this.ofSide = { lanes, single: most === 1, rows: areUncertain };
    this.side = specialised(broughtByOneSide, '', count * k, this.ofSide);
    const columnSteps = Int32Array.from({ length: k }, (_, j) => (lanes ? j * most : j));
    const steps = { columnPitch: lanes ? 1 : k, columnSteps, rowPitch: lanes ? 1 : 0 };
    this.finisher = new ProductFinisher(columns, steps, sum, this.moments.out);
    if (!columns.bound || !areUncertain || lanes) return;
    const right = uncertainOf(columns.x.length);
    this.prepared = { left: uncertainOf(k), right };
    prepare(columns, 0, columns.x.length, false, right);
  }

  /** The sums of a span of rows and columns into elements of the results. */
  put(results: ResultBuilder, meeting: Meeting): void {
    const { loops, columns, moments } = this;
    for (let l = 0; l < loops.length; l++) {
      const { is, loop } = loops[l];
      loop(is, meeting.rows.x, columns.x, meeting, moments);
    }
    this.bring(meeting.rows, meeting);
    this.finisher.put(results, meeting);
  }

  private bring(rows: Rows, span: Span): void {
    const { columns, prepared, ofSide } = this;
    const { out } = this.moments;
    if (isRounded(rows) && isRounded(columns)) bringRounding(rows, columns, span, out);
    else if (prepared) {
      prepare(rows, span.a, this.k, true, prepared.left);
      broughtByBoth(prepared.left, prepared.right, span, out);
    } else if (ofSide.lanes && columns.bound) broughtByLanes(rows, columns, span, out);
    else if (hasRadii(rows)) this.side(ofSide, columns.x, rows, span, out);
    else if (hasRadii(columns)) this.side(ofSide, rows.x, columns, span, out);
  }
}

/** Rows and columns of k numbers one after another. */
export function inOnePiece(k: number): Offsets {
  const steps = Int32Array.from({ length: k }, (_, j) => j);
  return { rowSteps: steps, columnSteps: steps, count: k };
}

type WithRadii = Rows & Required<Pick<Rows, 'bound' | 'deviation'>>;

function hasRadii(rows: Rows): rows is WithRadii {
  return rows.bound !== undefined && rows.deviation !== undefined;
}

/**
 * The split that partial sums are rounded with, 0 where they need not be: the error of the sum in the
 * order given counts only where it may exceed λ/2 radii of independent roundings. It is at most
 * u(Σ|S_j| + Σ|p_j|) over k - 1 sums and k products, hence by Cauchy and Schwarz
 * u·√(k - 1 + k/2)·√(ΣS_j² + 2Σp_j²), and that root times u is what likelyOf has for them.
 */
function splitOf({ k, accumulator, numerics }: SumOf): number {
  const { u, bits } = accumulator;
  const slack = 1 + 4 * k * u;
  const isSmall = (1.5 * k - 1) * slack * slack <= (numerics.lambda / 2) ** 2;
  return bits === 53 || isSmall ? 0 : veltkamp(bits);
}
