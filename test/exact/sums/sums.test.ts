/** Sums and products of matrices: any order, tree, fused or wider accumulation stays inside. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { effectiveRadius } from '../../../validator/exact/core/radius.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { runReference } from '../../../validator/reference/run.ts';
import {
  drawn,
  exactOf,
  normal,
  reduceLast,
  scalarOp,
  single,
  uniform,
  useOf,
} from '../../support/exact/exact.ts';

type Round = (x: number) => number;

const kinds: Readonly<Record<string, (next: () => number, i: number, n: number) => number>> = {
  typical: (next) => normal(next),
  positive: (next) => next(),
  constant: () => 0.1,
  'two values': (next) => (next() < 0.5 ? 0.1 : 2.3),
  sorted: (_, i, n) => i / n - 0.4999,
  offset: (next) => 1000 + normal(next),
  cancelling: (next, i) => (i % 2 ? 1 : -1) * (1e4 + next()),
  'of all sizes': (next) => normal(next) * 2 ** Math.floor(next() * 24 - 12),
};

function sumModule(type: ElementType, n: number): Module {
  const m = new ModuleBuilder('sum');
  const add = scalarOp(m, 'add', type);
  return m.entry((b) => reduceLast(b, b.parameter('x', arrayShape(type, [n])), 0, add));
}

/** Adds in the order given, rounding each partial sum. */
function sequential(terms: readonly number[], round: Round): number {
  return terms.slice(1).reduce((sum, x) => round(sum + x), terms[0] ?? 0);
}

/** Adds two random terms at a time until one is left. */
function randomTree(terms: readonly number[], round: Round, next: () => number): number {
  const left = [...terms];
  while (left.length > 1) {
    const take = () => left.splice(Math.floor(next() * left.length), 1)[0];
    left.push(round(take() + take()));
  }
  return left[0] ?? 0;
}

function shuffled(terms: readonly number[], next: () => number): number[] {
  const out = [...terms];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/** Eight sums side by side, as a vector unit keeps them. */
function lanes(terms: readonly number[], round: Round): number {
  const sums = Array.from({ length: 8 }, (_, k) =>
    sequential(
      terms.filter((_, i) => i % 8 === k),
      round,
    ),
  );
  return sequential(sums, round);
}

/** How a faithful implementation may add the terms. */
function everyWay(terms: readonly number[], type: ElementType, next: () => number): number[] {
  const round = rounder(type);
  return [
    sequential(terms, round),
    sequential([...terms].reverse(), round),
    sequential(shuffled(terms, next), round),
    sequential(shuffled(terms, next), Math.fround),
    lanes(terms, round),
    randomTree(terms, round, next),
    round(sequential(terms, (x) => x)),
  ];
}

/** The order with the largest partial sums: nobody adds so, but the bound must hold. */
function adverse(terms: readonly number[], type: ElementType): number {
  return sequential(
    [...terms].sort((a, b) => a - b),
    rounder(type),
  );
}

function expectInside(results: readonly number[], type: ElementType, exact: ExactTensor): void {
  for (const r of results) {
    const use = useOf(tensorOf(type, exact.shape.dims, [r]), exact);
    expect(use.bound).toBeLessThanOrEqual(1);
    expect(use.budget).toBeLessThanOrEqual(1);
  }
}

describe.each(['f32', 'bf16'] as const)('sums in %s', (type) => {
  it.each(Object.keys(kinds))('of %s numbers stay inside in any order', (kind) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 400 }), (seed, n) => {
        const next = uniform(seed);
        let i = 0;
        const x = drawn(type, [n], () => kinds[kind](next, i++, n));
        const exact = exactOf(sumModule(type, n), [x]);
        const terms = [...(x.data as Float32Array)];
        expectInside(everyWay(terms, type, next), type, exact);
        const sorted = tensorOf(type, exact.shape.dims, [adverse(terms, type)]);
        expect(useOf(sorted, exact).bound).toBeLessThanOrEqual(1);
      }),
      { numRuns: 15 },
    );
  });
});

describe('long sums in f32', () => {
  it.each(Object.keys(kinds))('of %s numbers stay inside', (kind) => {
    const n = 20_000;
    const next = uniform(n);
    let i = 0;
    const x = drawn('f32', [n], () => kinds[kind](next, i++, n));
    const terms = [...(x.data as Float32Array)];
    const ways = [
      sequential(terms, Math.fround),
      sequential(shuffled(terms, next), Math.fround),
      lanes(terms, Math.fround),
      sequential(terms, (s) => s),
    ];
    expectInside(ways, 'f32', exactOf(sumModule('f32', n), [x]));
  });
});

const dotAttrs = { lhs_contracting_dims: [0], rhs_contracting_dims: [0] };

function dotModule(type: ElementType, n: number): Module {
  return single('dot', [arrayShape(type, [n]), arrayShape(type, [n])], dotAttrs);
}

describe.each(['f32', 'bf16', 'f16'] as const)('dots in %s', (type) => {
  it.each(Object.keys(kinds))('of %s numbers stay inside in any order, fused or not', (kind) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 400 }), (seed, n) => {
        const next = uniform(seed);
        let i = 0;
        const a = drawn(type, [n], () => kinds[kind](next, i++, n) / 64);
        const b = drawn(type, [n], () => normal(next));
        const exact = exactOf(dotModule(type, n), [a, b]);
        const [x, y] = [a.data as Float32Array, b.data as Float32Array];
        const products = Array.from(x, (v, k) => v * y[k]);
        const rounded = products.map(Math.fround);
        const ways = [
          ...everyWay(rounded, 'f32', next),
          products.reduce((s, p) => Math.fround(s + p), 0),
        ];
        expectInside(ways.map(rounder(type)), type, exact);
        expectInside(
          [Number((runReference(dotModule(type, n), [a, b]) as Tensor).data[0])],
          type,
          exact,
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe('what the likely radius makes visible', () => {
  it('one missing term of a dot over 4,096', () => {
    const n = 4096;
    const next = uniform(1);
    const [a, b] = [0, 1].map(() => drawn('f32', [n], () => normal(next)));
    const exact = exactOf(dotModule('f32', n), [a, b]);
    const last = Number(a.data[n - 1]) * Number(b.data[n - 1]);
    expect(Math.abs(last)).toBeGreaterThan(2 * effectiveRadius(exact, 0));
  });
});

describe('lattices', () => {
  const lattice = (type: ElementType, dims: readonly number[], seed: number) => {
    const next = uniform(seed);
    return drawn(type, dims, () => Math.floor(next() * 17 - 8) / 4);
  };
  const types = ['f64', 'f32', 'bf16', 'f16'] as const;
  const window = [0, 1].map(() => ({
    size: 3,
    stride: 1,
    padLow: 1,
    padHigh: 1,
    windowDilation: 1,
    baseDilation: 1,
    reversal: false,
  }));
  const labels = {
    inputBatch: 0,
    inputFeature: 3,
    inputSpatial: [1, 2],
    kernelInputFeature: 2,
    kernelOutputFeature: 3,
    kernelSpatial: [0, 1],
    outputBatch: 0,
    outputFeature: 3,
    outputSpatial: [1, 2],
  };
  const modules: Readonly<Record<string, (type: ElementType) => Module>> = {
    add: (t) => single('add', [arrayShape(t, [9]), arrayShape(t, [9])]),
    multiply: (t) => single('multiply', [arrayShape(t, [9]), arrayShape(t, [9])]),
    sum: (t) => sumModule(t, 12),
    dot: (t) =>
      single('dot', [arrayShape(t, [3, 5]), arrayShape(t, [5, 2])], {
        lhs_contracting_dims: [1],
        rhs_contracting_dims: [0],
      }),
    convolution: (t) =>
      single(
        'convolution',
        [arrayShape(t, [1, 4, 4, 2]), arrayShape(t, [3, 3, 2, 2])],
        { window, dim_labels: labels },
        arrayShape(t, [1, 4, 4, 2]),
      ),
  };

  it.each(Object.keys(modules))('%s of small dyadic numbers has no radius', (name) => {
    for (const type of types) {
      const module = modules[name](type);
      const parameters = module.computations
        .at(-1)!
        .instructions.filter((i) => i.opcode === 'parameter');
      const inputs = parameters.map((p, k) =>
        lattice(type, p.shape.kind === 'array' ? p.shape.dims : [], k + 1),
      );
      const exact = exactOf(module, inputs);
      const lossless = name !== 'dot' && name !== 'convolution';
      const fits = (v: number) => lossless || rounder(type)(v) === v;
      for (let i = 0; i < exact.data.length; i++) {
        if (fits(Number(exact.data[i]))) expect(effectiveRadius(exact, i)).toBe(0);
      }
      expect(useOf(runReference(module, inputs), exact).budget).toBeLessThanOrEqual(1);
    }
  });

  it('a sum that does not fit the accumulator has one', () => {
    const x = tensorOf('f32', [3], [2 ** 24, 1, 1]);
    expect(effectiveRadius(exactOf(sumModule('f32', 3), [x]), 0)).toBeGreaterThan(0);
  });
});
