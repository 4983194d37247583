/**
 * Convolution with f32 sums where every feature sees a single channel: a sum over the window alone.
 * Four features at a time, each its own sum in index order: the same numbers, less waiting.
 */
import type { WindowView } from '../../semantics/indexing/window.ts';
import type { ConvolutionOperands, ConvolutionSizes, ResultStrides } from './convolution-f32.ts';

/** Sums up the windows of one place, all images and features, into the result from `at` on. */
export function depthwiseF32(
  { input, kernel: weights }: ConvolutionOperands,
  { batch, features, channels, taps, area }: ConvolutionSizes,
  out: Float32Array,
  strides: ResultStrides,
): (view: WindowView, at: number) => void {
  const kernel = { weights, taps };
  const whole = features - (features % 4);
  const channelOf = Int32Array.from({ length: features }, (_, f) =>
    Math.floor((f * channels) / features),
  );
  return (view, at) => {
    for (let b = 0; b < batch; b++) {
      const x = { data: input, from: b * area * channels, channels, channelOf };
      const to = at + b * strides.batch;
      let f = 0;
      for (; f < whole; f += 4) fourFeatures(x, kernel, view, f, out, to, strides.feature);
      for (; f < features; f++) out[to + f * strides.feature] = oneFeature(x, kernel, view, f);
    }
  };
}

/** An image of `data` and the channel that each feature sees. */
interface Image {
  readonly data: Float32Array;
  readonly from: number;
  readonly channels: number;
  readonly channelOf: Int32Array;
}

/** What each feature multiplies the `taps` places of a window by. */
interface Kernel {
  readonly weights: Float32Array;
  readonly taps: number;
}

function fourFeatures(
  { data, from, channels, channelOf }: Image,
  { weights, taps }: Kernel,
  { base, position, count }: WindowView,
  f: number,
  out: Float32Array,
  to: number,
  stride: number,
): void {
  const { fround } = Math;
  const [c0, c1, c2, c3] = [channelOf[f], channelOf[f + 1], channelOf[f + 2], channelOf[f + 3]];
  let [s0, s1, s2, s3] = [fround(0), fround(0), fround(0), fround(0)];
  for (let j = 0; j < count; j++) {
    const x = from + base[j] * channels;
    const w = f * taps + position[j];
    s0 = fround(s0 + fround(data[x + c0] * weights[w]));
    s1 = fround(s1 + fround(data[x + c1] * weights[w + taps]));
    s2 = fround(s2 + fround(data[x + c2] * weights[w + 2 * taps]));
    s3 = fround(s3 + fround(data[x + c3] * weights[w + 3 * taps]));
  }
  out[to + f * stride] = s0;
  out[to + (f + 1) * stride] = s1;
  out[to + (f + 2) * stride] = s2;
  out[to + (f + 3) * stride] = s3;
}

function oneFeature(
  { data, from, channels, channelOf }: Image,
  { weights, taps }: Kernel,
  { base, position, count }: WindowView,
  f: number,
): number {
  const { fround } = Math;
  let sum = fround(0);
  for (let j = 0; j < count; j++) {
    const x = data[from + base[j] * channels + channelOf[f]];
    sum = fround(sum + fround(x * weights[f * taps + position[j]]));
  }
  return sum;
}
