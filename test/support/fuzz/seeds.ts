/** Sound inputs that mutants are made of: small, and together with most of each format. */

import { writeSafetensors } from '../../../golden/store/safetensors.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import { exampleModule } from '../../../graphs/ops/example.ts';
import { isOpcode, opTable } from '../../../graphs/ops/table.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { zoo } from '../../../graphs/zoo/zoo.ts';
import { floats, integers, model, node, value } from '../onnx-model.ts';
import { type TfjsModel, tfjsModel } from '../tfjs.ts';

/** The example of every op, and the models of the zoo that are short. */
export function hloSeeds(): string[] {
  const examples = Object.keys(opTable).filter(isOpcode).map(exampleModule);
  const models = zoo.map((m) => printModule(m.build())).filter((text) => text.length < 8000);
  return [...examples, ...models];
}

const main = (args: string, result: string, body: string) =>
  `module @m {\n  func.func public @main(${args}) -> ${result} {\n${body}\n  }\n}\n`;

const binary = (op: string, type: string) =>
  main(
    `%a: tensor<${type}>, %b: tensor<${type}>`,
    `tensor<${type}>`,
    `    %0 = stablehlo.${op} %a, %b : tensor<${type}>\n    return %0 : tensor<${type}>`,
  );

const unary = (op: string, from: string, to: string, attrs = '') =>
  main(
    `%a: tensor<${from}>`,
    `tensor<${to}>`,
    `    %0 = stablehlo.${op} %a${attrs} : (tensor<${from}>) -> tensor<${to}>\n    return %0 : tensor<${to}>`,
  );

/** Ops in their own forms, generic forms, regions, calls, constants of all kinds. */
export const stablehloSeeds: readonly string[] = [
  binary('add', '2x3xf32'),
  binary('and', '4xi1'),
  binary('shift_left', '4xui8'),
  binary('complex', '2xf32').replaceAll('-> tensor<2xf32>', '-> tensor<2xcomplex<f32>>'),
  unary('transpose', '2x3xf32', '3x2xf32', ', dims = [1, 0]'),
  unary('reshape', '2x3xf32', '6xf32'),
  unary('convert', '2xf32', '2xi32'),
  unary('broadcast_in_dim', '3xf32', '2x3xf32', ', dims = [1]'),
  main(
    '%a: tensor<2x3xf32>, %b: tensor<3x4xf32>',
    'tensor<2x4xf32>',
    '    %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>\n    return %0 : tensor<2x4xf32>',
  ),
  main(
    '%a: tensor<2x3xf32>',
    'tensor<2xf32>',
    '    %c = stablehlo.constant dense<0.000000e+00> : tensor<f32>\n    %0 = stablehlo.reduce(%a init: %c) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>\n    return %0 : tensor<2xf32>',
  ),
  main(
    '%n: tensor<i32>',
    'tensor<i32>',
    '    %z = stablehlo.constant dense<0> : tensor<i32>\n    %k = stablehlo.constant dense<1> : tensor<i32>\n    %0 = stablehlo.while(%i = %z) : tensor<i32>\n    cond {\n      %p = stablehlo.compare LT, %i, %n, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>\n      stablehlo.return %p : tensor<i1>\n    } do {\n      %j = stablehlo.add %i, %k : tensor<i32>\n      stablehlo.return %j : tensor<i32>\n    }\n    return %0 : tensor<i32>',
  ),
  main(
    '%a: tensor<4xf32>, %i: tensor<i32>',
    'tensor<2xf32>',
    '    %0 = stablehlo.dynamic_slice %a, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>\n    return %0 : tensor<2xf32>',
  ),
  main(
    '%a: tensor<1x4x4x1xf32>, %k: tensor<2x2x1x1xf32>',
    'tensor<1x3x3x1xf32>',
    '    %0 = stablehlo.convolution(%a, %k) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {stride = [1, 1], pad = [[0, 0], [0, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [0, 0]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x4x4x1xf32>, tensor<2x2x1x1xf32>) -> tensor<1x3x3x1xf32>\n    return %0 : tensor<1x3x3x1xf32>',
  ),
  main(
    '%a: tensor<3xf32>, %b: tensor<3xf32>',
    'tensor<3xi1>',
    '    %0 = "stablehlo.compare"(%a, %b) {comparison_direction = #stablehlo<comparison_direction GE>, compare_type = #stablehlo<comparison_type FLOAT>} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xi1>\n    return %0 : tensor<3xi1>',
  ),
  main(
    '%a: tensor<4xi32>',
    'tensor<4xi32>',
    '    %0 = "stablehlo.sort"(%a) <{dimension = 0 : i64, is_stable = true}> ({\n    ^bb0(%x: tensor<i32>, %y: tensor<i32>):\n      %p = stablehlo.compare LT, %x, %y : (tensor<i32>, tensor<i32>) -> tensor<i1>\n      stablehlo.return %p : tensor<i1>\n    }) : (tensor<4xi32>) -> tensor<4xi32>\n    return %0 : tensor<4xi32>',
  ),
  main(
    '%p: tensor<i1>, %a: tensor<2xf32>',
    'tensor<2xf32>',
    '    %0 = "stablehlo.if"(%p) ({\n      %x = func.call @f(%a) : (tensor<2xf32>) -> tensor<2xf32>\n      stablehlo.return %x : tensor<2xf32>\n    }, {\n      stablehlo.return %a : tensor<2xf32>\n    }) : (tensor<i1>) -> tensor<2xf32>\n    return %0 : tensor<2xf32>',
  ).replace(
    /\}\n$/,
    '  func.func private @f(%a: tensor<2xf32>) -> tensor<2xf32> {\n    %c = stablehlo.constant dense<[1.5, 0x7F800000]> : tensor<2xf32>\n    %0 = stablehlo.maximum %a, %c : tensor<2xf32>\n    return %0 : tensor<2xf32>\n  }\n}\n',
  ),
  main(
    '%a: tensor<5x3xf32>, %i: tensor<2x1xi32>',
    'tensor<2x3xf32>',
    '    %0 = "stablehlo.gather"(%a, %i) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 3>}> : (tensor<5x3xf32>, tensor<2x1xi32>) -> tensor<2x3xf32>\n    return %0 : tensor<2x3xf32>',
  ),
  main(
    '%a: tensor<4xf32> {mhlo.sharding = "{replicated}"}',
    '(tensor<4xf32> {jax.result_info = ""})',
    '    %0 = stablehlo.custom_call @Sharding(%a) {backend_config = "", mhlo.sharding = "{devices=[2]0,1}"} : (tensor<4xf32>) -> tensor<4xf32>\n    %1 = chlo.erf %0 : tensor<4xf32> -> tensor<4xf32>\n    return %1 : tensor<4xf32>',
  ),
];

type Node = ReturnType<typeof node>;

const onnxOf = (nodes: readonly Node[], inputs: readonly (readonly number[])[], more = {}) =>
  model(
    {
      node: nodes,
      input: inputs.map((dims, k) => value(`x${k}`, dims)),
      output: [value('y', null)],
      ...more,
    },
    23,
  );

const one = (op: string, inputs: readonly (readonly number[])[], attrs = {}, more = {}) => {
  const names = inputs.map((_, k) => `x${k}`);
  const given = (more as { initializer?: readonly { name: string }[] }).initializer ?? [];
  return onnxOf([node(op, [...names, ...given.map((t) => t.name)], ['y'], attrs)], inputs, more);
};

const list = (...values: number[]) => ({ initializer: [integers('n', values)] });

/** One or two nodes each, of every family. */
export const onnxSeeds: readonly Uint8Array[] = [
  onnxOf([node('Add', ['x0', 'w'], ['t']), node('Softmax', ['t'], ['y'], { axis: -1 })], [[2, 3]], {
    initializer: [floats('w', [3], [1, -2, 0.5])],
  }),
  one('MatMul', [
    [2, 3],
    [3, 4],
  ]),
  one(
    'Gemm',
    [
      [2, 3],
      [3, 4],
    ],
    { alpha: { f: 0.5 }, transA: 0 },
  ),
  one(
    'Conv',
    [
      [1, 2, 5, 5],
      [2, 2, 3, 3],
    ],
    { pads: [1, 1, 1, 1], strides: [2, 2] },
  ),
  one('MaxPool', [[1, 1, 4, 4]], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  one('AveragePool', [[1, 1, 4, 4]], { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER' }),
  one('Transpose', [[2, 3, 4]], { perm: [2, 0, 1] }),
  one('Reshape', [[2, 6]], {}, list(3, -1)),
  one('Expand', [[3, 1]], {}, list(2, 3, 4)),
  one('Tile', [[2, 2]], {}, list(2, 3)),
  one('SpaceToDepth', [[1, 1, 4, 6]], { blocksize: 2 }),
  one('DepthToSpace', [[1, 8, 2, 2]], { blocksize: 2, mode: 'CRD' }),
  one('LayerNormalization', [[2, 4], [4]], { axis: -1, epsilon: { f: 1e-5 } }),
  one('BatchNormalization', [[2, 3, 2, 2], [3], [3], [3], [3]]),
  one('ReduceMean', [[2, 3, 4]], { keepdims: 1 }),
  one(
    'Concat',
    [
      [2, 3],
      [2, 1],
    ],
    { axis: 1 },
  ),
  one('Split', [[6, 2]], { axis: 0, num_outputs: 3 }),
  one('Pad', [[2, 3]], { mode: 'reflect' }, list(0, 1, 0, 1)),
  one(
    'Resize',
    [[1, 1, 2, 2]],
    { mode: 'linear' },
    { initializer: [floats('', [0], []), floats('s', [4], [1, 1, 2, 2])] },
  ),
  one(
    'GridSample',
    [
      [1, 1, 4, 4],
      [1, 2, 2, 2],
    ],
    { mode: 'linear', padding_mode: 'border' },
  ),
  one(
    'LSTM',
    [
      [3, 1, 2],
      [1, 8, 2],
      [1, 8, 2],
    ],
    { hidden_size: 2 },
  ),
  one(
    'GRU',
    [
      [3, 1, 2],
      [1, 6, 2],
      [1, 6, 2],
    ],
    { hidden_size: 2, direction: 'reverse' },
  ),
  one('TopK', [[2, 5]], { axis: 1, largest: 1 }, list(2)),
  one('Gather', [[4, 3]], { axis: 0 }, list(0, -1, 2)),
  one(
    'Attention',
    [
      [1, 2, 8],
      [1, 2, 8],
      [1, 2, 8],
    ],
    { q_num_heads: 2, kv_num_heads: 2 },
  ),
  one(
    'Einsum',
    [
      [2, 3],
      [3, 4],
    ],
    { equation: 'ij,jk->ik' },
  ),
  one(
    'Slice',
    [[4, 4]],
    {},
    { initializer: [integers('a', [1]), integers('b', [3]), integers('c', [0])] },
  ),
  one('CumSum', [[2, 3]], { reverse: 1 }, { initializer: [integers('n', [1], [])] }),
  one('DFT', [[1, 4, 1]], { axis: 1, onesided: 0 }),
];

/** Models of a few nodes each. */
export function tfjsSeeds(): TfjsModel[] {
  const w = { dims: [3, 4], values: Array.from({ length: 12 }, (_, k) => k - 5) };
  const sizes = { dims: [2], values: [4, -1], type: 'int32' as const };
  return [
    tfjsModel({
      inputs: { x: [2, 3] },
      constants: { w, b: { dims: [4], values: [1, 2, 3, 4] }, sizes },
      nodes: {
        product: { op: 'MatMul', input: ['x', 'w'] },
        sum: { op: 'BiasAdd', input: ['product', 'b'] },
        shaped: { op: 'Reshape', input: ['sum', 'sizes'] },
        soft: { op: 'Softmax', input: ['shaped'] },
      },
      outputs: ['soft'],
    }),
    tfjsModel({
      inputs: { x: [1, 4, 4, 1] },
      constants: {
        k: { dims: [2, 2, 1, 1], values: [1, 2, 3, 4] },
        axes: { ...sizes, values: [1, 2] },
      },
      nodes: {
        conv: {
          op: 'Conv2D',
          input: ['x', 'k'],
          attr: {
            strides: { list: { i: [1, 1, 1, 1] } },
            padding: { s: 'SAME' },
            dataFormat: { s: 'NHWC' },
          },
        },
        relu: { op: 'Relu', input: ['conv'] },
        mean: { op: 'Mean', input: ['relu', 'axes'] },
      },
      outputs: ['mean'],
    }),
  ];
}

/** Files of one to three tensors. */
export function safetensorsSeeds(): Uint8Array[] {
  const half = tensorOf('f16', [2, 3], [1, -2, 0.5, 4, 5, -0]);
  const whole = tensorOf('s64', [2], [1n, -(2n ** 60n)]);
  const narrow = tensorOf('f8e4m3fn', [4], [1, 2, -3, 448]);
  return [
    writeSafetensors(new Map([['arg0', half]]), { made: 'by hand' }),
    writeSafetensors(
      new Map([
        ['arg0', half],
        ['arg1', whole],
        ['arg2', narrow],
      ]),
    ),
  ];
}
