/** XLA's cuDNN convolution call against the convolution that it stands for. */
import { describe, expect, test } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { counting } from '../support/exact/naive.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

const window =
  'window={size=2x3 pad=0_1x1_1 stride=2x1 rhs_reversal=1x0}, dim_labels=bf01_oi01->bf01';
const call = (type: ElementType, more = '') =>
  `(${type}[2,4,2,5], u8[16]) custom-call(p0, p1), ${window}, ` +
  `custom_call_target="__cudnn$convForward"${more}`;
const plain = (type: ElementType) => `${type}[2,4,2,5] convolution(p0, p1), ${window}`;
const sides = (type: ElementType): Tensor[] => [
  counting(type, [2, 3, 4, 5]),
  counting(type, [4, 3, 2, 3]),
];
const first = (type: ElementType, inputs: readonly Tensor[], more = '') =>
  leafTensors(runOp(inputs, call(type, more)))[0];

describe('__cudnn$convForward', () => {
  test.each(['f32', 'f64', 's32'] as const)('is a convolution of %s', (type) => {
    const inputs = sides(type);
    expect(first(type, inputs)).toEqual(runOp(inputs, plain(type)));
  });

  test('narrow numbers are added in the type of the result', () => {
    const inputs = sides('s8');
    const wide = sides('f32');
    expect(numbers(first('f32', inputs))).toEqual(numbers(runOp(wide, plain('f32'))));
  });

  test.each([
    ['{"cudnn_conv_backend_config":{"conv_result_scale":0.5}}', 0.5],
    ['"{\\"convResultScale\\":-2}"', -2],
    ['"{conv_result_scale:1}"', 1],
  ])('a scale multiplies before the rounding: %s', (config, scale) => {
    const inputs = sides('bf16');
    const sums = numbers(runOp(sides('f32'), plain('f32'))).map(Number);
    const want = sums.map((x) => rounder('bf16')(Math.fround(x * scale)));
    expect(numbers(first('bf16', inputs, `, backend_config=${config}`))).toEqual(want);
  });

  test('exactly: what it computes has radii, its workspace is undecided', () => {
    const inputs = sides('f32');
    const of = (op: string) =>
      runExact(
        opModule(
          inputs.map((t) => t.shape),
          op,
        ),
        inputs.map(fromPlainValue),
      ).value;
    const { elements } = of(call('f32')) as { elements: readonly ExactTensor[] };
    expect(elements[0]).toEqual(of(plain('f32')));
    expect(new Set(elements[1].undecided)).toEqual(new Set([1]));
  });

  test.each([
    [
      ', backend_config={"cudnn_conv_backend_config":{"serialized_graph":"28:[f32]conv();"}}',
      /fused graph/,
    ],
    [
      ', backend_config={"cudnn_conv_backend_config":{"reordered_int8_nchw_vect":true}}',
      /reordered/,
    ],
  ])('refused: %s', (more, why) => {
    expect(() => first('f32', sides('f32'), more)).toThrow(why);
  });

  test('a vectorised layout is refused by name', () => {
    const inputs = [counting('s8', [2, 3, 4, 5, 4]), counting('s8', [4, 3, 2, 3, 4])];
    const op = call('f32').replace('f32[2,4,2,5]', 'f32[2,4,2,5,4]');
    expect(() => runOp(inputs, op)).toThrow(/%r \(custom-call\): .* as dim_labels has them/);
  });
});
