/** The fast path of f32 convolution: the same as the general one, also where zeros would lie. */
import { expect, it } from 'vitest';
import { sampleValue } from '../../golden/kinds/sample.ts';
import { entryOf, parametersOf } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReference } from '../../validator/reference/run.ts';

const module = (type: string, window: string, rest = '') =>
  parseModule(`HloModule m
ENTRY e {
  x = ${type}[2,5,6,4] parameter(0)
  w = ${type}[3,2,${rest.includes('feature') ? 2 : 4},6] parameter(1)
  ROOT r = ${type}[${rest.includes('batch') ? 1 : 2},${window.split(' ')[0]}] convolution(x, w),
    window={${window.slice(window.indexOf(' ') + 1)}}, dim_labels=b01f_01io->b01f${rest}
}`);

const windows = [
  ['3,5,6 size=3x2', ''],
  ['5,7,6 size=3x2 pad=1_1x1_1', ''],
  ['3,3,6 size=3x2 stride=2x3 pad=1_2x1_1', ''],
  ['3,5,6 size=3x2', ', feature_group_count=2'],
  ['5,7,6 size=3x2 pad=1_1x1_1', ', batch_group_count=2'],
  ['9,12,6 size=3x2 pad=1_1x1_1 lhs_dilate=2x2', ''],
  ['1,6,6 size=3x2 pad=0_0x1_1 rhs_dilate=2x2', ''],
] as const;

it.each(windows)('%s%s', (window, rest) => {
  const fast = module('f32', window, rest);
  const inputs = parametersOf(entryOf(fast)).map((p, n) => sampleValue(p.shape, n) as Tensor);
  const wide = inputs.map(({ shape, data }) => tensorOf('f64', shape.dims, data as Float32Array));
  const [got] = leafTensors(runReference(fast, inputs));
  const [want] = leafTensors(runReference(module('f64', window, rest), wide));
  const terms = 3 * 2 * 4;
  const exact = Array.from(want!.data as Float64Array);
  const size = Math.max(...exact.map(Math.abs)) * terms;
  (got!.data as Float32Array).forEach((v, i) => {
    expect(Math.abs(v - exact[i]!)).toBeLessThan(size * terms * 2 ** -24);
  });
});

it('an infinite kernel meets no zeros in the padding', () => {
  const padded = module('f32', '5,7,6 size=3x2 pad=1_1x1_1');
  const [x, w] = parametersOf(entryOf(padded)).map((p) => p.shape) as [never, never];
  const ones = (shape: { dims: readonly number[] }, value: number) =>
    tensorOf('f32', shape.dims, new Array(shape.dims.reduce((a, b) => a * b)).fill(value));
  const [got] = leafTensors(runReference(padded, [ones(x, 1), ones(w, Number.POSITIVE_INFINITY)]));
  expect(new Set(got!.data as Float32Array)).toEqual(new Set([Number.POSITIVE_INFINITY]));
});
