/**
 * convolution as a product of matrices: one row a window (zeros in the padding), one column an
 * output feature. The padding's zeros are exact, so they add nothing to any radius.
 */
import { type ElementType, isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { dotAlgorithm } from '../../reference/ops/dot-algorithm.ts';
import { forEachCoordinate } from '../../semantics/indexing/window.ts';
import { sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactIfCertain, undecidedOf } from '../core/without-error.ts';
import { joined } from '../elementwise/complex-parts.ts';
import { asNumbers, take } from '../movement/apply-index-map.ts';
import { asComplex, conjugated, exchanged, pairedRows } from './complex-rows.ts';
import { accumulatorOf } from './dot.ts';
import { Im2Col, LaneOffsets } from './im2col.ts';
import { inOnePiece, Products } from './matmul.ts';
import type { SumOf } from './product-error.ts';
import { keptMoments, withMoments } from './product-moments.ts';
import { type Rows, rowsOf } from './rows.ts';

/** convolution of floats or complex numbers; of integers only where they are certain. */
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
    if (![input, kernel].some((t) => t.bound || t.undecided)) {
      return exactIfCertain(instruction, operands, context);
    }
    context.explainUndecided(`no budget rule for convolution of ${type}`);
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
  const [outputFeature, ...rest] = featureOrder(instruction);
  const lanes = isDepthwise(instruction, kernel) && !meetsGaps(instruction, y);
  const features = arranged(y, lanes ? [...rest, outputFeature] : [outputFeature, ...rest]);
  const slide = lanes ? slidBeside : slid;
  return slide(instruction, [input, kernel], { images, features, width: 1 }, context);
}

/** Images and kernels as rows, `width` numbers for each feature. */
interface Sides {
  readonly images: Rows;
  readonly features: Rows;
  readonly width: 1 | 2;
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
  operands: readonly ExactTensor[],
  { images, features, width }: Sides,
  context: ExactContext,
): ExactTensor {
  const [input, kernel] = operands;
  const { dim_labels: labels, feature_group_count, batch_group_count } = instruction.attrs;
  const patch = new Im2Col(images, {
    ...windowIn(instruction, input),
    channels: width * input.shape.dims[labels.inputFeature],
    perGroup: width * kernel.shape.dims[labels.kernelInputFeature],
  });
  const out = outputOf(instruction, operands, patch.size, context);
  const { results, batch, places, starts, stepB, stepF } = out;
  const segments = Math.max(feature_group_count, batch_group_count);
  const n = out.features / segments;
  const products = new Products(features, out.sum, images.bound !== undefined, { most: n });
  const offsets = inOnePiece(patch.size);
  forEachCoordinate(places, (place, p) => {
    patch.moveTo(place);
    for (let s = 0; s < segments; s++) {
      const group = feature_group_count > 1 ? s : 0;
      const first = batch_group_count > 1 ? s * batch : 0;
      for (let b = 0; b < batch; b++) {
        const to = starts[p] + b * stepB + s * n * stepF;
        const a = patch.fill(first + b, group);
        const column = s * n * patch.size;
        products.put(results, { rows: patch.rows, a, b: column, n, offsets, to, step: stepF });
      }
    }
  });
  if (meetsGaps(instruction, kernel)) {
    for (let e = 0; e < results.data.length; e++)
      if (!Number.isFinite(results.data[e])) results.mark(e);
  }
  return finished(instruction, out);
}

/** Features each made of the input's feature beside which it lies; the window's gaps are passed over. */
function slidBeside(
  instruction: InstructionOf<'convolution'>,
  operands: readonly ExactTensor[],
  { images, features }: Sides,
  context: ExactContext,
): ExactTensor {
  const window = windowIn(instruction, operands[0]);
  const area = sizeOf(window.spatial);
  const k = sizeOf(window.window.map((w) => w.size));
  const out = outputOf(instruction, operands, k, context);
  const { results, batch, places, starts, stepB, stepF, features: n } = out;
  const offsets = new LaneOffsets({ ...window, channels: n });
  const products = new Products(features, out.sum, images.bound !== undefined, { lanes: n });
  forEachCoordinate(places, (place, p) => {
    offsets.moveTo(place);
    for (let b = 0; b < batch; b++) {
      const a = b * area * n + offsets.offset;
      const to = starts[p] + b * stepB;
      products.put(results, { rows: images, a, b: 0, n, offsets, to, step: stepF });
    }
  });
  return finished(instruction, out);
}

function windowIn({ attrs, shape }: InstructionOf<'convolution'>, input: ExactTensor) {
  const { window, dim_labels: labels } = attrs;
  const places = labels.outputSpatial.map((d) => (shape as ArrayShape).dims[d]);
  return { window, places, spatial: labels.inputSpatial.map((d) => input.shape.dims[d]) };
}

/** Where results go, and what they are sums of. */
interface Output {
  readonly results: ResultBuilder;
  readonly sum: SumOf;
  readonly accumulator: ElementType;
  readonly batch: number;
  readonly features: number;
  readonly places: readonly number[];
  /** The first element at each place; from one image, and one feature, to the next. */
  readonly starts: Int32Array;
  readonly stepB: number;
  readonly stepF: number;
}

function outputOf(
  instruction: InstructionOf<'convolution'>,
  [input, kernel]: readonly ExactTensor[],
  k: number,
  context: ExactContext,
): Output {
  const { type, dims } = instruction.shape as ArrayShape;
  const { dim_labels: labels } = instruction.attrs;
  const numerics = context.numerics(type);
  const algorithm = dotAlgorithm([input.shape.type, kernel.shape.type], type);
  const accumulator = accumulatorOf(algorithm, numerics);
  const linear = [input, kernel].some((t) => t.correlated?.along.includes(true));
  const strides = rowMajorStrides(dims);
  const brings = [input, kernel].some((t) => t.bound !== undefined);
  const keep = keptMoments(instruction, sizeOf(dims), brings);
  const places = labels.outputSpatial.map((d) => dims[d]);
  return {
    results: new ResultBuilder(sizeOf(dims), numerics),
    sum: { k, count: sizeOf(dims), accumulator, numerics, linear, keep },
    accumulator: algorithm.accumulator,
    batch: dims[labels.outputBatch],
    features: dims[labels.outputFeature],
    places,
    starts: stridedIndices(
      places,
      labels.outputSpatial.map((d) => strides[d]),
    ),
    stepB: strides[labels.outputBatch],
    stepF: strides[labels.outputFeature],
  };
}

function finished(
  { shape }: InstructionOf<'convolution'>,
  { results, sum, accumulator }: Output,
): ExactTensor {
  const { dims } = shape as ArrayShape;
  const result = results.finish(
    shape as ArrayShape,
    dims.map(() => sum.linear),
  );
  return sum.keep ? withMoments(result, accumulator, sum.keep) : result;
}

/**
 * Whether numbers that are not finite meet padding: there a target multiplies them by zero, or skips
 * them (0 · ∞ or 0).
 */
function meetsGaps({ attrs }: InstructionOf<'convolution'>, kernel: ExactTensor): boolean {
  const hasGaps = attrs.window.some((w) => w.padLow > 0 || w.padHigh > 0 || w.baseDilation > 1);
  return hasGaps && !(kernel.data as Float64Array).every(Number.isFinite);
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
  return rowsOf(asItIs ? t : take([t], indicesOf(t, order)));
}
