/**
 * Windows of reduce-window, convolution and select-and-scatter: which base elements lie under the
 * window at each place, with stride, padding, window and base dilation.
 */

import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';

/** Number of window places along one dimension of a base of `size`; 0 if none fits. */
export function windowPlaces(w: WindowDim, size: number): number {
  const dilatedBase = size === 0 ? 0 : (size - 1) * w.baseDilation + 1;
  const dilatedWindow = w.size === 0 ? 0 : (w.size - 1) * w.windowDilation + 1;
  const padded = dilatedBase + w.padLow + w.padHigh;
  return padded < dilatedWindow ? 0 : Math.floor((padded - dilatedWindow) / w.stride) + 1;
}

/**
 * Base coordinates under a window along one dimension, row-major [places, window size]; -1 in the
 * padding and in the holes of a dilated base. A reversed window is not applied here.
 */
export function windowTaps(w: WindowDim, size: number, places: number): Int32Array {
  const taps = new Int32Array(places * w.size);
  for (let at = 0, i = 0; at < places; at++) {
    for (let k = 0; k < w.size; k++, i++) {
      const dilated = at * w.stride + k * w.windowDilation - w.padLow;
      const x = dilated / w.baseDilation;
      taps[i] = Number.isInteger(x) && x >= 0 && x < size ? x : -1;
    }
  }
  return taps;
}

/** The elements under a window at one place, in row-major order of the window. */
export interface WindowView {
  /** How many entries of `base` and `position` count. */
  count: number;
  /** Row-major index of each element within the base. */
  readonly base: Int32Array;
  /** Row-major index of each element within the window (reversal applied). */
  readonly position: Int32Array;
}

/**
 * A reader of windows over a base of `dims`, placed at every coordinate of `places`. The view that
 * it returns is reused by the next call.
 */
export function windowReader(
  window: readonly WindowDim[],
  dims: readonly number[],
  places: readonly number[],
): (place: readonly number[]) => WindowView {
  const taps = window.map((w, d) => windowTaps(w, dims[d], places[d]));
  const baseStrides = rowMajorStrides(dims);
  const windowStrides = rowMajorStrides(window.map((w) => w.size));
  const total = window.reduce((n, w) => n * w.size, 1);
  const make = () => ({ base: new Int32Array(total), position: new Int32Array(total) });
  const buffers = [make(), make()];
  return (place) => {
    let [from, to] = buffers;
    from.base[0] = 0;
    from.position[0] = 0;
    let count = total === 0 ? 0 : 1;
    for (let d = 0; d < window.length; d++) {
      count = extend(d, place[d], from, to, count);
      [from, to] = [to, from];
    }
    return { count, ...from };
  };

  /** Every partial index times every tap of dimension d. */
  function extend(
    d: number,
    at: number,
    from: ReturnType<typeof make>,
    to: ReturnType<typeof make>,
    count: number,
  ): number {
    const { size, reversal } = window[d];
    let n = 0;
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < size; k++) {
        const tap = taps[d][at * size + k];
        if (tap < 0) continue;
        to.base[n] = from.base[i] + tap * baseStrides[d];
        to.position[n++] = from.position[i] + (reversal ? size - 1 - k : k) * windowStrides[d];
      }
    }
    return n;
  }
}

/** Calls `visit` with every coordinate of `dims` in row-major order; the array is reused. */
export function forEachCoordinate(
  dims: readonly number[],
  visit: (coordinate: readonly number[], index: number) => void,
): void {
  const n = dims.reduce((a, b) => a * b, 1);
  const at = dims.map(() => 0);
  for (let i = 0; i < n; i++) {
    visit(at, i);
    for (let d = dims.length - 1; d >= 0; d--) {
      if (++at[d] < dims[d]) break;
      at[d] = 0;
    }
  }
}
