/** Convolutions in one to three dimensions: plain, depthwise, transposed, fused with activations. */
import { byName } from '../../../ir/by-name.ts';
import type { Instruction } from '../../../ir/module.ts';
import type { ConvDims, WindowDim } from '../../../ops/attr.ts';
import { dimsOf, type Hlo, range, rankOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { elu, leakyRelu, prelu, relu6 } from './elementwise.ts';

/** Places of the spatial dimensions of a tensor of rank n + 2. */
export function spatialDims(n: number, channelsFirst: boolean): number[] {
  return range(n, channelsFirst ? 2 : 1);
}

/** The part of a list over all dimensions that is for the spatial ones; one number is for all. */
export function spatialPart(list: readonly number[], spatial: readonly number[]): number[] {
  if (list.length === spatial.length + 2) return spatial.map((d) => list[d]!);
  return spatial.map((_, k) => list[k] ?? list[0] ?? 1);
}

/** Padding before and after each spatial dimension, as TensorFlow's SAME and VALID give it. */
export function padding(
  c: NodeContext,
  spatial: readonly number[],
  sizes: { readonly input: number; readonly extent: number; readonly stride: number }[],
): readonly (readonly [number, number])[] {
  const mode = c.word('pad', 'valid', ['valid', 'same', 'explicit']);
  if (mode === 'explicit') {
    const pads = c.numbers('explicitPaddings');
    return spatial.map((d) => [pads[2 * d] ?? 0, pads[2 * d + 1] ?? 0]);
  }
  if (mode === 'valid') return sizes.map(() => [0, 0]);
  return sizes.map(({ input, extent, stride }) => {
    const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** The window of a node over the spatial dimensions of x. */
export function windowOf(
  c: NodeContext,
  x: Instruction,
  kernel: readonly number[],
  channelsFirst: boolean,
): WindowDim[] {
  const spatial = spatialDims(kernel.length, channelsFirst);
  const list = (name: string, one: string) => {
    const found = c.optionalNumbers(name) ?? c.optionalNumbers(one) ?? [];
    return spatialPart(found.length ? found : [1], spatial);
  };
  const strides = list('strides', 'stride');
  const dilations = list('dilations', 'dilation');
  c.need(
    [...strides, ...dilations, ...kernel].every((v) => Number.isInteger(v) && v > 0),
    `window ${kernel}, strides ${strides} and dilations ${dilations} must be positive`,
  );
  const extents = kernel.map((size, k) => (size - 1) * dilations[k]! + 1);
  const sizes = spatial.map((d, k) => {
    return { input: dimsOf(x)[d]!, extent: extents[k]!, stride: strides[k]! };
  });
  return padding(c, spatial, sizes).map(([padLow, padHigh], k) => ({
    size: kernel[k]!,
    stride: strides[k]!,
    padLow,
    padHigh,
    windowDilation: dilations[k]!,
    baseDilation: 1,
    reversal: false,
  }));
}

/** Data in either layout, kernels as [spatial…, in, out]. */
export function convDims(n: number, channelsFirst: boolean): ConvDims {
  const feature = channelsFirst ? 1 : n + 1;
  const spatial = spatialDims(n, channelsFirst);
  return {
    inputBatch: 0,
    inputFeature: feature,
    inputSpatial: spatial,
    kernelInputFeature: n,
    kernelOutputFeature: n + 1,
    kernelSpatial: range(n),
    outputBatch: 0,
    outputFeature: feature,
    outputSpatial: spatial,
  };
}

const convolution: Lower = (c) => {
  const [x, kernel] = [c.tensor('x'), c.tensor('filter')];
  const n = rankOf(kernel) - 2;
  c.need(n > 0 && rankOf(x) === n + 2, `ranks ${rankOf(x)} and ${n + 2} do not fit`);
  const first = c.channelsFirst();
  const dim_labels = convDims(n, first);
  const channels = dimsOf(x)[dim_labels.inputFeature]!;
  const groups = channels / dimsOf(kernel)[n]!;
  c.need(Number.isInteger(groups), `${channels} channels do not fit the filter`);
  const window = windowOf(c, x, dimsOf(kernel).slice(0, n), first);
  return c.h.op('convolution', [x, kernel], { window, dim_labels, feature_group_count: groups });
};

/** Every input channel by itself; a filter of [h, w, in, multiplier]. */
function depthwise(c: NodeContext, x: Instruction): Instruction {
  const kernel = c.tensor('filter');
  c.need(rankOf(kernel) === 4 && rankOf(x) === 4, 'input and filter must have rank 4');
  const [height, width, channels, multiplier] = dimsOf(kernel) as [number, number, number, number];
  const first = c.channelsFirst();
  const window = windowOf(c, x, [height, width], first);
  const flat = c.h.reshape(kernel, [height, width, 1, channels * multiplier]);
  const attrs = { window, dim_labels: convDims(2, first), feature_group_count: channels };
  return c.h.op('convolution', [x, flat], attrs);
}

/** The gradient of a convolution by its input: dilated, with the kernel turned round. */
const transposed: Lower = (c) => {
  const { h } = c;
  c.channelsLastOnly();
  const [x, kernel] = [c.tensor('x'), c.tensor('filter')];
  const n = rankOf(kernel) - 2;
  c.need(n > 0 && rankOf(x) === n + 2, `ranks ${rankOf(x)} and ${n + 2} do not fit`);
  const result = c.numbers('outputShape');
  const spatial = spatialDims(n, false);
  const strides = spatialPart(c.numbers('strides'), spatial);
  const sizes = spatial.map((d, k) => {
    return { input: result[d]!, extent: dimsOf(kernel)[k]!, stride: strides[k]! };
  });
  const pads = padding(c, spatial, sizes);
  const window = sizes.map(({ input, extent, stride }, k) => {
    const padLow = extent - 1 - pads[k]![0];
    const covered = (dimsOf(x)[spatial[k]!]! - 1) * stride + 1 + padLow - extent + 1;
    const padHigh = input - covered;
    const still = { windowDilation: 1, reversal: false };
    return { size: extent, stride: 1, padLow, padHigh, baseDilation: stride, ...still };
  });
  const turned = h.reverse(kernel, range(n));
  const swapped = h.transpose(turned, [...range(n), n + 1, n]);
  return h.op('convolution', [x, swapped], { window, dim_labels: convDims(n, false) });
};

/** Bias and activation after a fused op. */
export function fused(c: NodeContext, y: Instruction, channelsFirst: boolean): Instruction {
  const args = [...c.tensors('args')];
  return c.words('fusedOps').reduce((value, name) => {
    const row = Object.hasOwn(fusedRows, name) ? fusedRows[name] : undefined;
    if (!row) return c.refuse(`the fused op ${name} is not supported`);
    return row({ c, h: c.h, value, channelsFirst, next: () => args.shift() });
  }, y);
}

interface Fused {
  readonly c: NodeContext;
  readonly h: Hlo;
  readonly value: Instruction;
  readonly channelsFirst: boolean;
  /** The next extra input. */
  next(): Instruction | undefined;
}

const fusedRows: Readonly<Record<string, (f: Fused) => Instruction>> = byName({
  biasadd: ({ c, h, value, channelsFirst, next }) => {
    const bias = next() ?? c.refuse('the bias is missing', 'tfjs/bad-node');
    if (!channelsFirst || rankOf(bias) !== 1) return h.add(value, bias);
    return h.add(value, h.reshape(bias, [dimsOf(bias)[0]!, ...range(rankOf(value) - 2).fill(1)]));
  },
  elu: ({ h, value }) => elu(h, value),
  leakyrelu: ({ c, h, value }) => leakyRelu(h, value, c.number('leakyreluAlpha')),
  linear: ({ value }) => value,
  prelu: ({ c, h, value, next }) =>
    prelu(h, value, next() ?? c.refuse('the slope of prelu is missing', 'tfjs/bad-node')),
  relu: ({ h, value }) => h.max(value, 0),
  relu6: ({ h, value }) => relu6(h, value),
  sigmoid: ({ h, value }) => h.unary('logistic', value),
  tanh: ({ h, value }) => h.unary('tanh', value),
});

/** Rows by TensorFlow op; kernels are in HWIO. */
export const convolutions: LowerTable = {
  Conv1D: convolution,
  Conv2D: convolution,
  Conv2DBackpropInput: transposed,
  Conv3D: convolution,
  DepthwiseConv2d: (c) => depthwise(c, c.tensor('input')),
  DepthwiseConv2dNative: (c) => depthwise(c, c.tensor('input')),
  FusedDepthwiseConv2dNative: (c) => fused(c, depthwise(c, c.tensor('x')), c.channelsFirst()),
  _FusedConv2D: (c) => fused(c, convolution(c) as Instruction, c.channelsFirst()),
};
