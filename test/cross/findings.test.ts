/** What comparing every opcode against XLA:CPU (`npm run cross:xla`) found wrong on our side. */
import { describe, expect, it } from 'vitest';
import { widens } from '../../graphs/ir/contract.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { judgeResult } from '../../validator/validation/judge-result.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

/** The verdict on a result of one instruction. */
function verdictOn(inputs: readonly Tensor[], instruction: string, result: Tensor, more = '') {
  const shapes = inputs.map((t) => arrayShape(t.shape.type, t.shape.dims));
  const module = opModule(shapes, instruction, more);
  return judgeResult(module, result, inputs, { contract: widens }).verdict;
}

describe('the reference', () => {
  it('wraps an iota to its type', () => {
    expect(numbers(runOp([], 's4[10] iota(), iota_dimension=0')).slice(6)).toEqual([6, 7, -8, -7]);
  });

  it('has no f8e8m0fnu for a zero, and the least one for what is less', () => {
    const x = tensorOf('f32', [4], [0, -0, 2 ** -140, 1]);
    const least = 2 ** -127;
    expect(numbers(runOp([x], 'f8e8m0fnu[4] convert(p0)'))).toEqual([NaN, NaN, least, 1]);
    expect(numbers(runOp([], 'f8e8m0fnu[3] iota(), iota_dimension=0'))).toEqual([NaN, 1, 2]);
  });

  it('takes the epsilon of a batch norm for the f32 that it is', () => {
    const ones = (x: number) => tensorOf('f64', [1], [x]);
    const inputs = [tensorOf('f64', [1, 1], [1]), ones(1), ones(0), ones(0), ones(0)];
    const text =
      'f64[1,1] batch-norm-inference(p0, p1, p2, p3, p4), epsilon=0.001, feature_index=1';
    expect(numbers(runOp(inputs, text))).toEqual([1 / Math.sqrt(Math.fround(0.001))]);
  });

  it('keeps infinities in their own part where a root of unity has one part', () => {
    const x = tensorOf('c64', [2], [1, Infinity, 2, 0]);
    const sums = numbers(runOp([x], 'c64[2] fft(p0), fft_type=FFT, fft_length={2}'));
    expect(sums).toEqual([3, Infinity, -1, Infinity]);
  });

  it('does not read what would make the result of an inverse real transform complex', () => {
    const x = tensorOf('c64', [3], [4, NaN, 1, 1, 2, Infinity].map(Math.fround));
    const plain = tensorOf('c64', [3], [4, 0, 1, 1, 2, 0]);
    const text = 'f32[4] fft(p0), fft_type=IRFFT, fft_length={4}';
    expect(numbers(runOp([x], text))).toEqual(numbers(runOp([plain], text)));
  });

  it.each([
    // A narrower exponent field than f64's has no subnormals, however wide it is.
    ['f64', 10, 26, 8.9e-160, 0],
    ['f64', 8, 7, 1e-39, 0],
    // f16 has fewer exponents than 8 bits, and keeps its own; its quantum is 2^-24 still.
    ['f16', 8, 5, 2 ** -24, 0],
    ['f16', 8, 5, 2 ** -24 * 168, 2 ** -24 * 160],
    // Rounded before the range ends: this is half a quantum below the least that is kept.
    ['f32', 5, 10, 2 ** -14 * (1 - 2 ** -11), 0],
    ['f32', 8, 0, 3, 2],
    ['f32', 8, 0, 6, 8],
  ] as const)('reduces %s to %i exponent and %i mantissa bits: %d', (type, e, m, x, result) => {
    const text = `${type}[1] reduce-precision(p0), exponent_bits=${e}, mantissa_bits=${m}`;
    expect(numbers(runOp([tensorOf(type, [1], [x])], text))).toEqual([result]);
  });

  it.each([
    ['f32', 's32', 0x7fc00000],
    ['f64', 's64', 0x7ff8000000000000n],
  ] as const)('has no sign in the bits of a %s that is 0/0', (type, bits, pattern) => {
    const inputs = [0, 1].map(() => tensorOf(type, [64], new Array(64).fill(0)));
    const quotient = `nan { a = ${type}[] parameter(0)
      b = ${type}[] parameter(1)
      q = ${type}[] divide(a, b)
      ROOT r = ${bits}[] bitcast-convert(q) }
      nans { a = ${type}[64] parameter(0)
      b = ${type}[64] parameter(1)
      q = ${type}[64] divide(a, b)
      ROOT r = ${bits}[64] bitcast-convert(q) }`;
    for (const text of [
      'call(p0, p1), to_apply=nans',
      'map(p0, p1), dimensions={0}, to_apply=nan',
    ]) {
      const found = numbers(runOp(inputs, `${bits}[64] ${text}`, {}, quotient));
      expect([...new Set(found)]).toEqual([pattern]);
    }
  });

  it.each(['s8', 's32', 's64'] as const)('takes -1 to negative powers in %s', (type) => {
    const inputs = [
      [-1, -1, 1, 2, 0],
      [-3, -4, -5, -1, -1],
    ].map((x) => tensorOf(type, [5], type === 's64' ? x.map(BigInt) : x));
    const found = numbers(runOp(inputs, `${type}[5] power(p0, p1)`)).map(Number);
    expect(found).toEqual([-1, 1, 1, 0, 0]);
  });

  it('rounds to 51 mantissa bits to nearest, odd numbers too', () => {
    const x = tensorOf('f64', [2], [1 + 2 ** -51, 1 + 3 * 2 ** -52]);
    const text = 'f64[2] reduce-precision(p0), exponent_bits=11, mantissa_bits=51';
    expect(numbers(runOp([x], text))).toEqual([1 + 2 ** -51, 1 + 2 ** -50]);
  });
});

describe('the budget', () => {
  const denormal = 2 ** -140;

  it.each([
    ['floor', -denormal, -0, 'tie'],
    ['ceil', denormal, 0, 'tie'],
    ['sign', denormal, 0, 'undecided'],
  ])('of %s lets a denormal be taken for zero', (opcode, x, result, verdict) => {
    const judged = verdictOn([tensorOf('f32', [1], [x])], `f32[1] ${opcode}(p0)`, {
      ...tensorOf('f32', [1], [result]),
    });
    expect(judged).toBe(verdict);
  });

  it('of a comparison lets a denormal be taken for zero, but not in the total order', () => {
    const inputs = [tensorOf('f32', [1], [denormal]), tensorOf('f32', [1], [0])];
    const result = tensorOf('pred', [1], [0]);
    const text = 'pred[1] compare(p0, p1), direction=GT';
    expect(verdictOn(inputs, text, result)).toBe('tie');
    expect(verdictOn(inputs, `${text}, type=TOTALORDER`, result)).toBe('beyond');
  });

  it('of f64 reaches zero for the smallest denormals too', () => {
    const inputs = [tensorOf('f64', [1], [1.5e-323]), tensorOf('f64', [1], [-1])];
    const zero = tensorOf('f64', [1], [0]);
    expect(verdictOn(inputs, 'f64[1] maximum(p0, p1)', zero)).toBe('within');
  });

  it('of log leaves open what a denormal gives', () => {
    const infinite = tensorOf('f32', [1], [-Infinity]);
    for (const x of [denormal, -denormal]) {
      expect(verdictOn([tensorOf('f32', [1], [x])], 'f32[1] log(p0)', infinite)).toBe('undecided');
    }
  });

  it('of a complex product over many elements allows for rounding', () => {
    const more = `times { a = c64[] parameter(0)
      b = c64[] parameter(1)
      ROOT r = c64[] multiply(a, b) }`;
    const x = tensorOf('c64', [3], [1.1, 0.3, 0.7, 1.9, 1.3, 0.2].map(Math.fround));
    const inputs = [x, tensorOf('c64', [], [1, 0])];
    const text = 'c64[] reduce(p0, p1), dimensions={0}, to_apply=times';
    const [re, im] = numbers(runOp(inputs, text, {}, more)).map(Number);
    const near = tensorOf('c64', [], [re, Math.fround(im * (1 + 2 ** -23))]);
    const far = tensorOf('c64', [], [re, Math.fround(im * (1 + 2 ** -10))]);
    expect(verdictOn(inputs, text, near, more)).toBe('within');
    expect(verdictOn(inputs, text, far, more)).toBe('beyond');
  });

  it('of a complex logarithm holds where the square of the modulus would overflow', () => {
    const z = tensorOf('c64', [1], [3e30, 4e30].map(Math.fround));
    const [re, im] = numbers(runOp([z], 'c64[1] log(p0)')).map(Number);
    const result = (factor: number) => tensorOf('c64', [1], [Math.fround(re * factor), im]);
    expect(verdictOn([z], 'c64[1] log(p0)', result(1 + 2 ** -23))).toBe('within');
    expect(verdictOn([z], 'c64[1] log(p0)', result(1 + 2 ** -10))).toBe('beyond');
  });

  it('of a Cholesky factor covers a diagonal that is divided like the rest of its column', () => {
    const a = tensorOf('f32', [1, 1], [13.25]);
    const root = Math.fround(Math.sqrt(13.25));
    const below = tensorOf('f32', [1, 1], [root - 2 ** -22]);
    expect(verdictOn([a], 'f32[1,1] cholesky(p0), lower=true', below)).toBe('within');
  });

  it('of a convolution leaves open whether an infinity meets the padding', () => {
    const x = tensorOf('f32', [1, 2, 1], [1, 2]);
    const kernel = tensorOf('f32', [2, 1, 1], [Infinity, 1]);
    const text = 'f32[1,2,1] convolution(p0, p1), window={size=2 pad=1_0}, dim_labels=b0f_0io->b0f';
    expect(verdictOn([x, kernel], text, tensorOf('f32', [1, 2, 1], [NaN, Infinity]))).toBe(
      'undecided',
    );
  });

  it('of a complex log-plus-one on its cut lets a denormal be zero of either sign', () => {
    const z = tensorOf('c128', [1], [-3, 5e-324]);
    const result = tensorOf('c128', [1], [Math.log(2), -Math.PI]);
    expect(verdictOn([z], 'c128[1] log-plus-one(p0)', result)).toBe('undecided');
  });

  it('of a Fourier transform leaves open what an infinity makes NaN', () => {
    const x = tensorOf('c64', [2], [1, Infinity, 2, 0]);
    const spread = tensorOf('c64', [2], [NaN, Infinity, NaN, Infinity]);
    expect(verdictOn([x], 'c64[2] fft(p0), fft_type=FFT, fft_length={2}', spread)).toBe(
      'undecided',
    );
  });

  it('of a quotient does not vanish where its square would underflow', () => {
    const z = tensorOf('c128', [1], [4.7e-60, 1.5e-323]);
    expect(verdictOn([z], 'c128[1] sign(p0)', tensorOf('c128', [1], [1, 0]))).toBe('within');
  });

  it('of a steep function of a denormal reaches its value at zero', () => {
    const x = tensorOf('f64', [1], [-1.1169e-319]);
    expect(verdictOn([x], 'f64[1] cbrt(p0)', tensorOf('f64', [1], [-0]))).toBe('within');
  });

  it('of reduce-precision is zero for what its range has no number for', () => {
    const x = tensorOf('f32', [1], [1e-5]);
    const text = 'f32[1] reduce-precision(p0), exponent_bits=5, mantissa_bits=10';
    const more = `neg { a = f32[1] parameter(0)
      r = ${text.replace('p0', 'a')}
      ROOT n = f32[1] negate(r) }`;
    const call = 'f32[1] call(p0), to_apply=neg';
    expect(verdictOn([x], call, tensorOf('f32', [1], [0]), more)).toBe('within');
    expect(verdictOn([x], call, tensorOf('f32', [1], [-1e-5]), more)).toBe('beyond');
  });

  it('of reduce-precision leaves open what a NaN without mantissa bits becomes', () => {
    const text = 'f32[1] reduce-precision(p0), exponent_bits=8, mantissa_bits=0';
    const nan = tensorOf('f32', [1], [NaN]);
    expect(verdictOn([nan], text, nan)).toBe('undecided');
  });

  it('of a conversion to pred lets a denormal be taken for zero', () => {
    const x = tensorOf('f64', [1], [-1.5e-323]);
    const zero = tensorOf('pred', [1], [0]);
    expect(verdictOn([x], 'pred[1] convert(p0)', zero)).toBe('undecided');
    expect(verdictOn([tensorOf('f64', [1], [0.5])], 'pred[1] convert(p0)', zero)).toBe('beyond');
  });

  it('of expm1 in f16 allows for a formula that rounds at each step', () => {
    const x = tensorOf('f16', [1], [0.1361083984375]);
    const text = 'f16[1] exponential-minus-one(p0)';
    const near = tensorOf('f16', [1], [0.1456298828125]);
    const far = tensorOf('f16', [1], [0.1456298828125 - 2 ** -10]);
    expect(verdictOn([x], text, near)).toBe('within');
    expect(verdictOn([x], text, far)).toBe('beyond');
  });

  it('of a complex Cholesky factor allows for imaginary parts that cancel up to rounding', () => {
    const a = tensorOf('c64', [2, 2], [4, 0, 0.3, 0.7, 0.3, -0.7, 5, 0].map(Math.fround));
    const text = 'c64[2,2] cholesky(p0), lower=true';
    const factor = numbers(runOp([a], text)).map(Number);
    const imaginary = (im: number) => tensorOf('c64', [2, 2], factor.with(7, Math.fround(im)));
    expect(verdictOn([a], text, imaginary(4e-10))).toBe('within');
    expect(verdictOn([a], text, imaginary(4e-6))).toBe('beyond');
  });

  it.each(['divide(p0, p1)', 'divide(p1, p1)'])(
    'of %s leaves open what a denormal divides',
    (q) => {
      const inputs = [2 ** -131, 2 ** -149].map((x) => tensorOf('f32', [1], [x]));
      const nan = tensorOf('f32', [1], [NaN]);
      expect(verdictOn(inputs, `f32[1] ${q}`, nan)).toBe('undecided');
      const normal = [2 ** -120, 2 ** -121].map((x) => tensorOf('f32', [1], [x]));
      expect(verdictOn(normal, `f32[1] ${q}`, nan)).toBe('beyond');
    },
  );

  it('of a conversion to a wider type lets a denormal be taken for zero', () => {
    const x = tensorOf('c64', [1], [-(2 ** -127), -(2 ** -131)]);
    const zero = tensorOf('c128', [1], [0, 0]);
    expect(verdictOn([x], 'c128[1] convert(p0)', zero)).toBe('within');
    const normal = tensorOf('c64', [1], [2 ** -120, 0]);
    expect(verdictOn([normal], 'c128[1] convert(p0)', zero)).toBe('beyond');
  });

  it('of a selection leaves open which of several denormals is chosen', () => {
    const more = `ge { a = f32[] parameter(0)
      b = f32[] parameter(1)
      ROOT c = pred[] compare(a, b), direction=GE }
      add { a = f32[] parameter(0)
      b = f32[] parameter(1)
      ROOT c = f32[] add(a, b) }`;
    const text =
      'f32[2] select-and-scatter(p0, p1, p2), window={size=2 stride=2}, select=ge, scatter=add';
    const given = [tensorOf('f32', [1], [4]), tensorOf('f32', [], [0])];
    const first = tensorOf('f32', [2], [4, 0]);
    const verdict = (...x: number[]) =>
      verdictOn([tensorOf('f32', [2], x), ...given], text, first, more);
    expect(verdict(0, 2 ** -140)).toBe('undecided');
    expect(verdict(0, 2 ** -100)).toBe('beyond');
  });
});

it('an op in f8 may be computed in f16 and rounded twice', () => {
  const inputs = [0.005859375, 2].map((x) => tensorOf('f8e4m3fn', [1], [x]));
  const result = tensorOf('f8e4m3fn', [1], [0.00390625]);
  expect(numbers(runOp(inputs, 'f8e4m3fn[1] atan2(p0, p1)'))).toEqual([0.001953125]);
  expect(verdictOn(inputs, 'f8e4m3fn[1] atan2(p0, p1)', result)).toBe('within');
});

it('an operand flushed to zero leaves room for the roundings beside it', () => {
  const inputs = [
    [-2.382207389352189e-44, -3.971156358718872],
    [2.539925250375405e-30, -38297292800],
  ].map((x) => tensorOf('c64', [1], x));
  const result = tensorOf('c64', [1], [-152084545536, -1.0086440431976452e-29]);
  expect(verdictOn(inputs, 'c64[1] multiply(p0, p1)', result)).toBe('within');
});

it('a right-hand side that is denormal may be zero before it is solved for', () => {
  const a = tensorOf('c64', [1, 1], [1, 0]);
  const denormal = tensorOf('c64', [1, 1], [2 ** -130, 2 ** -120]);
  const text =
    'c64[1,1] triangular-solve(p0, p1), left_side=true, lower=true, unit_diagonal=true, transpose_a=NO_TRANSPOSE';
  const result = (re: number, im: number) => tensorOf('c64', [1, 1], [re, im]);
  expect(verdictOn([a, denormal], text, result(0, 2 ** -120))).toBe('within');
  expect(verdictOn([a, denormal], text, result(2 ** -130, 0))).toBe('beyond');
});

it.each([
  ['f64', 'log-plus-one', -0.4142121049586897, -0.5347975087806367],
  ['f64', 'atanh', 0.41420664446473854, 0.4406784428845598],
  ['f64', 'sinh', -611.7124780207394, -2.3031579357562516e265],
  ['f64', 'cosh', 666.4697040212322, 1.39022411143321e289],
  ['f32', 'exponential', 88.71958923339844, 3.3917819254211567e38],
  ['f16', 'logistic', -7.796875, 0.0004112720489501953],
  ['f8e4m3fn', 'logistic', -0.1875, 0.4375],
  ['f8e3m4', 'exponential-minus-one', 1.8125, 5],
] as const)('the budget of %s %s covers what XLA:CPU is off at %d', (type, opcode, x, result) => {
  const verdict = (factor: number) =>
    verdictOn([tensorOf(type, [1], [x])], `${type}[1] ${opcode}(p0)`, {
      ...tensorOf(type, [1], [result * factor]),
    });
  expect(verdict(1)).toBe('within');
  expect(verdict(type === 'f64' ? 1 + 2 ** -40 : 1.5)).toBe('beyond');
});
