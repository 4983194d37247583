/** Loss functions: negative log-likelihood and softmax cross-entropy. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../../lowering/hlo.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { logSoftmaxOver } from '../activation.ts';
import { wrapIndices } from '../indexing.ts';

/**
 * −w[t] · logp[n, t, …], its weights, and their reduction to a scalar or none. A label outside of the
 * classes picks what a gather would, as in the function by which ONNX defines the op.
 */
function negativeLogLikelihood(
  c: NodeContext,
  logp: Instruction,
  target: Instruction,
): Instruction {
  const { h } = c;
  const dims = dimsOf(logp);
  const classes = dims[1]!;
  const type = typeOf(logp);
  const labels = h.convert(target, 's64');
  const kept = range(dims.length).filter((k) => k !== 1);
  const spread = (x: Instruction, at: readonly number[]) => h.broadcastInDim(x, dims, at);
  const ignored = c.int('ignore_index');
  const skip = ignored === undefined ? undefined : h.compare('EQ', labels, ignored);
  const taken = wrapIndices(h, skip ? h.select(skip, 0, labels) : labels, classes);
  const picked = h.max(h.min(taken, classes - 1), 0);
  const hit = h.compare('EQ', spread(picked, kept), h.iota('s64', dims, 1));
  const pick = (x: Instruction) => h.reduce('add', h.select(hit, x, 0), [1]);
  const weights = c.inputs[2]
    ? pick(spread(c.input(2), [1]))
    : h.full(type, dimsOf(labels), classes > 0 ? 1 : 0);
  const used = skip ? h.select(skip, 0, weights) : weights;
  const loss = h.mul(h.unary('negate', pick(logp)), used);
  return reduceLoss(c, loss, used);
}

function reduceLoss(c: NodeContext, loss: Instruction, weights: Instruction): Instruction {
  const { h } = c;
  const reduction = c.word('reduction', 'mean', ['none', 'sum', 'mean']);
  if (reduction === 'none') return loss;
  const total = (x: Instruction) => h.reduce('add', x, range(rankOf(x)));
  return reduction === 'sum' ? total(loss) : h.div(total(loss), total(weights));
}

const nll: Lower = (c) => negativeLogLikelihood(c, c.input(0), c.input(1));

const softmaxCrossEntropy: Lower = (c) => {
  const logp = logSoftmaxAt1(c.h, c.input(0));
  return [negativeLogLikelihood(c, logp, c.input(1)), logp];
};

function logSoftmaxAt1(h: Hlo, x: Instruction): Instruction {
  return logSoftmaxOver(h, x, 1);
}

/** Rows by operator of the standard domain. */
export const loss: LowerTable = {
  NegativeLogLikelihoodLoss: nll,
  SoftmaxCrossEntropyLoss: softmaxCrossEntropy,
};
