/**
 * Runs of sorted elements whose intervals overlap, so that their order is not settled. Boundaries
 * between runs are places where everything before lies below everything after, radii included.
 */

/** Per position of an ascending row the first position of its run. */
export function clustersOf(values: ArrayLike<number>, radii: ArrayLike<number>): Int32Array {
  const n = values.length;
  const above = new Float64Array(n + 1).fill(Infinity);
  for (let i = n - 1; i >= 0; i--) above[i] = Math.min(above[i + 1], values[i] - radii[i]);
  const runs = new Int32Array(n);
  let reached = -Infinity;
  for (let i = 0, start = 0; i < n; i++) {
    if (i > 0 && separate(reached, above[i], values, radii, i)) start = i;
    runs[i] = start;
    reached = Math.max(reached, values[i] + radii[i]);
  }
  return runs;
}

/** Certain elements that are equal stay in their order; so do infinities and NaN, which sort last. */
function separate(
  reached: number,
  above: number,
  values: ArrayLike<number>,
  radii: ArrayLike<number>,
  i: number,
): boolean {
  if (reached < above) return true;
  if (values[i] !== values[i]) return true;
  return reached === above && radii[i] === 0 && radii[i - 1] === 0;
}

/** The largest radius in each run, per position. */
export function widest(radii: ArrayLike<number>, runs: Int32Array): Float64Array {
  const out = new Float64Array(runs.length);
  for (let i = 0; i < runs.length; i++) out[runs[i]] = Math.max(out[runs[i]], radii[i]);
  for (let i = 0; i < runs.length; i++) out[i] = out[runs[i]];
  return out;
}
