/**
 * Bounded dynamic sizes: where they go, as XLA's dynamic dimension inference sends them; what is
 * undecided; what is refused by name; and cases, recorded inputs and comparisons of such modules.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { nameTensors, valuesFrom } from '../../golden/values.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { judge, judgeBits } from '../../validator/verdict/judge.ts';
import { counting } from '../support/exact/naive.ts';
import { callees, numbers } from '../support/run-op.ts';

const module = (lines: readonly string[], more = ''): Module =>
  parseModule(`HloModule test\n${callees}\n${more}\nENTRY main {\n${lines.join('\n')}\n}\n`);

const shapes = (v: Value) => leafTensors(v).map((t) => `${t.shape.type}[${t.shape.dims}]`);

const sized = (bound: number, size: string, name = 'd', from = 'p') =>
  `${name} = s32[<=${bound}] set-dimension-size(${from}, ${size}), dimensions={0}`;
const whole = (n: number) => tensorOf('s32', [], [n]);
const list = (...values: number[]) => tensorOf('s32', [values.length], values);

describe('sizes', () => {
  const head = ['p = s32[5] parameter(0)', 'n = s32[] parameter(1)', 'k = s32[] parameter(2)'];

  test('get-dimension-size reads what set-dimension-size set, through other ops', () => {
    const m = module([
      ...head,
      sized(5, 'n'),
      'e = s32[<=5] add(d, d)',
      'ROOT r = s32[] get-dimension-size(e), dimensions={0}',
    ]);
    const sizes = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(sizes, (n) => {
        expect(numbers(runReference(m, [list(1, 2, 3, 4, 5), whole(n), whole(0)]))).toEqual([n]);
      }),
    );
  });

  test.each([
    [3, 2, [2, 4]],
    [1, 3, [2, 3, 4]],
    [2, 2, [2, 4]],
    [0, 3, []],
    [1, 0, []],
  ])(
    'an operand of %i and one of %i elements: one is spread, else the shorter counts',
    (n, k, want) => {
      const m = module([...head, sized(5, 'n'), sized(5, 'k', 'e'), 'ROOT r = s32[<=5] add(d, e)']);
      expect(numbers(runReference(m, [list(1, 2, 3, 4, 5), whole(n), whole(k)]))).toEqual(want);
    },
  );

  test('what is spread has its errors in common, as after a broadcast', () => {
    const dynamic = module([
      'x = f32[<=5,2] parameter(0)',
      'y = f32[<=5,2] parameter(1)',
      'l = f32[<=5,2] log(x)',
      'ROOT r = f32[<=5,2] add(l, y)',
    ]);
    const written = module([
      'x = f32[1,2] parameter(0)',
      'y = f32[3,2] parameter(1)',
      'l = f32[1,2] log(x)',
      's = f32[2] reshape(l)',
      'b = f32[3,2] broadcast(s), dimensions={1}',
      'ROOT r = f32[3,2] add(b, y)',
    ]);
    const inputs = [tensorOf('f32', [1, 2], [3, 5]), counting('f32', [3, 2])];
    const [got, want] = [dynamic, written].map(
      (m) => runExact(m, inputs.map(fromPlainValue)).value,
    );
    expect(got).toEqual(want);
  });

  test('a static operand is cut to a dynamic one', () => {
    const m = module([...head, sized(5, 'n'), 'ROOT r = s32[<=5] multiply(p, d)']);
    expect(numbers(runReference(m, [list(1, 2, 3, 4, 5), whole(3), whole(0)]))).toEqual([1, 4, 9]);
  });

  test('a slice holds what is valid of its range', () => {
    const m = module([...head, sized(5, 'n'), 'ROOT r = s32[<=2] slice(d), slice={[1:5:2]}']);
    const of = (n: number) => numbers(runReference(m, [list(1, 2, 3, 4, 5), whole(n), whole(0)]));
    expect([0, 1, 2, 3, 4, 5].map(of)).toEqual([[], [], [2], [2], [2, 4], [2, 4]]);
  });

  test('elements past the valid ones do not count', () => {
    const m = module([
      ...head,
      sized(5, 'n'),
      'ROOT r = s32[] reduce(d, k), dimensions={0}, to_apply=add_s32',
    ]);
    expect(numbers(runReference(m, [list(1, 2, 4, 8, 16), whole(3), whole(0)]))).toEqual([7]);
  });
});

describe('reshape: which dimension gives way', () => {
  const reshaped = (from: string, size: string, to: string, n: number, along: number) => {
    const count = [...from.matchAll(/\d+/g)].reduce((a, [d]) => a * Number(d), 1);
    const dims = from.split(',').map(Number);
    const marked = dims.map((d, k) => (k === along ? `<=${d}` : d));
    const m = module([
      `p = s32[${from}] parameter(0)`,
      `n = s32[] constant(${n})`,
      `d = s32[${marked}] set-dimension-size(p, n), dimensions={${along}}`,
      `ROOT r = s32[${to}] reshape(d)${size}`,
    ]);
    const r = runReference(m, [
      tensorOf(
        's32',
        dims,
        Array.from({ length: count }, (_, i) => i),
      ),
    ]);
    return leafTensors(r)[0];
  };
  test.each([
    ['12', ', inferred_dimension=1', '2,<=3,2', 8, 0, [2, 2, 2]],
    ['6,2', ', inferred_dimension=1', '2,<=3,2', 4, 0, [2, 2, 2]],
    ['2,6', '', '2,2,<=3', 4, 1, [2, 2, 2]],
    ['1,2,5,1', '', '<=10', 3, 2, [6]],
    ['1,2,5,1', '', '2,<=5', 3, 2, [2, 3]],
    ['1,2,5,1', '', '<=10', 0, 0, [0]],
    ['2,4,4', ', inferred_dimension=0', '<=16,2', 2, 1, [8, 2]],
  ])('[%s]%s → [%s] with %i valid along %i', (from, size, to, n, along, want) => {
    expect(reshaped(from, size, to, n, along).shape.dims).toEqual(want);
  });

  test('valid elements keep their order', () => {
    expect(numbers(reshaped('2,6', '', '2,2,<=3', 4, 1))).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
  });

  test('one that is not clear is refused', () => {
    expect(() => reshaped('4', '', '<=2,<=2', 2, 0)).toThrow(/%r \(reshape\): which of dimensions/);
  });

  test('dynamic-reshape takes the sizes that it is given', () => {
    const m = module([
      'p = s32[2,3] parameter(0)',
      'n = s32[] parameter(1)',
      'two = s32[] constant(2)',
      'ROOT r = s32[<=3,<=6] dynamic-reshape(p, n, two)',
    ]);
    const p = tensorOf('s32', [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(shapes(runReference(m, [p, whole(3)]))).toEqual(['s32[3,2]']);
    expect(() => runReference(m, [p, whole(2)])).toThrow(/%r \(dynamic-reshape\): \[2,3\] has 6/);
  });
});

const stack = `
body { s = (s32[<=4,2], s32[]) parameter(0)
  buffer = s32[<=4,2] get-tuple-element(s), index=0
  last = s32[] get-tuple-element(s), index=1
  size = s32[] get-dimension-size(buffer), dimensions={0}
  row = s32[1,2] broadcast(size), dimensions={}
  one = s32[] constant(1)
  zero = s32[] constant(0)
  more = s32[] add(size, one)
  grown = s32[<=4,2] set-dimension-size(buffer, more), dimensions={0}
  pushed = s32[<=4,2] dynamic-update-slice(grown, row, size, zero)
  ROOT t = (s32[<=4,2], s32[]) tuple(pushed, last) }
goes_on { s = (s32[<=4,2], s32[]) parameter(0)
  buffer = s32[<=4,2] get-tuple-element(s), index=0
  last = s32[] get-tuple-element(s), index=1
  size = s32[] get-dimension-size(buffer), dimensions={0}
  ROOT r = pred[] compare(size, last), direction=LT }`;

test('a loop may push onto a stack; what growing adds is undecided until it is written', () => {
  const lines = (root: string) => [
    'empty = s32[4,2] parameter(0)',
    'last = s32[] parameter(1)',
    'zero = s32[] constant(0)',
    'none = s32[<=4,2] set-dimension-size(empty, zero), dimensions={0}',
    'start = (s32[<=4,2], s32[]) tuple(none, last)',
    'end = (s32[<=4,2], s32[]) while(start), condition=goes_on, body=body',
    root,
  ];
  const pushed = module(lines('ROOT r = s32[<=4,2] get-tuple-element(end), index=0'), stack);
  const grown = module(
    lines('ROOT r = s32[<=4,2] set-dimension-size(none, last), dimensions={0}'),
    stack,
  );
  const inputs = [counting('s32', [4, 2]), whole(3)];
  expect(numbers(runReference(pushed, inputs))).toEqual([0, 0, 1, 1, 2, 2]);
  const exact = (m: Module) => runExact(m, inputs.map(fromPlainValue)).value as ExactTensor;
  expect(exact(pushed).undecided).toBeUndefined();
  expect([...(exact(grown).undecided ?? [])]).toEqual([1, 1, 1, 1, 1, 1]);
});

test('branches take and give values of their own sizes', () => {
  const branches = `
double { p = s32[<=3] parameter(0)
  ROOT r = s32[<=6] concatenate(p, p), dimensions={0} }
pass { p = s32[<=3] parameter(0)
  zero = s32[0] constant({})
  ROOT r = s32[<=6] concatenate(p, zero), dimensions={0} }`;
  const m = module(
    [
      'p = s32[<=3] parameter(0)',
      'which = pred[] parameter(1)',
      'ROOT r = s32[<=6] conditional(which, p, p), true_computation=double, false_computation=pass',
    ],
    branches,
  );
  const of = (which: number) => runReference(m, [list(7, 8), tensorOf('pred', [], [which])]);
  expect([of(1), of(0)].map((v) => numbers(v))).toEqual([
    [7, 8, 7, 8],
    [7, 8],
  ]);
});

test('PadToStatic and SliceToDynamic are the ends of a dynamic value', () => {
  const m = module([
    'p = s32[<=4,2] parameter(0)',
    's = (s32[4,2], s32[], s32[]) custom-call(p), custom_call_target="PadToStatic"',
    'a = s32[4,2] get-tuple-element(s), index=0',
    'n = s32[] get-tuple-element(s), index=1',
    'k = s32[] get-tuple-element(s), index=2',
    'd = s32[<=4,2] custom-call(a, n, k), custom_call_target="SliceToDynamic"',
    'ROOT r = (s32[4,2], s32[], s32[<=4,2]) tuple(a, n, d)',
  ]);
  const p = tensorOf('s32', [1, 2], [5, 6]);
  expect(leafTensors(runReference(m, [p])).map((t) => numbers(t))).toEqual([
    [5, 6, 0, 0, 0, 0, 0, 0],
    [1],
    [5, 6],
  ]);
  const { elements } = runExact(m, [fromPlainValue(p)]).value as {
    elements: readonly ExactTensor[];
  };
  expect([...(elements[0].undecided ?? [])]).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  expect(elements[2].undecided).toBeUndefined();
});

test('a size that rounding decides leaves the value and its sizes undecided', () => {
  const m = module([
    'p = s32[4] parameter(0)',
    'x = f32[] parameter(1)',
    'third = f32[] constant(0.333333343)',
    'y = f32[] multiply(x, third)',
    'n = s32[] convert(y)',
    'd = s32[<=4] set-dimension-size(p, n), dimensions={0}',
    'e = s32[<=4] negate(d)',
    'k = s32[] get-dimension-size(e), dimensions={0}',
    'ROOT r = (s32[<=4], s32[]) tuple(e, k)',
  ]);
  const inputs = [list(1, 2, 3, 4), tensorOf('f32', [], [9])];
  const { value, reasons } = runExact(m, inputs.map(fromPlainValue));
  const [e, k] = (value as { elements: readonly ExactTensor[] }).elements;
  expect([e.unsized, e.shape.dims, [...(e.undecided ?? [])]]).toEqual([true, [4], [1, 1, 1, 1]]);
  expect([...(k.undecided ?? [])]).toEqual([1]);
  expect(reasons).toEqual(['set-dimension-size d: its size is undecided']);
  const [before, after] = [
    [1, 2, 3],
    [1, 2],
  ].map((of) => tensorOf('s32', [of.length], of));
  expect(judge(after, before, e).verdict).toBe('undecided');
});

describe('refused by name and place', () => {
  const p = [
    'p = f32[<=4] parameter(0)',
    'q = f32[<=4,<=4] parameter(1)',
    'n = s32[] parameter(2)',
  ];
  const inputs = [tensorOf('f32', [2], [1, 2]), counting('f32', [3, 3]), whole(5)];
  test.each([
    ['f32[<=4,<=4] cholesky(q)', /%r \(cholesky\): dynamic sizes do not go through this op/],
    ['f32[<=4] bitcast(p)', /%r \(bitcast\): dynamic sizes/],
    ['f32[<=4] custom-call(p), custom_call_target="mine"', /do not go through the target mine/],
    ['f32[<=4] set-dimension-size(p, n), dimensions={0}', /the size 5 does not lie in 0 … 4/],
    ['f32[1] slice(p), slice={[2:3]}', /no element 2 along 0, whose size is 2/],
    ['f32[2] dynamic-slice(p, n), dynamic_slice_sizes={2}', /a part of dimension 0/],
    ['f32[<=4] iota(), iota_dimension=0', /%r \(iota\): dynamic sizes do not go through/],
  ])('%s', (op, message) => {
    const m = module([...p, `ROOT r = ${op}`]);
    expect(() => runReference(m, inputs)).toThrow(message);
    expect(() => runExact(m, inputs.map(fromPlainValue))).toThrow(message);
  });

  test('a parameter without a bound', () => {
    const m = module(['p = f32[?] parameter(0)', 'ROOT r = f32[?] negate(p)']);
    expect(() => runReference(m, [counting('f32', [5])])).toThrow(
      /parameter 0 \(p\): .*without a bound/,
    );
  });

  test('an input larger than its bound', () => {
    const m = module(['p = f32[<=4] parameter(0)', 'ROOT r = f32[<=4] negate(p)']);
    expect(() => runReference(m, [counting('f32', [5])])).toThrow(/needs f32\[<=4\], got f32\[5\]/);
  });
});

describe('around a run', () => {
  const twice = module(['p = f32[<=9,3] parameter(0)', 'ROOT r = f32[<=9,3] add(p, p)']);

  test('cases draw sizes from the seed, at times the bound, alike for alike bounds', () => {
    const m = module([
      'p = f32[<=9,3] parameter(0)',
      'q = f32[<=9] parameter(1)',
      'ROOT r = (f32[<=9,3], f32[<=9]) tuple(p, q)',
    ]);
    const sizes = Array.from({ length: 40 }, (_, seed) => {
      const [p, q] = generateCase(m, 'typical', seed).inputs.flatMap(leafTensors);
      expect([p.shape.dims[1], q.shape.dims]).toEqual([3, [p.shape.dims[0]]]);
      return p.shape.dims[0];
    });
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
    expect(new Set(sizes).size).toBeGreaterThan(4);
    expect(sizes).toContain(9);
  });

  test('recorded tensors may be smaller than the bound, not larger, nor of another type', () => {
    const shape = { kind: 'array', type: 'f32', dims: [9, 3], dynamic: [true, false] } as const;
    const read = (t: Tensor) => valuesFrom(nameTensors('arg', [t]), 'arg', [shape]);
    expect(shapes(read(counting('f32', [4, 3]))[0])).toEqual(['f32[4,3]']);
    for (const t of [counting('f32', [10, 3]), counting('f32', [4, 2]), counting('s32', [4, 3])]) {
      expect(() => read(t)).toThrow(/expected f32\[<=9,3\]/);
    }
  });

  test('compare sees a fault in a value, and one in a size', () => {
    const cases = defaultCases(twice, 1).map(sessionCase);
    const against = (...lines: readonly string[]) => {
      const after = module(['p = f32[<=9,3] parameter(0)', ...lines]);
      const contract = { kind: 'reassociates' } as const;
      return compareModules({
        beforeName: 'a',
        afterName: 'b',
        before: twice,
        after,
        contract,
        cases,
      }).verdict;
    };
    expect(
      against(
        'two = f32[] constant(2)',
        'b = f32[9,3] broadcast(two), dimensions={}',
        'ROOT r = f32[<=9,3] multiply(p, b)',
      ),
    ).toBe('identical');
    expect(against('ROOT r = f32[<=9,3] multiply(p, p)')).toBe('beyond');
    expect(
      against(
        'a = f32[<=9,3] add(p, p)',
        'n = s32[] constant(1)',
        'ROOT r = f32[<=9,3] set-dimension-size(a, n), dimensions={0}',
      ),
    ).toBe('beyond');
  });

  test('compare looks bounds up in the module, wherever a region begins', () => {
    const lines = (root: string) => [
      'x = f32[7] parameter(0)',
      'q = f32[5,<=6,2] parameter(1)',
      'y = f32[7] negate(x)',
      'a = f32[5,<=6,2] exponential(q)',
      'b = f32[5,<=12] reshape(a)',
      'zero = s32[] constant(0)',
      'two = s32[] constant(2)',
      'c = f32[2,<=12] dynamic-slice(b, two, zero), dynamic_slice_sizes={2,12}',
      'd = f32[2,<=12] dynamic-update-slice(c, c, zero, zero)',
      `e = f32[2,<=12] ${root}`,
      'z = f32[] constant(0)',
      's = f32[2] reduce(e, z), dimensions={1}, to_apply=add_f32',
      'ROOT r = (f32[7], f32[2]) tuple(y, s)',
    ];
    const before = module(lines('add(d, d)'));
    const cases = defaultCases(before, 3).map(sessionCase);
    const against = (root: string) =>
      compareModules({
        ...{ beforeName: 'a', afterName: 'b', before, after: module(lines(root)), cases },
        contract: { kind: 'reassociates' },
      });
    expect(against('subtract(d, d)')).toMatchObject({ verdict: 'beyond', skipped: [] });
    expect(against('multiply(d, d)')).toMatchObject({ verdict: 'beyond', skipped: [] });
    expect(against('add(d, d)')).toMatchObject({ verdict: 'identical', skipped: [], decided: 1 });
  });

  test('values of other sizes are never the same', () => {
    const [a, b] = [counting('f32', [2, 3]), counting('f32', [3, 2])];
    expect(judgeBits(b, a)).toMatchObject({
      verdict: 'beyond',
      worst: { before: '[2,3]', after: '[3,2]' },
    });
  });
});
