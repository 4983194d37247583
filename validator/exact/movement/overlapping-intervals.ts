/**
 * Runs of sorted elements whose intervals overlap, so that their order is not settled. Boundaries
 * between runs are places where everything before lies below everything after, radii included.
 */

/** Per position of an ascending row the first position of its run. */
export function overlappingIntervals(values: Float64Array, radii: Float64Array): Int32Array {
  const n = values.length;
  const behind = lowestBehind(values, radii);
  const runs = new Int32Array(n);
  let reached = -Infinity;
  let isOpen = 0;
  for (let i = 0, start = 0; i < n; i++) {
    if (
      i > 0 &&
      (isNaNAt(values, i) || isNaNAt(values, i - 1) || separate(reached, isOpen, behind, i))
    )
      start = i;
    runs[i] = start;
    if (isNaNAt(values, i)) continue;
    const end = values[i] + radii[i];
    if (end === reached) isOpen |= radii[i] > 0 ? 1 : 0;
    else if (!(end < reached)) {
      isOpen = radii[i] > 0 ? 1 : 0;
      reached = reached === reached ? end : Number.NaN;
    }
  }
  return runs;
}

/** How far down the intervals reach from each position on; open: one with a radius reaches so far. */
interface Behind {
  readonly at: Float64Array;
  readonly open: Uint8Array;
}

function lowestBehind(values: Float64Array, radii: Float64Array): Behind {
  const at = new Float64Array(values.length);
  const open = new Uint8Array(values.length);
  let low = Infinity;
  let isOpen = 0;
  for (let i = values.length - 1; i >= 0; i--) {
    at[i] = low;
    open[i] = isOpen;
    if (isNaNAt(values, i)) continue;
    const end = values[i] - radii[i];
    if (end === low) isOpen |= radii[i] > 0 ? 1 : 0;
    else if (!(end > low)) {
      isOpen = radii[i] > 0 ? 1 : 0;
      low = low === low ? end : Number.NaN;
    }
    at[i] = low;
    open[i] = isOpen;
  }
  return { at, open };
}

/** A NaN is where it is for certain: first or last, by its sign. */
function isNaNAt(values: Float64Array, i: number): boolean {
  return values[i] !== values[i];
}

/** Certain elements that are equal stay in their order; so do infinities. */
function separate(reached: number, isOpen: number, { at, open }: Behind, i: number): boolean {
  return reached < at[i] || (reached === at[i] && isOpen === 0 && open[i] === 0);
}

/** The largest radius in each run, per position. */
export function widest(radii: Float64Array, runs: Int32Array): Float64Array {
  const out = new Float64Array(runs.length);
  for (let i = 0; i < runs.length; i++) out[runs[i]] = Math.max(out[runs[i]], radii[i]);
  for (let i = 0; i < runs.length; i++) out[i] = out[runs[i]];
  return out;
}
