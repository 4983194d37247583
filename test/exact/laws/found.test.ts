/** What the laws over the op table found, each as the smallest case that shows it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { deviationAt, effectiveRadius } from '../../../validator/exact/core/radius.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { outside } from '../../support/laws/radii/hold.ts';
import { draws } from '../../support/laws/runs.ts';
import { leaves, marks, near, run, sure, undecided } from '../../support/laws/values.ts';
import { numbers, opModule, runOp } from '../../support/run-op.ts';

describe('errors of the second order', () => {
  it.each(['cosh', 'cosine'])('a common error moves %s at its turning point', (opcode) => {
    const [t] = run(`f32[1] ${opcode}(p0)`, near('f32', [0], { bound: 0.5, common: true }));
    expect(effectiveRadius(t, 0)).toBeGreaterThan(Math.abs(Math.cos(0.5) - 1));
  });

  it('it moves a square at zero', () => {
    const [t] = run('f32[1] multiply(p0, p0)', near('f32', [0], { bound: 0.5, common: true }));
    expect(effectiveRadius(t, 0)).toBeGreaterThanOrEqual(0.25);
  });

  it('the hull of two branches has room for its own rounding', () => {
    const open = undecided(sure('pred', [1], [0]), 0);
    const [x, y] = [near('f64', [-1.1], { bound: 0 }), near('f64', [8.3], { bound: 33.1 })];
    const [t] = run('f64[1] select(p0, p1, p2)', open, y, x);
    const farthest = 8.3 + 33.1;
    expect(effectiveRadius(t, 0)).toBeGreaterThanOrEqual(Math.abs(farthest - Number(t.data[0])));
  });

  it('two errors move a product of zeros, and a dot of them', () => {
    const [x, y] = [0, 0].map((v) => near('f32', [v, v], { bound: 0.5 }));
    expect(effectiveRadius(run('f32[2] multiply(p0, p1)', x, y)[0], 0)).toBeGreaterThanOrEqual(
      0.25,
    );
    const dims = 'lhs_contracting_dims={0}, rhs_contracting_dims={0}';
    expect(effectiveRadius(run(`f32[] dot(p0, p1), ${dims}`, x, y)[0], 0)).toBeGreaterThanOrEqual(
      0.5,
    );
  });

  it('a value of zero rounds to a subnormal number', () => {
    const radius = 3 * 2 ** -26;
    const [t] = run('f16[1] convert(p0)', near('f32', [0], { bound: radius }));
    expect(effectiveRadius(t, 0)).toBeGreaterThanOrEqual(2 ** -24);
  });
});

describe('infinities', () => {
  it('times a number of unknown sign have none', () => {
    const [x, y] = [sure('f32', [2], [Infinity, Infinity]), near('f32', [0.1, 3], { bound: 1 })];
    expect(marks(run('f32[2] multiply(p0, p1)', x, y)[0])).toEqual([1, 0]);
    expect(marks(run('f32[2] divide(p0, p1)', x, y)[0])).toEqual([1, 0]);
  });

  it('may come of a product with a shared error that nothing bounds', () => {
    const most = Math.fround(3.4e38);
    const x = near('f32', [-3], { bound: 4 });
    const correlated = { radius: Float64Array.of(-Infinity), along: [true] };
    const [t] = run('f32[1] multiply(p0, p1)', sure('f32', [1], [most]), { ...x, correlated });
    expect(marks(t)).toEqual([1]);
  });

  it('of both signs may come out of a dot whose sum is one', () => {
    const [x, y] = [
      [1e38, 1e38],
      [1e10, -1e3],
    ].map((v) => sure('f32', [2], v.map(Math.fround)));
    const dims = 'lhs_contracting_dims={0}, rhs_contracting_dims={0}';
    expect(marks(run(`f32[] dot(p0, p1), ${dims}`, x, y)[0])).toEqual([1]);
  });

  it('inside a formula are open: squares overflow where the sum of a batch does not', () => {
    const x = sure('f32', [2, 1], [Math.fround(1e25), -Math.fround(1e25)]);
    const one = sure('f32', [1], [1]);
    const shape = '(f32[2,1], f32[1], f32[1])';
    const attrs = 'epsilon=0.001, feature_index=1';
    const [y] = run(`${shape} batch-norm-training(p0, p1, p2), ${attrs}`, x, one, one);
    expect(marks(y)).toEqual([1, 1]);
  });

  it('are open in sums whose finite terms may overflow within their radii', () => {
    const x = near('f32', [3e38, -Infinity], { bound: 0 });
    x.bound![0] = 1e38;
    const text = 'f32[] reduce(p0, p1), dimensions={0}, to_apply=add_f32';
    expect(marks(run(text, x, sure('f32', [], [0]))[0])).toEqual([1]);
    const at = sure('s32', [2, 1], [0, 0]);
    const dims =
      'update_window_dims={}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}';
    const attrs = `${dims}, index_vector_dim=1, to_apply=add_f32`;
    const scattered = run(`f32[1] scatter(p0, p1, p2), ${attrs}`, sure('f32', [1], [0]), at, x);
    expect(marks(scattered[0])).toEqual([1]);
  });

  it('and NaN are open in a type that has neither', () => {
    const [x, y] = [sure('f4e2m1fn', [2], [0, 1]), sure('f4e2m1fn', [2], [0, 0])];
    expect(marks(run('f4e2m1fn[2] divide(p0, p1)', x, y)[0])).toEqual([1, 1]);
  });

  it('in complex quotients are open', () => {
    const [x, y] = [sure('c64', [1], [1, 1]), sure('c64', [1], [0, 0])];
    expect(marks(run('c64[1] divide(p0, p1)', x, y)[0])).toEqual([1]);
  });
});

describe('what is undecided', () => {
  it('an undecided key leaves its row open, an integer too', () => {
    const keys = undecided(sure('u32', [4], [7, 1, 5, 3]), 2);
    const before = `before { a = u32[] parameter(0)  b = u32[] parameter(1)
      ROOT r = pred[] compare(a, b), direction=LT }`;
    const module = opModule(
      [keys.shape],
      'u32[4] sort(p0), dimensions={0}, to_apply=before',
      before,
    );
    expect(marks(leaves(runExact(module, [keys]).value)[0])).toEqual([1, 1, 1, 1]);
  });

  it('so it does among the best', () => {
    const x = undecided(sure('f32', [4], [7, 1, 5, 3]), 1);
    const [values] = run('(f32[2], s32[2]) topk(p0), k=2, largest=true', x);
    expect(marks(values)).toEqual([1, 1]);
  });

  it('the best of 64-bit integers are decided', () => {
    const x = tensorOf('s64', [3], [2n ** 53n, 2n ** 53n + 1n, 5n]);
    const [values, places] = run(
      '(s64[2], s32[2]) topk(p0), k=2, largest=true',
      fromPlainValue(x) as never,
    );
    expect([...values.data]).toEqual([2n ** 53n + 1n, 2n ** 53n]);
    expect([...places.data, ...marks(places)]).toEqual([1, 0, 0, 0]);
  });

  it('keys that may come to be equal may change places', () => {
    const keys = sure('f32', [4], [0, 1, 1, 1.5]);
    const radii = Float64Array.of(0, 0, 0, 0.5);
    const wide: ExactTensor = { ...keys, bound: radii, deviation: radii };
    const before = `before { a = f32[] parameter(0)  b = f32[] parameter(1)
      c = s32[] parameter(2)  d = s32[] parameter(3)
      ROOT r = pred[] compare(a, b), direction=LT }`;
    const operands = [wide, sure('s32', [4], [5, 6, 7, 8])];
    const shapes = operands.map((t) => t.shape);
    const text = '(f32[4], s32[4]) sort(p0, p1), dimensions={0}, is_stable=true, to_apply=before';
    const { value } = runExact(opModule(shapes, text, before), operands);
    expect(marks(leaves(value)[1])).toEqual([0, 1, 1, 1]);
  });

  it('a first key that reaches past its neighbour leaves all between open', () => {
    const wide: ExactTensor = { ...near('f32', [1, 2, 3], { bound: 0 }) };
    wide.bound![0] = wide.deviation![0] = 2.5;
    const before = `before { a = f32[] parameter(0)  b = f32[] parameter(1)
      c = s32[] parameter(2)  d = s32[] parameter(3)
      l = pred[] compare(a, b), direction=LT  e = pred[] compare(a, b), direction=EQ
      m = pred[] compare(c, d), direction=LT  t = pred[] and(e, m)  ROOT r = pred[] or(l, t) }`;
    const text = '(f32[3], s32[3]) sort(p0, p1), dimensions={0}, to_apply=before';
    const operands = [wide, sure('s32', [3], [5, 6, 7])];
    const module = opModule(
      operands.map((t) => t.shape),
      text,
      before,
    );
    expect(marks(leaves(runExact(module, operands).value)[1])).toEqual([1, 1, 1]);
  });

  it('the sign of a complex zero that may be other than zero', () => {
    const t = near('c64', [0, 0, 0, 0], { bound: 0.5 });
    t.bound?.fill(0, 2);
    const zeros = { ...t, shape: arrayShape('c64', [2]) };
    expect([...(run('c64[2] sign(p0)', zeros)[0].undecided ?? [])]).toEqual([1, 0]);
  });

  it('NaN in the first of two keys has no place', () => {
    const before = `before { a = f32[] parameter(0)  b = f32[] parameter(1)
      c = f32[] parameter(2)  d = f32[] parameter(3)
      l = pred[] compare(a, b), direction=LT  e = pred[] compare(a, b), direction=EQ
      m = pred[] compare(c, d), direction=LT  t = pred[] and(e, m)  ROOT r = pred[] or(l, t) }`;
    const operands = [
      [2, NaN, 1],
      [5, 6, 7],
    ].map((v) => sure('f32', [3], v));
    const shapes = operands.map((t) => t.shape);
    const text = '(f32[3], f32[3]) sort(p0, p1), dimensions={0}, to_apply=before';
    const { value } = runExact(opModule(shapes, text, before), operands);
    expect(leaves(value).map(marks)).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  it('a window with NaN may choose any of its elements', () => {
    const x = sure('f32', [3], [2, NaN, 1]);
    const text =
      'f32[3] select-and-scatter(p0, p1, p2), window={size=3}, select=ge_f32, scatter=add_f32';
    const [t] = run(text, x, sure('f32', [1], [1]), sure('f32', [], [0]));
    expect(marks(t)).toEqual([1, 1, 1]);
  });

  it('rows that a device sends itself keep their radii', () => {
    const x = near('f32', [1, 2], { bound: 0.5 });
    const tables = [0, 2, 0, 2].map((n) => sure('s32', [1], [n]));
    const text = 'f32[2] ragged-all-to-all(p0, p1, p2, p3, p4, p5), replica_groups={{0}}';
    const [t] = run(text, x, sure('f32', [2], [0, 0]), ...tables);
    expect(effectiveRadius(t, 1)).toBe(0.5);
  });
});

describe('folds', () => {
  it('a window at the edge folds only what it holds', () => {
    const more = `HloModule m
times { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] multiply(a, b) }
ENTRY e { x = f32[2] parameter(0)  z = f32[] constant(3)
  ROOT r = f32[2] reduce-window(x, z), window={size=2 pad=1_0}, to_apply=times }`;
    const exact = runExact(parseModule(more), [sure('f32', [2], [5, 7])]).value as ExactTensor;
    expect([...exact.data]).toEqual([15, 105]);
  });

  it('an uncertain init counts among maxima', () => {
    const init = { ...near('f32', [1], { bound: 0.5 }), shape: arrayShape('f32', []) };
    const more =
      'most { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }';
    const operands = [near('f32', [0, 0], { bound: 0.125 }), init];
    const module = opModule(
      operands.map((t) => t.shape),
      'f32[] reduce(p0, p1), dimensions={0}, to_apply=most',
      more,
    );
    expect(effectiveRadius(runExact(module, operands).value as ExactTensor, 0)).toBe(0.5);
  });

  it('a single term of a sum that is rounded at every step is rounded', () => {
    const text = `HloModule m
add { a = f32[] parameter(0)  b = f32[] parameter(1)  s = f32[] add(a, b)
  n = bf16[] convert(s)  ROOT w = f32[] convert(n) }
ENTRY e { x = f32[1] parameter(0)  z = f32[] constant(0)
  ROOT r = f32[] reduce(x, z), dimensions={0}, to_apply=add }`;
    const x = tensorOf('f32', [1], [1 + 2 ** -9]);
    const exact = runExact(parseModule(text), [fromPlainValue(x)]).value as ExactTensor;
    const reference = runReference(parseModule(text), [x]) as Tensor;
    const distance = Math.abs(Number(reference.data[0]) - Number(exact.data[0]));
    expect(distance).toBeGreaterThan(0);
    expect(effectiveRadius(exact, 0)).toBeGreaterThanOrEqual(distance);
  });

  it('folds side by side are folds', () => {
    const text = `HloModule m
each { a = f32[] parameter(0)  i = s32[] parameter(1)  x = c64[] parameter(2)
  p = f32[] parameter(3)  b = f32[] parameter(4)  j = s32[] parameter(5)
  y = c64[] parameter(6)  q = f32[] parameter(7)  s = f32[] add(a, b)  k = s32[] add(i, j)
  z = c64[] add(x, y)  m = f32[] multiply(p, q)
  ROOT r = (f32[], s32[], c64[], f32[]) tuple(s, k, z, m) }
ENTRY e { x = f32[3] parameter(0)  i = s32[3] parameter(1)  c = c64[3] parameter(2)
  l = f32[] constant(0)  z = s32[] constant(0)  n = c64[] constant((0, 0))
  u = f32[] constant(1)
  ROOT r = (f32[], s32[], c64[], f32[]) reduce(x, i, c, x, l, z, n, u), dimensions={0},
    to_apply=each }`;
    const c = sure('c64', [3], [1, 2, 3, 4, 5, 6]);
    const inputs = [sure('f32', [3], [0.5, 1, 2]), sure('s32', [3], [1, 2, 3]), c];
    const found = leaves(runExact(parseModule(text), inputs).value);
    expect(found.flatMap((t) => [...t.data])).toEqual([3.5, 6, 9, 12, 1]);
    expect(found.flatMap((t) => [...(t.undecided ?? []), effectiveRadius(t, 0)])).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('a choice between NaN and numbers depends on the order', () => {
    const text = `HloModule m
best { a = f32[] parameter(0)  i = s32[] parameter(1)  b = f32[] parameter(2)
  j = s32[] parameter(3)  c = pred[] compare(a, b), direction=GE
  v = f32[] select(c, a, b)  k = s32[] select(c, i, j)
  ROOT r = (f32[], s32[]) tuple(v, k) }
ENTRY e { x = f32[2,7] parameter(0)  i = s32[2,7] parameter(1)  l = f32[] constant(-inf)
  z = s32[] constant(0)
  ROOT r = (f32[2], s32[2]) reduce(x, i, l, z), dimensions={1}, to_apply=best }`;
    const rows = [0, 9, 5, NaN, 4, 0, 0, NaN, 1, 2, 3, 9, 0, 0];
    const inputs = [tensorOf('f32', [2, 7], rows), tensorOf('s32', [2, 7], rows.keys())];
    const exact = runExact(parseModule(text), inputs.map(fromPlainValue)).value;
    expect(leaves(exact).map(marks)).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('an init that is one only by its value is a factor', () => {
    const [x, one] = [near('f32', [1021.7], { bound: 0 }), near('f32', [1], { bound: 0.5 })];
    const init = { ...one, shape: arrayShape('f32', []) };
    const text = 'f32[] reduce(p0, p1), dimensions={0}, to_apply=times';
    const times = `times { a = f32[] parameter(0)  b = f32[] parameter(1)
      ROOT r = f32[] multiply(a, b) }`;
    const module = opModule([x.shape, init.shape], text, times);
    const t = runExact(module, [x, init]).value as ExactTensor;
    const most = Math.fround(1021.7 * 1.5);
    expect(effectiveRadius(t, 0)).toBeGreaterThanOrEqual(most - Number(t.data[0]));
  });

  it('a complex product whose factors overflow in some order is open', () => {
    const times =
      'times { a = c64[] parameter(0)  b = c64[] parameter(1)\n' +
      '  ROOT r = c64[] multiply(a, b) }';
    const x = sure('c64', [2, 3], [1e30, 0, 1e30, 0, 1e-30, 0, 2, 0, 3, 0, 5, 0].map(Math.fround));
    const operands = [x, sure('c64', [], [1, 0])];
    const text = 'c64[2] reduce(p0, p1), dimensions={1}, to_apply=times';
    const shapes = operands.map((t) => t.shape);
    const product = runExact(opModule(shapes, text, times), operands).value as ExactTensor;
    expect([...(product.undecided ?? [])]).toEqual([1, 0]);
  });

  it('the sums of a batch-norm gradient are sums', () => {
    const grad = [25 / 64, 25 / 7, 0];
    const n = [3, 1];
    const vectors = [1, 0, 1].map((v) => tensorOf('f64', [1], [v]));
    const inputs = [tensorOf('f64', n, grad), ...vectors, tensorOf('f64', n, grad)];
    const shape = '(f64[3,1], f64[1], f64[1])';
    const text = `${shape} batch-norm-grad(p0, p1, p2, p3, p4), epsilon=0.001, feature_index=1`;
    const sum = grad.reduce((s, g) => s + g, 0);
    expect(numbers(runOp(inputs, text), 2)).toEqual([sum]);
  });
});

it('reduce-precision has no subnormal numbers', () => {
  const x = tensorOf('f32', [1], [0.875]);
  const text = 'f32[1] reduce-precision(p0), exponent_bits=2, mantissa_bits=13';
  const [t] = run(text, fromPlainValue(x) as ExactTensor);
  expect(numbers(runOp([x], text))).toEqual([0]);
  expect(effectiveRadius(t, 0)).toBeGreaterThanOrEqual(0.875);
});

it('a small part of a complex quotient has roundings of the size of the whole', () => {
  const x = sure('c64', [1], [1, 3]);
  const y = sure('c64', [1], [Math.fround(0.1), Math.fround(0.3)]);
  const [t] = run('c64[1] divide(p0, p1)', x, y);
  expect(deviationAt(t, 1)).toBeGreaterThan(10 * 2 ** -24);
});

describe('complex quotients by the formulas in use', () => {
  type Four = readonly [a: number, b: number, c: number, d: number];
  const { fround } = Math;
  const sum = (x: number, y: number) => fround(x + y);
  const times = (x: number, y: number) => fround(x * y);
  const by = (x: number, y: number) => fround(x / y);

  /** (a + bi)(c - di) / (c² + d²). */
  const naive = ([a, b, c, d]: Four) => {
    const size = sum(times(c, c), times(d, d));
    const re = sum(times(a, c), times(b, d));
    return [by(re, size), by(sum(times(b, c), -times(a, d)), size)];
  };

  /** Smith's, by the ratio of the smaller part of the divisor to the larger one. */
  const smith = ([a, b, c, d]: Four): number[] => {
    if (Math.abs(c) < Math.abs(d)) return smith([b, -a, d, -c]);
    const ratio = by(d, c);
    const size = sum(c, times(d, ratio));
    return [by(sum(a, times(b, ratio)), size), by(sum(b, -times(a, ratio)), size)];
  };

  const parts: Readonly<Record<string, fc.Arbitrary<number>>> = {
    numbers: fc.double({ min: -2, max: 2, noNaN: true }),
    'numbers of many sizes': fc
      .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -20, max: 20 }))
      .map(([x, e]) => x * 2 ** e),
    'small integers': fc.integer({ min: -9, max: 9 }),
  };
  const kinds = Object.keys(parts).flatMap((kind) =>
    ['any', 'real', 'imaginary', 'reciprocal'].map((form) => [kind, form] as const),
  );

  it.each(kinds)('of %s, %s', (kind, form) => {
    const part = (parts[kind] as fc.Arbitrary<number>).map((x) =>
      Math.abs(x) < 2 ** -30 ? 0 : fround(x),
    );
    const drawn = fc.tuple(part, part, part, part).map(([a, b, c, d]): Four => {
      if (form === 'reciprocal') return [1, 0, c, d];
      return [a, b, form === 'imaginary' ? 0 : c, form === 'real' ? 0 : d];
    });
    const [x, y] = [0, 2].map(
      (at) => (all: readonly Four[]) =>
        sure(
          'c64',
          [all.length],
          all.flatMap((q) => q.slice(at, at + 2)),
        ),
    ) as [(all: readonly Four[]) => ExactTensor, (all: readonly Four[]) => ExactTensor];
    const law = (all: readonly Four[]) => {
      const [t] = run(`c64[${all.length}] divide(p0, p1)`, x(all), y(all)) as [ExactTensor];
      for (const formula of [naive, smith]) {
        const result = tensorOf('c64', [all.length], all.flatMap(formula));
        expect(outside(result, t, 'both')).toBeUndefined();
      }
    };
    fc.assert(fc.property(fc.array(drawn, { minLength: 20, maxLength: 60 }), law), {
      numRuns: draws.of(40),
      seed: draws.seed,
    });
  });
});
