/**
 * Paths that the exact mode takes for speed give the same numbers, to the bit, as the plain ones:
 * strides as index lists, scattered sums as reductions, two columns as one, windows as rows. And a
 * product reduced in any tree stays inside its radius.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModuleBuilder } from '../../graphs/build/builder.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { commonQuantum, neededQuantum, sumIsExact } from '../../validator/exact/core/exactness.ts';
import type { ExactTensor, ExactValue } from '../../validator/exact/core/value.ts';
import { combine } from '../../validator/exact/elementwise/binary.ts';
import { differentiableFunctions } from '../../validator/exact/elementwise/functions.ts';
import {
  exactInstruction,
  fromPlainValue,
  makeExactContext,
  runExact,
} from '../../validator/exact/run.ts';
import { allMultiples } from '../../validator/exact/sums/settled-sums.ts';
import { drawn, exactOf, normal, only, scalarOp, single, uniform } from '../support/exact/exact.ts';

const types = ['f32', 'bf16', 'f64'] as const;
const seeds = fc.integer();
const runs = { numRuns: 15 };

/** Values with radii, some of them zero, or without any; small dyadic numbers now and then. */
function uncertain(type: ElementType, dims: readonly number[], next: () => number): ExactTensor {
  const dyadic = next() < 0.3;
  const draw = () => (dyadic ? Math.round(normal(next) * 4) / 4 : normal(next));
  const { data, shape } = drawn(type, dims, draw);
  const x = new Float64Array(data as Float32Array);
  const plain: ExactTensor = { kind: 'tensor', shape, data: x };
  if (next() < 0.3) return plain;
  const share = () => (next() < 0.2 ? 0 : next() * 1e-3);
  const bound = x.map((v) => Math.abs(v) * share());
  const deviation = bound.map((w) => w * next());
  if (next() < 0.5) return { ...plain, bound, deviation };
  const radius = bound.map((w) => w * (next() - 0.5));
  return { ...plain, bound, deviation, correlated: { radius, along: dims.map(() => true) } };
}

/** Elements of a tensor, radii and all, under other dimensions. */
function picked(t: ExactTensor, dims: readonly number[], index: readonly number[]): ExactTensor {
  const of = (a: ArrayLike<number>) => Float64Array.from(index, (i) => a[i]);
  const along = dims.map(() => true);
  return {
    kind: 'tensor',
    shape: arrayShape(t.shape.type, dims),
    data: of(t.data as Float64Array),
    ...(t.bound && { bound: of(t.bound), deviation: of(t.deviation!) }),
    ...(t.correlated && { correlated: { radius: of(t.correlated.radius), along } }),
  };
}

/** All numbers of element i: value, worst, likely, shared, and whether it is undecided. */
function numbersAt(t: ExactTensor, i: number): number[] {
  const { data, bound, deviation, correlated, undecided } = t;
  const radii = [bound, deviation, correlated?.radius, undecided].map((a) => (a ? a[i] : 0));
  return [Number(data[i]), ...radii];
}

function numbersOf(t: ExactTensor): number[][] {
  return Array.from({ length: t.data.length }, (_, i) => numbersAt(t, i));
}

function run(module: Module, operands: readonly ExactValue[]): ExactTensor {
  return only(exactInstruction(rootOf(entryOf(module)), operands, makeExactContext(module)));
}

function reduction(opcode: 'add' | 'maximum', type: ElementType, dims: number[], over: number[]) {
  const m = new ModuleBuilder('reduce');
  const to_apply = scalarOp(m, opcode, type);
  return m.entry((b) => {
    const [x, init] = [
      b.parameter('x', arrayShape(type, dims)),
      b.parameter('i', arrayShape(type, [])),
    ];
    return b.op('reduce', [x, init], { dimensions: over, to_apply });
  });
}

const zero = (type: ElementType): ExactTensor => ({
  kind: 'tensor',
  shape: arrayShape(type, []),
  data: new Float64Array(1),
});

describe.each(types)('reductions in %s', (type) => {
  it.each(['add', 'maximum'] as const)('%s: however the elements lie', (opcode) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const next = uniform(seed);
        const [a, b, c] = [0, 1, 2].map(() => 1 + Math.floor(next() * 5));
        const x = uncertain(type, [a, b, c], next);
        const at = (i: number, j: number, k: number) => (i * b + j) * c + k;
        const rows = [];
        for (let j = 0; j < b; j++)
          for (let i = 0; i < a; i++) for (let k = 0; k < c; k++) rows.push(at(i, j, k));
        const apart = run(reduction(opcode, type, [a, b, c], [0, 2]), [x, zero(type)]);
        const beside = picked(x, [b, a * c], rows);
        const together = run(reduction(opcode, type, [b, a * c], [1]), [beside, zero(type)]);
        expect(numbersOf(apart)).toEqual(numbersOf(together));
      }),
      runs,
    );
  });

  it('scattered sums are the reductions of what meets at a target', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const next = uniform(seed);
        const [n, m] = [1 + Math.floor(next() * 4), Math.floor(next() * 12)];
        const both = uncertain(type, [n + m], next);
        const range = (from: number, count: number) =>
          Array.from({ length: count }, (_, i) => from + i);
        const [x, u] = [picked(both, [n], range(0, n)), picked(both, [m], range(n, m))];
        const targets = range(0, m).map(() => Math.floor(next() * n));
        const builder = new ModuleBuilder('scatter');
        const to_apply = scalarOp(builder, 'add', type);
        const module = builder.entry((b) => {
          const given = [x.shape, arrayShape('s32', [m, 1]), u.shape];
          return b.op(
            'scatter',
            given.map((s, k) => b.parameter(`p${k}`, s)),
            {
              to_apply,
              update_window_dims: [],
              inserted_window_dims: [0],
              scatter_dims_to_operand_dims: [0],
              index_vector_dim: 1,
            },
          );
        });
        const found = run(module, [x, tensorOf('s32', [m, 1], targets) as ExactTensor, u]);
        for (let t = 0; t < n; t++) {
          const met = [t, ...range(n, m).filter((_, k) => targets[k] === t)];
          if (met.length === 1) continue;
          const row = picked(both, [1, met.length], met);
          const sum = run(reduction('add', type, [1, met.length], [1]), [row, zero(type)]);
          expect(numbersAt(found, t)).toEqual(numbersAt(sum, 0));
        }
      }),
      runs,
    );
  });
});

const contraction = { lhs_contracting_dims: [1], rhs_contracting_dims: [1] };

describe.each(types)('products in %s', (type) => {
  it('a matrix is its columns', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const next = uniform(seed);
        const [m, n, k] = [0, 1, 2].map(() => 1 + Math.floor(next() * 6));
        const [a, b] = [uncertain(type, [m, k], next), uncertain(type, [n, k], next)];
        const whole = run(single('dot', [a.shape, b.shape], contraction), [a, b]);
        for (let c = 0; c < n; c++) {
          const index = Array.from({ length: k }, (_, j) => c * k + j);
          const column = picked(b, [1, k], index);
          const one = run(single('dot', [a.shape, column.shape], contraction), [a, column]);
          for (let r = 0; r < m; r++)
            expect(numbersAt(whole, r * n + c)).toEqual(numbersAt(one, r));
        }
      }),
      runs,
    );
  });
});

describe('elementwise loops', () => {
  it.each(Object.keys(differentiableFunctions) as (keyof typeof differentiableFunctions)[])(
    '%s of many numbers is that of few',
    (opcode) => {
      const next = uniform(7);
      const n = 1500;
      const x = { ...uncertain('f32', [n], next) };
      const half = Array.from({ length: n / 10 }, (_, i) => i);
      const few = picked(x, [half.length], half);
      const [all, some] = [x, few].map((t) => run(single(opcode, [t.shape]), [t]));
      expect(numbersOf(all).slice(0, half.length)).toEqual(numbersOf(some));
    },
  );

  it('a quotient by way of the reciprocal is exact for powers of two only', () => {
    const module = single('divide', [arrayShape('f32', [2]), arrayShape('f32', [2])]);
    const inputs = [tensorOf('f32', [2], [49, 48]), tensorOf('f32', [2], [49, 16])];
    const { bound } = exactOf(module, inputs, { reciprocalDivision: true });
    expect(bound?.[0]).toBeGreaterThan(0);
    expect(bound?.[1] ?? 0).toBe(0);
  });

  it('x·x in one loop is no narrower than the square moves', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const next = uniform(seed);
        const x = uncertain('f32', [20], next);
        const square = combine(
          'multiply',
          'f32',
          [x, x],
          true,
          makeExactContext(single('negate', [x.shape])),
        );
        for (let i = 0; i < 20; i++) {
          const [v, w] = [Number(x.data[i]), x.bound?.[i] ?? 0];
          for (const moved of [v - w, v + w]) {
            expect(Math.abs(moved * moved - v * v)).toBeLessThanOrEqual(square.bound?.[i] ?? 0);
          }
        }
      }),
      runs,
    );
  });
});

it('the quantum that a sum needs is the test of its common quantum', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(8, 11, 24, 53), (seed, precision) => {
      const next = uniform(seed);
      const n = 1 + Math.floor(next() * 9);
      const wide = next() * 2 * precision;
      const x = Float64Array.from(
        { length: n },
        () => Math.round(normal(next) * 8) * 2 ** Math.floor(next() * wide),
      );
      const size = x.reduce((sum, v) => sum + Math.abs(v), 0);
      const [low, high, column] = [[0], [n], [0]].map((of) => Int32Array.from(of));
      const terms = { x, count: 1, stride: 1, low: low!, high: high!, column: column! };
      const needed = allMultiples(terms, 0, 0, neededQuantum(size, precision, 0));
      expect(needed).toBe(sumIsExact(size, commonQuantum(x, 0, n, precision), precision));
    }),
  );
});

const product = (type: string, n: number) =>
  parseModule(`HloModule m
mul { a = ${type}[] parameter(0)  b = ${type}[] parameter(1)  ROOT r = ${type}[] multiply(a, b) }
ENTRY e { x = ${type}[${n}] parameter(0)  one = ${type}[] constant(1)
  ROOT r = ${type}[] reduce(x, one), dimensions={0}, to_apply=mul }`);

describe.each(['f32', 'bf16'] as const)('a product in %s', (type) => {
  it('lies inside worst in any tree, also where the tree folded has exact parts', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 2, max: 12 }), (seed, n) => {
        const next = uniform(seed);
        const round = rounder(type);
        const draw = () => (next() < 0.5 ? 1 + next() : 1 + Math.floor(next() * 16) / 8);
        const x = drawn(type, [n], draw);
        const exact = exactOf(product(type, n), [x]);
        const left = [...(x.data as Float32Array)];
        while (left.length > 1) {
          const take = () => left.splice(Math.floor(next() * left.length), 1)[0];
          left.push(round(take() * take()));
        }
        const apart = Math.abs(left[0] - Number(exact.data[0]));
        expect(apart).toBeLessThanOrEqual(exact.bound?.[0] ?? 0);
      }),
      { numRuns: 100 },
    );
  });
});

it('a fold whose roundings depend on the order is open, and says so', () => {
  const module = parseModule(`HloModule m
f { a = f32[] parameter(0)  b = f32[] parameter(1)  p = f32[] multiply(a, b)  s = f32[] add(a, b)
  ROOT r = f32[] add(p, s) }
ENTRY e { x = f32[5] parameter(0)  z = f32[] constant(0)
  ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=f }`);
  const x = tensorOf('f32', [5], [0.1, 0.2, 0.3, 0.4, 0.5]);
  const { value, reasons } = runExact(module, [fromPlainValue(x)]);
  expect(only(value).undecided?.[0]).toBe(1);
  expect(reasons.join()).toContain('depend on the order');
});
