/** StableHLO text made to hurt ends in an AssayError with a place: never a crash, never a hang. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importCode } from '../../support/stablehlo.ts';

const many = (n: number, item: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => item(i));

function main(body: string, before = ''): string {
  const result = '%r = stablehlo.constant dense<0.0> : tensor<f32>\nreturn %r : tensor<f32>';
  return `${before}\nfunc.func @main() -> tensor<f32> {\n${body}\n${result}\n}`;
}

/** f0 returns its argument; every other function calls the one before it `times` times. */
function calls(depth: number, times: number): string {
  const functions = many(depth, (i) => {
    const body = many(times, (k) => {
      return `%${k + 1} = call @f${i - 1}(%${k}) : (tensor<f32>) -> tensor<f32>\n`;
    });
    const [text, last] = i ? [body.join(''), times] : ['', 0];
    const head = `func.func private @f${i}(%0: tensor<f32>) -> tensor<f32>`;
    return `${head} {\n${text}return %${last} : tensor<f32>\n}`;
  });
  const top = `%v = call @f${depth - 1}(%x) : (tensor<f32>) -> tensor<f32>\nreturn %v : tensor<f32>`;
  return `${functions.join('\n')}\nfunc.func @main(%x: tensor<f32>) -> tensor<f32> {\n${top}\n}`;
}

const hostile: Readonly<Record<string, readonly [string, string]>> = {
  'types nested without end': [main('', `!t = ${'tuple<'.repeat(1e5)}`), 'too-deep'],
  'attributes nested without end': [main('', `#a = ${'['.repeat(1e5)}`), 'too-deep'],
  'regions nested without end': [main(`%0 = ${'"stablehlo.if"(%p) ({'.repeat(1e4)}`), 'too-deep'],
  'type aliases that double': [
    main(
      '',
      `!t0 = tuple<tensor<f32>>\n${many(60, (i) => `!t${i + 1} = tuple<!t${i}, !t${i}>`).join('\n')}`,
    ),
    'too-large',
  ],
  'attribute aliases that double': [
    main(
      '%i = stablehlo.iota dim = 0 : tensor<2xf32>\n%0 = stablehlo.reverse %i, dims = #a60 : tensor<2xf32>',
      `#a0 = [0]\n${many(60, (i) => `#a${i + 1} = [#a${i}, #a${i}]`).join('\n')}`,
    ),
    'attribute',
  ],
  'calls that double': [calls(60, 2), 'too-large'],
  'calls nested without end': [calls(500, 1), 'too-deep'],
  recursion: [
    'func.func @main(%x: tensor<f32>) -> tensor<f32> {\n%0 = call @main(%x) : (tensor<f32>) -> tensor<f32>\nreturn %0 : tensor<f32>\n}',
    'recursion',
  ],
  'sizes beyond counting': [
    main('%0 = stablehlo.constant dense<1.0> : tensor<99999999999x99999999999xf32>'),
    'too-large',
  ],
  'a list that is not there': [
    main('%0 = stablehlo.constant dense<[1.0]> : tensor<99999999999xf32>'),
    'dense-size',
  ],
  'results without end': [
    main('%0:1000000000 = stablehlo.constant dense<1.0> : tensor<f32>'),
    'results',
  ],
  'a string that is never closed': [main(`%0 = "${'\\"'.repeat(1e5)}`), 'unterminated'],
  'nothing but comments': ['// x\n'.repeat(1e6), 'no-function'],
};

describe('made to hurt', () => {
  test.each(Object.entries(hostile))('%s', (_, [text, code]) => {
    expect(importCode(text)).toBe(`stablehlo/${code}`);
  });
});

const sample = `#map = array<i64: 0>
module @m {
  func.func public @main(%arg0: tensor<2x3xf32>) -> (tensor<2xf32>, tensor<i32>) {
    %c = stablehlo.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
    %z = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
    %1 = "stablehlo.reverse"(%0) <{dimensions = #map}> : (tensor<2xf32>) -> tensor<2xf32>
    %i = stablehlo.constant dense<0> : tensor<i32>
    %2:2 = stablehlo.while(%a = %i, %b = %1) : tensor<i32>, tensor<2xf32>
     cond {
      %p = stablehlo.compare LT, %a, %i, SIGNED : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %p : tensor<i1>
    } do {
      stablehlo.return %a, %b : tensor<i32>, tensor<2xf32>
    }
    return %2#1, %2#0 : tensor<2xf32>, tensor<i32>
  }
}
`;

test('every beginning of a text is refused, and the whole accepted', () => {
  expect(importCode(sample)).toBe('accepted');
  const last = sample.lastIndexOf('}');
  for (let end = 0; end <= last - 4; end++) {
    expect(importCode(sample.slice(0, end))).toMatch(/^(stablehlo|verify)\//);
  }
});

test('a text with a part taken out, or put in twice, is accepted or refused', () => {
  const place = fc.nat(sample.length);
  fc.assert(
    fc.property(place, fc.nat(20), place, (from, length, to) => {
      const part = sample.slice(from, from + length);
      const without = sample.slice(0, from) + sample.slice(from + length);
      const twice = sample.slice(0, to) + part + sample.slice(to);
      for (const text of [without, twice]) {
        expect(importCode(text)).toMatch(/^(accepted$|stablehlo\/|verify\/|shape\/|attr\/)/);
      }
    }),
    { numRuns: 500 },
  );
});
