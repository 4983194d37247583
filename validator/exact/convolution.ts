/**
 * convolution as a product of matrices: one row a window (zeros in the padding), one column an
 * output feature. The padding's zeros are exact, so they add nothing to any radius.
 */
import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { sizeOf, stridedIndices } from '../indexing/strided.ts';
import { forEachCoordinate } from '../indexing/window.ts';
import { dotAlgorithm } from '../reference/dot-algorithm.ts';
import { combine } from './binary.ts';
import { tensorOperand } from './broadcasting.ts';
import { exactIfCertain, undecidedOf } from './certain.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import { accumulatorOf } from './dot.ts';
import { take } from './fold.ts';
import { Products, type Rows } from './matmul.ts';
import { asNumbers } from './moved.ts';
import { Patch } from './patch.ts';
import { Sink } from './sink.ts';
import type { ExactTensor, ExactValue } from './value.ts';

export function convolution(
  instruction: InstructionOf<'convolution'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const [input, kernel] = operands.map(tensorOperand);
  const shape = instruction.shape as ArrayShape;
  const { type } = shape;
  if (isComplex(type)) return complexConvolution(instruction, input, kernel, context);
  if (!isFloat(type)) {
    if (![input, kernel].some((t) => t.worst || t.undecided)) {
      return exactIfCertain(instruction, operands, context);
    }
    context.because(`no budget rule for convolution of ${type}`);
    return undecidedOf(shape);
  }
  return realConvolution(instruction, input, kernel, context);
}

/** (a + bi)(c + di) as four real convolutions. */
function complexConvolution(
  instruction: InstructionOf<'convolution'>,
  a: ExactTensor,
  b: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const { type, dims } = instruction.shape as ArrayShape;
  const part = type === 'c128' ? 'f64' : 'f32';
  const real = { ...instruction, shape: arrayShape(part, dims) };
  const times = (x: ExactTensor, y: ExactTensor) => realConvolution(real, x, y, context);
  const [re, im, re2, im2] = [realPart(a), imaginaryPart(a), realPart(b), imaginaryPart(b)];
  return joined(
    combine('subtract', part, [times(re, re2), times(im, im2)], false, context),
    combine('add', part, [times(re, im2), times(im, re2)], false, context),
  );
}

function realConvolution(
  instruction: InstructionOf<'convolution'>,
  input: ExactTensor,
  kernel: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const shape = instruction.shape as ArrayShape;
  const { type, dims } = shape;
  const { dim_labels: labels, feature_group_count, batch_group_count } = instruction.attrs;
  const numerics = context.numerics(type);
  const linear = [input, kernel].some((t) => t.shared?.along.includes(true));
  const features = featureRows(instruction, arithmeticOperand(asNumbers(kernel), context));
  const images = imageRows(instruction, arithmeticOperand(asNumbers(input), context));
  const places = labels.outputSpatial.map((d) => dims[d]);
  const patch = new Patch(images, {
    window: instruction.attrs.window,
    spatial: labels.inputSpatial.map((d) => input.shape.dims[d]),
    places,
    channels: input.shape.dims[labels.inputFeature],
    perGroup: kernel.shape.dims[labels.kernelInputFeature],
  });
  const { accumulator } = dotAlgorithm([input.shape.type, kernel.shape.type], type);
  const carried = accumulatorOf(accumulator);
  const uncertain = !!images.worst;
  const products = new Products(features, patch.size, carried, numerics, linear, uncertain);
  const sink = new Sink(sizeOf(dims), numerics);
  const strides = rowMajorStrides(dims);
  const [batch, stepB] = [dims[labels.outputBatch], strides[labels.outputBatch]];
  const segments = Math.max(feature_group_count, batch_group_count);
  const [n, stepF] = [dims[labels.outputFeature] / segments, strides[labels.outputFeature]];
  const starts = stridedIndices(
    places,
    labels.outputSpatial.map((d) => strides[d]),
  );
  forEachCoordinate(places, (place, p) => {
    patch.moveTo(place);
    for (let s = 0; s < segments; s++) {
      const group = feature_group_count > 1 ? s : 0;
      const first = batch_group_count > 1 ? s * batch : 0;
      for (let b = 0; b < batch; b++) {
        const to = starts[p] + b * stepB + s * n * stepF;
        products.put(sink, patch.fill(first + b, group), 0, s * n, n, to, stepF);
      }
    }
  });
  if (hasGaps(instruction) && !(kernel.data as Float64Array).every(Number.isFinite)) {
    for (let e = 0; e < sink.data.length; e++) if (!Number.isFinite(sink.data[e])) sink.mark(e);
  }
  return sink.finish(
    shape,
    dims.map(() => linear),
  );
}

/** Whether the window reaches padding: there a target multiplies by zero, or skips (0 · ∞ or 0). */
function hasGaps({ attrs }: InstructionOf<'convolution'>): boolean {
  return attrs.window.some((w) => w.padLow > 0 || w.padHigh > 0 || w.baseDilation > 1);
}

/** The input in the order image, space, feature. */
function imageRows({ attrs }: InstructionOf<'convolution'>, input: ExactTensor): Rows {
  const { dim_labels: labels } = attrs;
  return arranged(input, [labels.inputBatch, ...labels.inputSpatial, labels.inputFeature]);
}

/** The kernel in the order output feature, window position, input feature of the group. */
function featureRows({ attrs }: InstructionOf<'convolution'>, kernel: ExactTensor): Rows {
  const { dim_labels: labels } = attrs;
  const order = [labels.kernelOutputFeature, ...labels.kernelSpatial, labels.kernelInputFeature];
  return arranged(kernel, order);
}

function arranged(t: ExactTensor, order: readonly number[]): Rows {
  const { dims } = t.shape;
  const strides = rowMajorStrides(dims);
  const asItIs = order.every((d, k) => d === k);
  const map = () =>
    stridedIndices(
      order.map((d) => dims[d]),
      order.map((d) => strides[d]),
    );
  const { data, worst, likely, shared, undecided } = asItIs ? t : take([t], map());
  return {
    x: data as Float64Array,
    ...(worst && { worst }),
    ...(likely && { likely }),
    ...(shared && { shared: shared.radius }),
    ...(undecided && { undecided }),
  };
}
