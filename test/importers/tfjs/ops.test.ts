/**
 * Ops of GraphModels one by one: the imported module's reference result against what tfjs computes
 * for the same one-node model, within the budget of the module. Data decide, so a wrong default, a
 * swapped operand or a padding on the wrong side shows.
 */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../../golden/cases.ts';
import { widens } from '../../../graphs/ir/contract.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { judgeResult } from '../../../validator/validation/judge-result.ts';
import { type ConstSpec, importOf, runTfjs, tfjsModel } from '../../support/tfjs.ts';

/** A node: its inputs by shape ("x"), constants, attributes, how many outputs to look at. */
interface Case {
  readonly op: string;
  /** Shapes of inputs of the model. */
  readonly on: readonly (readonly number[])[];
  /** Types of those inputs where they are not floats. */
  readonly types?: readonly string[];
  /** Constants after them. */
  readonly with?: readonly ConstSpec[];
  /** Places of the constants among the inputs; after the inputs if not given. */
  readonly order?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
  readonly outputs?: number;
}

const ints = (...values: number[]): ConstSpec => ({ dims: [values.length], values, type: 'int32' });
const int = (value: number): ConstSpec => ({ dims: [], values: [value], type: 'int32' });
const float = (value: number): ConstSpec => ({ dims: [], values: [value] });
const pairs = (...rows: (readonly [number, number])[]): ConstSpec => {
  return { dims: [rows.length, 2], values: rows.flat(), type: 'int32' };
};
const floats = (dims: readonly number[], seed = 1): ConstSpec => {
  const n = dims.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: n }, (_, k) => Math.sin(seed + 1.7 * k));
  return { dims, values };
};
const positive = (dims: readonly number[]): ConstSpec => {
  return { dims, values: floats(dims).values.map((v) => v + 1.5) };
};

const s = (text: string) => ({ s: btoa(text) });
const i = (value: number) => ({ i: String(value) });
/** A float attribute: what the file format holds is an f32. */
const f = (value: number) => ({ f: Math.fround(value) });
const b = (value: boolean) => ({ b: value });
const list = (...values: number[]) => ({ list: { i: values.map(String) } });
const words = (...values: string[]) => ({ list: { s: values.map((v) => btoa(v)) } });
const type = (name: string) => ({ type: name });

/**
 * Erf and Selu are left out: tfjs computes the one by an approximation, the other with constants that
 * no f32 holds.
 */
const unary =
  'Abs Atan Ceil Cos Cosh Elu Exp Expm1 Floor Neg Relu Relu6 Round Sigmoid Sign Sin Sinh Softplus Square Tan Tanh Asinh IsNan IsInf IsFinite Softmax LogSoftmax Reciprocal ZerosLike OnesLike Identity StopGradient Shape Size Rank'.split(
    ' ',
  );
const binary =
  'Add AddV2 Sub Mul RealDiv Div DivNoNan FloorDiv Maximum Minimum SquaredDifference Mod FloorMod Equal NotEqual Greater GreaterEqual Less LessEqual Atan2'.split(
    ' ',
  );
const reductions = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'EuclideanNorm'];
const conv = (padding: string, stride = 1, dilation = 1) => ({
  strides: list(1, stride, stride, 1),
  dilations: list(1, dilation, dilation, 1),
  padding: s(padding),
  data_format: s('NHWC'),
});
const pool = (size: number, stride: number, padding: string) => ({
  ksize: list(1, size, size, 1),
  strides: list(1, stride, stride, 1),
  padding: s(padding),
});
const image = [2, 6, 7, 3];

const cases: readonly Case[] = [
  ...unary.map((op) => ({ op, on: [[2, 5]] })),
  ...binary.map((op) => ({ op, on: [[2, 3], [3]] })),
  ...binary.slice(0, 3).map((op) => ({ op, on: [[2, 3]], with: [ints(3, -2, 5)] })),
  ...['FloorDiv', 'FloorMod', 'Div', 'Mod'].map((op) => ({
    op,
    on: [],
    with: [ints(7, -7, 7, -7, 6, -6), ints(2, 2, -2, -2, 3, -3)],
  })),
  ...['Log', 'Sqrt', 'Rsqrt', 'Log1p', 'Acosh'].map((op) => ({
    op,
    on: [],
    with: [positive([2, 5])],
  })),
  { op: 'Pow', on: [], with: [positive([4]), floats([4])] },
  { op: 'Prelu', on: [[2, 3, 4]], with: [floats([4])] },
  { op: 'LeakyRelu', on: [[2, 5]], attr: { alpha: f(0.3) } },
  { op: 'LeakyRelu', on: [[2, 5]] },
  { op: 'BiasAdd', on: [[2, 4, 3]], with: [floats([3])] },
  { op: 'AddN', on: [[3], [3], [3]] },
  { op: 'ClipByValue', on: [[2, 5]], with: [float(-0.5), float(0.25)] },
  ...['LogicalAnd', 'LogicalOr'].map((op) => ({
    op,
    on: [[2, 3], [3]],
    types: ['DT_BOOL', 'DT_BOOL'],
  })),
  { op: 'LogicalNot', on: [[5]], types: ['DT_BOOL'] },
  { op: 'Select', on: [[3], [3], [3]], types: ['DT_BOOL'] },
  { op: 'SelectV2', on: [[3], [2, 3], [1]], types: ['DT_BOOL'] },
  ...reductions.flatMap((op) => [
    { op, on: [[2, 3, 4]], with: [ints(1)] },
    { op, on: [[2, 3, 4]], with: [ints(-1, 0)], attr: { keep_dims: b(true) } },
  ]),
  ...['All', 'Any'].map((op) => ({ op, on: [[2, 3]], types: ['DT_BOOL'], with: [ints(1)] })),
  ...['ArgMax', 'ArgMin'].map((op) => ({ op, on: [[3, 7]], with: [int(1)] })),
  ...['Cumsum', 'Cumprod'].flatMap((op) =>
    [false, true].flatMap((exclusive) =>
      [false, true].map((reverse) => ({
        op,
        on: [[3, 5]],
        with: [int(1)],
        attr: { exclusive: b(exclusive), reverse: b(reverse) },
      })),
    ),
  ),
  { op: 'TopKV2', on: [[3, 9]], with: [int(4)], attr: { sorted: b(true) }, outputs: 2 },
  ...['SAME', 'VALID'].flatMap((padding) => [
    { op: 'Conv2D', on: [image], with: [floats([3, 2, 3, 4])], attr: conv(padding) },
    { op: 'Conv2D', on: [image], with: [floats([3, 2, 3, 4])], attr: conv(padding, 2) },
    { op: 'Conv2D', on: [image], with: [floats([2, 3, 3, 4])], attr: conv(padding, 1, 2) },
    {
      op: 'DepthwiseConv2dNative',
      on: [image],
      with: [floats([3, 3, 3, 2])],
      attr: conv(padding, 2),
    },
    { op: 'MaxPool', on: [image], attr: pool(3, 2, padding) },
    { op: 'AvgPool', on: [image], attr: pool(3, 2, padding) },
  ]),
  {
    op: 'Conv2D',
    on: [image],
    with: [floats([3, 3, 3, 2])],
    attr: { ...conv('EXPLICIT'), explicit_paddings: list(0, 0, 1, 2, 0, 1, 0, 0) },
  },
  {
    op: 'Conv1D',
    on: [[2, 8, 3]],
    with: [floats([3, 3, 4])],
    attr: { stride: i(2), padding: s('SAME'), data_format: s('NWC'), dilation: i(1) },
  },
  {
    op: 'Conv3D',
    on: [[1, 4, 5, 6, 2]],
    with: [floats([2, 3, 2, 2, 3])],
    attr: {
      strides: list(1, 1, 2, 1, 1),
      dilations: list(1, 1, 1, 1, 1),
      padding: s('SAME'),
      data_format: s('NDHWC'),
    },
  },
  ...[
    ['SAME', 8],
    ['VALID', 9],
  ].map(([padding, size]) => ({
    op: 'Conv2DBackpropInput',
    on: [[1, 4, 4, 2]],
    with: [ints(1, Number(size), Number(size), 3), floats([3, 3, 3, 2])],
    order: ['c0', 'c1', 'x0'],
    attr: { strides: list(1, 2, 2, 1), padding: s(String(padding)) },
  })),
  ...['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Sigmoid'].map((activation) => ({
    op: '_FusedConv2D',
    on: [image],
    with: [floats([3, 3, 3, 4]), floats([4])],
    attr: {
      ...conv('SAME'),
      num_args: i(1),
      fused_ops: words('BiasAdd', activation),
      leakyrelu_alpha: f(0.3),
    },
  })),
  {
    op: '_FusedConv2D',
    on: [image],
    with: [floats([3, 3, 3, 4]), floats([4]), floats([4], 3)],
    attr: { ...conv('VALID', 2), num_args: i(2), fused_ops: words('BiasAdd', 'Prelu') },
  },
  {
    op: 'FusedDepthwiseConv2dNative',
    on: [image],
    with: [floats([3, 3, 3, 1]), floats([3])],
    attr: { ...conv('SAME'), num_args: i(1), fused_ops: words('BiasAdd', 'Relu6') },
  },
  {
    op: '_FusedMatMul',
    on: [[4, 5]],
    with: [floats([5, 3]), floats([3])],
    attr: { num_args: i(1), fused_ops: words('BiasAdd', 'Relu') },
  },
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb) => ({
      op: 'MatMul',
      on: [ta ? [5, 4] : [4, 5]],
      with: [floats(tb ? [3, 5] : [5, 3])],
      attr: { transpose_a: b(ta), transpose_b: b(tb) },
    })),
  ),
  { op: 'BatchMatMulV2', on: [[3, 4, 5]], with: [floats([1, 6, 5])], attr: { adj_y: b(true) } },
  {
    op: 'Einsum',
    on: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    attr: { equation: s('bij,bjk->bki'), N: i(2) },
  },
  {
    op: 'FusedBatchNormV3',
    on: [image],
    with: [floats([3]), floats([3], 2), floats([3], 3), positive([3])],
    attr: { epsilon: f(0.01) },
  },
  {
    op: 'LRN',
    on: [[1, 2, 3, 7]],
    attr: { depth_radius: i(2), bias: f(1.5), alpha: f(0.4), beta: f(0.75) },
  },
  { op: 'MatrixBandPart', on: [[2, 4, 5]], with: [int(1), int(-1)] },
  { op: 'Reshape', on: [[2, 6]], with: [ints(3, -1)] },
  { op: 'Transpose', on: [[2, 3, 4]], with: [ints(2, 0, 1)] },
  { op: 'ExpandDims', on: [[2, 3]], with: [int(-1)] },
  { op: 'Squeeze', on: [[1, 3, 1, 2]], attr: { squeeze_dims: list(2) } },
  {
    op: 'ConcatV2',
    on: [
      [2, 3],
      [2, 1],
    ],
    with: [int(-1)],
    attr: { N: i(2) },
  },
  {
    op: 'Pack',
    on: [
      [2, 3],
      [2, 3],
    ],
    attr: { axis: i(1) },
  },
  { op: 'Unpack', on: [[2, 3]], attr: { axis: i(1), num: i(3) }, outputs: 3 },
  { op: 'Tile', on: [[2, 3]], with: [ints(2, 3)] },
  { op: 'BroadcastTo', on: [[3, 1]], with: [ints(2, 3, 4)] },
  { op: 'Pad', on: [[2, 3]], with: [pairs([1, 0], [2, 1])] },
  { op: 'PadV2', on: [[2, 3]], with: [pairs([1, 0], [2, 1]), float(0.5)] },
  ...['REFLECT', 'SYMMETRIC'].map((mode) => ({
    op: 'MirrorPad',
    on: [[3, 4]],
    with: [pairs([1, 2], [2, 0])],
    attr: { mode: s(mode) },
  })),
  { op: 'ReverseV2', on: [[2, 3, 4]], with: [ints(-1, 0)] },
  { op: 'DepthToSpace', on: [[1, 2, 3, 8]], attr: { block_size: i(2), data_format: s('NHWC') } },
  { op: 'SpaceToBatchND', on: [[1, 4, 5, 2]], with: [ints(2, 3), pairs([0, 0], [1, 0])] },
  { op: 'BatchToSpaceND', on: [[6, 2, 2, 2]], with: [ints(2, 3), pairs([0, 0], [1, 0])] },
  { op: 'Slice', on: [[4, 5]], with: [ints(1, 2), ints(2, -1)] },
  { op: 'StridedSlice', on: [[4, 5]], with: [ints(3, 0), ints(0, 5), ints(-1, 2)] },
  {
    op: 'StridedSlice',
    on: [[4, 5, 6]],
    with: [ints(1, 9, 0), ints(2, 9, 3), ints(1, 1, 1)],
    attr: { shrink_axis_mask: i(1), ellipsis_mask: i(2), begin_mask: i(4) },
  },
  {
    op: 'StridedSlice',
    on: [[4, 5]],
    with: [ints(0, -3, 0), ints(0, 9, 0), ints(1, 1, 1)],
    attr: { new_axis_mask: i(1), end_mask: i(4), begin_mask: i(4) },
  },
  {
    op: 'Split',
    on: [[2, 6]],
    with: [int(1)],
    order: ['c0', 'x0'],
    attr: { num_split: i(3) },
    outputs: 3,
  },
  {
    op: 'SplitV',
    on: [[2, 6]],
    with: [ints(1, -1, 2), int(1)],
    attr: { num_split: i(3) },
    outputs: 3,
  },
  { op: 'GatherV2', on: [[4, 5]], with: [{ ...ints(3, 0, 2, 2), dims: [2, 2] }, int(1)] },
  {
    op: 'GatherV2',
    on: [[2, 3, 4]],
    with: [{ ...ints(2, 0, 1, 1), dims: [2, 2] }, int(1)],
    attr: { batch_dims: i(1) },
  },
  { op: 'GatherNd', on: [[3, 4, 2]], with: [pairs([0, 1], [2, 3], [1, 0])] },
  {
    op: 'ScatterNd',
    on: [[3, 2]],
    order: ['c0', 'x0', 'c1'],
    with: [{ ...ints(4, 1, 4), dims: [3, 1] }, ints(5, 2)],
  },
  {
    op: 'TensorScatterUpdate',
    on: [[5], [2]],
    order: ['x0', 'c0', 'x1'],
    with: [{ ...ints(4, 1), dims: [2, 1] }],
  },
  ...['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
    [
      [false, false],
      [true, false],
      [false, true],
    ].flatMap(([corners, centers]) =>
      [ints(9, 4), ints(3, 14)].map((size) => ({
        op,
        on: [image],
        with: [size],
        attr: { align_corners: b(corners!), half_pixel_centers: b(centers!) },
      })),
    ),
  ),
  {
    op: 'OneHot',
    on: [],
    with: [ints(2, 0, 5, -1), int(4), float(2), float(-1)],
    attr: { T: type('DT_FLOAT') },
  },
  { op: 'Fill', on: [], with: [ints(2, 3), float(1.25)] },
  { op: 'Range', on: [], with: [int(2), int(11), int(3)], attr: { Tidx: type('DT_INT32') } },
  { op: 'LinSpace', on: [], with: [float(-1), float(2), int(7)] },
  { op: 'Cast', on: [[2, 5]], attr: { DstT: type('DT_INT32') } },
  { op: 'Cast', on: [[2, 5]], attr: { DstT: type('DT_BOOL') } },
];

function modelOf({
  op,
  on,
  types = [],
  with: constants = [],
  order,
  attr = {},
  outputs = 1,
}: Case) {
  const names = on.map((_, k) => `x${k}`);
  const fixed = constants.map((_, k) => `c${k}`);
  return tfjsModel({
    inputs: Object.fromEntries(names.map((name, k) => [name, on[k]!])),
    inputTypes: Object.fromEntries(types.map((t, k) => [`x${k}`, t])),
    constants: Object.fromEntries(fixed.map((name, k) => [name, constants[k]!])),
    nodes: { node: { op, input: order ?? [...names, ...fixed], attr } },
    outputs: Array.from({ length: outputs }, (_, k) => `node:${k}`),
  });
}

const title = ({ op, on, attr = {} }: Case) =>
  `${op} on ${on.map((dims) => `[${dims}]`).join(' ')} ${JSON.stringify(attr)}`;

describe('one node, as tfjs computes it', () => {
  it.each(cases.map((c) => [title(c), c] as const))('%s', (_, given) => {
    const model = modelOf(given);
    const module = importOf(model);
    expect(verifyModule(module)).toEqual([]);
    const { inputs } = generateCase(module, 'typical', 7);
    const theirs = runTfjs(model, module, inputs);
    const ours = leafTensors(runReference(module, inputs));
    expect(leafTensors(theirs).map((t) => t.shape)).toEqual(ours.map((t) => t.shape));
    const { verdict, worst } = judgeResult(module, theirs, inputs, { contract: widens });
    expect({ verdict, worst }).toMatchObject({
      verdict: expect.stringMatching(/^(identical|within)$/),
    });
  });
});

it('selu, which tfjs computes with constants of its own, is the definition with f32 constants', () => {
  const module = importOf(modelOf({ op: 'Selu', on: [[64]] }));
  const { inputs } = generateCase(module, 'typical', 3);
  const [x] = inputs as [Tensor];
  const [scale, below] = [1.0507009873554805, 1.0507009873554805 * 1.6732632423543772].map(
    Math.fround,
  ) as [number, number];
  const values = Array.from(x.data as Float32Array, (v) =>
    Math.fround(v >= 0 ? scale * v : below * Math.expm1(v)),
  );
  const { verdict } = judgeResult(module, tensorOf('f32', [64], values), inputs, {
    contract: widens,
  });
  expect(['identical', 'within']).toContain(verdict);
});
