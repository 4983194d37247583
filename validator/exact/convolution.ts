/**
 * convolution as a product of matrices: one row a window (zeros in the padding), one column an
 * output feature. The padding's zeros are exact, so they add nothing to any radius.
 */
import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { sizeOf, stridedIndices } from '../indexing/strided.ts';
import { forEachCoordinate, windowReader } from '../indexing/window.ts';
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
  const { type } = shape;
  const { dim_labels: labels, feature_group_count: groups, batch_group_count } = instruction.attrs;
  const numerics = context.numerics(type);
  const windows = rowsOf(windowRows(instruction, arithmeticOperand(asFloats(input), context)));
  const features = rowsOf(featureRows(instruction, arithmeticOperand(asFloats(kernel), context)));
  const k = kernelSize(instruction, kernel);
  const { accumulator } = dotAlgorithm([input.shape.type, kernel.shape.type], type);
  const linear = [input, kernel].some((t) => t.shared?.along.includes(true));
  const products = new Products(windows, features, k, accumulatorOf(accumulator), numerics, linear);
  const sink = new Sink(sizeOf(shape.dims), numerics);
  const count = kernel.shape.dims[labels.kernelOutputFeature];
  const places = sizeOf(labels.outputSpatial.map((d) => shape.dims[d]));
  const batch = shape.dims[labels.outputBatch];
  const order = [labels.outputBatch, ...labels.outputSpatial, labels.outputFeature];
  const strides = rowMajorStrides(shape.dims);
  const to = stridedIndices(
    order.map((d) => shape.dims[d]),
    order.map((d) => strides[d]),
  );
  for (let i = 0; i < to.length; i++) {
    const f = i % count;
    const at = Math.floor(i / count);
    const image = Math.floor((f * batch_group_count) / count) * batch + Math.floor(at / places);
    const group = Math.floor((f * groups) / count);
    products.put(sink, to[i], (image * places + (at % places)) * groups + group, f);
  }
  if (hasGaps(instruction) && !(kernel.data as Float64Array).every(Number.isFinite)) {
    for (let e = 0; e < sink.data.length; e++) if (!Number.isFinite(sink.data[e])) sink.mark(e);
  }
  return sink.finish(
    shape,
    shape.dims.map(() => linear),
  );
}

/** Whether the window reaches padding: there a target multiplies by zero, or skips (0 · ∞ or 0). */
function hasGaps({ attrs }: InstructionOf<'convolution'>): boolean {
  return attrs.window.some((w) => w.padLow > 0 || w.padHigh > 0 || w.baseDilation > 1);
}

function asFloats(t: ExactTensor): ExactTensor {
  if (t.data instanceof Float64Array) return t;
  return { ...t, data: Float64Array.from(t.data as ArrayLike<number | bigint>, Number) };
}

/** Numbers in one window: window positions times input features of a group. */
function kernelSize(instruction: InstructionOf<'convolution'>, kernel: ExactTensor): number {
  const { dim_labels: labels, window } = instruction.attrs;
  const positions = window.reduce((n, w) => n * w.size, 1);
  return positions * kernel.shape.dims[labels.kernelInputFeature];
}

/** [batch, place, feature group] rows over [window position, feature of the group]. */
function windowRows(instruction: InstructionOf<'convolution'>, input: ExactTensor): ExactTensor {
  const { dim_labels: labels, window, feature_group_count: groups } = instruction.attrs;
  const shape = instruction.shape as ArrayShape;
  const { dims } = input.shape;
  const strides = rowMajorStrides(dims);
  const spatial = labels.inputSpatial.map((d) => dims[d]);
  const toInput = stridedIndices(
    spatial,
    labels.inputSpatial.map((d) => strides[d]),
  );
  const places = labels.outputSpatial.map((d) => shape.dims[d]);
  const perGroup = dims[labels.inputFeature] / groups;
  const k = window.reduce((n, w) => n * w.size, 1) * perGroup;
  const batch = dims[labels.inputBatch];
  const perImage = sizeOf(places) * groups * k;
  const source = new Int32Array(batch * perImage);
  const outside = new Uint8Array(source.length).fill(1);
  const read = windowReader(window, spatial, places);
  forEachCoordinate(places, (place, p) => {
    const { base, position, count } = read(place);
    for (let row = 0; row < batch * groups; row++) {
      const [b, group] = [Math.floor(row / groups), row % groups];
      const start = b * perImage + (p * groups + group) * k;
      const from = b * strides[labels.inputBatch] + group * perGroup * strides[labels.inputFeature];
      for (let j = 0; j < count; j++) {
        for (let c = 0; c < perGroup; c++) {
          const at = start + position[j] * perGroup + c;
          source[at] = from + toInput[base[j]] + c * strides[labels.inputFeature];
          outside[at] = 0;
        }
      }
    }
  });
  const zero: ExactTensor = {
    kind: 'tensor',
    shape: arrayShape(input.shape.type, []),
    data: new Float64Array(1),
  };
  return take([input, zero], source, outside);
}

/** [output feature] rows over [window position, feature of the group]. */
function featureRows(instruction: InstructionOf<'convolution'>, kernel: ExactTensor): ExactTensor {
  const { dim_labels: labels } = instruction.attrs;
  const order = [labels.kernelOutputFeature, ...labels.kernelSpatial, labels.kernelInputFeature];
  const strides = rowMajorStrides(kernel.shape.dims);
  const source = stridedIndices(
    order.map((d) => kernel.shape.dims[d]),
    order.map((d) => strides[d]),
  );
  return take([kernel], source);
}

function rowsOf(t: ExactTensor): Rows {
  return {
    x: t.data as Float64Array,
    ...(t.worst && { worst: t.worst }),
    ...(t.likely && { likely: t.likely }),
    ...(t.shared && { shared: t.shared.radius }),
    ...(t.undecided && { undecided: t.undecided }),
  };
}
