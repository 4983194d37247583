/**
 * The blocked layout NCHWc of ONNX Runtime: a tensor [N, C, H, W] whose memory holds
 * [N, C/b, H, W, b], its channels padded to whole blocks. Shapes stay those that the model declares
 * and the memory is as ONNX Runtime has it, so that an op that knows nothing of blocks sees what it
 * would see there. Blocks are 16 wide, or 8 on machines without AVX-512; the model does not say.
 */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { convolution } from '../convolution.ts';
import { pooling } from '../pooling.ts';
import { resize } from '../rarer/resize.ts';
import { derived, single } from './derived.ts';
import { activated } from './fused-activation.ts';

/** The domain of ops on that layout. */
export const blockedDomain = 'com.microsoft.nchwc';

type Dims4 = readonly [number, number, number, number];

/** Size of a block: 8 where the channels of some convolution are no multiple of 16. */
function blockSize(c: NodeContext): number {
  const channels = c.around.siblings().flatMap(({ domain, opType, input }) => {
    const kernel = domain === blockedDomain && opType === 'Conv' && c.around.lookup(input[1] ?? '');
    return kernel ? [dimsOf(kernel)[0]!] : [];
  });
  return channels.some((n) => n % 16 !== 0) ? 8 : 16;
}

/** Channels of [N, C, H, W] in blocks, the sizes unchanged. */
function toBlocks(h: Hlo, x: Instruction, b: number): Instruction {
  const [n, c, y, z] = dimsOf(x) as Dims4;
  const split = h.reshape(x, [n, c / b, b, y, z]);
  return h.reshape(h.transpose(split, [0, 1, 3, 4, 2]), [n, c, y, z]);
}

/** The inverse of `toBlocks`. */
function fromBlocks(h: Hlo, x: Instruction, b: number): Instruction {
  const [n, c, y, z] = dimsOf(x) as Dims4;
  const split = h.reshape(x, [n, c / b, y, z, b]);
  return h.reshape(h.transpose(split, [0, 1, 4, 2, 3]), [n, c, y, z]);
}

/** Zero channels up to a whole block. */
function padded(h: Hlo, x: Instruction, dim: number, to: number): Instruction {
  const low = dimsOf(x).map(() => 0);
  const high = low.map((_, k) => (k === dim ? to - dimsOf(x)[dim]! : 0));
  return h.pad(x, 0, low, high);
}

/** A filter in blocks of output channels, [O/b, I, H, W, b], as [O, I, H, W]. */
function filterByOutput(h: Hlo, w: Instruction, b: number): Instruction {
  const [o, i, y, x] = dimsOf(w) as Dims4;
  const split = h.reshape(w, [o / b, i, y, x, b]);
  return h.reshape(h.transpose(split, [0, 4, 1, 2, 3]), [o, i, y, x]);
}

/** A filter in blocks of both, [O/b, I/b, H, W, b (in), b (out)], as [O, I, H, W]. */
function filterByBoth(h: Hlo, w: Instruction, b: number): Instruction {
  const [o, i, y, x] = dimsOf(w) as Dims4;
  const split = h.reshape(w, [o / b, i / b, y, x, b, b]);
  return h.reshape(h.transpose(split, [0, 5, 1, 4, 2, 3]), [o, i, y, x]);
}

/** Fewer input channels than a block: they come unblocked; a depthwise filter has one a group. */
const blockedConv: Lower = (c) => {
  const { h } = c;
  const b = blockSize(c);
  const [x, w] = [c.input(0), c.input(1)];
  const plain = dimsOf(x)[1]! < b;
  const byOutput = plain || dimsOf(w)[1] === 1;
  const kernel = byOutput ? filterByOutput(h, w, b) : filterByBoth(h, w, b);
  const inputs = [plain ? x : fromBlocks(h, x, b), kernel, c.inputs[2]];
  const y = toBlocks(h, single(convolution.Conv!(derived(c, { inputs }))), b);
  return activated(c, c.inputs[3] ? h.add(y, c.input(3)) : y);
};

/** A row of the standard domain between unblocking and blocking. */
const between =
  (row: Lower): Lower =>
  (c) => {
    const b = blockSize(c);
    const inputs = [fromBlocks(c.h, c.input(0), b)];
    return toBlocks(c.h, single(row(derived(c, { inputs }))), b);
  };

/** Scales are whole numbers, one a dimension. */
const upsample: Lower = (c) => {
  const { h } = c;
  const scales = c.ints('scales') ?? c.refuse('scales are missing', 'onnx/bad-node');
  const mode = c.word('mode', 'nearest', ['nearest', 'linear']);
  const b = blockSize(c);
  const sizes = c.dims(0).map((d, k) => d * scales[k]!);
  const inputs = [fromBlocks(h, c.input(0), b), undefined, undefined, h.integers(sizes)];
  const attributes = {
    mode,
    nearest_mode: 'floor',
    coordinate_transformation_mode: c.string('coordinate_transformation_mode', 'asymmetric'),
  };
  return toBlocks(h, single(resize.Resize!(derived(c, { inputs, attributes }))), b);
};

const reorderInput: Lower = (c) => {
  const { h } = c;
  const b = blockSize(c);
  const x = c.flag('channels_last') ? h.transpose(c.input(0), [0, 3, 1, 2]) : c.input(0);
  return toBlocks(h, padded(h, x, 1, Math.ceil(dimsOf(x)[1]! / b) * b), b);
};

const reorderOutput: Lower = (c) => {
  const { h } = c;
  const channels = c.int('channels', 0);
  const plain = fromBlocks(h, c.input(0), blockSize(c));
  c.need(channels > 0 && channels <= dimsOf(plain)[1]!, `channels=${channels}`);
  const y = h.sliceDim(plain, 1, 0, channels);
  return c.flag('channels_last') ? h.transpose(y, [0, 2, 3, 1]) : y;
};

/** Rows by operator of that domain. */
export const blocked: LowerTable = {
  AveragePool: between(pooling.AveragePool!),
  Conv: blockedConv,
  GlobalAveragePool: between(pooling.GlobalAveragePool!),
  GlobalMaxPool: between(pooling.GlobalMaxPool!),
  MaxPool: between(pooling.MaxPool!),
  ReorderInput: reorderInput,
  ReorderOutput: reorderOutput,
  Upsample: upsample,
};
