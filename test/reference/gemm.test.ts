/** cuBLAS custom calls mean alpha·A·B + beta·C and what the epilogue says, in both modes. */
import { describe, expect, it } from 'vitest';
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { drawn, normal, uniform, useOf } from '../support/exact/exact.ts';
import { coordinates, smallIntegers } from '../support/exact/naive.ts';
import { numbers, opModule } from '../support/run-op.ts';

interface Gemm {
  readonly target?: string;
  readonly alpha?: number;
  readonly beta?: number;
  readonly epilogue?: string | number;
  readonly damax?: boolean;
  /** Types of the tuple's elements beyond the first, or absent where the result is an array. */
  readonly more?: readonly string[];
}

const dims = {
  lhs_contracting_dimensions: ['1'],
  rhs_contracting_dimensions: [0],
  lhs_batch_dimensions: [],
  rhs_batch_dimensions: [],
};

function configText({ alpha = 1, beta = 0, epilogue = 'DEFAULT', damax = false }: Gemm): string {
  return JSON.stringify({
    gemm_backend_config: {
      alpha_real: alpha,
      alpha_imag: 0,
      beta,
      dot_dimension_numbers: dims,
      epilogue,
      damax_output: damax,
      lhs_stride: '12',
    },
  });
}

function gemm(result: string, inputs: readonly Tensor[], options: Gemm, config?: string) {
  const shape = options.more ? `(${[result, ...options.more].join(', ')})` : result;
  const operands = inputs.map((_, k) => `p${k}`).join(', ');
  const target = options.target ?? '__cublas$gemm';
  const call = `${shape} custom-call(${operands}), custom_call_target="${target}", backend_config=`;
  return opModule(
    inputs.map((t) => t.shape),
    call + (config ?? configText(options)),
  );
}

const [m, k, n] = [3, 4, 5];
const a = smallIntegers('f32', [m, k], 1);
const b = smallIntegers('f32', [k, n], 2);
const c = smallIntegers('f32', [m, n], 3);
const bias = smallIntegers('f32', [n], 4);

/** Σ_j a[r, j]·b[j, col], and what is done to it, from the numbers. */
function naive(then: (sum: number, at: number, column: number) => number): number[] {
  return coordinates([m, n]).map(([r, column], at) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += Number(a.data[r * k + j]) * Number(b.data[j * n + column]);
    return then(sum, at, column);
  });
}

const cases: [
  string,
  Gemm,
  readonly Tensor[],
  (s: number, at: number, column: number) => number,
][] = [
  ['alpha', { alpha: 0.5 }, [a, b], (s) => s / 2],
  ['beta', { alpha: 2, beta: -0.5 }, [a, b, c], (s, at) => 2 * s - Number(c.data[at]) / 2],
  ['bias', { epilogue: 'BIAS' }, [a, b, bias], (s, _, column) => s + Number(bias.data[column])],
  [
    'bias by number, beta',
    { epilogue: 1, beta: 1 },
    [a, b, c, bias],
    (s, at, column) => s + Number(c.data[at]) + Number(bias.data[column]),
  ],
  [
    'relu',
    { alpha: -1, beta: 20, epilogue: 'RELU' },
    [a, b, c],
    (s, at) => Math.max(0, 20 * Number(c.data[at]) - s),
  ],
  [
    'bias and relu',
    { alpha: -1, epilogue: 'BIAS_RELU' },
    [a, b, bias],
    (s, _, column) => Math.max(0, Number(bias.data[column]) - s),
  ],
];

describe('a gemm call on small integers', () => {
  it.each(cases)('%s', (_, options, inputs, formula) => {
    const lt = { ...options, target: '__cublas$lt$matmul', more: ['s8[16]'] };
    const module = gemm(`f32[${m},${n}]`, inputs, lt);
    const result = runReference(module, inputs);
    expect(numbers(result)).toEqual(naive(formula).map((x) => x + 0));
    expect(numbers(result, 1)).toEqual(new Array(16).fill(0));
    const [exact, workspace] = exactLeaves(module, inputs);
    expect([...exact.data]).toEqual(numbers(result));
    expect(exact.bound).toBeUndefined();
    expect(exact.undecided).toBeUndefined();
    expect(workspace.undecided?.every((mark) => mark === 1)).toBe(true);
  });

  it('reads a configuration that is a quoted string', () => {
    const quoted = JSON.stringify(configText({ alpha: 2 }));
    const module = gemm(`f32[${m},${n}]`, [a, b], {}, quoted);
    expect(numbers(runReference(module, [a, b]))).toEqual(naive((s) => 2 * s));
  });

  it('gives the value before the activation, and the largest size', () => {
    const options = {
      alpha: 0.125,
      epilogue: 'GELU_AUX',
      damax: true,
      more: [`f32[${m},${n}]`, 'f32[]'],
    };
    const module = gemm(`f32[${m},${n}]`, [a, b], { ...options, target: '__cublas$lt$matmul' });
    const result = runReference(module, [a, b]);
    expect(numbers(result, 1)).toEqual(naive((s) => s / 8));
    expect(numbers(result, 2)).toEqual([Math.max(...numbers(result).map(Number))]);
  });

  it('scales f8, and saturates', () => {
    const narrow = [a, b].map((t) => ({ ...t, shape: { ...t.shape, type: 'f8e4m3fn' as const } }));
    const scales = [2, 4, 0.5].map((x) => drawn('f32', [], () => x));
    const inputs = [...narrow, ...scales];
    const target = '__cublas$lt$matmul$f8';
    const module = gemm(`f8e4m3fn[${m},${n}]`, inputs, { target, more: ['s8[4]'] });
    const round = (x: number) => numbers(asF8(x))[0];
    expect(numbers(runReference(module, inputs))).toEqual(
      naive((s) => Number(round(Math.min(448, 4 * s)))),
    );
  });
});

function asF8(x: number): Value {
  return drawn('f8e4m3fn', [], () => x);
}

describe.each(['f32', 'bf16', 'f16', 'f64'] as const)('gemm results of %s', (type: ElementType) => {
  it.each(['DEFAULT', 'BIAS', 'RELU', 'GELU', 'BIAS_GELU', 'SILU', 'BIAS_SILU'])(
    '%s: the reference lies inside the radii, which reach beyond it',
    (epilogue) => {
      const next = uniform(elementTypes[type].bits + epilogue.length);
      const draw = (size: readonly number[]) => drawn(type, size, () => normal(next));
      const inputs = [draw([m, k]), draw([k, n]), draw([m, n])];
      if (epilogue.startsWith('BIAS')) inputs.push(draw([n]));
      const options = { alpha: 0.7, beta: 1.3, epilogue, target: '__cublas$lt$matmul' };
      const module = gemm(`${type}[${m},${n}]`, inputs, options);
      const use = useOf(
        runReference(module, inputs),
        runExact(module, inputs.map(fromPlainValue)).value,
      );
      expect(use.bound).toBeLessThanOrEqual(1);
      expect(use.budget).toBeLessThanOrEqual(1);
      expect(use.undecided).toBe(0);
    },
  );
});

describe('a gemm call that cannot be read is refused', () => {
  const refused = (code: string) =>
    expect.objectContaining({ diagnostic: expect.objectContaining({ code }) });

  it.each<[string, Gemm, string | undefined, readonly Tensor[]]>([
    ['no JSON', {}, '"{"', [a, b]],
    ['an unknown epilogue', { epilogue: 'SWISH' }, undefined, [a, b]],
    ['a missing C', { beta: 1 }, undefined, [a, b]],
    ['a missing bias', { epilogue: 'BIAS' }, undefined, [a, b]],
    ['an operand too many', {}, undefined, [a, b, c]],
  ])('%s', (_, options, config, inputs) => {
    const module = gemm(`f32[${m},${n}]`, inputs, options, config);
    expect(() => runReference(module, inputs)).toThrow(refused('run/bad-custom-call'));
  });

  it('by name where nothing says what it is to compute', () => {
    const module = gemm(`f32[${m},${n}]`, [a, b], {}, '{"fusion_backend_config":{}}');
    expect(() => runReference(module, [a, b])).toThrow(refused('run/unsupported'));
  });
});

function exactLeaves(module: ReturnType<typeof gemm>, inputs: readonly Tensor[]) {
  const { value } = runExact(module, inputs.map(fromPlainValue));
  return leafTensors(value as Value) as readonly ExactTensor[];
}
