/**
 * Convolution with f32 sums as products of rows: the elements under the window at each place are
 * laid out as a row, zeros where the window lies in the padding, and multiplied by every feature's
 * kernel. A zero adds nothing to a sum as long as the kernel is finite.
 */
import type { WindowView } from '../../semantics/indexing/window.ts';
import { multiplyRow } from './products-f32.ts';

/** Sizes of one convolution; features and channels are those of all groups together. */
export interface ConvolutionSizes {
  /** Images of the input, and of the result. */
  readonly batch: number;
  readonly features: number;
  /** Input channels, and those that one feature sees. */
  readonly channels: number;
  readonly perGroup: number;
  /** Elements of the window, and of one image without its channels. */
  readonly taps: number;
  readonly area: number;
  readonly featureGroups: number;
  readonly batchGroups: number;
}

/** Where the result's elements lie. */
export interface ResultStrides {
  readonly batch: number;
  readonly feature: number;
}

/** The operands, each in the order batch or feature, space, channel. */
export interface ConvolutionOperands {
  readonly input: Float32Array;
  readonly kernel: Float32Array;
}

/** Multiplies the windows of one place, all images and features, into the result from `at` on. */
export function convolverF32(
  { input, kernel }: ConvolutionOperands,
  sizes: ConvolutionSizes,
  out: Float32Array,
  strides: ResultStrides,
): (view: WindowView, at: number) => void {
  const { batch, features, channels, perGroup, taps, area, featureGroups, batchGroups } = sizes;
  const k = taps * perGroup;
  const segments = Math.max(featureGroups, batchGroups);
  const n = features / segments;
  const patch = new Float32Array(k);
  const sums = new Float32Array(n);
  const columns = Array.from({ length: segments }, (_, s) => {
    return { lhs: patch, rhs: kernel, k, from: s * n * k, n };
  });
  return (view, at) => {
    for (let s = 0; s < segments; s++) {
      const group = featureGroups > 1 ? s : 0;
      const images = batchGroups > 1 ? s * batch : 0;
      for (let b = 0; b < batch; b++) {
        const from = (images + b) * area * channels + group * perGroup;
        fillPatch(patch, input, view, { from, channels, perGroup, taps });
        multiplyRow(columns[s], 0, sums, 0);
        const to = at + b * strides.batch + s * n * strides.feature;
        for (let f = 0; f < n; f++) out[to + f * strides.feature] = sums[f];
      }
    }
  };
}

interface PatchPlace {
  readonly from: number;
  readonly channels: number;
  readonly perGroup: number;
  readonly taps: number;
}

function fillPatch(
  patch: Float32Array,
  input: Float32Array,
  { base, position, count }: WindowView,
  { from, channels, perGroup, taps }: PatchPlace,
): void {
  if (count < taps) patch.fill(0);
  for (let j = 0; j < count; j++) {
    const source = from + base[j] * channels;
    const to = position[j] * perGroup;
    for (let c = 0; c < perGroup; c++) patch[to + c] = input[source + c];
  }
}
