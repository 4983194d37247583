/** The forms of StableHLO text: each means what another form of the same thing means. */
import { describe, expect, test } from 'vitest';
import { importStablehlo } from '../../../graphs/importers/stablehlo/import.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { leafTensors } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';

/** Elements of the only result of a program without arguments. */
function run(text: string): unknown[] {
  const module = importStablehlo(text);
  expect(verifyModule(module)).toEqual([]);
  return leafTensors(runReference(module, [])).flatMap((t) => Array.from(t.data as never));
}

/** A program that returns what `%r` is. */
function main(body: string, type: string): string {
  return `func.func @main() -> ${type} {\n${body}\nreturn %r : ${type}\n}`;
}

function error(text: string): AssayError {
  try {
    importStablehlo(text);
  } catch (thrown) {
    if (thrown instanceof AssayError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('dense constants', () => {
  const cases: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['[[1, 2], [3, 4]]', '2x2xi32', [1, 2, 3, 4]],
    ['7', '3xui8', [7, 7, 7]],
    ['"0x0000803F000000C0"', '2xf32', [1, -2]],
    ['"0x803F00C0"', '2xbf16', [1, -2]],
    ['"0x0000C03F"', '3xf32', [1.5, 1.5, 1.5]],
    ['"0x0100000000000080"', '1xui64', [2n ** 63n + 1n]],
    ['[0x7FC00000, 0x7F800000, -1.5e1]', '3xf32', [NaN, Infinity, -15]],
    ['[0x7FF0000000000000, 0xBFF0000000000000]', '2xf64', [Infinity, -1]],
    ['[true, false]', '2xi1', [1, 0]],
    ['"0x05"', '4xi1', [1, 0, 1, 0]],
    ['(1.0, -2.0)', '2xcomplex<f32>', [1, -2, 1, -2]],
    ['[-8, 7]', '2xi4', [-8, 7]],
    ['0xFF', '1xi8', [-1]],
    ['', '0x3xf32', []],
    ['[0x7F, 0x3C]', '2xf8E4M3FN', [NaN, 1.5]],
    ['[0x80, 0x40]', '2xf8E5M2FNUZ', [NaN, 1]],
  ];
  test.each(cases)('dense<%s> : tensor<%s>', (literal, type, expected) => {
    const t = `tensor<${type}>`;
    expect(run(main(`%r = stablehlo.constant dense<${literal}> : ${t}`, t))).toEqual(expected);
  });
});

describe('pretty and generic form agree', () => {
  const x = '%x = stablehlo.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>\n';
  const z = '%z = stablehlo.constant dense<0.0> : tensor<f32>\n';
  const add = `^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %s = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%s) : (tensor<f32>) -> ()`;
  const pairs: readonly (readonly [string, string, string, string])[] = [
    [
      'slice',
      '%r = stablehlo.slice %x [0:2, 0:3:2] : (tensor<2x3xf32>) -> tensor<2x2xf32>',
      '%r = "stablehlo.slice"(%x) <{start_indices = array<i64: 0, 0>, limit_indices = array<i64: 2, 3>, strides = array<i64: 1, 2>}> : (tensor<2x3xf32>) -> tensor<2x2xf32>',
      '2x2',
    ],
    [
      'transpose',
      '%r = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>',
      '%r = "stablehlo.transpose"(%x) {permutation = dense<[1, 0]> : tensor<2xi64>} : (tensor<2x3xf32>) -> tensor<3x2xf32>',
      '3x2',
    ],
    [
      'reduce',
      '%r = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>',
      `%r = "stablehlo.reduce"(%x, %z) ({ ${add} }) {dimensions = array<i64: 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>`,
      '2',
    ],
    [
      'reduce with a reducer',
      `%r = stablehlo.reduce(%x init: %z) across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
       reducer(%a: tensor<f32>, %b: tensor<f32>) { %s = stablehlo.add %a, %b : tensor<f32>
       stablehlo.return %s : tensor<f32> }`,
      `%r = "stablehlo.reduce"(%x, %z) ({ ${add} }) {dimensions = array<i64: 0>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>`,
      '3',
    ],
    [
      'dot_general',
      '%r = stablehlo.dot_general %x, %x, contracting_dims = [1] x [1], precision = [DEFAULT, HIGHEST] : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>',
      '%r = "stablehlo.dot_general"(%x, %x) {dot_dimension_numbers = #stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision HIGHEST>]} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>',
      '2x2',
    ],
    [
      'pad',
      '%r = stablehlo.pad %x, %z, low = [0, 1], high = [1, 0], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x6xf32>',
      '%r = "stablehlo.pad"(%x, %z) {edge_padding_low = array<i64: 0, 1>, edge_padding_high = array<i64: 1, 0>, interior_padding = array<i64: 0, 1>} : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x6xf32>',
      '3x6',
    ],
    [
      'compare and select',
      '%p = stablehlo.compare GT, %x, %x, TOTALORDER : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>\n%n = stablehlo.negate %x : tensor<2x3xf32>\n%r = stablehlo.select %p, %x, %n : tensor<2x3xi1>, tensor<2x3xf32>',
      '%p = "stablehlo.compare"(%x, %x) {comparison_direction = #stablehlo<comparison_direction GT>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>\n%n = "stablehlo.negate"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>\n%r = "stablehlo.select"(%p, %x, %n) : (tensor<2x3xi1>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>',
      '2x3',
    ],
  ];
  test.each(pairs)('%s', (_, pretty, generic, dims) => {
    const type = `tensor<${dims}xf32>`;
    const results = [pretty, generic].map((op) => run(main(x + z + op, type)));
    expect(results[0]).toEqual(results[1]);
    expect(new Set(results[0]).size).toBeGreaterThan(1);
  });
});

test('aliases, locations, attributes, nested modules and declarations are read', () => {
  const text = `#loc = loc("a.py":1:2)
!t = tensor<2xf32>
#dims = array<i64: 0>
module @outer attributes {mhlo.num_partitions = 1 : i32, x.y = {a = [1, "b"], unit}} {
  func.func private @declared(tensor<f32>) -> tensor<f32>
  func.func public @main(%arg0: !t loc("x")) -> (!t {jax.result_info = ""}) {
    %0 = "stablehlo.reverse"(%arg0) <{dimensions = #dims}> : (!t) -> !t loc(#loc)
    return %0 : !t loc(#loc2)
  } loc(#loc)
} loc(#loc)
#loc2 = loc(callsite(#loc at "f"("b.py":3:4)))
`;
  const module = importStablehlo(text);
  expect(verifyModule(module)).toEqual([]);
  const { computations } = module;
  expect(computations.map((c) => c.instructions.map((i) => i.opcode))).toEqual([
    ['parameter', 'reverse'],
  ]);
});

test('loops and branches take values from outside', () => {
  const text = main(
    `%zero = stablehlo.constant dense<0> : tensor<i32>
     %step = stablehlo.constant dense<3> : tensor<i32>
     %end = stablehlo.constant dense<10> : tensor<i32>
     %i:2 = stablehlo.while(%a = %zero, %b = %zero) : tensor<i32>, tensor<i32>
      cond { %c = stablehlo.compare LT, %a, %end : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      } do { %n = stablehlo.add %a, %step : tensor<i32>
        %m = stablehlo.add %b, %end : tensor<i32>
        stablehlo.return %n, %m : tensor<i32>, tensor<i32> }
     %p = stablehlo.compare EQ, %i#0, %i#1 : (tensor<i32>, tensor<i32>) -> tensor<i1>
     %r = "stablehlo.if"(%p) ({ stablehlo.return %end : tensor<i32> },
       { %d = stablehlo.subtract %i#1, %i#0 : tensor<i32>
         stablehlo.return %d : tensor<i32> }) : (tensor<i1>) -> tensor<i32>`,
    'tensor<i32>',
  );
  expect(run(text)).toEqual([4 * 10 - 4 * 3]);
});

test('dynamic arguments are refused with the remedy, and run once refined', () => {
  const text = `func.func @main(%x: tensor<?x2xf32>) -> tensor<?xf32> {
    %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x2xf32>) -> tensor<i32>
    %two = stablehlo.constant dense<2> : tensor<i32>
    %m = stablehlo.multiply %n, %two : tensor<i32>
    %s = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
    %r = stablehlo.dynamic_reshape %x, %s : (tensor<?x2xf32>, tensor<1xi32>) -> tensor<?xf32>
    return %r : tensor<?xf32>\n}`;
  const { diagnostic } = error(text);
  expect(diagnostic.code).toBe('stablehlo/unsupported-dynamic-shape');
  expect(diagnostic.message).toContain('--refine x=');
  const module = importStablehlo(text, { refine: { x: [3, 2] } });
  expect(module.computations[0]!.instructions.at(-1)!.shape).toMatchObject({ dims: [6] });
  expect(() => importStablehlo(text, { refine: { x: [3, 3] } })).toThrow('does not refine');
});

describe('mistakes are told with their place', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['%r = stablehlo.add %x, %y : tensor<f32>', 'stablehlo/undefined', 3],
    ['%r = stablehlo.frobnicate %x : tensor<f32>', 'stablehlo/unsupported-op', 3],
    ['%r = stablehlo.negate %x : tensor<2xf32>', 'stablehlo/result-type', 3],
    ['%r = stablehlo.constant dense<[1.0]> : tensor<2xf32>', 'stablehlo/dense-size', 3],
    ['%r = stablehlo.constant dense<"0x00"> : tensor<2xf32>', 'stablehlo/dense-size', 3],
    ['%r = stablehlo.constant dense<300> : tensor<i8>', 'stablehlo/out-of-range', 3],
    ['%x = stablehlo.negate %x : tensor<f32>', 'stablehlo/redefinition', 3],
    ['%r, %s = stablehlo.negate %x : tensor<f32>', 'stablehlo/results', 3],
    ['%r = stablehlo.add %x : tensor<f32>', 'verify/arity', 3],
    [
      '%r = stablehlo.constant dense_resource<a> : tensor<f32>',
      'stablehlo/unsupported-resource',
      3,
    ],
  ];
  test.each(cases)('%s', (op, code, line) => {
    const body = `%x = stablehlo.constant dense<1.0> : tensor<f32>\n${op}`;
    const { diagnostic } = error(main(body, 'tensor<f32>'));
    expect(diagnostic.position?.line).toBe(line);
    expect(diagnostic.sourceLine).toBe(op);
    if (code !== 'verify/arity') expect(diagnostic.code).toBe(code);
  });
});
