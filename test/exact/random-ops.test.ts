/**
 * Ops with hidden random state: any value of the distribution is right, so the reference draws from
 * a seed, and results that turn on a draw are judged only where every draw would do. Two draws are
 * two: a pass that makes them one is found, whatever its contract.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { type Contract, exact, reassociates } from '../../graphs/ir/contract.ts';
import {
  type ElementType,
  elementTypes,
  isComplex,
  isFloat,
} from '../../graphs/ir/element-type.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { backends } from '../../passes/backends.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { runPipeline } from '../../passes/pipeline/runner.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';
import { numbers } from '../support/run-op.ts';

const parse = (text: string): Module => parseModule(`HloModule m\n${text}`);
const uniform = 'distribution=rng_uniform';

const drawn = (type: ElementType, distribution: string, n: number) =>
  parse(`ENTRY e { a = ${type}[] parameter(0)  b = ${type}[] parameter(1)
    ROOT r = ${type}[${n}] rng(a, b), distribution=rng_${distribution} }`);

const scalar = (type: ElementType, x: number | bigint): Tensor => tensorOf(type, [], [x]);
const types = (Object.keys(elementTypes) as ElementType[]).filter((t) => !isComplex(t));

describe('draws', () => {
  test.each(types)('uniform %s lies in [a, b) and is a value of the type', (type) => {
    const module = drawn(type, 'uniform', 50);
    const round = rounder(type);
    const ends = fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: 1, max: 60 }));
    const wide = elementTypes[type].bits === 64 && !isFloat(type);
    const isSigned = elementTypes[type].format?.signed ?? true;
    fc.assert(
      fc.property(ends, fc.nat(), ([from, size], literalSeed) => {
        const start = isSigned ? from : Math.abs(from) + 1;
        const [a, b] = [round(start / 4), round((start + size) / 4)].map((x) =>
          wide ? BigInt(Math.trunc(x)) : x,
        );
        const r = runReference(module, [scalar(type, a), scalar(type, b)], { literalSeed });
        const all = numbers(r);
        const isInside = (x: number | bigint) => (a < b ? x >= a && x < b : x === a);
        expect(all.filter((x) => !isInside(x))).toEqual([]);
        if (!wide) expect(all.map((x) => round(Number(x)))).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  test('normal: a deviation scales and a mean shifts the same draws, on both sides of it', () => {
    const module = drawn('f64', 'normal', 400);
    const of = (mean: number, deviation: number) =>
      numbers(runReference(module, [scalar('f64', mean), scalar('f64', deviation)])).map(Number);
    const z = of(0, 1);
    expect(of(0, 4)).toEqual(z.map((x) => 4 * x));
    expect(of(3, 0.5)).toEqual(z.map((x) => 3 + 0.5 * x));
    const [within, above] = [z.filter((x) => Math.abs(x) < 1), z.filter((x) => x > 0)];
    expect(within.length).toBeGreaterThan(z.length / 2);
    expect(within.length).toBeLessThan(z.length);
    expect([above.length > z.length / 3, above.length < (2 * z.length) / 3]).toEqual([true, true]);
  });

  test('a seed decides them; other instructions, runs and seeds draw others', () => {
    const module = parse(`
      f { a = f32[] constant(0)  b = f32[] constant(1)  ROOT r = f32[9] rng(a, b), ${uniform} }
      ENTRY e { u = f32[9] call(), to_apply=f  v = f32[9] call(), to_apply=f
        a = f32[] constant(0)  b = f32[] constant(1)  w = f32[9] rng(a, b), ${uniform}
        ROOT t = (f32[9], f32[9], f32[9]) tuple(u, v, w) }`);
    const texts = (literalSeed: number) =>
      leafTensors(runReference(module, [], { literalSeed })).map((t) => t.data.join());
    expect(texts(1)).toEqual(texts(1));
    expect(new Set([...texts(1), ...texts(2)]).size).toBe(6);
  });

  test('the hidden state moves on by what each call says', () => {
    const module = parse(`ENTRY e { a = u64[2] rng-get-and-update-state(), delta=5
      b = u64[2] rng-get-and-update-state(), delta=7
      c = u64[2] rng-get-and-update-state(), delta=1
      ROOT t = (u64[2], u64[2], u64[2]) tuple(a, b, c) }`);
    const [a, b, c] = leafTensors(runReference(module, [])).map(({ data }) => {
      const [low, high] = data as BigUint64Array;
      return low + (high << 64n);
    });
    expect([b - a, c - b]).toEqual([5n, 7n]);
  });

  test('of complex numbers are refused', () => {
    const ends = [1, 2].map(() => tensorOf('c64', [], [0, 1]));
    expect(() => runReference(drawn('c64', 'uniform', 2), ends)).toThrow(/%r \(rng\): .*as c64/);
  });
});

describe('exactly', () => {
  const exactOf = (module: Module, inputs: readonly Value[]) =>
    runExact(module, inputs.map(fromPlainValue)).value as ExactTensor;

  test('a uniform draw lies within its radius, whatever the seed', () => {
    const module = drawn('f32', 'uniform', 20);
    const ends = fc.tuple(
      fc.float({ min: -8, max: 8, noNaN: true }),
      fc.float({ min: Math.fround(0.125), max: 8, noNaN: true }),
    );
    fc.assert(
      fc.property(ends, fc.nat(), ([a, size], literalSeed) => {
        const inputs = [scalar('f32', a), scalar('f32', Math.fround(a + size))];
        const { data, bound } = exactOf(module, inputs);
        const all = numbers(runReference(module, inputs, { literalSeed })).map(Number);
        expect(all.filter((x, i) => Math.abs(x - Number(data[i])) > bound![i])).toEqual([]);
      }),
    );
  });

  test('what is certain of every draw is decided, the rest is not', () => {
    const module = parse(`ENTRY e { a = f32[] constant(0)  b = f32[] constant(1)
      u = f32[3] rng(a, b), ${uniform}
      two = f32[3] constant({2, 0.5, -1})
      ROOT r = pred[3] compare(u, two), direction=LT }`);
    const { data, undecided } = exactOf(module, []);
    expect([...(undecided ?? [])]).toEqual([0, 1, 0]);
    expect([data[0], data[2]]).toEqual([1, 0]);
  });

  test.each([
    ['normal', 'f32[2] rng(a, b), distribution=rng_normal'],
    ['whole numbers', `s32[2] rng(n, k), ${uniform}`],
    ['an empty interval', `f32[2] rng(b, a), ${uniform}`],
    ['state', 'u64[2] rng-get-and-update-state(), delta=1'],
  ])('%s: undecided, and why', (_, op) => {
    const module = parse(`ENTRY e { a = f32[] constant(0)  b = f32[] constant(1)
      n = s32[] constant(0)  k = s32[] constant(9)  ROOT r = ${op} }`);
    const { value, reasons } = runExact(module, []);
    expect([...((value as ExactTensor).undecided ?? [])]).toEqual([1, 1]);
    expect(reasons[0]).toMatch(/^rng.*depend on the target/);
  });
});

describe('two draws', () => {
  const two = (use: string) =>
    parse(`ENTRY e { x = f32[8] parameter(0)  a = f32[] constant(0)  b = f32[] constant(1)
      u = f32[8] rng(a, b), ${uniform}  v = f32[8] rng(a, b), ${uniform}  ROOT r = ${use} }`);
  const before = two('f32[8] subtract(u, v)');
  const casesOf = (module: Module) => [sessionCase(generateCase(module, 'typical', 1))];
  const compared = (after: Module, contract: Contract) =>
    compareModules({
      beforeName: 'a',
      afterName: 'b',
      before,
      after,
      contract,
      cases: casesOf(before),
    });

  test.each(backends.map((b) => [b.name, b] as const))('stay two on %s', (_, backend) => {
    const { final } = runPipeline(before, backend.pipeline);
    const all = final.computations.flatMap((c) => c.instructions);
    expect(all.filter((i) => i.opcode === 'rng')).toHaveLength(2);
  });

  test.each([exact, reassociates])('made one are found under $kind', (contract) => {
    const merged = two('f32[8] subtract(u, u)');
    expect(compared(merged, contract).verdict).toBe('beyond');
    const pass: Pass = {
      ...{ name: 'merging', contract, summary: '' },
      run: () => ({ module: merged, changed: true, replacements: [] }),
    };
    const backend = { name: 'b', summary: '', pipeline: { name: 'p', passes: [pass] } };
    const { findings } = validateGraph({
      graph: 'g',
      module: before,
      backend,
      cases: casesOf(before),
    });
    expect(findings.map((f) => [f.pass, f.verdict])).toEqual([['merging', 'beyond']]);
  });

  test('combined otherwise are held to what was drawn', () => {
    const swapped = two('f32[8] subtract(v, u)');
    expect(compared(swapped, reassociates).verdict).toBe('beyond');
    const same = parse(`ENTRY e { x = f32[8] parameter(0)  a = f32[] constant(0)
      b = f32[] constant(1)  u = f32[8] rng(a, b), ${uniform}  v = f32[8] rng(a, b), ${uniform}
      n = f32[8] negate(v)  ROOT r = f32[8] add(u, n) }`);
    expect(compared(same, reassociates).verdict).toBe('identical');
  });

  test('drawn anew by another op may be any of the distribution, and no more', () => {
    const anew = (scale: string) =>
      parse(`ENTRY e { x = f32[8] parameter(0)  s = u64[2] rng-get-and-update-state(), delta=8
        g = (u64[2], u32[8]) rng-bit-generator(s), algorithm=rng_philox
        w = u32[8] get-tuple-element(g), index=1  e = u32[] constant(8)
        eight = u32[8] broadcast(e), dimensions={}
        high = u32[8] shift-right-logical(w, eight)  f = f32[8] convert(high)
        c = f32[] constant(${scale})  all = f32[8] broadcast(c), dimensions={}
        ROOT r = f32[8] multiply(f, all) }`);
    const one = parse(`ENTRY e { x = f32[8] parameter(0)  a = f32[] constant(0)
      b = f32[] constant(1)  ROOT u = f32[8] rng(a, b), ${uniform} }`);
    const verdict = (after: Module) =>
      compareModules({
        beforeName: 'a',
        afterName: 'b',
        before: one,
        after,
        contract: reassociates,
        cases: casesOf(one),
      }).verdict;
    expect(verdict(anew(`${2 ** -24}`))).toBe('within');
    expect(verdict(anew('1'))).toBe('beyond');
  });
});
