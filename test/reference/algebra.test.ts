/** Solvers, transforms and batch normalisation: each against the equation that defines its result. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitRoundoff } from '../../graphs/ir/element-type.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { at, formula, smallIntegers } from '../support/exact/naive.ts';
import { numbers, runOp } from '../support/run-op.ts';

const size = fc.integer({ min: 1, max: 5 });

/** Largest difference relative to the largest expected number. */
function difference(a: readonly number[], b: readonly number[]): number {
  const scale = Math.max(...b.map(Math.abs), Number.MIN_VALUE);
  return Math.max(...a.map((x, k) => Math.abs(x - b[k]))) / scale;
}

/** Computed in f64, results must be good to far below the roundoff of f32. */
function expectClose(a: readonly (number | bigint)[], b: readonly (number | bigint)[]): void {
  expect(a).toHaveLength(b.length);
  expect(difference(a.map(Number), b.map(Number))).toBeLessThan(unitRoundoff('f32'));
}

function product(
  n: number,
  a: (i: number, k: number) => number,
  b: (k: number, j: number) => number,
) {
  return formula([n, n], ([i, j]) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a(i, k) * b(k, j);
    return sum;
  });
}

test.each([true, false])(
  'cholesky, lower=%s: the factor times its transpose is the operand',
  (lower) => {
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const r = smallIntegers('f64', [n, n], seed);
        const spd = product(
          n,
          (i, k) => at(r, [i, k]),
          (k, j) => at(r, [j, k]),
        );
        const a = tensorOf(
          'f64',
          [n, n],
          spd.map((x, e) => x + (e % (n + 1) === 0 ? n : 0)),
        );
        const f = runOp([a], `f64[${n},${n}] cholesky(p0), lower=${lower}`) as Tensor;
        const back = lower
          ? product(
              n,
              (i, k) => at(f, [i, k]),
              (k, j) => at(f, [j, k]),
            )
          : product(
              n,
              (i, k) => at(f, [k, i]),
              (k, j) => at(f, [k, j]),
            );
        expectClose(back, numbers(a));
        expect(
          formula([n, n], ([i, j]) => ((lower ? j > i : i > j) ? at(f, [i, j]) : 0)).every(
            (x) => x === 0,
          ),
        ).toBe(true);
      }),
    );
  },
);

test('triangular-solve: op(a) times the solution is b, whichever side and triangle', () => {
  const cases = fc.record({
    n: size,
    m: size,
    seed: fc.nat(),
    left: fc.boolean(),
    lower: fc.boolean(),
    unit: fc.boolean(),
    transpose: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ n, m, seed, left, lower, unit, transpose }) => {
      const given = smallIntegers('f64', [n, n], seed);
      const a = tensorOf(
        'f64',
        [n, n],
        Array.from(numbers(given), (x, e) => Number(x) / 8 + (e % (n + 1) === 0 ? 4 : 0)),
      );
      const dims = left ? [n, m] : [m, n];
      const b = smallIntegers('f64', dims, seed + 1);
      const x = runOp(
        [a, b],
        `f64[${dims}] triangular-solve(p0, p1), left_side=${left}, lower=${lower}, unit_diagonal=${unit}, transpose_a=${transpose ? 'TRANSPOSE' : 'NO_TRANSPOSE'}`,
      ) as Tensor;
      const triangle = (i: number, j: number) =>
        i === j ? (unit ? 1 : at(a, [i, i])) : (lower ? j < i : j > i) ? at(a, [i, j]) : 0;
      const op = (i: number, j: number) => (transpose ? triangle(j, i) : triangle(i, j));
      const back = formula(dims, ([i, j]) => {
        let sum = 0;
        for (let k = 0; k < n; k++)
          sum += left ? op(i, k) * at(x, [k, j]) : at(x, [i, k]) * op(k, j);
        return sum;
      });
      expectClose(back, numbers(b));
    }),
  );
});

describe('fft', () => {
  test('of an impulse is constant, and the inverse brings it back', () => {
    const x = tensorOf('c128', [2, 3], []);
    x.data[0] = 6;
    const y = runOp([x], 'c128[2,3] fft(p0), fft_type=FFT, fft_length={2,3}') as Tensor;
    expectClose(
      numbers(y),
      formula([2, 3, 2], ([, , part]) => (part === 0 ? 6 : 0)),
    );
    expectClose(
      numbers(runOp([y], 'c128[2,3] fft(p0), fft_type=IFFT, fft_length={2,3}')),
      numbers(x),
    );
  });

  test('of real numbers keeps half the spectrum, from which the inverse restores them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), size, fc.nat(), (n, rows, seed) => {
        const x = smallIntegers('f64', [rows, n], seed);
        const half = Math.floor(n / 2) + 1;
        const y = runOp(
          [x],
          `c128[${rows},${half}] fft(p0), fft_type=RFFT, fft_length={${n}}`,
        ) as Tensor;
        const back = runOp([y], `f64[${rows},${n}] fft(p0), fft_type=IRFFT, fft_length={${n}}`);
        expectClose(numbers(back), numbers(x));
      }),
    );
  });
});

describe('batch normalisation', () => {
  const dims = [3, 2, 4];
  const attrs = 'epsilon=0.5, feature_index=1';
  const x = smallIntegers('f64', dims, 7);
  const scale = tensorOf('f64', [2], [2, -1]);
  const offset = tensorOf('f64', [2], [10, 20]);

  test('training normalises with the statistics that it returns', () => {
    const r = runOp(
      [x, scale, offset],
      `(f64[3,2,4], f64[2], f64[2]) batch-norm-training(p0, p1, p2), ${attrs}`,
    );
    const of = (f: number, g: (v: number) => number) =>
      formula(dims, (c) => (c[1] === f ? g(at(x, c)) : 0)).reduce((a, b) => a + b, 0) / 12;
    const mean = [0, 1].map((f) => of(f, (v) => v));
    const variance = [0, 1].map((f) => of(f, (v) => (v - mean[f]) ** 2));
    expectClose(numbers(r, 1), mean);
    expectClose(numbers(r, 2), variance);
    const statistics = [mean, variance].map((s) => tensorOf('f64', [2], s));
    const again = runOp(
      [x, scale, offset, ...statistics],
      `f64[3,2,4] batch-norm-inference(p0, p1, p2, p3, p4), ${attrs}`,
    );
    expectClose(numbers(r, 0), numbers(again));
    const normal = formula(dims, (c) => {
      const f = c[1];
      return (
        (Number(numbers(scale)[f]) * (at(x, c) - mean[f])) / Math.sqrt(variance[f] + 0.5) +
        Number(numbers(offset)[f])
      );
    });
    expectClose(numbers(again), normal);
  });

  test('the gradient is that of training, by central differences', () => {
    const grad = smallIntegers('f64', dims, 9);
    const forward = (t: Tensor) =>
      runOp(
        [t, scale, offset],
        `(f64[3,2,4], f64[2], f64[2]) batch-norm-training(p0, p1, p2), ${attrs}`,
      );
    const base = forward(x);
    const statistics = [1, 2].map((k) => tensorOf('f64', [2], numbers(base, k)));
    const r = runOp(
      [x, scale, ...statistics, grad],
      `(f64[3,2,4], f64[2], f64[2]) batch-norm-grad(p0, p1, p2, p3, p4), ${attrs}`,
    );
    const h = 2 ** -18;
    const loss = (t: Tensor) =>
      numbers(forward(t), 0).reduce<number>(
        (sum, y, e) => sum + Number(y) * Number(grad.data[e]),
        0,
      );
    const moved = (e: number, by: number) =>
      tensorOf(
        'f64',
        dims,
        Array.from(numbers(x), (v, k) => Number(v) + (k === e ? by : 0)),
      );
    const slopes = Array.from(
      numbers(x),
      (_, e) => (loss(moved(e, h)) - loss(moved(e, -h))) / (2 * h),
    );
    expect(difference(numbers(r, 0).map(Number), slopes)).toBeLessThan(h);
    const sums = [0, 1].map((f) =>
      formula(dims, (c) => (c[1] === f ? at(grad, c) : 0)).reduce((a, b) => a + b, 0),
    );
    expectClose(numbers(r, 2), sums);
  });
});
