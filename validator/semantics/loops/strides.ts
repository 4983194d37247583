/**
 * Index maps that are affine in the result's coordinates: the one loop under broadcast, transpose,
 * slice, reverse and every other regular movement of data.
 */

/** base + Σ coordinate_d · strides_d for every coordinate of `dims`, row-major. Strides may be 0 or negative. */
export function stridedIndices(
  dims: readonly number[],
  strides: readonly number[],
  base = 0,
): Int32Array {
  const n = dims.reduce((a, b) => a * b, 1);
  const out = new Int32Array(n);
  if (n === 0) return out;
  out[0] = base;
  let block = 1;
  for (let d = dims.length - 1; d >= 0; d--) {
    const end = block * dims[d];
    const step = strides[d];
    for (let i = block; i < end; i++) out[i] = out[i - block] + step;
    block = end;
  }
  return out;
}

/** 0, 1, 2 … n-1. */
export function iotaIndices(n: number): Int32Array {
  return stridedIndices([n], [1]);
}

/** Product of sizes. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** 0 … rank-1 without those listed. */
export function otherDims(rank: number, ...listed: readonly (readonly number[])[]): number[] {
  const skip = new Set(listed.flat());
  return Array.from({ length: rank }, (_, d) => d).filter((d) => !skip.has(d));
}
