/**
 * Attributes of a proto's instruction as HLO text, by the name that the op table has for them: the
 * table says which an opcode takes, this file where each stands in the proto. An attribute that is
 * left out has the default of the text.
 */
import type { Message } from './schema.ts';
import { listOf, partsOf, shapeText } from './shape-text.ts';

/** What an attribute may look at beside its own instruction. */
export interface Names {
  computation(id: unknown): string;
}

type Write = (i: Message, names: Names) => string | undefined;

const braces = (list: readonly unknown[]) => `{${list.join(',')}}`;
const flag =
  (field: string): Write =>
  (i) =>
    i[field] ? 'true' : undefined;
const whole =
  (field: string): Write =>
  (i) =>
    i[field] === undefined ? undefined : String(i[field]);
const countOf =
  (field: string): Write =>
  (i) =>
    Number(i[field] ?? 0) > 1 ? String(i[field]) : undefined;
const list =
  (field: string): Write =>
  (i) =>
    braces(listOf(i, field));
const word =
  (field: string): Write =>
  (i) =>
    i[field] ? String(i[field]) : undefined;
const quoted =
  (field: string): Write =>
  (i) =>
    i[field] ? JSON.stringify(i[field]) : undefined;
const named =
  (field: string, names: readonly string[]): Write =>
  (i) =>
    names[Number(i[field] ?? 0)];
const callee =
  (n: number): Write =>
  (i, names) => {
    const id = ((i.calledComputationIds ?? []) as readonly unknown[])[n];
    return id === undefined ? undefined : `%${names.computation(id)}`;
  };

/** A list in a message of the instruction; left out where it is empty and need not stand. */
function inside(message: string, field: string, always = false): Write {
  return (i) => {
    const own = i[message] as Message | undefined;
    if (!own) return undefined;
    const numbers = listOf(own, field);
    return numbers.length || always ? braces(numbers) : undefined;
  };
}

const indexVectorDim: Write = (i) => {
  const own = (i.gatherDimensionNumbers ?? i.scatterDimensionNumbers) as Message | undefined;
  return own && String(own.indexVectorDim ?? 0);
};

const window: Write = (i) => {
  const dims = partsOf((i.window ?? {}) as Message, 'dimensions');
  if (dims.length === 0) return undefined;
  const each = (field: string, fallback = 0) => dims.map((d) => Number(d[field] ?? fallback));
  const crossed = (name: string, values: readonly number[], idle: number) =>
    values.every((v) => v === idle) ? [] : [`${name}=${values.join('x')}`];
  const [low, high] = [each('paddingLow'), each('paddingHigh')];
  const pad = low.map((l, n) => `${l}_${high[n]}`).join('x');
  const parts = [
    `size=${each('size').join('x')}`,
    ...crossed('stride', each('stride'), 1),
    ...([...low, ...high].some((p) => p !== 0) ? [`pad=${pad}`] : []),
    ...crossed('lhs_dilate', each('baseDilation', 1), 1),
    ...crossed('rhs_dilate', each('windowDilation', 1), 1),
    ...crossed('rhs_reversal', each('windowReversal'), 0),
  ];
  return `{${parts.join(' ')}}`;
};

const dimLabels: Write = (i) => {
  const d = i.convolutionDimensionNumbers as Message | undefined;
  if (!d) return undefined;
  const labels = (first: string, at: string, second: string, then: string, spatial: string) => {
    const places: string[] = [];
    places[Number(d[at] ?? 0)] = first;
    places[Number(d[then] ?? 0)] = second;
    for (const [n, place] of listOf(d, spatial).entries()) places[place] = String(n);
    return places.join('');
  };
  const input = labels('b', 'inputBatch', 'f', 'inputFeature', 'inputSpatial');
  const kernel = labels('i', 'kernelInputFeature', 'o', 'kernelOutputFeature', 'kernelSpatial');
  const output = labels('b', 'outputBatch', 'f', 'outputFeature', 'outputSpatial');
  return `${input}_${kernel}->${output}`;
};

const slice: Write = (i) => {
  const ranges = partsOf(i, 'sliceDimensions').map(({ start = 0, limit = 0, stride = 1 }) => {
    return `[${start}:${limit}${Number(stride) === 1 ? '' : `:${stride}`}]`;
  });
  return `{${ranges.join(', ')}}`;
};

const padding: Write = (i) => {
  const dims = partsOf((i.paddingConfig ?? {}) as Message, 'dimensions');
  return dims
    .map(
      ({ low = 0, high = 0, interior = 0 }) =>
        `${low}_${high}${Number(interior) ? `_${interior}` : ''}`,
    )
    .join('x');
};

const precisions = ['default', 'high', 'highest'];
/** Algorithms by XLA's numbers (PrecisionConfig.Algorithm). */
const algorithms = [
  undefined,
  'dot_any_f8_any_f8_f32',
  'dot_any_f8_any_f8_f32_fast_accum',
  'dot_f16_f16_f16',
  'dot_f16_f16_f32',
  'dot_bf16_bf16_bf16',
  'dot_bf16_bf16_f32',
  'dot_bf16_bf16_f32_x3',
  'dot_bf16_bf16_f32_x6',
  'dot_tf32_tf32_f32',
  'dot_tf32_tf32_f32_x3',
  'dot_f32_f32_f32',
  'dot_f64_f64_f64',
  'dot_bf16_bf16_f32_x9',
];
const generators = ['rng_default', 'rng_three_fry', 'rng_philox'];

const operandPrecision: Write = (i) => {
  const given = listOf((i.precisionConfig ?? {}) as Message, 'operandPrecision');
  return given.some((p) => p !== 0) ? braces(given.map((p) => precisions[p])) : undefined;
};

const algorithm: Write = (i) => {
  if (i.opcode === 'rng-bit-generator') return generators[Number(i.rngAlgorithm ?? 0)];
  return algorithms[Number(((i.precisionConfig ?? {}) as Message).algorithm ?? 0)];
};

const isPredicated = (i: Message) =>
  ((i.calledComputationIds ?? []) as readonly unknown[]).length === 2 && i.predicated === true;
const branch =
  (n: number): Write =>
  (i, names) =>
    isPredicated(i) ? callee(n)(i, names) : undefined;
const branches: Write = (i, names) => (isPredicated(i) ? undefined : callees(i, names));

const callees: Write = (i, names) => {
  const ids = (i.calledComputationIds ?? []) as readonly unknown[];
  return `{${ids.map((id) => `%${names.computation(id)}`).join(', ')}}`;
};

const option =
  (message: string, field: string): Write =>
  (i) =>
    ((i[message] ?? {}) as Message)[field] ? 'true' : undefined;

/** The text of each attribute that is read. */
export const attributeTexts: Readonly<Record<string, Write>> = {
  index: (i) => String(i.tupleIndex ?? 0),
  dimensions: list('dimensions'),
  iota_dimension: (i) => String(listOf(i, 'dimensions')[0] ?? 0),
  window,
  dim_labels: dimLabels,
  feature_group_count: countOf('featureGroupCount'),
  batch_group_count: countOf('batchGroupCount'),
  slice,
  padding,
  dynamic_slice_sizes: list('dynamicSliceSizes'),
  exponent_bits: (i) => String(i.exponentBits ?? 0),
  mantissa_bits: (i) => String(i.mantissaBits ?? 0),
  distribution: named('distribution', ['', 'rng_uniform', 'rng_normal']),
  algorithm,
  operand_precision: operandPrecision,
  lhs_batch_dims: inside('dotDimensionNumbers', 'lhsBatch'),
  rhs_batch_dims: inside('dotDimensionNumbers', 'rhsBatch'),
  lhs_contracting_dims: inside('dotDimensionNumbers', 'lhsContracting'),
  rhs_contracting_dims: inside('dotDimensionNumbers', 'rhsContracting'),
  offset_dims: inside('gatherDimensionNumbers', 'offsetDims', true),
  collapsed_slice_dims: inside('gatherDimensionNumbers', 'collapsedSliceDims', true),
  start_index_map: inside('gatherDimensionNumbers', 'startIndexMap', true),
  operand_batching_dims: inside('gatherDimensionNumbers', 'operandBatchingDims'),
  start_indices_batching_dims: inside('gatherDimensionNumbers', 'startIndicesBatchingDims'),
  slice_sizes: list('gatherSliceSizes'),
  update_window_dims: inside('scatterDimensionNumbers', 'updateWindowDims', true),
  inserted_window_dims: inside('scatterDimensionNumbers', 'insertedWindowDims', true),
  scatter_dims_to_operand_dims: inside('scatterDimensionNumbers', 'scatterDimsToOperandDims', true),
  input_batching_dims: inside('scatterDimensionNumbers', 'inputBatchingDims'),
  scatter_indices_batching_dims: inside('scatterDimensionNumbers', 'scatterIndicesBatchingDims'),
  index_vector_dim: indexVectorDim,
  indices_are_sorted: flag('indicesAreSorted'),
  unique_indices: flag('uniqueIndices'),
  is_stable: flag('isStable'),
  direction: word('comparisonDirection'),
  // XLA prints the type of a comparison where it is not that of the operands.
  type: (i) => (i.comparisonType === 'TOTALORDER' ? 'TOTALORDER' : undefined),
  fft_type: named('fftType', ['FFT', 'IFFT', 'RFFT', 'IRFFT']),
  fft_length: list('fftLength'),
  epsilon: (i) => String(i.epsilon ?? 0),
  feature_index: (i) => String(i.featureIndex ?? 0),
  lower: (i) =>
    option('choleskyOptions', 'lower')(i, none) ??
    option('triangularSolveOptions', 'lower')(i, none),
  left_side: option('triangularSolveOptions', 'leftSide'),
  unit_diagonal: option('triangularSolveOptions', 'unitDiagonal'),
  transpose_a: (i) =>
    [undefined, 'NO_TRANSPOSE', 'TRANSPOSE', 'ADJOINT'][
      Number(((i.triangularSolveOptions ?? {}) as Message).transposeA ?? 0)
    ],
  k: whole('k'),
  largest: (i) => (i.largest ? 'true' : 'false'),
  delta: whole('delta'),
  kind: word('fusionKind'),
  calls: callee(0),
  to_apply: (i, names) => (i.opcode === 'custom-call' ? undefined : callee(0)(i, names)),
  called_computations: (i, names) =>
    partsOf(i, 'calledComputationIds').length ? callees(i, names) : undefined,
  select: callee(0),
  scatter: callee(1),
  body: callee(0),
  condition: callee(1),
  true_computation: branch(0),
  false_computation: branch(1),
  branch_computations: branches,
  custom_call_target: quoted('customCallTarget'),
  custom_call_has_side_effect: flag('customCallHasSideEffect'),
  api_version: (i) =>
    [
      undefined,
      undefined,
      'API_VERSION_STATUS_RETURNING',
      'API_VERSION_STATUS_RETURNING_UNIFIED',
      'API_VERSION_TYPED_FFI',
    ][Number(i.customCallApiVersion ?? 0)],
  operand_layout_constraints: (i) =>
    i.constrainLayout && partsOf(i, 'operandShapesWithLayout').length
      ? `{${partsOf(i, 'operandShapesWithLayout').map(shapeText).join(', ')}}`
      : undefined,
  output_to_operand_aliasing: (i) => {
    const all = partsOf(i, 'outputOperandAliasing').map((a) => {
      const path = (field: string) => `{${listOf(a, field).join(', ')}}`;
      const operand = `(${a.operandIndex ?? 0}, ${path('operandShapeIndex')})`;
      return `${path('outputShapeIndex')}: ${operand}`;
    });
    return all.length ? `{${all.join(', ')}}` : undefined;
  },
  channel_id: (i) => (Number(i.channelId ?? 0) > 0 ? String(i.channelId) : undefined),
  replica_groups: (i) =>
    `{${partsOf(i, 'replicaGroups').map((g) => braces(listOf(g, 'replicaIds')))}}`,
  source_target_pairs: (i) =>
    `{${partsOf(i, 'sourceTargetPairs').map(({ source = 0, target = 0 }) => `{${source},${target}}`)}}`,
  use_global_device_ids: flag('useGlobalDeviceIds'),
  is_host_transfer: flag('isHostTransfer'),
  infeed_config: quoted('infeedConfig'),
  outfeed_config: quoted('outfeedConfig'),
  outfeed_shape: (i) => (i.outfeedShape ? shapeText(i.outfeedShape as Message) : undefined),
};

const none: Names = { computation: String };
