/** Shape rule of convolution. */
import type { ArrayShape, Shape } from '../../ir/shape.ts';
import type { ConvDims, WindowDim } from '../attr.ts';
import {
  arrayAt,
  arrayOf,
  declaredType,
  type Given,
  higherPrecision,
  need,
  text,
} from './checks.ts';
import { type WindowLabels, windowedDims } from './window.ts';

interface ConvolutionAttrs {
  readonly window: readonly WindowDim[];
  readonly dim_labels: ConvDims;
  readonly feature_group_count: number;
  readonly batch_group_count: number;
}

const labels: WindowLabels = {
  rank: 'convolution_c2',
  size: 'convolution_x2',
  stride: 'convolution_c3',
  baseDilation: 'convolution_c6',
  windowDilation: 'convolution_c8',
};

/** Batch and features where `dim_labels` puts them, windowed sizes between, at the declared type. */
export function convolutionShape(c: Given<ConvolutionAttrs>): Shape {
  const op = 'convolution';
  const [a, kernel] = [arrayAt(c, 0, op), arrayAt(c, 1, op)];
  const { window, dim_labels: d } = c.attrs;
  checkDimLabels(c, a, kernel);
  checkGroups(c, a, kernel);
  const windowSizes = window.map((w) => w.size);
  const kernelSizes = d.kernelSpatial.map((k) => kernel.dims[k]!);
  const spatial = windowedDims(
    c,
    d.inputSpatial.map((i) => a.dims[i]!),
    window,
    labels,
  );
  need(
    c,
    kernelSizes.every((s, i) => s === windowSizes[i]),
    `${op}_x1`,
    () => `window size=${windowSizes.join('x')} must be the kernel's: ${text(kernel)}`,
  );
  const dims = new Array<number>(a.dims.length);
  const dynamic = new Array<boolean>(a.dims.length).fill(false);
  dims[d.outputBatch] = divided(a.dims[d.inputBatch]!, c.attrs.batch_group_count);
  dynamic[d.outputBatch] = !!a.dynamic?.[d.inputBatch];
  dims[d.outputFeature] = kernel.dims[d.kernelOutputFeature]!;
  d.outputSpatial.forEach((o, i) => {
    dims[o] = spatial[i]!;
    dynamic[o] = !!a.dynamic?.[d.inputSpatial[i]!] || !!kernel.dynamic?.[d.kernelSpatial[i]!];
  });
  return arrayOf(declaredType(c, higherPrecision(a.type, kernel.type)), dims, dynamic);
}

/** n / count, -1 if n is unbounded. */
function divided(n: number, count: number): number {
  return n === -1 ? -1 : n / count;
}

function checkDimLabels(c: Given<ConvolutionAttrs>, a: ArrayShape, kernel: ArrayShape): void {
  const { window, dim_labels: d } = c.attrs;
  const rank = d.inputSpatial.length + 2;
  need(
    c,
    a.dims.length === rank && kernel.dims.length === rank,
    'convolution_c1',
    () => `dim_labels speak of rank ${rank}, the operands are ${text(a)} and ${text(kernel)}`,
  );
  need(
    c,
    window.length === rank - 2,
    'convolution_c2',
    () => `the window must have ${rank - 2} dimensions, as dim_labels, it has ${window.length}`,
  );
  const parts = [
    ['input', 'c13', [d.inputBatch, d.inputFeature, ...d.inputSpatial]],
    ['kernel', 'c18', [d.kernelInputFeature, d.kernelOutputFeature, ...d.kernelSpatial]],
    ['output', 'c20', [d.outputBatch, d.outputFeature, ...d.outputSpatial]],
  ] as const;
  for (const [what, label, dims] of parts) {
    const sorted = [...dims].sort((x, y) => x - y);
    need(
      c,
      sorted.length === rank && sorted.every((x, i) => x === i),
      `convolution_${label}`,
      () => `dim_labels must name each of the ${rank} ${what} dimensions once`,
    );
  }
}

function checkGroups(c: Given<ConvolutionAttrs>, a: ArrayShape, kernel: ArrayShape): void {
  const { dim_labels: d, feature_group_count: features, batch_group_count: batches } = c.attrs;
  const says = () => `feature_group_count=${features}, batch_group_count=${batches}`;
  need(c, features > 0, 'convolution_c21', () => `feature_group_count must be positive: ${says()}`);
  need(c, batches > 0, 'convolution_c22', () => `batch_group_count must be positive: ${says()}`);
  need(
    c,
    features === 1 || batches === 1,
    'convolution_c23',
    () => `only one of the group counts may exceed 1: ${says()}`,
  );
  const [inFeatures, outFeatures, kernelFeatures, batch] = [
    a.dims[d.inputFeature]!,
    kernel.dims[d.kernelOutputFeature]!,
    kernel.dims[d.kernelInputFeature]!,
    a.dims[d.inputBatch]!,
  ];
  const known = inFeatures !== -1;
  const words = () => `${text(a)} with kernel ${text(kernel)} and ${says()}`;
  const multiple = (n: number, of: number, label: string, what: string) =>
    need(
      c,
      n === -1 || n % of === 0,
      label,
      () => `${what} ${n} must be a multiple of ${of}: ${words()}`,
    );
  multiple(batch, batches, 'convolution_c10', 'the batch size');
  multiple(inFeatures, features, 'convolution_c11', 'the number of input features');
  multiple(outFeatures, batches, 'convolution_c15', 'the number of output features');
  multiple(outFeatures, features, 'convolution_c16', 'the number of output features');
  need(
    c,
    !known || kernelFeatures === -1 || inFeatures / features === kernelFeatures,
    'convolution_c14',
    () => `the kernel must have ${inFeatures / features} input features: ${words()}`,
  );
}
