/** Linear models and normalisation of ai.onnx.ml, by the formulas of its operator specification. */
import type { Instruction } from '../../../../ir/module.ts';
import { tensorOf } from '../../../../ir/tensor.ts';
import { dimsOf, type Hlo, rankOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { softmaxOver } from '../activation.ts';

/** What may follow the scores, in the order of its numbers in TreeEnsemble. */
export const transforms = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'] as const;
/** What `post_transform` may name. */
export type Transform = (typeof transforms)[number];

/** Scores [N, E] after the post-transform. */
export function postTransformed(c: NodeContext, scores: Instruction, how: Transform): Instruction {
  const { h } = c;
  switch (how) {
    case 'NONE':
      return scores;
    case 'SOFTMAX':
      return softmaxOver(h, scores, rankOf(scores) - 1);
    case 'LOGISTIC':
      return h.unary('logistic', scores);
    case 'SOFTMAX_ZERO':
      return softmaxOfNonzero(h, scores);
    case 'PROBIT':
      return c.refuse('the inverse of a normal distribution (PROBIT) is not imported');
  }
}

/** Softmax in which scores that are zero stay so. */
function softmaxOfNonzero(h: Hlo, x: Instruction): Instruction {
  const last = rankOf(x) - 1;
  const e = h.unary('exponential', h.sub(x, h.reduceKeep('maximum', x, [last])));
  const kept = h.select(h.compare('EQ', x, 0), h.fullLike(x, 0), e);
  return h.div(kept, h.reduceKeep('add', kept, [last]));
}

/** x · coefficientsᵀ + intercepts as f32, with so many rows of coefficients. */
function linearScores(c: NodeContext, rows: number): Instruction {
  const { h } = c;
  const given = h.convert(c.input(0), 'f32');
  const x = rankOf(given) === 1 ? h.reshape(given, [1, ...dimsOf(given)]) : given;
  const features = dimsOf(x)[1] ?? 0;
  const coefficients = c.floats('coefficients') ?? [];
  const fits = coefficients.length === rows * features;
  c.need(fits, `${coefficients.length} coefficients for ${rows} × ${features}`);
  const table = h.constant(tensorOf('f32', [rows, features], coefficients));
  const product = matmul(h, x, h.transpose(table, [1, 0]));
  const intercepts = c.floats('intercepts');
  if (!intercepts) return product;
  c.need(intercepts.length === rows, `${intercepts.length} intercepts for ${rows} scores`);
  return h.add(product, h.constant(tensorOf('f32', [rows], intercepts)));
}

const linearRegressor: Lower = (c) => {
  const scores = linearScores(c, c.int('targets', 1));
  return postTransformed(c, scores, c.word('post_transform', 'NONE', transforms));
};

/** (label of the best score, scores); labels that are text have no HLO type. */
const linearClassifier: Lower = (c) => {
  const { h } = c;
  const labels = c.ints('classlabels_ints');
  const count = labels?.length ?? c.strings('classlabels_strings')?.length ?? 0;
  const coefficients = c.floats('coefficients')?.length ?? 0;
  const rows = c.floats('intercepts')?.length ?? coefficients / (dimsOf(c.input(0)).at(-1) ?? 1);
  if (rows !== count || rows < 2) {
    return c.refuse(
      `one score stands for ${count} classes, of which only implementations tell the rest`,
    );
  }
  const scores = linearScores(c, rows);
  const best = firstBest(h, scores);
  const named =
    labels &&
    h.op('gather', [h.integers(labels), best], {
      ...{ offset_dims: [], collapsed_slice_dims: [0], start_index_map: [0] },
      ...{ index_vector_dim: 1, slice_sizes: [1] },
    });
  return [named, postTransformed(c, scores, c.word('post_transform', 'NONE', transforms))];
};

/** Where the first of the largest numbers of each row stands. */
function firstBest(h: Hlo, x: Instruction): Instruction {
  const [n, width] = dimsOf(x) as [number, number];
  const isBest = h.compare('EQ', x, h.reduceKeep('maximum', x, [1]));
  const places = h.iota('s32', [n, width], 1);
  return h.reduce('minimum', h.select(isBest, places, h.fullLike(places, width - 1)), [1]);
}

/** Rows divided by their largest number, the sum of magnitudes, or the root of the sum of squares. */
const normalizer: Lower = (c) => {
  const { h } = c;
  const x = h.convert(c.input(0), 'f32');
  const last = rankOf(x) - 1;
  const by = {
    MAX: () => h.reduceKeep('maximum', x, [last]),
    L1: () => h.reduceKeep('add', h.unary('abs', x), [last]),
    L2: () => h.unary('sqrt', h.reduceKeep('add', h.mul(x, x), [last])),
  }[c.word('norm', 'MAX', ['MAX', 'L1', 'L2'])]();
  const divisor = h.broadcast(by, dimsOf(x));
  return h.select(h.compare('EQ', divisor, 0), x, h.div(x, divisor));
};

/** Rows by operator of `ai.onnx.ml`. */
export const linearModels: LowerTable = {
  LinearClassifier: linearClassifier,
  LinearRegressor: linearRegressor,
  Normalizer: normalizer,
};
