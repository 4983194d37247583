/**
 * The loop over one row times columns, or over lanes: rows side by side, each times the column beside
 * it. It makes what sums.ts asks for of each sum of products. Two sums at a time wait less for one
 * another's roundings; the numbers are the same.
 */

/**
 * Numbers written per sum: Σp, Σ|p|, Σp², Σ of squared partial sums, the rounded sum, and what
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

/** What is the same in all of a loop over pairs; specialise.ts writes it into a copy of the loop. */
export interface PairFlags extends Readonly<Record<string, boolean>> {
  /** Rows and columns lie side by side, an element of each at every step; else both are in one piece. */
  readonly lanes: boolean;
  /** Only the last sum, which has no other beside it; else all that have, and not that one. */
  readonly single: boolean;
  /** Partial sums are rounded: to f32, or to the digits of a split (veltkamp in numerics.ts). */
  readonly f32: boolean;
  readonly split: boolean;
}

/** Sums of n pairs, the first of the row at `a` and the column at `b`. */
export interface Span {
  readonly a: number;
  readonly b: number;
  readonly n: number;
  readonly offsets: Offsets;
}

/** Figures of n sums of products of x and y; where none are rounded, sums stand for rounded ones. */
export function pairMoments(
  is: PairFlags,
  x: Float64Array,
  y: Float64Array,
  { a, b, n, offsets: { rowSteps, columnSteps, count } }: Span,
  { out, split }: { readonly out: Float64Array; readonly split: number },
): void {
  const width = 7;
  const pitch = is.lanes ? 1 : count;
  for (let c = is.single ? n - 1 : 0; is.single ? c < n : c + 1 < n; c += 2) {
    const row = is.lanes ? a + c : a;
    const column = b + c * pitch;
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
      const r = row + (is.lanes ? rowSteps[j] : j);
      const s = column + (is.lanes ? columnSteps[j] : j);
      const v = x[r];
      const p = v * y[s];
      sum0 += p;
      size0 += Math.abs(p);
      squares0 += p * p;
      partial0 += sum0 * sum0;
      if (is.f32) rounded0 = Math.fround(rounded0 + Math.fround(p));
      if (is.split) {
        const narrow = split * p;
        const next = rounded0 + (narrow - (narrow - p));
        rounded0 = split * next - (split * next - next);
      }
      if (is.single) continue;
      const q = (is.lanes ? x[r + 1] : v) * y[s + pitch];
      sum1 += q;
      size1 += Math.abs(q);
      squares1 += q * q;
      partial1 += sum1 * sum1;
      if (is.f32) rounded1 = Math.fround(rounded1 + Math.fround(q));
      if (is.split) {
        const narrow = split * q;
        const next = rounded1 + (narrow - (narrow - q));
        rounded1 = split * next - (split * next - next);
      }
    }
    const at = c * width;
    out[at] = sum0;
    out[at + 1] = size0;
    out[at + 2] = squares0;
    out[at + 3] = partial0;
    out[at + 4] = is.f32 || is.split ? rounded0 : sum0;
    if (is.single) continue;
    const next = at + width;
    out[next] = sum1;
    out[next + 1] = size1;
    out[next + 2] = squares1;
    out[next + 3] = partial1;
    out[next + 4] = is.f32 || is.split ? rounded1 : sum1;
  }
}
