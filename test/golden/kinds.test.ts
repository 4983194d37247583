/** Inputs at the ends: positions outside, whole ranges, special values in small arrays, constants. */
import { describe, expect, it } from 'vitest';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { chosenKinds } from '../../golden/kinds/chosen-kinds.ts';
import { indexUses } from '../../golden/kinds/index-ranges.ts';
import type { CaseKind } from '../../golden/kinds/kinds.ts';
import { mentionsOf } from '../../golden/kinds/mentioned.ts';
import { addsInPairs, denseFactors, longestSum } from '../../golden/kinds/sums.ts';
import { reassociates } from '../../graphs/ir/contract.ts';
import { type ElementType, floatFormat } from '../../graphs/ir/element-type.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { leafTensors, type Tensor } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';

const entry = (body: string, computations = '') =>
  parseModule(`HloModule m\n\n${computations}\n\nENTRY e {\n${body}\n}\n`);

const numbersOf = (t: Tensor) => Array.from(t.data as Float32Array, Number);

function drawn(module: Module, kind: CaseKind, seed = 1): readonly number[][] {
  const { inputs } = generateCase(module, kind, seed);
  return inputs.flatMap(leafTensors).map(numbersOf);
}

/** All numbers that a parameter holds over the default cases. */
function met(module: Module, parameter: number, others: readonly Module[] = []): number[] {
  return defaultCases(module, 1, { others }).flatMap(({ inputs }) =>
    numbersOf(inputs[parameter] as Tensor),
  );
}

const sum = `add { x = TYPE[] parameter(0)
 y = TYPE[] parameter(1)
 ROOT s = TYPE[] add(x, y) }`;

const summed = (type: ElementType, n: number) =>
  entry(
    ` a = ${type}[${n}] parameter(0)\n z = ${type}[] constant(0)\n` +
      ` ROOT r = ${type}[] reduce(a, z), dimensions={0}, to_apply=add`,
    sum.replaceAll('TYPE', type),
  );

describe('sparse', () => {
  it.each([
    ['bf16', 4096],
    ['f16', 4096],
    ['f8e4m3fn', 256],
    ['f8e5m2', 64],
  ] as const)('a sum of %s[%i] is exact in each case, and all terms are met', (type, n) => {
    const module = summed(type, n);
    const cases = defaultCases(module, 1).filter((c) => c.kind === 'sparse');
    const terms = cases.map((c) => numbersOf(c.inputs[0] as Tensor));
    for (const xs of terms) {
      const total = xs.reduce((s, x) => s + Math.abs(x), 0);
      expect(rounder(type)(total)).toBe(total);
      expect(total).toBeLessThan(2 ** floatFormat(type).precision);
    }
    const lost = Array.from({ length: n }, (_, i) => i).filter((i) => !terms.some((xs) => xs[i]));
    expect(lost).toEqual([]);
    expect([terms[0]![0], terms[0]!.at(-1)].map(Math.abs as (x?: number) => number)).toEqual([
      1, 1,
    ]);
  });

  it('along any axis, lines hold few terms and all places are met', () => {
    const module = entry(
      ` a = bf16[512,64] parameter(0)\n z = bf16[] constant(0)\n` +
        ' ROOT r = bf16[64] reduce(a, z), dimensions={0}, to_apply=add',
      sum.replaceAll('TYPE', 'bf16'),
    );
    const [a] = drawn(module, 'sparse');
    const at = (i: number, j: number) => Math.abs(a![i * 64 + j]!);
    for (let j = 0; j < 64; j++) {
      let line = 0;
      for (let i = 0; i < 512; i++) line += at(i, j);
      expect(line).toBeLessThan(256);
      expect(line).toBeGreaterThan(64);
    }
    for (let i = 0; i < 512; i++) {
      expect(Array.from({ length: 64 }, (_, j) => at(i, j)).some((x) => x > 0)).toBe(true);
    }
  });

  it('of the factors of a product one is dense', () => {
    const module = entry(` a = f32[4,512] parameter(0)
 b = f32[512,4] parameter(1)
 c = f32[4,4] parameter(2)
 d = f32[4,4] dot(a, b), lhs_contracting_dims={1}, rhs_contracting_dims={0}
 ROOT r = f32[4,4] add(d, c)`);
    expect(longestSum(module)).toEqual({ terms: 512, capacity: 255, by: 'dot %d' });
    expect([...denseFactors(module)]).toEqual([1]);
    expect(drawn(module, 'sparse')[1]).not.toContain(0);
  });
});

describe('wide', () => {
  it.each(['f16', 'bf16', 'f32', 'f64'] as const)(
    'squares of %s overflow and underflow',
    (type) => {
      const square = entry(` a = ${type}[64] parameter(0)\n ROOT r = ${type}[64] multiply(a, a)`);
      const squares = drawn(square, 'wide')[0]!.map((x) => rounder(type)(x * x));
      expect(squares).toContain(Infinity);
      expect(squares).toContain(0);
      expect(squares.filter((x) => x > 0 && x < Infinity).length).toBeGreaterThan(4);
      expect(chosenKinds(square).map((c) => c.kind)).toContain('wide');
    },
  );

  it('where sums are taken, what overflows does so in every order', () => {
    const module = entry(
      ` a = f32[64,64] parameter(0)\n q = f32[64,64] multiply(a, a)\n z = f32[] constant(0)\n` +
        ' ROOT r = f32[64] reduce(q, z), dimensions={1}, to_apply=add',
      sum.replaceAll('TYPE', 'f32'),
    );
    const magnitudes = drawn(module, 'wide')[0]!.map(Math.abs);
    const squares = magnitudes.map((x) => x * x);
    expect(squares.some((x) => x > 2 ** 128)).toBe(true);
    expect(squares.filter((x) => x > 2 ** 120 && x < 2 ** 128)).toEqual([]);
  });

  /** How often x and y of either sign add up beyond f32, over the default cases. */
  const overflows = (body: string, n: number) => {
    const shape = `f32[${n}]`;
    const text = `x = ${shape} parameter(0)\n y = ${shape} parameter(1)\n ${body}`;
    const cases = defaultCases(entry(text.replaceAll('$', shape)), 1);
    const pairs = cases.flatMap((c) => {
      const [xs, ys] = c.inputs.map((v) => numbersOf(v as Tensor));
      return xs!.map((x, i) => [x, ys![i]!] as const).filter((p) => p.every(Number.isFinite));
    });
    const beyond = (f: (x: number, y: number) => number) =>
      pairs.some(([x, y]) => !Number.isFinite(Math.fround(f(x, y))) && Math.abs(x) > 2 ** 126);
    return [beyond((x, y) => x + y), beyond((x, y) => x - y)];
  };

  it.each([1, 2, 5, 10, 64])('two arrays of %i add up, and differ, beyond the range', (n) => {
    expect(overflows('ROOT r = $ add(x, y)', n)).toEqual([true, true]);
  });

  it.each([
    ['a product', 'ROOT r = $ multiply(x, y)'],
    ['a sum of three', 's = $ add(x, y)\n ROOT r = $ add(s, x)'],
    ['a sum and a product', 's = $ add(x, y)\n ROOT r = $ multiply(s, x)'],
  ])('%s: not both arrays are at the end of the range', (_, body) => {
    expect(
      addsInPairs([
        entry(`x = $ parameter(0)\n y = $ parameter(1)\n ${body}`.replaceAll('$', 'f32[4]')),
      ]),
    ).toBe(false);
  });

  it('a smaller range that a result is cut to is met at its ends', () => {
    const cut = entry(
      ' a = f64[10] parameter(0)\n ROOT r = f64[10] reduce-precision(a), exponent_bits=5, mantissa_bits=7',
    );
    const sizes = met(cut, 0).map(Math.abs);
    expect(sizes.some((x) => x > 2 ** 16 && x < 2 ** 128)).toBe(true);
    expect(sizes.some((x) => x > 2 ** -100 && x < 2 ** -24)).toBe(true);
  });
});

describe('special values in small arrays', () => {
  it.each([1, 2, 5, 16])('of %i elements: each is met over the default cases', (n) => {
    const module = entry(` x = f32[${n}] parameter(0)
 big = f32[64,64] parameter(1)
 ROOT t = (f32[${n}], f32[64,64]) tuple(x, big)`);
    const found = met(module, 0);
    const wanted = n === 1 ? [Number.NaN, -0, Infinity] : [Number.NaN, -0, Infinity, -Infinity];
    for (const special of wanted) {
      expect(found.some((x) => Object.is(x, special))).toBe(true);
    }
    const [first] = drawn(module, 'specials');
    expect(first!.every((x) => Number.isFinite(x) && x !== 0)).toBe(true);
  });

  it('two scalars meet each pair of special values', () => {
    const module = entry(` x = f32[] parameter(0)
 y = f32[] parameter(1)
 ROOT r = f32[] add(x, y)`);
    const named = (x: number) => (Object.is(x, -0) ? '-0' : Number.isFinite(x) && x ? '' : `${x}`);
    const pairs = defaultCases(module, 1).map((c) =>
      c.inputs.map((v) => named(numbersOf(v as Tensor)[0]!)).join(),
    );
    expect(new Set(pairs).size).toBe(6 ** 2);
  });

  it('whole rows are -0, and negative; complex numbers have both parts special', () => {
    const rows = drawn(entry(' ROOT x = f32[64,4] parameter(0)'), 'specials')[0]!;
    const row = (i: number) => rows.slice(4 * i, 4 * i + 4);
    const has = (test: (x: number) => boolean) =>
      Array.from({ length: 64 }, (_, i) => row(i)).some((r) => r.every(test));
    expect(has((x) => Object.is(x, -0))).toBe(true);
    expect(has((x) => x < 0 && x > -Infinity)).toBe(true);
    const [parts] = drawn(entry(' ROOT x = c64[64] parameter(0)'), 'specials');
    const both = Array.from({ length: 64 }, (_, i) => [parts![2 * i]!, parts![2 * i + 1]!]);
    expect(both.some((p) => p.every((x) => !Number.isFinite(x)))).toBe(true);
  });

  it('NaN has either sign, and payloads', () => {
    const { inputs } = generateCase(entry(' ROOT x = f32[64,64] parameter(0)'), 'specials', 1);
    const { data } = inputs[0] as Tensor;
    const bits = [...new Uint32Array(data.buffer)].filter((b) => (b & 0x7fffffff) > 0x7f800000);
    expect(new Set(bits.map((b) => b >>> 31))).toEqual(new Set([0, 1]));
    expect(bits.some((b) => b & 1)).toBe(true);
  });
});

describe('halfway cases', () => {
  it.each([
    ['f32', 'f16', 'f8e5m2'],
    ['f32', 'bf16', 'f8e4m3fn'],
    ['f64', 'f32', 'bf16'],
  ] as const)('%s by way of %s to %s rounds twice', (from, between, to) => {
    const [xs] = drawn(entry(` ROOT x = ${from}[64,64] parameter(0)`), 'near-ties');
    const [first, second] = [rounder(between), rounder(to)];
    expect(xs!.filter((x) => second(first(x)) !== second(x)).length).toBeGreaterThan(3);
  });

  it.each([
    ['s32', 'f32', 'bf16'],
    ['s64', 'f64', 'f32'],
    ['u64', 'f64', 'bf16'],
  ] as const)('%s by way of %s to %s rounds twice', (from, between, to) => {
    const { inputs } = generateCase(entry(` ROOT x = ${from}[64,32] parameter(0)`), 'near-ties', 1);
    const xs = Array.from((inputs[0] as Tensor).data, BigInt);
    const twice = xs.filter((x) => nearest(nearest(x, between), to) !== nearest(x, to));
    expect(twice.length).toBeGreaterThan(3);
  });

  it.each(['f32', 'f64'] as const)('%s: floor(x + 1/2) is not the nearest integer', (type) => {
    const module = entry(` x = ${type}[64,64] parameter(0)\n ROOT f = ${type}[64,64] floor(x)`);
    const sizes = drawn(module, 'near-ties')[0]!.map(Math.abs);
    const round = rounder(type);
    const wrong = sizes.filter((x) => Math.floor(round(x + 0.5)) - 0.5 > x);
    expect([wrong.some((x) => x < 1), wrong.some((x) => x > 1)]).toEqual([true, true]);
  });
});

/** An integer to the precision of a float type, ties to even. */
function nearest(x: bigint, type: ElementType): bigint {
  const size = x < 0n ? -x : x;
  const extra = BigInt(Math.max(0, size.toString(2).length - floatFormat(type).precision));
  const [kept, rest] = [size >> extra, size & ((1n << extra) - 1n)];
  const half = (1n << extra) >> 1n;
  const isUp = extra > 0n && (rest > half || (rest === half && (kept & 1n) === 1n));
  const rounded = (kept + (isUp ? 1n : 0n)) << extra;
  return x < 0n ? -rounded : rounded;
}

describe('integers', () => {
  it('of 64 bits use all of them', () => {
    const { inputs } = generateCase(entry(' ROOT x = s64[64] parameter(0)'), 'extremes', 1);
    const xs = [...((inputs[0] as Tensor).data as BigInt64Array)];
    expect(xs).toContain(-(2n ** 63n));
    expect(xs).toContain(2n ** 63n - 1n);
    expect(xs.filter((x) => BigInt(Number(x)) !== x).length).toBeGreaterThan(10);
  });

  it.each([4, 32])('s32[%i]: the minimum is divided by -1, and something by 0', (n) => {
    const module = entry(` x = s32[${n}] parameter(0)
 y = s32[${n}] parameter(1)
 ROOT r = s32[${n}] divide(x, y)`);
    const pairs = defaultCases(module, 1).flatMap(({ inputs }) => {
      const [x, y] = inputs.map((v) => numbersOf(v as Tensor));
      return x!.map((d, i) => `${d}/${y![i]}`);
    });
    expect(pairs).toContain(`${-(2 ** 31)}/-1`);
    expect(pairs.some((p) => p.endsWith('/0'))).toBe(true);
  });
});

describe('matrices that are factored', () => {
  const factored = (opcode: string) =>
    entry(` x = f32[2,5,5] parameter(0)
 t = f32[2,5,5] transpose(x), dimensions={0,2,1}
 ROOT r = f32[2,5,5] ${opcode}`);

  it.each(['lower=true', 'lower=false'])('have a factor, and unlike halves: %s', (half) => {
    const module = factored(`cholesky(t), ${half}`);
    const { inputs } = generateCase(module, 'typical', 1);
    expect(leafTensors(runReference(module, inputs)).flatMap(numbersOf)).not.toContain(Number.NaN);
    const [x] = inputs.flatMap(leafTensors).map(numbersOf);
    expect(x![1]).not.toBe(x![5]);
  });

  it('show the half that is read by default', () => {
    const [before, after] = ['cholesky(x), lower=true', 'cholesky(t), lower=true'].map(factored);
    const report = compareModules({
      ...{ beforeName: 'before.hlo', afterName: 'after.hlo', before: before!, after: after! },
      contract: reassociates,
      cases: defaultCases(before!, 1, { others: [after!] }).map(sessionCase),
    });
    expect(report.verdict).toBe('beyond');
  });
});

/** What parameter 1 must meet. */
const positions: readonly [string, string, readonly number[]][] = [
  ['a start', 'ROOT r = f32[3] dynamic-slice(x, n), dynamic_slice_sizes={3}', [-1, 6]],
  [
    'a length',
    'i = s32[8] iota(), iota_dimension=0\n b = s32[8] broadcast(n), dimensions={}\n' +
      ' ROOT r = pred[8] compare(i, b), direction=LT',
    [-1, 0, 8, 9],
  ],
  ['a shift', 'one = s32[] constant(1)\n ROOT r = s32[] shift-left(one, n)', [-1, 32]],
  ['a branch', 'ROOT r = f32[8] conditional(n, x, x), branch_computations={f, f}', [-1, 0, 1, 2]],
];

describe('positions, lengths and numbers of branches', () => {
  it.each(['s16', 's32', 's64'] as const)(
    '%s comes back inside where it is cut to 8 bits',
    (type) => {
      const rows = entry(` x = f32[8] parameter(0)\n n = ${type}[4] parameter(1)
 ROOT r = f32[4] gather(x, n), offset_dims={}, collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, slice_sizes={1}`);
      const cut = met(rows, 1).filter((n) => (n < 0 || n >= 8) && (n & 255) < 8 && n > -1000);
      expect(cut.length).toBeGreaterThan(0);
      expect(met(rows, 1).filter((n) => n < 0 && n >= -8).length).toBeGreaterThan(2);
    },
  );

  it.each(positions)('%s lies inside, below and past the end', (_, body, wanted) => {
    const text = ` x = f32[8] parameter(0)\n n = s32[] parameter(1)\n ${body}`;
    const module = entry(text, 'f { ROOT p = f32[8] parameter(0) }');
    expect(met(module, 1)).toEqual(expect.arrayContaining([...wanted]));
    expect(chosenKinds(module).map((c) => c.kind)).toContain('out-of-range');
  });

  const loop = (direction: string) =>
    entry(
      ` n = s32[] parameter(0)\n z = s32[] constant(0)\n s = (s32[], s32[]) tuple(z, n)\n` +
        ' ROOT w = (s32[], s32[]) while(s), condition=c, body=b',
      `c { s = (s32[], s32[]) parameter(0)
 i = s32[] get-tuple-element(s), index=0
 n = s32[] get-tuple-element(s), index=1
 ROOT l = pred[] compare(i, n), direction=${direction} }
b { s = (s32[], s32[]) parameter(0)
 i = s32[] get-tuple-element(s), index=0
 n = s32[] get-tuple-element(s), index=1
 k = s32[] constant(1)
 j = s32[] add(i, k)
 ROOT t = (s32[], s32[]) tuple(j, n) }`,
    );

  it('a loop runs no, one and all rounds, and is never endless', () => {
    const bounds = met(loop('LT'), 0);
    expect(bounds).toEqual(expect.arrayContaining([-1, 0, 1, 8]));
    expect(Math.max(...bounds)).toBeLessThan(300);
    expect(indexUses(loop('NE'))(0, [])?.outside).toBe('none');
    expect(met(loop('NE'), 0).filter((n) => n < 0)).toEqual([]);
  });
});

describe('constants', () => {
  const plain = entry(' x = f32[4] parameter(0)\n ROOT r = f32[4] add(x, x)');
  const guarded = entry(` x = f32[4] parameter(0)
 k = f32[] constant(1e30)
 b = f32[4] broadcast(k), dimensions={}
 c = pred[4] compare(x, b), direction=GT
 y = f32[4] add(x, x)
 ROOT r = f32[4] select(c, x, y)`);

  it('of either side, and their neighbours, are drawn', () => {
    const c = Math.fround(1e30);
    const up = c * (1 + 2 ** -23);
    const found = met(plain, 0, [guarded]);
    expect(found).toContain(c);
    expect(found.some((x) => x > c && x <= up)).toBe(true);
    expect(found.some((x) => x < c && x > c * 0.99)).toBe(true);
    expect(chosenKinds(plain).map((k) => k.kind)).not.toContain('constants');
  });

  const withHalf = (m: Module) =>
    parseModule(printModule(m).replace(/constant\(.*?\)/, 'constant(0.5)'));

  it('are those that decide, or that one side only has', () => {
    const scaled = entry(` x = f32[4] parameter(0)
 k = f32[] constant(7)
 b = f32[4] broadcast(k), dimensions={}
 ROOT r = f32[4] multiply(x, b)`);
    expect(mentionsOf([scaled])).toEqual([]);
    expect(mentionsOf([scaled, plain]).map((m) => m.value)).toEqual([7]);
    expect(mentionsOf([scaled, plain].map(withHalf)).map((m) => m.value)).toEqual([]);
    expect(mentionsOf([withHalf(guarded)]).map((m) => m.value)).toEqual([0.5]);
    expect(mentionsOf([guarded])).toEqual([{ value: Math.fround(1e30), by: 'compare %c' }]);
  });
});
