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
import { tensorOperand } from './broadcasting.ts';
import { exactIfCertain, undecidedOf } from './certain.ts';
import { joined } from './complex-parts.ts';
import { asComplex, conjugated, exchanged, pairedRows } from './complex-rows.ts';
import type { ExactContext } from './context.ts';
import { arithmeticOperand } from './denormals.ts';
import { accumulatorOf } from './dot.ts';
import { take } from './fold.ts';
import { lanes, leftRows, Products, type Rows, wholeRows } from './matmul.ts';
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

/** Each part of the result as one real sum of products, whose terms may be added in any order. */
function complexConvolution(
  instruction: InstructionOf<'convolution'>,
  input: ExactTensor,
  kernel: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const { type, dims } = instruction.shape as ArrayShape;
  const real = { ...instruction, shape: arrayShape(type === 'c128' ? 'f64' : 'f32', dims) };
  const [x, y] = [input, kernel].map((t) => arithmeticOperand(asComplex(t), context));
  const perGroup = y.shape.dims[instruction.attrs.dim_labels.kernelInputFeature];
  const images = pairedRows(x, indicesOf(x, imageOrder(instruction)), perGroup);
  const features = pairedRows(y, indicesOf(y, featureOrder(instruction)), perGroup);
  const part = (columns: Rows) =>
    slid(real, [input, kernel], { images, features: columns, width: 2 }, context);
  return joined(part(conjugated(features)), part(exchanged(features)));
}

function realConvolution(
  instruction: InstructionOf<'convolution'>,
  input: ExactTensor,
  kernel: ExactTensor,
  context: ExactContext,
): ExactTensor {
  const [x, y] = [input, kernel].map((t) => arithmeticOperand(asNumbers(t), context));
  const images = arranged(x, imageOrder(instruction));
  if (!isDepthwise(instruction, kernel)) {
    const features = arranged(y, featureOrder(instruction));
    return slid(instruction, [input, kernel], { images, features, width: 1 }, context);
  }
  const [outputFeature, ...rest] = featureOrder(instruction);
  const features = arranged(y, [...rest, outputFeature]);
  return slid(instruction, [input, kernel], { images, features, width: 1, lanes: true }, context);
}

/** Images and kernels as rows, `width` numbers for each feature. */
interface Sides {
  readonly images: Rows;
  readonly features: Rows;
  readonly width: 1 | 2;
  /** Every feature sees nothing but the input's feature of its own, beside which it lies. */
  readonly lanes?: boolean;
}

/** One output feature for each input feature, made of it alone. */
function isDepthwise({ attrs }: InstructionOf<'convolution'>, kernel: ExactTensor): boolean {
  const { dim_labels: labels, feature_group_count, batch_group_count } = attrs;
  const size = (d: number) => kernel.shape.dims[d];
  return (
    batch_group_count === 1 &&
    size(labels.kernelInputFeature) === 1 &&
    size(labels.kernelOutputFeature) === feature_group_count
  );
}

/** The window at every place, times every kernel. */
function slid(
  instruction: InstructionOf<'convolution'>,
  [input, kernel]: readonly ExactTensor[],
  { images, features, width, lanes: beside = false }: Sides,
  context: ExactContext,
): ExactTensor {
  const shape = instruction.shape as ArrayShape;
  const { type, dims } = shape;
  const { dim_labels: labels, feature_group_count, batch_group_count } = instruction.attrs;
  const numerics = context.numerics(type);
  const linear = [input, kernel].some((t) => t.shared?.along.includes(true));
  const places = labels.outputSpatial.map((d) => dims[d]);
  const channels = width * input.shape.dims[labels.inputFeature];
  const patch = new Patch(leftRows(images), {
    window: instruction.attrs.window,
    spatial: labels.inputSpatial.map((d) => input.shape.dims[d]),
    places,
    channels,
    perGroup: beside ? channels : width * kernel.shape.dims[labels.kernelInputFeature],
  });
  const { accumulator } = dotAlgorithm([input.shape.type, kernel.shape.type], type);
  const carried = accumulatorOf(accumulator);
  const walk = beside ? lanes(patch.size / channels, channels) : wholeRows(patch.size);
  const products = new Products(features, walk, carried, numerics, linear);
  const sink = new Sink(sizeOf(dims), numerics);
  const strides = rowMajorStrides(dims);
  const [batch, stepB] = [dims[labels.outputBatch], strides[labels.outputBatch]];
  const segments = beside ? 1 : Math.max(feature_group_count, batch_group_count);
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

/** The input's dimensions: image, space, feature. */
function imageOrder({ attrs }: InstructionOf<'convolution'>): readonly number[] {
  const { dim_labels: labels } = attrs;
  return [labels.inputBatch, ...labels.inputSpatial, labels.inputFeature];
}

/** The kernel's dimensions: output feature, window position, input feature of the group. */
function featureOrder({ attrs }: InstructionOf<'convolution'>): readonly number[] {
  const { dim_labels: labels } = attrs;
  return [labels.kernelOutputFeature, ...labels.kernelSpatial, labels.kernelInputFeature];
}

function indicesOf({ shape: { dims } }: ExactTensor, order: readonly number[]): Int32Array {
  const strides = rowMajorStrides(dims);
  return stridedIndices(
    order.map((d) => dims[d]),
    order.map((d) => strides[d]),
  );
}

function arranged(t: ExactTensor, order: readonly number[]): Rows {
  const asItIs = order.every((d, k) => d === k);
  const { data, worst, likely, shared, undecided } = asItIs ? t : take([t], indicesOf(t, order));
  return {
    x: data as Float64Array,
    ...(worst && { worst }),
    ...(likely && { likely }),
    ...(shared && { shared: shared.radius }),
    ...(undecided && { undecided }),
  };
}
