/**
 * Runs of sorted elements whose intervals overlap, so that their order is not settled. Boundaries
 * between runs are places where everything before lies below everything after, radii included.
 */

/** Per position of an ascending row the first position of its run. */
export function clustersOf(values: ArrayLike<number>, radii: ArrayLike<number>): Int32Array {
  const n = values.length;
  const above = lowestBehind(values, radii);
  const runs = new Int32Array(n);
  let reached: End = { at: -Infinity, open: false };
  for (let i = 0, start = 0; i < n; i++) {
    if (i > 0 && (values[i] !== values[i] || separate(reached, above[i]))) start = i;
    runs[i] = start;
    reached = farther(reached, { at: values[i] + radii[i], open: radii[i] > 0 }, 1);
  }
  return runs;
}

/** How far the intervals of some elements reach; open: one with a radius reaches so far. */
interface End {
  readonly at: number;
  readonly open: boolean;
}

/** Per position the lower end of all from there on. */
function lowestBehind(values: ArrayLike<number>, radii: ArrayLike<number>): readonly End[] {
  const ends: End[] = new Array(values.length);
  let low: End = { at: Infinity, open: false };
  for (let i = values.length - 1; i >= 0; i--) {
    low = farther(low, { at: values[i] - radii[i], open: radii[i] > 0 }, -1);
    ends[i] = low;
  }
  return ends;
}

function farther(a: End, b: End, sign: 1 | -1): End {
  if (a.at === b.at) return a.open ? a : b;
  if (a.at !== a.at || b.at !== b.at) return { at: NaN, open: a.open || b.open };
  return sign * (b.at - a.at) > 0 ? b : a;
}

/** Certain elements that are equal stay in their order; so do infinities and NaN, which sort last. */
function separate(reached: End, above: End): boolean {
  return reached.at < above.at || (reached.at === above.at && !reached.open && !above.open);
}

/** The largest radius in each run, per position. */
export function widest(radii: ArrayLike<number>, runs: Int32Array): Float64Array {
  const out = new Float64Array(runs.length);
  for (let i = 0; i < runs.length; i++) out[runs[i]] = Math.max(out[runs[i]], radii[i]);
  for (let i = 0; i < runs.length; i++) out[i] = out[runs[i]];
  return out;
}
