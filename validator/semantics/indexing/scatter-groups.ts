/** The windows of a scatter's updates by where they go: what meets at a place, in its order. */
import { type ScatterWindows, scatterTargets } from './scatter.ts';

/** Updates by the window of the operand that they go to. */
export interface ScatterGroups {
  /** First operand element of each group's window. */
  readonly starts: Int32Array;
  /** Operand elements of a window, from its first. */
  readonly window: Int32Array;
  /** The updates of group g at position w: rows[first[g]] + w … rows[first[g + 1] - 1] + w. */
  readonly first: Int32Array;
  readonly rows: Int32Array;
}

/**
 * Groups whose windows have no operand element in common: whole windows where none overlaps another
 * in part, single elements otherwise. `size` is the number of operand elements.
 */
export function scatterGroups(windows: ScatterWindows, size: number): ScatterGroups {
  const groups = grouped(windows.starts, windows.window, size);
  if (groups.window.length === 1 || areApart(groups, size)) return groups;
  return grouped(scatterTargets(windows), Int32Array.of(0), size);
}

/** A counting sort of the windows by their starts; those of -1 are left out. */
function grouped(from: Int32Array, window: Int32Array, size: number): ScatterGroups {
  const next = new Int32Array(size + 1);
  for (let p = 0; p < from.length; p++) if (from[p] >= 0) next[from[p] + 1]++;
  let count = 0;
  for (let s = 0; s < size; s++) {
    if (next[s + 1] > 0) count++;
    next[s + 1] += next[s];
  }
  const starts = new Int32Array(count);
  const first = new Int32Array(count + 1);
  for (let s = 0, g = 0; s < size; s++) {
    if (next[s + 1] === next[s]) continue;
    starts[g++] = s;
    first[g] = next[s + 1];
  }
  const rows = new Int32Array(next[size]);
  for (let p = 0; p < from.length; p++) {
    if (from[p] >= 0) rows[next[from[p]]++] = p * window.length;
  }
  return { starts, window, first, rows };
}

/** Whether no two windows hold the same element. */
function areApart({ starts, window }: ScatterGroups, size: number): boolean {
  const taken = new Uint8Array(size);
  for (let g = 0; g < starts.length; g++) {
    for (let w = 0; w < window.length; w++) {
      const at = starts[g] + window[w];
      if (taken[at]) return false;
      taken[at] = 1;
    }
  }
  return true;
}
