/** CHLO functions by the laws that define them, in f64, and by their values at special points. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importStablehlo } from '../../../graphs/importers/stablehlo/import.ts';
import { widens } from '../../../graphs/ir/contract.ts';
import { unitRoundoff } from '../../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';
import { runReference } from '../../../validator/reference/run.ts';
import { judgeResult } from '../../../validator/validation/judge-result.ts';

/** A CHLO function of f64 numbers. */
function chlo(name: string, arity = 1): (...xs: number[]) => number {
  const args = Array.from({ length: arity }, (_, i) => `%x${i}`);
  const type = 'tensor<f64>';
  const parameters = args.map((a) => `${a}: ${type}`).join(', ');
  const call = `chlo.${name} ${args.join(', ')} : ${args.map(() => type).join(', ')} -> ${type}`;
  const text = `func.func @main(${parameters}) -> ${type} {\n%r = ${call}\nreturn %r : ${type}\n}`;
  const module = importStablehlo(text);
  return (...xs) => {
    const inputs = xs.map((x) => tensorOf('f64', [], [x]));
    return Number((runReference(module, inputs) as Tensor).data[0]);
  };
}

/** Relative difference in units of f64's roundoff, over the larger of 1 and the size. */
function apart(a: number, b: number): number {
  return Math.abs(a - b) / unitRoundoff('f64') / Math.max(1, Math.abs(a), Math.abs(b));
}

/** Roundings that a formula of some hundred steps may add up. */
const formulaSteps = 1000;

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const functions = {
  erf: chlo('erf'),
  erfc: chlo('erfc'),
  erfInv: chlo('erf_inv'),
  lgamma: chlo('lgamma'),
  digamma: chlo('digamma'),
  zeta: chlo('zeta', 2),
  polygamma: chlo('polygamma', 2),
  bessel: chlo('bessel_i1e'),
  nextAfter: chlo('next_after', 2),
  sinh: chlo('sinh'),
  cosh: chlo('cosh'),
};
const { erf, erfc, erfInv, lgamma, digamma, zeta, polygamma, bessel, nextAfter } = functions;

const laws: readonly (readonly [string, fc.Arbitrary<number>, (x: number) => [number, number]])[] =
  [
    ['erf + erfc = 1', between(-6, 6), (x) => [erf(x) + erfc(x), 1]],
    ['erf undoes its inverse', between(-0.999, 0.999), (x) => [erf(erfInv(x)), x]],
    [
      'erfc x e^(x²) falls towards 1/(x√π)',
      between(20, 25),
      (x) => {
        const series = 1 - 1 / (2 * x * x) + 3 / (4 * x ** 4) - 15 / (8 * x ** 6);
        const rest = 105 / (16 * x ** 8) - 945 / (32 * x ** 10) + 10395 / (64 * x ** 12);
        return [
          erfc(x) * Math.exp((x * x) / 2) * Math.exp((x * x) / 2) * x,
          (series + rest) / Math.sqrt(Math.PI),
        ];
      },
    ],
    [
      'ln Γ(x+1) = ln x + ln Γ(x)',
      between(0.01, 50),
      (x) => [lgamma(x + 1), Math.log(x) + lgamma(x)],
    ],
    ['ψ(x+1) = ψ(x) + 1/x', between(0.05, 50), (x) => [digamma(x + 1), digamma(x) + 1 / x]],
    [
      'ψ reflects',
      between(0.1, 0.4),
      (x) => [digamma(1 - x) - digamma(x), Math.PI / Math.tan(Math.PI * x)],
    ],
    [
      'ζ(s, q) = q^-s + ζ(s, q+1)',
      between(1.5, 20),
      (s) => [zeta(s, 1.25), 1.25 ** -s + zeta(s, 2.25)],
    ],
    [
      'ψ₁(x) = ψ₁(x+1) + 1/x²',
      between(0.1, 30),
      (x) => [polygamma(1, x), polygamma(1, x + 1) + 1 / (x * x)],
    ],
    ['I₁ is odd', between(0, 100), (x) => [bessel(-x), -bessel(x)]],
    [
      'cosh² - sinh² = 1',
      between(-3, 3),
      (x) => [functions.cosh(x) ** 2 - functions.sinh(x) ** 2, 1],
    ],
    [
      'next_after there and back',
      between(-1e300, 1e300),
      (x) => [nextAfter(nextAfter(x, Infinity), -Infinity), x],
    ],
  ];

describe('laws', () => {
  test.each(laws)('%s', (_, argument, sides) => {
    fc.assert(
      fc.property(argument, (x) => {
        const [left, right] = sides(x);
        expect(apart(left, right)).toBeLessThan(formulaSteps);
      }),
      { numRuns: 50 },
    );
  });
});

describe('values', () => {
  const cases: readonly (readonly [string, number, number])[] = [
    ['ζ(2) = π²/6', zeta(2, 1), Math.PI ** 2 / 6],
    ['ln Γ(1/2) = ln √π', lgamma(0.5), Math.log(Math.PI) / 2],
    ['ln Γ(11) = ln 10!', lgamma(11), Math.log(3628800)],
    ['ψ(1) = -γ', digamma(1), -0.5772156649015329],
    ['ψ₀ = ψ', polygamma(0, 3.5), digamma(3.5)],
    ['ψ₂(1) = -2 ζ(3)', polygamma(2, 1), -2 * zeta(3, 1)],
    ['e^-1 I₁(1)', bessel(1), 0.5651591039924851 / Math.E],
    ['the quadrature of I₁ meets its series', bessel(25), bessel(25 + 1e-14)],
    ['erf⁻¹(1/2)', erfInv(0.5), 0.4769362762044699],
  ];
  test.each(cases)('%s', (_, found, expected) => {
    expect(apart(found, expected)).toBeLessThan(formulaSteps);
  });

  test('poles, ends and the other side of them', () => {
    expect([lgamma(0), lgamma(-3), lgamma(Infinity)]).toEqual([Infinity, Infinity, Infinity]);
    expect([digamma(0), digamma(-2)]).toEqual([NaN, NaN]);
    expect([erfInv(1), erfInv(-1), erfInv(2)]).toEqual([Infinity, -Infinity, NaN]);
    expect([erfc(Infinity), erfc(-Infinity), erfc(30)]).toEqual([0, 2, 0]);
    expect([zeta(1, 2), zeta(0.5, 2), zeta(2, -1), zeta(3, -1)]).toEqual([
      Infinity,
      NaN,
      Infinity,
      NaN,
    ]);
    expect([nextAfter(0, 1), nextAfter(0, -1), nextAfter(1, 1)]).toEqual([
      Number.MIN_VALUE,
      -Number.MIN_VALUE,
      1,
    ]);
  });
});

test('broadcasting ops spread their operands as NumPy does', () => {
  const text = `func.func @main(%a: tensor<2x1xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
    %r = chlo.broadcast_add %a, %b : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    return %r : tensor<2x3xf32>\n}`;
  const inputs = [tensorOf('f32', [2, 1], [10, 20]), tensorOf('f32', [3], [1, 2, 3])];
  const [sum] = leafTensors(runReference(importStablehlo(text), inputs));
  expect(Array.from(sum!.data as Float32Array)).toEqual([11, 12, 13, 21, 22, 23]);
});

/** Parts of a function of one complex number, its parts f32. */
function complexChlo(name: string, re: number, im: number): number[] {
  const type = 'tensor<complex<f32>>';
  const call = `%r = chlo.${name} %x : ${type} -> ${type}`;
  const text = `func.func @main(%x: ${type}) -> ${type} {\n${call}\nreturn %r : ${type}\n}`;
  const x = tensorOf('c64', [], [re, im]);
  return Array.from((runReference(importStablehlo(text), [x]) as Tensor).data as Float32Array);
}

describe('complex functions at the ends of their range', () => {
  const tiny = 2 ** -149;
  const parts: readonly (readonly [string, number, number, number, number])[] = [
    ['sinh', Infinity, 0, Infinity, 0],
    ['cosh', -Infinity, 0, Infinity, -0],
    ['sinh', 104, tiny, Infinity, Math.fround(Math.cosh(104) * tiny)],
    ['cosh', -104, tiny, Infinity, Math.fround(-Math.cosh(104) * tiny)],
  ];
  test.each(parts)('%s(%d + %di)', (name, re, im, real, imag) => {
    const [a, b] = complexChlo(name, re, im) as [number, number];
    expect(a).toBe(real);
    const steps = Math.abs(b - imag) / unitRoundoff('f32') / Math.max(Math.abs(imag), tiny);
    expect(Object.is(b, imag) || steps < formulaSteps).toBe(true);
  });

  test('acos next to 1 with an imaginary part that is hardly there', () => {
    const above = 1 + 2 ** -23;
    const [real] = complexChlo('acos', above, 2 * tiny) as [number, number];
    const exact = (2 * tiny) / Math.sqrt(above * above - 1);
    expect(Math.abs(real - exact)).toBeLessThanOrEqual(2 * tiny);
  });
});

/** Functions, f32 arguments for each of their operands, and what XLA:CPU gives (jax 0.10.2). */
const measured: readonly (readonly [string, readonly (readonly number[])[], readonly number[]])[] =
  [
    [
      'atan',
      [[-30, -1, -0.1, 0.1, 1, 30]],
      [-1.5374753, -0.7853981, -0.09966866, 0.09966866, 0.7853981, 1.5374753],
    ],
    [
      'erfc',
      [[-3, -0.5, 0.3, 0.9, 1.5, 4]],
      [1.999978, 1.5204998, 0.67137325, 0.20309184, 0.033894856, 1.5417259e-8],
    ],
    [
      'erf_inv',
      [[-0.9, -0.3, 0.001, 0.3, 0.7, 0.99]],
      [-1.163087, -0.27246276, 0.0008862271, 0.27246276, 0.7328691, 1.8213867],
    ],
    [
      'lgamma',
      [[-2.5, 0.3, 1.25, 1.75, 5, 40]],
      [-0.056243896, 1.0957975, -0.09827185, -0.08440018, 3.1780548, 106.63176],
    ],
    [
      'digamma',
      [[-2.5, 0.3, 1.25, 1.75, 5, 40]],
      [1.1031562, -3.5025237, -0.22745383, 0.24747264, 1.5061182, 3.6763272],
    ],
    [
      'bessel_i1e',
      [[-9, -0.5, 0.3, 2, 7.5, 20]],
      [-0.127225, -0.1564208, 0.11237757, 0.21526928, 0.13804132, 0.08750622],
    ],
    [
      'zeta',
      [
        [1.5, 2, 3, 4, 6, 10],
        [0.5, 1, 1.5, 2, 5, 0.25],
      ],
      [4.7765384, 1.644934, 0.41439837, 0.08232324, 0.000102179256, 1048576.1],
    ],
    [
      'polygamma',
      [
        [0, 1, 2, 3, 4, 1],
        [0.5, 1, 1.5, 2, 5, 0.25],
      ],
      [-1.96351, 1.644934, -0.8287969, 0.49393985, -0.014063203, 17.19733],
    ],
  ];

describe('the budget in f32 has room for what others compute', () => {
  test.each(measured)('%s', (name, columns, results) => {
    const t = 'tensor<6xf32>';
    const names = columns.map((_, k) => `%x${k}`);
    const types = names.map(() => t).join(', ');
    const head = `func.func @main(${names.map((n) => `${n}: ${t}`).join(', ')}) -> ${t}`;
    const call = `%r = chlo.${name} ${names.join(', ')} : ${types} -> ${t}`;
    const module = importStablehlo(`${head} {\n${call}\nreturn %r : ${t}\n}`);
    const inputs = columns.map((values) => tensorOf('f32', [6], values.map(Math.fround)));
    const result = tensorOf('f32', [6], results.map(Math.fround));
    const { verdict } = judgeResult(module, result, inputs, { contract: widens });
    expect(['identical', 'within']).toContain(verdict);
  });
});
