/** The exact mode where the order of a fold or of a sort is left open: every order must fit. */
import { expect, it } from 'vitest';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { boundAt } from '../../validator/exact/core/radius.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { opModule } from '../support/run-op.ts';

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
  const exact = runExact(sum, [fromPlainValue(x)]).value as ExactTensor;
  const reference = runReference(sum, [x]) as Tensor;
  const distance = Math.abs(Number(reference.data[0]) - Number(exact.data[0]));
  expect(distance).toBeGreaterThan(0);
  expect(distance).toBeLessThanOrEqual(exact.bound?.[0] ?? 0);
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
  const { undecided } = runExact(sorting(type), [fromPlainValue(x)]).value as ExactTensor;
  expect([...(undecided ?? new Uint8Array(8))]).toEqual(marks);
});

/** A chain of four terms, written in two orders, wherever instructions may stand. */
const chain = (op: string, [a, b, c, d]: readonly string[]) =>
  `s = f32[4] ${op}(${a}, ${b})  t = f32[4] ${op}(s, ${c})  ROOT r = f32[4] ${op}(t, ${d})`;
const four = [0, 1, 2, 3].map((n) => `p${n} = f32[4] parameter(${n})`).join('  ');
const callers: Readonly<Record<string, (body: string) => string>> = {
  'the entry computation': (body) => `ENTRY e { ${four}  ${body} }`,
  'a call': (body) => `f { ${four}  ${body} }
    ENTRY e { ${four}  ROOT c = f32[4] call(p0, p1, p2, p3), to_apply=f }`,
  'a fusion': (body) => `f { ${four}  ${body} }
    ENTRY e { ${four}  ROOT c = f32[4] fusion(p0, p1, p2, p3), kind=kLoop, calls=f }`,
  'a mapped function': (body) =>
    `f { ${four}  ${body} }
    ENTRY e { ${four}  ROOT m = f32[4] map(p0, p1, p2, p3), dimensions={0}, to_apply=f }`.replace(
      /f \{.*\}/s,
      (f) => f.replace(/^f \{.*?\}/s, (g) => g.replaceAll('f32[4]', 'f32[]')),
    ),
  'the body of a loop': (body) => `
    f { ${four}  ${body} }
    step { s = (s32[], f32[4], f32[4], f32[4], f32[4]) parameter(0)
      i = s32[] get-tuple-element(s), index=0  one = s32[] constant(1)  j = s32[] add(i, one)
      p0 = f32[4] get-tuple-element(s), index=1  p1 = f32[4] get-tuple-element(s), index=2
      p2 = f32[4] get-tuple-element(s), index=3  p3 = f32[4] get-tuple-element(s), index=4
      c = f32[4] call(p0, p1, p2, p3), to_apply=f
      ROOT t = (s32[], f32[4], f32[4], f32[4], f32[4]) tuple(j, c, p1, p2, p3) }
    go { s = (s32[], f32[4], f32[4], f32[4], f32[4]) parameter(0)
      i = s32[] get-tuple-element(s), index=0  n = s32[] constant(1)
      ROOT l = pred[] compare(i, n), direction=LT }
    ENTRY e { ${four}  zero = s32[] constant(0)
      s = (s32[], f32[4], f32[4], f32[4], f32[4]) tuple(zero, p0, p1, p2, p3)
      w = (s32[], f32[4], f32[4], f32[4], f32[4]) while(s), condition=go, body=step
      ROOT r = f32[4] get-tuple-element(w), index=1 }`,
};
const orders: readonly string[][] = [
  ['p0', 'p1', 'p2', 'p3'],
  ['p1', 'p2', 'p3', 'p0'],
  ['p3', 'p1', 'p0', 'p2'],
];

it.each(
  Object.keys(callers).flatMap((where) => ['add', 'multiply'].map((op) => [op, where] as const)),
)('an %s chain in %s may run in any order', (op, where) => {
  const [written, ...others] = orders.map((o) =>
    parseModule(`HloModule m\n${callers[where]!(chain(op, o))}`),
  );
  const inputs = [
    [1e8, 0.1, 0.3, 1.7],
    [-1e8, 0.7, 1.1, 3.3],
    [1, 0.9, 7.7, 0.3],
    [0.5, 1.3, 0.1, 9.1],
  ].map((data) => tensorOf('f32', [4], data));
  const exact = runExact(written!, inputs.map(fromPlainValue)).value as ExactTensor;
  const results = others.map((o) => runReference(o, inputs) as Tensor);
  expect(
    results.some((r) => String(r.data) !== String((runReference(written!, inputs) as Tensor).data)),
  ).toBe(true);
  for (const { data } of results) {
    const uses = [...data].map(
      (x, i) => Math.abs(Number(x) - Number(exact.data[i])) / (exact.bound?.[i] ?? 0),
    );
    expect(uses.filter((use) => use > 1)).toEqual([]);
  }
});

/** A real part that is exact term by term in one order: 2²³ - 2²³ - 1/8 - 1/8. */
const [large, small] = [2 ** 23, 1 / 8];
const crosswise = [large, small, -large, small];
const ones = [1, 1, 1, 1];
const add = (...terms: readonly number[]) => terms.reduce((sum, t) => Math.fround(sum + t));
const inTurn = add(large, -small, -large, -small);

/** An op on complex numbers, the place of one of its numbers, and what another order makes of it. */
const complexSums: readonly [string, string, number, number, readonly Tensor[]][] = [
  [
    'a dot',
    'c64[] dot(p0, p1), lhs_contracting_dims={0}, rhs_contracting_dims={0}',
    0,
    inTurn,
    [tensorOf('c64', [2], crosswise), tensorOf('c64', [2], ones)],
  ],
  [
    'a convolution',
    'c64[1,1] convolution(p0, p1), dim_labels=bf_io->bf',
    0,
    inTurn,
    [tensorOf('c64', [1, 2], crosswise), tensorOf('c64', [2, 1], ones)],
  ],
  [
    'a transform of length 4',
    'c64[4] fft(p0), fft_type=FFT, fft_length={4}',
    2,
    add(large, small, -large, small),
    [tensorOf('c64', [4], [large, 0, 0, small, large, 0, 0, -small])],
  ],
  [
    'a transform of two dimensions',
    'c64[2,2] fft(p0), fft_type=FFT, fft_length={2,2}',
    0,
    add(add(2 ** 24, 1), add(-(2 ** 24), 1)),
    [tensorOf('c64', [2, 2], [2 ** 24, 0, -(2 ** 24), 0, 1, 0, 1, 0])],
  ],
];

it.each(complexSums)('%s is exact only if it is so in any order', (_, text, at, other, inputs) => {
  const module = opModule(
    inputs.map((t) => t.shape),
    text,
  );
  const exact = runExact(module, inputs.map(fromPlainValue)).value as ExactTensor;
  const distance = Math.abs(other - Number(exact.data[at]));
  expect(distance).toBeGreaterThan(0);
  expect(boundAt(exact, at)).toBeGreaterThanOrEqual(distance);
});
