/** Ops and spellings that few programs use, each run and compared with what it must give. */
import { describe, expect, test } from 'vitest';
import { importStablehlo } from '../../../graphs/importers/stablehlo/import.ts';
import { leafTensors } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { printModule } from '../../../graphs/text/printer.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';

/** All elements of all results; the module must be valid, and survive its own text. */
function run(text: string): unknown[] {
  const module = importStablehlo(text);
  expect(verifyModule(module)).toEqual([]);
  const printed = printModule(module);
  expect(printModule(parseModule(printed))).toBe(printed);
  return leafTensors(runReference(module, [])).flatMap((t) => Array.from(t.data as never));
}

/** A program that returns what `%r` is. */
function main(body: string, type: string, before = ''): string {
  return `module {\n${before}\nfunc.func @main() -> ${type} {\n${body}\nreturn %r : ${type}\n}\n}`;
}

function constant(name: string, type: string, values: string): string {
  return `%${name} = stablehlo.constant dense<${values}> : tensor<${type}>\n`;
}

const add = `^bb0(%a: tensor<i32>, %b: tensor<i32>):
  %s = stablehlo.add %a, %b : tensor<i32>`;
const steps = constant('x', '3xi32', '[1, 2, 4]') + constant('c', 'i32', '10');
const scanBody = `{ ${add}\nstablehlo.return %s, %b : tensor<i32>, tensor<i32> }`;
const scanTypes = '(tensor<3xi32>, tensor<i32>) -> (tensor<3xi32>, tensor<i32>)';
const wide = `^bb0(%a: tensor<f64>, %b: tensor<f64>):
  %s = stablehlo.add %a, %b : tensor<f64>
  stablehlo.return %s : tensor<f64>`;

/** Quantised i8 of two scales and zero points. */
const [whole, half] = ['!quant.uniform<i8:f32, 1.0:1>', '!quant.uniform<i8:f32, 0.5:-3>'];
const quantised = (name: string, from: string, type: string, n: number) =>
  `%${name} = stablehlo.uniform_quantize %${from} : (tensor<${n}xf32>) -> tensor<${n}x${type}>\n`;
const stored = (from: string, type: string, n: number) =>
  `%r = stablehlo.bitcast_convert %${from} : (tensor<${n}x${type}>) -> tensor<${n}xi8>`;

const programs: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
  'a tie is rounded to even with its zero point added': [
    main(
      constant('x', '4xf32', '[0.5, 1.5, 2.5, -0.5]') +
        quantised('q', 'x', whole, 4) +
        stored('q', whole, 4),
      'tensor<4xi8>',
    ),
    [2, 2, 4, 0],
  ],
  'a choice between quantised values of different scales': [
    main(
      constant('x', '2xf32', '[3.0, 4.0]') +
        constant('p', '2xi1', '[true, false]') +
        quantised('q', 'x', whole, 2) +
        quantised('k', 'x', half, 2) +
        `%s = stablehlo.select %p, %q, %k : (tensor<2xi1>, tensor<2x${whole}>, tensor<2x${half}>) -> tensor<2x${half}>\n` +
        stored('s', half, 2),
      'tensor<2xi8>',
    ),
    [3, 5],
  ],
  'bits of floats of 6 bits': [
    main(
      `${constant('x', '3xf6E2M3FN', '[-0.25, -2.0, 7.5]')}%r = stablehlo.bitcast_convert %x : (tensor<3xf6E2M3FN>) -> tensor<3xf6E3M2FN>`,
      'tensor<3xf6E3M2FN>',
    ),
    [-0.125, -2, 28],
  ],
  'dynamic_slice of a scalar': [
    main(
      `${constant('x', 'i32', '7')}%r = stablehlo.dynamic_slice %x, , sizes = [] : (tensor<i32>) -> tensor<i32>`,
      'tensor<i32>',
    ),
    [7],
  ],
  'pad of a scalar': [
    main(
      `${constant('x', 'i32', '7')}%r = stablehlo.pad %x, %x, low = [], high = [], interior = [] : (tensor<i32>, tensor<i32>) -> tensor<i32>`,
      'tensor<i32>',
    ),
    [7],
  ],
  'a constant in the generic form after its bare name': [
    main(
      '%r = stablehlo.constant() <{value = dense<5> : tensor<2xi8>}> : () -> tensor<2xi8>',
      'tensor<2xi8>',
    ),
    [5, 5],
  ],
  'a constant of the arith dialect': [
    main('%r = arith.constant dense<[1, 2]> : tensor<2xi32>', 'tensor<2xi32>'),
    [1, 2],
  ],
  'a scan, what it carries given out as it comes in': [
    main(
      `${steps}%q:2 = chlo.scan(%x) inits(%c) dimension=0 ${scanBody} : ${scanTypes}
       %e = stablehlo.reshape %q#1 : (tensor<i32>) -> tensor<1xi32>
       %r = stablehlo.concatenate %q#0, %e, dim = 0 : (tensor<3xi32>, tensor<1xi32>) -> tensor<4xi32>`,
      'tensor<4xi32>',
    ),
    [11, 12, 14, 10],
  ],
  'a scan from the end that adds up': [
    main(
      `${steps}%r, %e = "chlo.scan"(%x, %c) <{dimension = 0 : i64, is_reverse = true, operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({ ${add}\nstablehlo.return %s, %s : tensor<i32>, tensor<i32> }) : ${scanTypes}`,
      'tensor<3xi32>',
    ),
    [17, 16, 14],
  ],
  'a ragged dot': [
    main(
      `${constant('x', '3x1xf32', '[[1.0], [2.0], [3.0]]')}${constant('y', '2x1x1xf32', '[[[10.0]], [[100.0]]]')}${constant('g', '2xi32', '[1, 2]')}
       %r = "chlo.ragged_dot"(%x, %y, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>, precision_config = [#chlo<precision DEFAULT>, #chlo<precision DEFAULT>]} : (tensor<3x1xf32>, tensor<2x1x1xf32>, tensor<2xi32>) -> tensor<3x1xf32>`,
      'tensor<3x1xf32>',
    ),
    [10, 200, 300],
  ],
  'constant_like of another element type': [
    main(
      `${constant('x', '2xi64', '7')}%r = "chlo.constant_like"(%x) {value = 1.5 : f32} : (tensor<2xi64>) -> tensor<2xf32>`,
      'tensor<2xf32>',
    ),
    [1.5, 1.5],
  ],
  'an annotation of Shardy': [
    main(
      `${constant('x', '2xi32', '[1, 2]')}%r = sdy.sharding_constraint %x <@mesh, [{"i"}]> : tensor<2xi32>`,
      'tensor<2xi32>',
      'sdy.mesh @mesh = <["i"=2], device_ids=[1, 0]> {stablehlo.mesh = {axes = [{name = "i", size = 2 : i64}]}}',
    ),
    [1, 2],
  ],
  'convolution dimensions one by one': [
    main(
      `${constant('x', '1x3x1xf32', '[[[1.0], [2.0], [3.0]]]')}${constant('k', '2x1x1xf32', '[[[1.0]], [[10.0]]]')}
       %r = "stablehlo.convolution"(%x, %k) {dimension_numbers = #stablehlo.conv<raw input_batch_dimension = 0, input_feature_dimension = 2, input_spatial_dimensions = [1], kernel_input_feature_dimension = 1, kernel_output_feature_dimension = 2, kernel_spatial_dimensions = [0], output_batch_dimension = 0, output_feature_dimension = 2, output_spatial_dimensions = [1]>, batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<1x3x1xf32>, tensor<2x1x1xf32>) -> tensor<1x2x1xf32>`,
      'tensor<1x2x1xf32>',
    ),
    [21, 32],
  ],
  'a scatter whose region is wider than its inputs': [
    main(
      `${constant('x', '2xf32', '1.0')}${constant('i', '1x1xi32', '1')}${constant('u', '1xf32', '2.0')}
       %r = "stablehlo.scatter"(%x, %i, %u) ({ ${wide} }) {scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>} : (tensor<2xf32>, tensor<1x1xi32>, tensor<1xf32>) -> tensor<2xf64>`,
      'tensor<2xf64>',
    ),
    [1, 3],
  ],
  'select_and_scatter whose region is wider than its inputs': [
    main(
      `${constant('x', '4xf32', '[1.0, 2.0, 4.0, 3.0]')}${constant('u', '2xf32', '[5.0, 6.0]')}${constant('z', 'f32', '0.5')}
       %r = "stablehlo.select_and_scatter"(%x, %u, %z) ({
       ^bb0(%a: tensor<f32>, %b: tensor<f32>):
         %g = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
         stablehlo.return %g : tensor<i1> }, { ${wide} }) {window_dimensions = array<i64: 2>, window_strides = array<i64: 2>} : (tensor<4xf32>, tensor<2xf32>, tensor<f32>) -> tensor<4xf64>`,
      'tensor<4xf64>',
    ),
    [0.5, 5.5, 6.5, 0.5],
  ],
  'a custom call with the function that it calls': [
    main(
      `${constant('x', '4xf32', '[1.0, 4.0, 2.0, 3.0]')}%i = stablehlo.iota dim = 0 : tensor<4xi32>
       ${constant('z', 'f32', '0.0')}${constant('n', 'i32', '-1')}%q, %r = stablehlo.custom_call @ApproxTopK(%x, %i, %z, %n) {api_version = 4 : i32, backend_config = "a\\22b", called_computations = [@gt]} : (tensor<4xf32>, tensor<4xi32>, tensor<f32>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)`,
      'tensor<2xi32>',
      `func.func private @gt(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<i32>, %d: tensor<i32>) -> tensor<i1> {
       %g = stablehlo.compare GT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
       return %g : tensor<i1> }`,
    ),
    [1, 3],
  ],
  'a sum over replicas by its old name': [
    main(
      `${constant('x', '2xi32', '[1, 2]')}%r = "stablehlo.cross-replica-sum"(%x) {replica_groups = dense<[[0]]> : tensor<1x1xi64>} : (tensor<2xi32>) -> tensor<2xi32>`,
      'tensor<2xi32>',
    ),
    [1, 2],
  ],
};

describe('programs', () => {
  test.each(Object.entries(programs))('%s', (_, [text, expected]) => {
    expect(run(text)).toEqual(expected);
  });
});

describe('mulhi of 64 bits is the upper half of the product', () => {
  const numbers = [0n, 1n, -1n, 3n, 2n ** 32n, -(2n ** 63n), 2n ** 63n - 1n, 0x123456789abcdefn];
  const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
  test.each(['i64', 'ui64'])('%s', (type) => {
    const wrap = (n: bigint) => (type === 'i64' ? n : BigInt.asUintN(64, n));
    const list = (k: 0 | 1) => `[${pairs.map((pair) => wrap(pair[k])).join(', ')}]`;
    const t = `${pairs.length}x${type}`;
    const body = `${constant('x', t, list(0))}${constant('y', t, list(1))}
      %r = chlo.mulhi %x, %y : tensor<${t}>, tensor<${t}> -> tensor<${t}>`;
    expect(run(main(body, `tensor<${t}>`))).toEqual(
      pairs.map(([a, b]) => wrap(BigInt.asIntN(64, (wrap(a) * wrap(b)) >> 64n))),
    );
  });
});
