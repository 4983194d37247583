/** What the options of the exact mode change: narrower arithmetic, strict precision, λ. */
import { describe, expect, it } from 'vitest';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { outcomeOf } from '../../validator/exact/core/outcomes.ts';
import { boundAt, deviationAt, effectiveRadius } from '../../validator/exact/core/radius.ts';
import { runReference } from '../../validator/reference/run.ts';
import { drawn, exactOf, normal, single, uniform, useOf } from '../support/exact/exact.ts';

const n = 64;
const product = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };
/** x / x for 100 numbers. */
const selfDivided = parseModule(`HloModule m
  ENTRY e { x = f32[100] parameter(0)
    ROOT y = f32[100] divide(x, x) }`);

const matrices = [arrayShape('f32', [8, n]), arrayShape('f32', [n, 8])];

describe('computeType', () => {
  it('a dot computed with bf16 operands is inside the narrowed budget, and not the declared one', () => {
    const next = uniform(5);
    const inputs = matrices.map((s) => drawn('f32', s.dims, () => normal(next)));
    const module = single('dot', matrices, product);
    const narrow = inputs.map((t) =>
      tensorOf('f32', t.shape.dims, (t.data as Float32Array).map(rounder('bf16'))),
    );
    const result = runReference(module, narrow);
    expect(useOf(result, exactOf(module, inputs)).budget).toBeGreaterThan(1);
    const narrowed = useOf(result, exactOf(module, inputs, { computeType: 'bf16' }));
    expect(narrowed.budget).toBeLessThan(1);
  });

  it('never narrows a radius', () => {
    const next = uniform(6);
    const inputs = [0, 1].map(() => drawn('f32', [n], () => normal(next)));
    for (const opcode of ['add', 'multiply', 'divide', 'power'] as const) {
      const module = single(opcode, [arrayShape('f32', [n]), arrayShape('f32', [n])]);
      const [declared, narrowed] = [
        exactOf(module, inputs),
        exactOf(module, inputs, { computeType: 'bf16' }),
      ];
      for (let i = 0; i < n; i++) {
        expect(boundAt(narrowed, i)).toBeGreaterThanOrEqual(boundAt(declared, i));
        expect(deviationAt(narrowed, i)).toBeGreaterThanOrEqual(deviationAt(declared, i));
      }
    }
  });
});

describe('overflow', () => {
  const overflowing = (type: 'f16' | 'f32') => {
    const module = single('add', [arrayShape(type, [1]), arrayShape(type, [1])]);
    const x = tensorOf(type, [1], [type === 'f16' ? 60000 : 1.5 * 2 ** 127]);
    return { module, inputs: [x, x] };
  };

  it('of f16 is undecided, since f32 may stand in, unless precision is strict', () => {
    const { module, inputs } = overflowing('f16');
    expect([...(exactOf(module, inputs).undecided ?? [])]).toEqual([1]);
    const strict = exactOf(module, inputs, { strictPrecision: true });
    expect([strict.data[0], strict.undecided]).toEqual([Infinity, undefined]);
  });

  it('of f32 is an infinity', () => {
    const { module, inputs } = overflowing('f32');
    const exact = exactOf(module, inputs);
    expect([exact.data[0], effectiveRadius(exact, 0), exact.undecided]).toEqual([
      Infinity,
      0,
      undefined,
    ]);
  });
});

describe('division', () => {
  it('as a product with the reciprocal is inside only where that is declared', () => {
    const next = uniform(7);
    const inputs = [0, 1].map(() => drawn('f32', [n], () => normal(next)));
    const module = single('divide', [arrayShape('f32', [n]), arrayShape('f32', [n])]);
    const [x, y] = inputs.map((t) => t.data as Float32Array);
    const result = tensorOf(
      'f32',
      [n],
      x.map((a, i) => Math.fround(a * Math.fround(1 / y[i]))),
    );
    const declared = exactOf(module, inputs, { reciprocalDivision: true });
    expect(useOf(result, declared).bound).toBeLessThanOrEqual(1);
    expect(useOf(result, exactOf(module, inputs)).bound).toBeGreaterThan(1);
  });

  it('rounds as that also where a number is divided by itself', () => {
    const x = Float32Array.from({ length: 100 }, (_, i) => i + 1);
    const result = x.map((a) => Math.fround(a * Math.fround(1 / a)));
    const declared = exactOf(selfDivided, [tensorOf('f32', [100], x)], {
      reciprocalDivision: true,
    });
    expect(result.some((v) => v !== 1)).toBe(true);
    expect(useOf(tensorOf('f32', [100], result), declared).bound).toBeLessThanOrEqual(1);
    expect([1, 2, 4].map((a) => boundAt(declared, a - 1))).toEqual([0, 0, 0]);
  });
});

it('a scattered sum that overflows at a narrower type is open, whatever no update goes to', () => {
  const module = parseModule(`HloModule m
add { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }
ENTRY e { x = f32[2] parameter(0)  u = f32[2] parameter(1)  i = s32[2,1] constant({{0}, {0}})
  ROOT r = f32[2] scatter(x, i, u), update_window_dims={}, inserted_window_dims={0},
    scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=add }`);
  const inputs = [tensorOf('f32', [2], [0, 1]), tensorOf('f32', [2], [6e4, 6e4])];
  const { undecided } = exactOf(module, inputs, { computeType: 'f16' });
  expect([...(undecided ?? [])]).toEqual([outcomeOf(Infinity), 0]);
});
