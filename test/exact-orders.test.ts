/** The exact mode where the order of a fold or of a sort is left open: every order must fit. */
import { expect, it } from 'vitest';
import type { Tensor } from '../graphs/ir/tensor.ts';
import { tensorOf } from '../graphs/ir/tensor.ts';
import { parseModule } from '../graphs/text/parser.ts';
import { liftValue, runExact } from '../validator/exact/run.ts';
import type { ExactTensor } from '../validator/exact/value.ts';
import { runReference } from '../validator/reference/run.ts';

const sum = parseModule(`HloModule m
add { a = f32[] parameter(0)  b = f32[] parameter(1)  s = f32[] add(a, b)
  n = bf16[] convert(s)  ROOT w = f32[] convert(n) }
ENTRY e { x = f32[64] parameter(0)  z = f32[] constant(0)
  ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=add }`);

/** 0.3671875 and 1: sums in a balanced tree need few digits, one by one they need more than bf16 has. */
const terms = Array.from({ length: 64 }, (_, i) => (i % 16 === 5 ? 1 : 0.3671875));

it.each([
  ['as they stand', terms],
  ['backwards', [...terms].reverse()],
  ['sorted', [...terms].sort()],
])('a sum that is rounded at every step has a budget for that: %s', (_, data) => {
  const x = tensorOf('f32', [64], data);
  const exact = runExact(sum, [liftValue(x)]).value as ExactTensor;
  const reference = runReference(sum, [x]) as Tensor;
  const distance = Math.abs(Number(reference.data[0]) - Number(exact.data[0]));
  expect(distance).toBeGreaterThan(0);
  expect(distance).toBeLessThanOrEqual(exact.worst?.[0] ?? 0);
});

const sorting = (type: string) =>
  parseModule(`HloModule m
less { a = f32[] parameter(0)  b = f32[] parameter(1)
  ROOT l = pred[] compare(a, b), direction=LT${type} }
ENTRY e { x = f32[2,4] parameter(0)
  ROOT s = f32[2,4] sort(x), dimensions={1}, to_apply=less }`);

it.each([
  ['does not order NaN decides nothing in its row', '', [1, 1, 1, 1, 0, 0, 0, 0]],
  ['orders everything decides all', ', type=TOTALORDER', [0, 0, 0, 0, 0, 0, 0, 0]],
])('a comparator that %s', (_, type, marks) => {
  const x = tensorOf('f32', [2, 4], [3, Number.NaN, 1, 2, 8, 7, 6, 5]);
  const { undecided } = runExact(sorting(type), [liftValue(x)]).value as ExactTensor;
  expect([...(undecided ?? new Uint8Array(8))]).toEqual(marks);
});
