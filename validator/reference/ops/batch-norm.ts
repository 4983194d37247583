/**
 * Evaluation of batch normalisation per feature, in f64 and rounded once.
 * https://openxla.org/xla/operation_semantics#batchnormtraining
 */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../../graphs/ir/shape.ts';
import { type Tensor, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext } from '../context.ts';
import { result, storage, tensors } from '../operands.ts';

type Numbers = Float64Array;

/** (normalised, mean, variance); variance is E[(x - mean)²]. */
export function batchNormTraining(
  i: InstructionOf<'batch-norm-training'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const [x, scale, offset] = tensors(operands);
  const by = features(x.shape, i.attrs.feature_index);
  const mean = by.mean((e) => x.data[e] as number);
  const variance = by.mean((e, f) => ((x.data[e] as number) - mean[f]) ** 2);
  const y = normalised(x, by, mean, variance, [scale, offset], epsilonOf(i));
  const small = scale.shape;
  return tupleValue([
    rounded(x.shape, y, context),
    rounded(small, mean, context),
    rounded(small, variance, context),
  ]);
}

/** scale·(x - mean)/√(variance + ε) + offset. */
export function batchNormInference(
  i: InstructionOf<'batch-norm-inference'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const [x, scale, offset, mean, variance] = tensors(operands);
  const by = features(x.shape, i.attrs.feature_index);
  const [m, v] = [wide(mean), wide(variance)];
  return rounded(x.shape, normalised(x, by, m, v, [scale, offset], epsilonOf(i)), context);
}

/** (∂operand, ∂scale, ∂offset) for the gradient of the normalised output. */
export function batchNormGrad(
  i: InstructionOf<'batch-norm-grad'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const [x, scale, mean, variance, grad] = tensors(operands).map(wide);
  const { shape } = tensors(operands)[0];
  const small = tensors(operands)[1].shape;
  const by = features(shape, i.attrs.feature_index);
  const inverse = variance.map((v) => 1 / Math.sqrt(v + epsilonOf(i)));
  const centred = (e: number, f: number) => (x[e] - mean[f]) * inverse[f];
  const sumGrad = by.sum((e) => grad[e]);
  const sumProduct = by.sum((e, f) => grad[e] * centred(e, f));
  const [meanGrad, meanProduct] = [sumGrad, sumProduct].map((s) => s.map((v) => v / by.perFeature));
  const dx = by.map(
    (e, f) => scale[f] * inverse[f] * (grad[e] - meanGrad[f] - centred(e, f) * meanProduct[f]),
  );
  return tupleValue([
    rounded(shape, dx, context),
    rounded(small, sumProduct, context),
    rounded(small, sumGrad, context),
  ]);
}

function normalised(
  x: Tensor,
  by: Features,
  mean: Numbers,
  variance: Numbers,
  [scale, offset]: readonly Tensor[],
  epsilon: number,
): Numbers {
  const [s, o] = [wide(scale), wide(offset)];
  return by.map((e, f) => {
    const centred = (x.data[e] as number) - mean[f];
    return (s[f] * centred) / Math.sqrt(variance[f] + epsilon) + o[f];
  });
}

/** ε, which is an f32 whatever the operand's type. */
export function epsilonOf(i: { readonly attrs: { readonly epsilon: number } }): number {
  return Math.fround(i.attrs.epsilon);
}

interface Features {
  /** Elements per feature. */
  readonly perFeature: number;
  sum(term: (element: number, feature: number) => number): Numbers;
  mean(term: (element: number, feature: number) => number): Numbers;
  map(value: (element: number, feature: number) => number): Numbers;
}

/** The elements of a shape by their place along the feature dimension. */
function features(shape: ArrayShape, along: number): Features {
  const count = shape.dims[along];
  const n = elementCount(shape);
  const feature = stridedIndices(
    shape.dims,
    shape.dims.map((_, d) => +(d === along)),
  );
  const sum: Features['sum'] = (term) => {
    const sums = new Float64Array(count);
    for (let e = 0; e < n; e++) sums[feature[e]] += term(e, feature[e]);
    return sums;
  };
  return {
    perFeature: n / count,
    sum,
    mean: (term) => sum(term).map((s) => s / (n / count)),
    map: (value) => Float64Array.from(feature, (f, e) => value(e, f)),
  };
}

function wide(t: Tensor): Numbers {
  return Float64Array.from(t.data as Float32Array);
}

function rounded(shape: ArrayShape, x: Numbers, context: EvalContext): Tensor {
  const out = storage(shape);
  const round = context.round(shape.type);
  for (let e = 0; e < x.length; e++) out[e] = round(x[e]);
  return result(arrayShape(shape.type, shape.dims), out);
}
