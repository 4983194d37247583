/**
 * Two convolutions with batch norm (inference, written out), relu, max pooling and a residual: one
 * strided with padding, one depthwise.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import { arrayShape } from '../ir/shape.ts';
import type { WindowDim } from '../ops/attr.ts';
import { alongLast, combiners, dimsOf, input, reduce, typeOf, withScalar } from './basics.ts';
import { relu } from './layers.ts';
import { model } from './model.ts';

const dims = { batch: 2, size: 12, channels: 4, features: 8 };

/** Of an image [batch, size, size, channels] and kernels in HWIO. */
export const convolution = model(
  'conv_block',
  'convolutions with batch norm, relu and max pooling, f32',
  dims,
  ({ batch, size, channels, features }) => {
    const m = new ModuleBuilder('conv_block');
    const { add, max } = combiners(m, 'f32');
    return m.entry((b) => {
      const image = input(b, 'image', 'f32', [batch, size, size, channels]);
      const fanIn = `weight:${9 * channels}`;
      const kernel = input(b, 'kernel', 'f32', [3, 3, channels, features], fanIn);
      const depthwise = input(b, 'depthwise', 'f32', [3, 3, 1, features], 'weight:9');
      const first = relu(b, batchNorm(b, convolve(b, image, kernel, 2, 1), 'a'));
      const second = batchNorm(b, convolve(b, first, depthwise, 1, features), 'b');
      const block = b.op('add', [first, second]);
      const window = [point, around(2, 2, 0), around(2, 2, 0), point];
      const pooled = b.op('reduce-window', [block, b.scalar('f32', -Infinity)], {
        window,
        to_apply: max,
      });
      const total = reduce(b, pooled, [1, 2], add, 0);
      const [, height, across] = dimsOf(pooled);
      return b.op('tuple', [pooled, withScalar(b, 'divide', total, height! * across!)]);
    });
  },
);

const point: WindowDim = around(1, 1, 0);

function around(size: number, stride: number, pad: number): WindowDim {
  const dilation = { windowDilation: 1, baseDilation: 1, reversal: false };
  return { size, stride, padLow: pad, padHigh: pad, ...dilation };
}

/** A 3 × 3 convolution, NHWC by HWIO, padded by one. */
function convolve(
  b: ComputationBuilder,
  x: Instruction,
  kernel: Instruction,
  stride: number,
  feature_group_count: number,
): Instruction {
  const [n, h, w] = dimsOf(x) as [number, number, number];
  const steps = (size: number) => Math.floor((size - 1) / stride) + 1;
  const shape = arrayShape(typeOf(x), [n, steps(h), steps(w), dimsOf(kernel)[3]!]);
  const attrs = {
    window: [around(3, stride, 1), around(3, stride, 1)],
    dim_labels: {
      inputBatch: 0,
      inputSpatial: [1, 2],
      inputFeature: 3,
      kernelSpatial: [0, 1],
      kernelInputFeature: 2,
      kernelOutputFeature: 3,
      outputBatch: 0,
      outputSpatial: [1, 2],
      outputFeature: 3,
    },
    feature_group_count,
  };
  return b.op('convolution', [x, kernel], attrs, { shape });
}

/** (x − mean) · gain / sqrt(variance + 1e-5) + bias along the features, statistics given. */
function batchNorm(b: ComputationBuilder, x: Instruction, tag: string): Instruction {
  const sizes = dimsOf(x);
  const features = [sizes.at(-1)!];
  const mean = input(b, `mean_${tag}`, 'f32', features, 'weight:64');
  const variance = input(b, `variance_${tag}`, 'f32', features, 'range:0.5:2');
  const gain = input(b, `gain_${tag}`, 'f32', features, 'range:0.5:1.5');
  const bias = input(b, `bias_${tag}`, 'f32', features, 'weight:64');
  const inverse = b.op('rsqrt', [withScalar(b, 'add', variance, 1e-5)]);
  const scale = b.op('multiply', [gain, inverse]);
  const centred = b.op('subtract', [x, alongLast(b, mean, sizes)]);
  const scaled = b.op('multiply', [centred, alongLast(b, scale, sizes)]);
  return b.op('add', [scaled, alongLast(b, bias, sizes)]);
}
