/**
 * Evaluation of convolution:
 * result[b, f, o] = Σ_k Σ_c input[b, c, window(o, k)] · kernel[k, c, f], with feature and batch groups.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData, Value } from '../../../graphs/ir/tensor.ts';
import { applyMove } from '../../semantics/indexing/move.ts';
import { forEachCoordinate, windowReader } from '../../semantics/indexing/window.ts';
import { sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext } from '../context.ts';
import { convolverF32 } from '../fast/convolution-f32.ts';
import { depthwiseF32 } from '../fast/depthwise-f32.ts';
import { arrayResult, result, storage, tensorAt } from '../operands.ts';
import { classOf, widthOf } from '../scalars/scalar.ts';
import { roundsToNearest } from '../scalars/scalar-operation.ts';
import { sumOfProducts, widened } from '../sum-of-products.ts';
import { dotAlgorithm } from './dot-algorithm.ts';

/**
 * Every sum in the order of the window, then of the channels; each step rounded to the
 * accumulator's type.
 */
export function convolution(
  i: InstructionOf<'convolution'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const { dim_labels: labels, feature_group_count, batch_group_count, window } = i.attrs;
  const shape = arrayResult(i);
  const [input, kernel] = [tensorAt(operands, 0), tensorAt(operands, 1)];
  const size = (t: Tensor, d: number) => t.shape.dims[d];
  const spatial = labels.inputSpatial.map((d) => size(input, d));
  const channels = size(input, labels.inputFeature);
  const perGroup = size(kernel, labels.kernelInputFeature);
  const features = size(kernel, labels.kernelOutputFeature);
  const batch = shape.dims[labels.outputBatch];
  const places = labels.outputSpatial.map((d) => shape.dims[d]);

  const type = shape.type;
  const inputOrder = [labels.inputBatch, ...labels.inputSpatial, labels.inputFeature];
  const lhs = ordered(input, inputOrder, type);
  const { kernelOutputFeature, kernelSpatial, kernelInputFeature } = labels;
  const rhs = ordered(kernel, [kernelOutputFeature, ...kernelSpatial, kernelInputFeature], type);
  const out = storage(shape);
  const { accumulator } = dotAlgorithm([input.shape.type, kernel.shape.type], type);

  const strides = rowMajorStrides(shape.dims);
  const placeAt = stridedIndices(
    places,
    labels.outputSpatial.map((d) => strides[d]),
  );
  const read = windowReader(window, spatial, places);
  const taps = sizeOf(window.map((w) => w.size));
  const sizes = {
    ...{ batch, features, channels, perGroup, taps, area: sizeOf(spatial) },
    featureGroups: feature_group_count,
    batchGroups: batch_group_count,
  };
  const strideOf = { batch: strides[labels.outputBatch], feature: strides[labels.outputFeature] };
  const inF32 = lhs instanceof Float32Array && rhs instanceof Float32Array && accumulator === 'f32';
  const isReal = classOf(type) === 'float';
  const isDepthwise = perGroup === 1 && batch_group_count === 1;
  if (inF32 && isReal && roundsToNearest(context) && (isDepthwise || allFinite(rhs))) {
    const make = isDepthwise ? depthwiseF32 : convolverF32;
    const sums = out as Float32Array;
    const convolve = make({ input: lhs, kernel: rhs }, sizes, sums, strideOf);
    forEachCoordinate(places, (place, p) => convolve(read(place), placeAt[p]));
    return result(shape, roundedSums(sums, type, context));
  }
  const sum = sumOfProducts(lhs, rhs, out, { result: type, accumulator }, context.round);
  const image = sizeOf(spatial) * channels;
  const x = new Int32Array(taps * perGroup);
  const y = new Int32Array(taps * perGroup);
  forEachCoordinate(places, (place, p) => {
    const view = read(place);
    const count = channelTaps(view.base, channels, view.count, perGroup, x);
    channelTaps(view.position, perGroup, view.count, perGroup, y);
    for (let f = 0; f < features; f++) {
      const group = Math.floor((f * feature_group_count) / features);
      const batchGroup = Math.floor((f * batch_group_count) / features);
      for (let b = 0; b < batch; b++) {
        const to = placeAt[p] + b * strides[labels.outputBatch] + f * strides[labels.outputFeature];
        const from = (batchGroup * batch + b) * image + group * perGroup;
        sum(to, from, f * taps * perGroup, count, x, y);
      }
    }
  });
  return result(shape, out);
}

/** Sums in f32, rounded to the type in place. */
export function roundedSums(
  sums: Float32Array,
  type: ElementType,
  context: EvalContext,
): TensorData {
  if (type === 'f32') return sums;
  const round = context.round(type);
  for (let e = 0; e < sums.length; e++) sums[e] = round(sums[e]);
  return sums;
}

function allFinite(data: Float32Array): boolean {
  return data.every((x) => x - x === 0);
}

/** out = at[j]·stride + c for every tap j and channel c < perGroup; returns how many. */
function channelTaps(
  at: Int32Array,
  stride: number,
  count: number,
  perGroup: number,
  out: Int32Array,
): number {
  let n = 0;
  for (let j = 0; j < count; j++) {
    for (let c = 0; c < perGroup; c++) out[n++] = at[j] * stride + c;
  }
  return n;
}

/** A tensor's data with its dimensions in the given order, in the result's class of types. */
function ordered(t: Tensor, order: readonly number[], type: Tensor['shape']['type']): TensorData {
  if (order.every((d, k) => d === k)) return widened(t.data, t.shape.type, type);
  const strides = rowMajorStrides(t.shape.dims);
  const dims = order.map((d) => t.shape.dims[d]);
  const source = stridedIndices(
    dims,
    order.map((d) => strides[d]),
  );
  return widened(applyMove({ dims, source }, [t.data], widthOf(t.shape.type)), t.shape.type, type);
}
