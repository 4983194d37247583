/** Normalisations: over batch, instance, group, layer, root mean square, p-norm and neighbourhood. */
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, product, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { elementTypeOf } from '../tensor-data.ts';
import { perChannel } from './convolution.ts';

const square = (h: Hlo, x: Instruction) => h.mul(x, x);

/** Mean and variance (over n, not n − 1), with the dimensions kept at size 1. */
function moments(h: Hlo, x: Instruction, dims: readonly number[]) {
  const mean = h.meanKeep(x, dims);
  const centred = h.sub(x, mean);
  return { mean, centred, variance: h.meanKeep(square(h, centred), dims) };
}

/** centred / √(variance + ε) */
function normalise(h: Hlo, centred: Instruction, variance: Instruction, epsilon: number) {
  return h.div(centred, h.unary('sqrt', h.add(variance, epsilon)));
}

const batchNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const rank = rankOf(x);
  const channel = (k: number) => perChannel(h, h.convert(c.input(k), typeOf(x)), Math.max(rank, 2));
  const epsilon = c.float('epsilon', 1e-5);
  const affine = (y: Instruction) => h.add(h.mul(y, channel(1)), channel(2));
  const training = c.opset >= 14 ? c.flag('training_mode') : c.opset < 7 && !c.flag('is_test');
  if (!training) return affine(normalise(h, h.sub(x, channel(3)), channel(4), epsilon));
  const { mean, centred, variance } = moments(h, x, [0, ...range(rank - 2, 2)]);
  const momentum = c.float('momentum', 0.9);
  const running = (k: number, now: Instruction) => {
    const flat = h.convert(h.reshape(now, c.dims(k)), c.type(k));
    return h.add(h.mul(c.input(k), momentum), h.mul(flat, 1 - momentum));
  };
  return [affine(normalise(h, centred, variance, epsilon)), running(3, mean), running(4, variance)];
};

const instanceNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const { centred, variance } = moments(h, x, range(rankOf(x) - 2, 2));
  const y = normalise(h, centred, variance, c.float('epsilon', 1e-5));
  return h.add(
    h.mul(y, perChannel(h, c.input(1), rankOf(x))),
    perChannel(h, c.input(2), rankOf(x)),
  );
};

/** The type that a normalisation computes in: `stash_type`, f32 by default. */
function stashed(c: NodeContext, x: Instruction): Instruction {
  return c.h.convert(x, elementTypeOf(c.int('stash_type', 1), 'stash_type'));
}

const groupNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const [n, channels, ...spatial] = dimsOf(x) as [number, number, ...number[]];
  const groups = c.int('num_groups', 1);
  const grouped = h.reshape(stashed(c, x), [n, groups, (channels / groups) * product(spatial)]);
  const { centred, variance } = moments(h, grouped, [2]);
  const y = h.convert(normalise(h, centred, variance, c.float('epsilon', 1e-5)), typeOf(x));
  const affine = (k: number) => {
    const v = c.input(k);
    const spread = c.opset < 21 ? h.broadcastInDim(v, [groups, channels / groups], [0]) : v;
    return perChannel(h, spread, rankOf(x));
  };
  return h.add(h.mul(h.reshape(y, dimsOf(x)), affine(1)), affine(2));
};

const layerNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', -1));
  const wide = stashed(c, x);
  const { mean, centred, variance } = moments(h, wide, range(rankOf(x) - axis, axis));
  const deviation = h.unary('sqrt', h.add(variance, c.float('epsilon', 1e-5)));
  const inverse = h.div(1, deviation);
  const scaled = h.mul(h.convert(h.mul(centred, inverse), typeOf(x)), c.input(1));
  return [c.inputs[2] ? h.add(scaled, c.input(2)) : scaled, mean, inverse];
};

const rmsNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', -1));
  const wide = stashed(c, x);
  const power = h.meanKeep(square(h, wide), range(rankOf(x) - axis, axis));
  const y = normalise(h, wide, power, c.float('epsilon', 1e-5));
  const rounded = h.convert(y, typeOf(x));
  return h.mul(h.convert(rounded, c.type(1)), c.input(1));
};

/** x / ‖x‖ₚ, zero where the norm is zero. */
const lpNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const axis = c.axis(c.int('axis', -1));
  const sum = (y: Instruction) => h.reduceKeep('add', y, [axis]);
  const norm = c.int('p', 2) === 1 ? sum(h.unary('abs', x)) : h.unary('sqrt', sum(square(h, x)));
  const safe = h.select(h.compare('EQ', norm, 0), 1, norm);
  return h.div(x, safe);
};

/** x / (bias + α/size Σ x²)^β over neighbouring channels. */
const lrn: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const size = c.int('size', 1);
  const before = Math.floor((size - 1) / 2);
  const window = dimsOf(x).map((_, k) => ({
    size: k === 1 ? size : 1,
    stride: 1,
    padLow: k === 1 ? before : 0,
    padHigh: k === 1 ? size - 1 - before : 0,
    windowDilation: 1,
    baseDilation: 1,
    reversal: false,
  }));
  const attrs = { window, to_apply: h.reducer('add', typeOf(x)) };
  const sums = h.op('reduce-window', [square(h, x), h.scalar(typeOf(x), 0)], attrs);
  const base = h.add(h.mul(sums, c.float('alpha', 1e-4) / size), c.float('bias', 1));
  return h.div(x, h.binary('power', base, c.float('beta', 0.75)));
};

/** (x − E x) / (√(E x² − (E x)²) + 1e-9) */
const meanVarianceNormalization: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const { centred, variance } = moments(h, x, c.ints('axes') ?? [0, 2, 3]);
  return h.div(centred, h.add(h.unary('sqrt', variance), 1e-9));
};

/** Rows by operator of the standard domain. */
export const normalization: LowerTable = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: lrn,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
  RMSNormalization: rmsNormalization,
};
