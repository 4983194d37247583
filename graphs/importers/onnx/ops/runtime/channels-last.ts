/** Ops of the standard domain on tensors with their channels last, [N, spatial…, C]. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, rankOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { convolution } from '../convolution.ts';
import { normalization } from '../normalization.ts';
import { pooling } from '../pooling.ts';
import { quantization } from '../quantization.ts';
import { derived, single } from './derived.ts';
import { activated } from './fused-activation.ts';
import { quantizedOps } from './quantized.ts';

const channelsFirst = (c: NodeContext, x: Instruction) => c.h.moveDim(x, rankOf(x) - 1, 1);
const channelsLast = (c: NodeContext, x: Instruction) => c.h.moveDim(x, 1, rankOf(x) - 1);

/** A row whose first input and first output have their channels last. */
const turned =
  (row: Lower): Lower =>
  (c) => {
    const inputs = [channelsFirst(c, c.input(0)), ...c.inputs.slice(1)];
    const attributes = { channels_last: 0 };
    const outputs = c.node.output.slice(0, 1);
    const y = single(row(derived(c, { inputs, attributes, outputs })));
    return channelsLast(c, activated(c, y));
  };

/** A kernel that may have its channels last as well, which its sizes tell. */
const conv: Lower = (c) => {
  const [x, w] = [c.input(0), c.input(1)];
  const perGroup = dimsOf(x).at(-1)! / c.int('group', 1);
  const spatial = c.ints('kernel_shape');
  const fits = (from: number) =>
    !spatial || spatial.every((size, k) => size === dimsOf(w)[from + k]);
  const last = dimsOf(w).at(-1) === perGroup && fits(1);
  const first = dimsOf(w)[1] === perGroup && fits(2);
  c.need(last || first, `a kernel of shape [${dimsOf(w)}] for ${perGroup} channels a group`);
  const kernel = last ? channelsFirst(c, w) : w;
  const sum = c.inputs[3] && channelsFirst(c, c.input(3));
  const inputs = [channelsFirst(c, x), kernel, c.inputs[2]];
  const y = single(convolution.Conv!(derived(c, { inputs })));
  return channelsLast(c, activated(c, sum ? c.h.add(y, sum) : y));
};

/** Those of com.microsoft. */
export const nhwc: LowerTable = {
  NhwcConv: conv,
  NhwcFusedConv: conv,
  NhwcMaxPool: turned(pooling.MaxPool!),
};

/** The domain of providers that prefer this layout; kernels stay as the standard has them. */
export const internalNhwc: LowerTable = {
  AveragePool: turned(pooling.AveragePool!),
  BatchNormalization: turned(normalization.BatchNormalization!),
  Conv: turned(convolution.Conv!),
  ConvTranspose: turned(convolution.ConvTranspose!),
  GlobalAveragePool: turned(pooling.GlobalAveragePool!),
  GlobalMaxPool: turned(pooling.GlobalMaxPool!),
  InstanceNormalization: turned(normalization.InstanceNormalization!),
  LRN: turned(normalization.LRN!),
  MaxPool: turned(pooling.MaxPool!),
  QLinearAveragePool: turned(quantizedOps.QLinearAveragePool!),
  QLinearConv: turned(quantization.QLinearConv!),
};
