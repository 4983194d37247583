/** Budgets of transforms, factorisations, normalisations and complex functions. */
import { describe, expect, it } from 'vitest';
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { effectiveRadius } from '../../validator/exact/core/radius.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { normal, uniform, useOf } from '../support/exact/exact.ts';
import { numbers, opModule, shapeText } from '../support/run-op.ts';

/** A tensor of drawn numbers, complex ones with two a element. */
function random(type: ElementType, dims: readonly number[], draw: () => number): Tensor {
  const { kind, part } = elementTypes[type];
  const round = rounder(part ?? type);
  const n = dims.reduce((a, b) => a * b, 1) * (kind === 'complex' ? 2 : 1);
  return tensorOf(
    type,
    dims,
    Array.from({ length: n }, () => round(draw())),
  );
}

interface Row {
  readonly text: string;
  readonly inputs: readonly Tensor[];
}

function run({ text, inputs }: Row) {
  const module = opModule(
    inputs.map((t) => arrayShape(t.shape.type, t.shape.dims)),
    text,
  );
  const exact = runExact(module, inputs.map(fromPlainValue)).value;
  return { result: runReference(module, inputs), exact };
}

function expectInside(row: Row): void {
  const { result, exact } = run(row);
  const use = useOf(result, exact);
  expect(use.bound).toBeLessThanOrEqual(1);
  expect(use.budget).toBeLessThanOrEqual(1);
  expect(use.undecided).toBe(0);
}

const numbersOf = (v: unknown) => numbers(v as Value);

const leaves = (v: unknown) => leafTensors(v as Value) as readonly ExactTensor[];

const ffts: [string, ElementType, number[], ElementType, number[], number[]][] = [
  ['FFT', 'c64', [3, 8], 'c64', [3, 8], [8]],
  ['FFT', 'c64', [7, 6], 'c64', [7, 6], [7, 6]],
  ['IFFT', 'c128', [2, 12], 'c128', [2, 12], [12]],
  ['RFFT', 'f32', [2, 5, 9], 'c64', [2, 5, 5], [5, 9]],
  ['RFFT', 'f64', [16], 'c128', [9], [16]],
  ['IRFFT', 'c64', [4, 5], 'f32', [4, 8], [8]],
  ['IRFFT', 'c64', [3, 5], 'f32', [3, 9], [3, 9]],
];

describe.each(ffts)('%s of %s%o', (kind, from, dims, to, out, length) => {
  const text = `${to}[${out}] fft(p0), fft_type=${kind}, fft_length={${length}}`;
  it('the reference lies inside the radii', () => {
    const next = uniform(5);
    expectInside({ text, inputs: [random(from, dims, () => normal(next))] });
  });
});

describe('fft', () => {
  it('of four places is exact on integers', () => {
    const next = uniform(6);
    const x = random('c64', [5, 4, 2], () => Math.floor(16 * next()) - 8);
    const row = { text: 'c64[5,4,2] fft(p0), fft_type=FFT, fft_length={4,2}', inputs: [x] };
    const { result, exact } = run(row);
    expect(numbersOf(exact)).toEqual(numbers(result));
    expect(leaves(exact)[0].bound).toBeUndefined();
  });

  it('a fast transform in f32 lies inside the radii, one with a wrong root does not', () => {
    const next = uniform(8);
    const x = random('c64', [256], () => normal(next));
    const text = 'c64[256] fft(p0), fft_type=FFT, fft_length={256}';
    const [exact] = leaves(run({ text, inputs: [x] }).exact);
    const use = (wrong: number) => {
      const got = radix2(Array.from(x.data as Float32Array), wrong);
      return Math.max(
        ...got.map((v, i) => Math.abs(v - Number(exact.data[i])) / effectiveRadius(exact, i)),
      );
    };
    expect(use(0)).toBeLessThanOrEqual(1);
    expect(use(1e-3)).toBeGreaterThan(1);
  });
});

/** Decimation in time with every step rounded to f32; root 3 of the last stage turned by `wrong`. */
function radix2(x: readonly number[], wrong: number): number[] {
  const { fround } = Math;
  const n = x.length / 2;
  if (n === 1) return [...x];
  const half = (k: number) =>
    radix2(
      Array.from({ length: n }, (_, i) => x[4 * (i >> 1) + 2 * k + (i & 1)]),
      0,
    );
  const [even, odd] = [half(0), half(1)];
  const out = new Array<number>(2 * n);
  for (let k = 0; k < n / 2; k++) {
    const angle = (-2 * Math.PI * k) / n + (k === 3 ? wrong : 0);
    const [c, s] = [fround(Math.cos(angle)), fround(Math.sin(angle))];
    const [a, b] = [odd[2 * k], odd[2 * k + 1]];
    const turned = [fround(fround(a * c) - fround(b * s)), fround(fround(a * s) + fround(b * c))];
    for (const p of [0, 1]) {
      out[2 * k + p] = fround(even[2 * k + p] + turned[p]);
      out[2 * (k + n / 2) + p] = fround(even[2 * k + p] - turned[p]);
    }
  }
  return out;
}

const matrixTypes = ['f32', 'f64', 'c64'] as const;

/** A well conditioned matrix: small entries, a large diagonal. */
function dominant(type: ElementType, batch: number, n: number, seed: number): Tensor {
  const next = uniform(seed);
  const t = random(type, [batch, n, n], () => normal(next) / n);
  const parts = t.data.length / (batch * n * n);
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < n; d++) {
      const e = parts * ((b * n + d) * n + d);
      t.data[e] = 2 + d / n;
    }
  }
  return t;
}

describe.each(matrixTypes)('triangular-solve of %s', (type) => {
  const flags = [true, false];
  const turns = ['NO_TRANSPOSE', 'TRANSPOSE', 'ADJOINT'];
  const cases = flags.flatMap((left) =>
    flags.flatMap((lower) => turns.map((turn) => [left, lower, turn] as const)),
  );
  it.each(cases)('left_side=%s, lower=%s, %s: inside the radii', (left, lower, turn) => {
    const next = uniform(21);
    const dims = left ? [2, 6, 3] : [2, 3, 6];
    const inputs = [dominant(type, 2, 6, 3), random(type, dims, () => normal(next))];
    for (const unit of flags) {
      const attrs = `left_side=${left}, lower=${lower}, unit_diagonal=${unit}, transpose_a=${turn}`;
      expectInside({ text: `${type}[${dims}] triangular-solve(p0, p1), ${attrs}`, inputs });
    }
  });

  it('is exact where every quotient is', () => {
    const ones = tensorOf(type, [2, 2], type === 'c64' ? [2, 0, 0, 0, 4, 0, 1, 0] : [2, 0, 4, 1]);
    const right = tensorOf(type, [2, 1], type === 'c64' ? [6, 2, 20, 0] : [6, 20]);
    const attrs = 'left_side=true, lower=true, unit_diagonal=true, transpose_a=NO_TRANSPOSE';
    const row = { text: `${type}[2,1] triangular-solve(p0, p1), ${attrs}`, inputs: [ones, right] };
    const { result, exact } = run(row);
    expect(numbersOf(exact)).toEqual(numbers(result));
    expect(leaves(exact)[0].bound).toBeUndefined();
  });
});

/** x·xᴴ + n, rounded. */
function positive(type: ElementType, n: number): Tensor {
  const next = uniform(n);
  const complex = type === 'c64';
  const x = Array.from({ length: n * n }, () => [normal(next), complex ? normal(next) : 0]);
  const entries = Array.from({ length: n * n }, (_, e) => {
    const [r, c] = [Math.floor(e / n), e % n];
    let [re, im] = [r === c ? n : 0, 0];
    for (let k = 0; k < n; k++) {
      const [[a, b], [p, q]] = [x[r * n + k], x[c * n + k]];
      re += a * p + b * q;
      im += b * p - a * q;
    }
    return complex ? [re, im] : [re];
  });
  const round = rounder(complex ? 'f32' : type);
  return tensorOf(type, [n, n], entries.flat().map(round));
}

describe.each(matrixTypes)('cholesky of %s', (type) => {
  it.each([true, false])('lower=%s: inside the radii', (lower) => {
    for (const n of [1, 2, 7]) {
      const text = `${type}[${n},${n}] cholesky(p0), lower=${lower}`;
      expectInside({ text, inputs: [positive(type, n)] });
    }
  });
});

it('cholesky without a factor is undecided', () => {
  const inputs = [tensorOf('f32', [2, 2, 2], [1, 2, 2, 1, 4, 0, 0, 1])];
  const [exact] = leaves(run({ text: 'f32[2,2,2] cholesky(p0), lower=true', inputs }).exact);
  expect(Array.from(exact.undecided ?? [])).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
});

describe.each(['f32', 'bf16', 'f16'] as const)('batch normalisation of %s', (type) => {
  const dims = [4, 3, 5];
  const [x, small] = [`${type}[4,3,5]`, `${type}[3]`];
  const attrs = 'epsilon=0.001, feature_index=1';
  const next = uniform(17);
  const wide = () => random(type, dims, () => 2 + normal(next));
  const vector = () => random(type, [3], () => 0.5 + next());
  const rows: [string, Row][] = [
    [
      'training',
      {
        text: `(${x}, ${small}, ${small}) batch-norm-training(p0, p1, p2), ${attrs}`,
        inputs: [wide(), vector(), vector()],
      },
    ],
    [
      'inference',
      {
        text: `${x} batch-norm-inference(p0, p1, p2, p3, p4), ${attrs}`,
        inputs: [wide(), vector(), vector(), vector(), vector()],
      },
    ],
    [
      'grad',
      {
        text: `(${x}, ${small}, ${small}) batch-norm-grad(p0, p1, p2, p3, p4), ${attrs}`,
        inputs: [wide(), vector(), vector(), vector(), wide()],
      },
    ],
  ];
  it.each(rows)('%s: inside the radii', (_, row) => expectInside(row));
});

it('batch normalisation sees a variance that cancels', () => {
  const next = uniform(2);
  const x = random('f32', [256, 1], () => 4096 + normal(next));
  const vector = random('f32', [1], () => 1);
  const text =
    '(f32[256,1], f32[1], f32[1]) batch-norm-training(p0, p1, p1), epsilon=0.001, feature_index=1';
  const variance = leaves(run({ text, inputs: [x, vector] }).exact)[2];
  let [sum, squares] = [0, 0];
  for (const v of x.data as Float32Array) {
    sum = Math.fround(sum + v);
    squares = Math.fround(squares + Math.fround(v * v));
  }
  const mean = Math.fround(sum / 256);
  const onePass = Math.fround(Math.fround(squares / 256) - Math.fround(mean * mean));
  expect(Math.abs(onePass - Number(variance.data[0]))).toBeGreaterThan(
    effectiveRadius(variance, 0),
  );
});

const complexOps = [
  ...['sqrt', 'rsqrt', 'log', 'log-plus-one', 'exponential', 'exponential-minus-one'],
  ...['logistic', 'tanh', 'tan', 'sine', 'cosine', 'sign', 'negate'],
];

describe.each(['c64', 'c128'] as const)('functions of %s', (type) => {
  it.each(complexOps)('%s: inside the radii', (opcode) => {
    const next = uniform(opcode.length);
    const inputs = [random(type, [256], () => normal(next) * 2 ** Math.floor(6 * next() - 4))];
    expectInside({ text: `${type}[256] ${opcode}(p0)`, inputs });
  });

  it.each(['power', 'multiply', 'divide'])('%s: inside the radii', (opcode) => {
    const next = uniform(9);
    const inputs = [0, 1].map(() => random(type, [256], () => normal(next)));
    expectInside({ text: `${type}[256] ${opcode}(p0, p1)`, inputs });
  });

  it.each(complexOps)('%s: operands moved within their radii stay inside', (opcode) => {
    const next = uniform(opcode.length + 40);
    const x = random(type, [256], () => normal(next));
    const module = opModule([x.shape], `${type}[256] ${opcode}(p0)`);
    for (const share of [1e-5, 1e-2, 0.5]) {
      const bound = Float64Array.from(x.data as Float32Array, (v) => Math.abs(v) * share);
      const data = Float64Array.from(x.data as Float32Array);
      const given: ExactTensor = { kind: 'tensor', shape: x.shape, data, bound, deviation: bound };
      const part = rounder(type === 'c64' ? 'f32' : 'f64');
      const moved = data.map((v, i) => part(v + 0.99 * bound[i] * (2 * next() - 1)));
      const result = runReference(module, [tensorOf(type, [256], moved)]);
      const use = useOf(result, runExact(module, [given]).value);
      expect(use.bound).toBeLessThanOrEqual(1);
      expect(use.budget).toBeLessThanOrEqual(1);
    }
  });
});

it('a root next to its cut is undecided, the exact zero of a power is not', () => {
  const shape = arrayShape('c64', [1]);
  const near: ExactTensor = {
    ...{ kind: 'tensor', shape, data: new Float64Array([-1, 1e-9]) },
    ...{ bound: new Float64Array([0, 1e-6]), deviation: new Float64Array([0, 1e-7]) },
  };
  const root = runExact(opModule([shape], 'c64[1] sqrt(p0)'), [near]).value as ExactTensor;
  expect(root.undecided?.[0]).toBe(1);
  const [zero, two] = [tensorOf('c64', [1], [0, 0]), tensorOf('c64', [1], [2, 0])];
  const { exact } = run({ text: 'c64[1] power(p0, p1)', inputs: [zero, two] });
  expect(numbersOf(exact)).toEqual([0, 0]);
  expect(leaves(exact)[0].undecided).toBeUndefined();
});

describe('complex convolution', () => {
  const attrs = 'window={size=3 pad=1_1}, dim_labels=b0f_0io->b0f';
  const shapes = ['c64', 'c128'] as const;
  it.each(shapes)('of %s: inside the radii, exact on integers', (type) => {
    const next = uniform(31);
    const draw = (f: () => number) => [random(type, [2, 6, 3], f), random(type, [3, 3, 4], f)];
    const text = `${shapeText(arrayShape(type, [2, 6, 4]))} convolution(p0, p1), ${attrs}`;
    expectInside({ text, inputs: draw(() => normal(next)) });
    const inputs = draw(() => Math.floor(8 * next()) - 4);
    const { result, exact } = run({ text, inputs });
    expect(leaves(exact)[0].bound).toBeUndefined();
    expect(numbersOf(exact)).toEqual(numbers(result));
  });
});
