/**
 * Products of rows in f32, rounded to nearest at every step: what most dots and convolutions come
 * down to. Four columns at a time, each its own sum in index order: the same numbers, less waiting.
 */

/** The operands of products of one row of lhs with n rows of rhs. */
export interface RowProducts {
  /** Rows of k elements each. */
  readonly lhs: Float32Array;
  readonly rhs: Float32Array;
  readonly k: number;
  /** Position of the first element of the first column's row within rhs. */
  readonly from: number;
  /** Number of columns: rows of rhs. */
  readonly n: number;
}

/** out[to + c] = Σ_j lhs[a + j] · rhs[from + c·k + j] for c < n. */
export function multiplyRow(p: RowProducts, a: number, out: Float32Array, to: number): void {
  const { lhs, rhs, k, from, n } = p;
  let column = 0;
  for (; column + 4 <= n; column += 4) {
    fourColumns(lhs, a, rhs, from + column * k, k, out, to + column);
  }
  for (; column < n; column++) out[to + column] = oneColumn(lhs, a, rhs, from + column * k, k);
}

function fourColumns(
  lhs: Float32Array,
  a: number,
  rhs: Float32Array,
  b: number,
  k: number,
  out: Float32Array,
  to: number,
): void {
  const { fround } = Math;
  let [s0, s1, s2, s3] = [fround(0), fround(0), fround(0), fround(0)];
  for (let j = 0; j < k; j++) {
    const x = lhs[a + j];
    s0 = fround(s0 + fround(x * rhs[b + j]));
    s1 = fround(s1 + fround(x * rhs[b + k + j]));
    s2 = fround(s2 + fround(x * rhs[b + 2 * k + j]));
    s3 = fround(s3 + fround(x * rhs[b + 3 * k + j]));
  }
  out[to] = s0;
  out[to + 1] = s1;
  out[to + 2] = s2;
  out[to + 3] = s3;
}

function oneColumn(lhs: Float32Array, a: number, rhs: Float32Array, b: number, k: number): number {
  let sum = Math.fround(0);
  for (let j = 0; j < k; j++) sum = Math.fround(sum + Math.fround(lhs[a + j] * rhs[b + j]));
  return sum;
}
