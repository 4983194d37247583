/** Programs of open sizes, as jax exports them, once the user has fixed the sizes. */
import { describe, expect, test } from 'vitest';
import { importStablehlo } from '../../../graphs/importers/stablehlo/import.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { leafTensors, tensorOf } from '../../../graphs/ir/tensor.ts';
import { verifyModule } from '../../../graphs/verify/verify.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { expectPlace } from '../../support/stablehlo.ts';

const open = 'tensor<?xi32>';
const size = `%n = stablehlo.get_dimension_size %x, dim = 0 : (${open}) -> tensor<i32>
%v = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
%one = stablehlo.constant dense<1> : tensor<1xi32>\n`;

/** A program over one argument; what `%r` is comes back. */
function main(body: string, before = ''): string {
  return `${before}func.func public @main(%x: ${open}) -> ${open} {\n${body}\nreturn %r : ${open}\n}`;
}

function run(text: string, values: readonly number[]): unknown[] {
  const module = importStablehlo(text, { refine: { x: [values.length] } });
  expect(verifyModule(module)).toEqual([]);
  const x = tensorOf('s32', [values.length], values);
  return leafTensors(runReference(module, [x])).flatMap((t) => Array.from(t.data as never));
}

function refusal(text: string, sizes: readonly number[]): AssayError {
  try {
    importStablehlo(text, { refine: { x: sizes } });
  } catch (error) {
    if (error instanceof AssayError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const inner = `func.func private @f(%n: tensor<i32>, %x: ${open}) -> ${open} {
%two = stablehlo.constant dense<2> : tensor<i32>
%d = stablehlo.multiply %n, %two : tensor<i32>
%v = stablehlo.reshape %d : (tensor<i32>) -> tensor<1xi32>
%r = stablehlo.dynamic_iota %v, dim = 0 : (tensor<1xi32>) -> ${open}
return %r : ${open}\n}\n`;
const half = `func.func private @half(%n: tensor<i32>) -> tensor<i32> {
%two = stablehlo.constant dense<2> : tensor<i32>
%r = stablehlo.divide %n, %two : tensor<i32>
return %r : tensor<i32>\n}\n`;
const window = `func.func private @sum(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> {
%r = stablehlo.add %a, %b : tensor<i32>
return %r : tensor<i32>\n}\n`;
const assertion = (
  least: number,
) => `${size}%least = stablehlo.constant dense<${least}> : tensor<i32>
%p = stablehlo.compare GE, %n, %least, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
stablehlo.custom_call @shape_assertion(%p, %n) {error_message = "at least ${least} wanted, {0} given", has_side_effect = true} : (tensor<i1>, tensor<i32>) -> ()
%r = stablehlo.negate %x : ${open}`;

const programs: Readonly<Record<string, readonly [string, readonly number[]]>> = {
  'a size that a function is given': [
    main(`${size}%r = call @f(%n, %x) : (tensor<i32>, ${open}) -> ${open}`, inner),
    [0, 1, 2, 3, 4, 5],
  ],
  'a size that a function gives': [
    main(
      `${size}%h = call @half(%n) : (tensor<i32>) -> tensor<i32>
       %w = stablehlo.reshape %h : (tensor<i32>) -> tensor<1xi32>
       %r = stablehlo.dynamic_iota %w, dim = 0 : (tensor<1xi32>) -> ${open}`,
      half,
    ),
    [0],
  ],
  'a size inside a branch': [
    main(
      `${size}%p = stablehlo.constant dense<true> : tensor<i1>
       %r = "stablehlo.if"(%p) ({
         %i = stablehlo.dynamic_iota %v, dim = 0 : (tensor<1xi32>) -> ${open}
         stablehlo.return %i : ${open}
       }, { stablehlo.return %x : ${open} }) : (tensor<i1>) -> ${open}`,
    ),
    [0, 1, 2],
  ],
  'a slice from a place that data decide': [
    main(
      `${size}%first = stablehlo.slice %x [0:1] : (${open}) -> tensor<1xi32>
       %end = stablehlo.add %first, %one : tensor<1xi32>
       %r = stablehlo.real_dynamic_slice %x, %first, %end, %one : (${open}, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> ${open}`,
    ),
    [9],
  ],
  'a window whose sizes are operands': [
    main(
      `${size}%z = stablehlo.constant dense<0> : tensor<i32>
       %p = stablehlo.constant dense<0> : tensor<1x2xi32>
       %r = stablehlo.custom_call @stablehlo.dynamic_reduce_window(%x, %z, %v, %one, %one, %one, %p) {called_computations = [@sum]} : (${open}, tensor<i32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1x2xi32>) -> ${open}`,
      window,
    ),
    [15],
  ],
  'an assertion that holds': [main(assertion(3)), [-2, -4, -9]],
};

describe('refined', () => {
  test.each(Object.entries(programs))('%s', (_, [text, expected]) => {
    expect(run(text, [2, 4, 9])).toEqual(expected);
  });

  test('an assertion that fails is told with its numbers', () => {
    const { diagnostic } = refusal(main(assertion(4)), [3]);
    expect(diagnostic.code).toBe('stablehlo/refine');
    expect(diagnostic.message).toMatch('at least 4 wanted, 3 given');
    expect(diagnostic.position?.line).toBe(7);
  });

  test('a size made of itself a hundred times over is found at once, and too large', () => {
    const chain = Array.from({ length: 100 }, (_, k) => {
      return `%s${k + 1} = stablehlo.add %s${k}, %s${k} : tensor<1xi64>`;
    });
    const body = `${size}%s0 = stablehlo.convert %v : (tensor<1xi32>) -> tensor<1xi64>
      ${chain.join('\n')}\n%r = stablehlo.dynamic_iota %s100, dim = 0 : (tensor<1xi64>) -> ${open}`;
    const error = refusal(main(body), [3]);
    expect(error.diagnostic.code).toBe('stablehlo/unsupported-dynamic-shape');
    expectPlace(error, main(body));
  });
});
