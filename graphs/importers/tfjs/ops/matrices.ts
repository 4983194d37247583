/** Matrix products, einsum of two operands, and normalisation by given statistics. */
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { matmul as product } from '../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { fused } from './convolution.ts';

const matmul: Lower = (c) => {
  const [a, b] = c.promoted(c.tensor('a'), c.tensor('b'));
  c.need(rankOf(a!) >= 2 && rankOf(b!) >= 2, 'the operands must be matrices');
  return product(c.h, turned(c, a!, 'transposeA'), turned(c, b!, 'transposeB'));
};

function turned(c: NodeContext, x: Instruction, flag: string): Instruction {
  const n = rankOf(x);
  return c.flag(flag) ? c.h.transpose(x, [...range(n - 2), n - 1, n - 2]) : x;
}

/** Letters in both terms are contracted unless the result has them. */
const einsum: Lower = (c) => {
  const { h } = c;
  const equation = String(c.node.attrParams.equation?.value ?? '').replace(/\s/g, '');
  const [, left = '', right, result = ''] = /^([a-z]*),([a-z]*)->([a-z]*)$/.exec(equation) ?? [];
  const [x, y] = c.promoted(...c.tensors('tensors'));
  const once = (t: string) => new Set(t).size === t.length;
  if (right === undefined || !x || !y || ![left, right, result].every(once)) {
    return c.refuse(`the equation "${equation}" is not supported; write it as matrix products`);
  }
  c.need(rankOf(x) === left.length && rankOf(y) === right.length, `"${equation}" does not fit`);
  const shared = [...left].filter((l) => right.includes(l));
  const batch = shared.filter((l) => result.includes(l));
  const summed = shared.filter((l) => !result.includes(l));
  const free = (t: string) => [...t].filter((l) => !shared.includes(l));
  const alone = [...free(left), ...free(right)].filter((l) => !result.includes(l));
  if (alone.length) c.refuse(`"${equation}" sums ${alone} of one operand alone`);
  const places = (t: string, labels: readonly string[]) => labels.map((l) => t.indexOf(l));
  const dot = h.op('dot', [x, y], {
    lhs_batch_dims: places(left, batch),
    rhs_batch_dims: places(right, batch),
    lhs_contracting_dims: places(left, summed),
    rhs_contracting_dims: places(right, summed),
  });
  const order = [...batch, ...free(left), ...free(right)];
  const dimensions = [...result].map((l) => order.indexOf(l));
  c.need(!dimensions.includes(-1), `"${equation}" names a letter in the result only`);
  return h.transpose(dot, dimensions);
};

/** (x − mean) · scale / √(variance + ε) + offset; the other outputs are for training. */
const batchNorm: Lower = (c) => {
  const { h } = c;
  c.channelsLastOnly();
  const [x, mean, variance] = ['x', 'mean', 'variance'].map((name) => c.tensor(name));
  c.need(dimsOf(mean!)[0] === dimsOf(x!).at(-1), 'statistics and channels differ in number');
  const scale = h.mul(h.unary('rsqrt', h.add(variance!, c.number('epsilon'))), c.tensor('scale'));
  const y = h.add(h.mul(h.sub(x!, mean!), scale), c.tensor('offset'));
  return [y, mean, variance, undefined, undefined];
};

/** x / (bias + α Σ x²)^β over neighbouring channels. */
const localResponse: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('x');
  const radius = c.number('radius');
  const channels = rankOf(x) - 1;
  const still = { stride: 1, windowDilation: 1, baseDilation: 1, reversal: false };
  const window = dimsOf(x).map((_, k) => {
    const reach = k === channels ? radius : 0;
    return { size: 2 * reach + 1, padLow: reach, padHigh: reach, ...still };
  });
  const zero = h.scalar(typeOf(x), 0);
  const attrs = { window, to_apply: h.reducer('add', typeOf(x)) };
  const squares = h.op('reduce-window', [h.mul(x, x), zero], attrs);
  const base = h.add(h.mul(squares, c.number('alpha')), c.number('bias'));
  return h.mul(x, h.binary('power', base, -c.number('beta')));
};

/** Keeps the band of diagonals from −lower to +upper; a negative number keeps all on that side. */
const bandPart: Lower = (c) => {
  const { h } = c;
  const x = c.tensor('a');
  const n = rankOf(x);
  c.need(n >= 2, 'a matrix is expected');
  const [lower, upper] = ['numLower', 'numUpper'].map((name) => c.number(name));
  const above = h.sub(h.iota('s32', dimsOf(x), n - 1), h.iota('s32', dimsOf(x), n - 2));
  const low = lower! < 0 ? undefined : h.compare('GE', above, -lower!);
  const high = upper! < 0 ? undefined : h.compare('LE', above, upper!);
  const bounds = [low, high].filter((b) => b !== undefined);
  return bounds.reduce((value, inside) => h.select(inside, value, 0), x);
};

/** Rows by TensorFlow op. */
export const matrices: LowerTable = {
  BatchMatMul: matmul,
  BatchMatMulV2: matmul,
  Einsum: einsum,
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: localResponse,
  MatMul: matmul,
  MatrixBandPart: bandPart,
  _FusedMatMul: (c) => fused(c, matmul(c) as Instruction, false),
};
