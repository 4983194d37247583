/** Convolutions: forward, transposed, with state, and what the quantised ones share. */

import type { Instruction } from '../../../ir/module.ts';
import type { WindowDim } from '../../../ops/attr.ts';
import { dimsOf, type Hlo, product, range, rankOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { swish } from './activation.ts';

/** Padding and steps of a window over n spatial dimensions. */
export interface Spatial {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** The window of a convolution or pooling node over the spatial sizes of its input. */
export function spatialOf(
  c: NodeContext,
  input: readonly number[],
  kernel: readonly number[],
): Spatial {
  const n = input.length;
  const sizes = c.ints('kernel_shape') ?? kernel;
  const ones = range(n).map(() => 1);
  const strides = c.ints('strides') ?? ones;
  const dilations = c.ints('dilations') ?? ones;
  c.need(
    [sizes, strides, dilations].every((l) => l.length === n && l.every((v) => v > 0)),
    `kernel ${sizes}, strides ${strides} and dilations ${dilations} must be ${n} positive sizes`,
  );
  const auto = c.word('auto_pad', 'NOTSET', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const pads = c.ints('pads') ?? range(2 * n).map(() => 0);
  if (auto === 'NOTSET') {
    return { sizes, strides, dilations, low: pads.slice(0, n), high: pads.slice(n) };
  }
  const total = range(n).map((k) => {
    if (auto === 'VALID') return 0;
    const extent = (sizes[k]! - 1) * dilations[k]! + 1;
    const out = Math.ceil(input[k]! / strides[k]!);
    return Math.max(0, (out - 1) * strides[k]! + extent - input[k]!);
  });
  const less = total.map((t) => Math.floor(t / 2));
  const more = total.map((t, k) => t - less[k]!);
  const upper = auto !== 'SAME_LOWER';
  return { sizes, strides, dilations, low: upper ? less : more, high: upper ? more : less };
}

/** XLA's window of a kernel; `base` dilates the input, by 1 where it is absent. */
export function windowOf(s: Spatial, base: readonly number[] = []): WindowDim[] {
  return s.sizes.map((size, k) => ({
    size,
    stride: s.strides[k]!,
    padLow: s.low[k]!,
    padHigh: s.high[k]!,
    windowDilation: s.dilations[k]!,
    baseDilation: base[k] ?? 1,
    reversal: false,
  }));
}

/** Convolution of [N, C, spatial…] with [O, C/groups, spatial…]. */
export function convolve(
  h: Hlo,
  x: Instruction,
  kernel: Instruction,
  window: readonly WindowDim[],
  groups: number,
): Instruction {
  const spatial = range(rankOf(x) - 2, 2);
  return h.op('convolution', [x, kernel], {
    window,
    feature_group_count: groups,
    dim_labels: {
      inputBatch: 0,
      inputFeature: 1,
      inputSpatial: spatial,
      kernelOutputFeature: 0,
      kernelInputFeature: 1,
      kernelSpatial: spatial,
      outputBatch: 0,
      outputFeature: 1,
      outputSpatial: spatial,
    },
  });
}

/** A vector over the channels of [N, C, spatial…], shaped to broadcast. */
export function perChannel(h: Hlo, x: Instruction, rank: number): Instruction {
  return h.reshape(x, [product(dimsOf(x)), ...range(rank - 2).map(() => 1)]);
}

/** The convolution of a node on given operands, without bias. */
export function convolveNode(c: NodeContext, x: Instruction, kernel: Instruction): Instruction {
  const s = spatialOf(c, dimsOf(x).slice(2), dimsOf(kernel).slice(2));
  return convolve(c.h, x, kernel, windowOf(s), c.int('group', 1));
}

const conv: Lower = (c) => {
  const y = convolveNode(c, c.input(0), c.input(1));
  return c.inputs[2] ? c.h.add(y, perChannel(c.h, c.input(2), rankOf(y))) : y;
};

/** Padding of the transposed convolution: given, or from the output's sizes. */
function transposedPads(
  c: NodeContext,
  input: readonly number[],
  s: Spatial,
  extra: readonly number[],
) {
  const full = input.map(
    (d, k) => (d - 1) * s.strides[k]! + extra[k]! + (s.sizes[k]! - 1) * s.dilations[k]! + 1,
  );
  const auto = c.string('auto_pad', 'NOTSET');
  const shape = c.ints('output_shape')?.slice(-input.length);
  const wanted =
    shape ?? (auto.startsWith('SAME') ? input.map((d, k) => d * s.strides[k]!) : undefined);
  if (!wanted) return { low: s.low, high: s.high };
  const missing = wanted.map((w, k) => Math.max(0, w - full[k]!));
  const total = wanted.map((w, k) => Math.max(0, full[k]! - w));
  const half = total.map((t) => Math.floor(t / 2));
  const rest = total.map((t, k) => t - half[k]!);
  const [low, high] = auto === 'SAME_UPPER' ? [half, rest] : [rest, half];
  return { low, high: high.map((v, k) => v - missing[k]!) };
}

/** As the gradient of a convolution: dilated input, kernel turned round and in and out swapped. */
const convTranspose: Lower = (c) => {
  const { h } = c;
  const [x, kernel] = [c.input(0), c.input(1)];
  const input = dimsOf(x).slice(2);
  const groups = c.int('group', 1);
  const s = spatialOf(c, input, dimsOf(kernel).slice(2));
  const extra = c.ints('output_padding') ?? input.map(() => 0);
  const pads = transposedPads(c, input, s, extra);
  const extent = s.sizes.map((size, k) => (size - 1) * s.dilations[k]!);
  const spatial = {
    ...s,
    strides: input.map(() => 1),
    low: extent.map((e, k) => e - pads.low[k]!),
    high: extent.map((e, k) => e - pads.high[k]! + extra[k]!),
  };
  const turned = h.reverse(swapFeatures(h, kernel, groups), range(input.length, 2));
  const y = convolve(h, x, turned, windowOf(spatial, s.strides), groups);
  return c.inputs[2] ? h.add(y, perChannel(h, c.input(2), rankOf(y))) : y;
};

/** [C, O/groups, …] to [O, C/groups, …]. */
function swapFeatures(h: Hlo, kernel: Instruction, groups: number): Instruction {
  const [input, output, ...rest] = dimsOf(kernel) as [number, number, ...number[]];
  const split = h.reshape(kernel, [groups, input / groups, output, ...rest]);
  const swapped = h.transpose(split, [0, 2, 1, ...range(rest.length, 3)]);
  return h.reshape(swapped, [groups * output, input / groups, ...rest]);
}

/** Depthwise causal convolution over time; the last k − 1 inputs are the state. */
const causalConv: Lower = (c) => {
  const { h } = c;
  const [x, kernel] = [c.input(0), c.input(1)];
  const [n, channels] = dimsOf(x) as [number, number];
  const size = dimsOf(kernel)[2]!;
  const past = c.inputs[3] ?? h.full(c.type(0), [n, channels, size - 1], 0);
  const joined = h.concat([past, x], 2);
  const length = dimsOf(joined)[2]!;
  const one = { sizes: [size], strides: [1], dilations: [1], low: [0], high: [0] };
  const plain = convolve(h, joined, kernel, windowOf(one), channels);
  const y = c.inputs[2] ? h.add(plain, perChannel(h, c.input(2), 3)) : plain;
  const activation = c.word('activation', 'none', ['none', 'silu', 'swish']);
  const state = h.sliceDim(joined, 2, length - (size - 1), length);
  return [activation === 'none' ? y : swish(h, y), state];
};

/** Rows by operator of the standard domain; data in NC…, kernels in OI…. */
export const convolution: LowerTable = {
  CausalConvWithState: causalConv,
  Conv: conv,
  ConvTranspose: convTranspose,
};
