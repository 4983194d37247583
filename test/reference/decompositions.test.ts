/** Ops whose meaning is written as plain HLO, against their definitions element by element. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { drawn, normal, uniform, useOf } from '../support/exact/exact.ts';
import { at, formula, smallIntegers } from '../support/exact/naive.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

const sum = (n: number, term: (j: number) => number) => {
  let total = 0;
  for (let j = 0; j < n; j++) total += term(j);
  return total;
};

/** The group that place p is in, by the sizes; -1 past the last. */
function groupOf(sizes: readonly number[], p: number): number {
  let end = 0;
  return sizes.findIndex((n) => {
    end += n;
    return p < end;
  });
}

interface Ragged {
  readonly name: string;
  readonly lhs: readonly number[];
  readonly rhs: readonly number[];
  readonly sizes: readonly (readonly number[])[];
  readonly attrs: string;
  readonly dims: readonly number[];
  readonly element: (a: Tensor, b: Tensor, c: readonly number[]) => number;
}

const raggedDots: Ragged[] = [
  {
    name: 'free rows',
    lhs: [6, 3],
    rhs: [2, 3, 4],
    sizes: [[2, 3]],
    attrs:
      'lhs_contracting_dims={1}, rhs_contracting_dims={1}, lhs_ragged_dims={0}, rhs_group_dims={0}',
    dims: [6, 4],
    element: (a, b, [r, c]) => {
      const g = groupOf([2, 3], r);
      return g < 0 ? 0 : sum(3, (j) => at(a, [r, j]) * at(b, [g, j, c]));
    },
  },
  {
    name: 'free rows of a batch, sizes by batch',
    lhs: [2, 5, 3],
    rhs: [2, 3, 2, 4],
    sizes: [
      [1, 4],
      [3, 1],
    ],
    attrs:
      'lhs_batch_dims={0}, rhs_batch_dims={0}, lhs_contracting_dims={2}, ' +
      'rhs_contracting_dims={1}, lhs_ragged_dims={1}, rhs_group_dims={2}',
    dims: [2, 5, 4],
    element: (a, b, [batch, r, c]) => {
      const sizes = [
        [1, 4],
        [3, 1],
      ][batch];
      const g = groupOf(sizes, r);
      return g < 0 ? 0 : sum(3, (j) => at(a, [batch, r, j]) * at(b, [batch, j, g, c]));
    },
  },
  {
    name: 'a contracted dimension',
    lhs: [3, 7],
    rhs: [7, 2],
    sizes: [[2, 0, 4]],
    attrs: 'lhs_contracting_dims={1}, rhs_contracting_dims={0}, lhs_ragged_dims={1}',
    dims: [3, 3, 2],
    element: (a, b, [g, r, c]) =>
      sum(7, (j) => (groupOf([2, 0, 4], j) === g ? at(a, [r, j]) * at(b, [j, c]) : 0)),
  },
  {
    name: 'a batch dimension',
    lhs: [4, 2, 3],
    rhs: [4, 3, 2],
    sizes: [[1, 2]],
    attrs:
      'lhs_batch_dims={0}, rhs_batch_dims={0}, lhs_contracting_dims={2}, ' +
      'rhs_contracting_dims={1}, lhs_ragged_dims={0}',
    dims: [4, 2, 2],
    element: (a, b, [batch, r, c]) => sum(3, (j) => at(a, [batch, r, j]) * at(b, [batch, j, c])),
  },
];

const sizesOf = (sizes: readonly (readonly number[])[]) =>
  sizes.length === 1
    ? tensorOf('s32', [sizes[0].length], sizes[0])
    : tensorOf('s32', [sizes.length, sizes[0].length], sizes.flat());

describe.each(raggedDots)('ragged-dot over $name', ({ lhs, rhs, sizes, attrs, dims, element }) => {
  const a = smallIntegers('f32', lhs, 1);
  const b = smallIntegers('f32', rhs, 2);
  const inputs = [a, b, sizesOf(sizes)];
  const text = `f32[${dims}] ragged-dot(p0, p1, p2), ${attrs}`;

  it('is the product of each group', () => {
    const expected = formula(dims, (c) => element(a, b, c));
    expect(numbers(runOp(inputs, text))).toEqual(expected);
    expectExact(inputs, text, expected);
  });

  it('the reference lies inside the radii', () => {
    const next = uniform(7);
    const draw = (size: readonly number[]) => drawn('f32', size, () => normal(next));
    expectInside([draw(lhs), draw(rhs), sizesOf(sizes)], text);
  });
});

it('a NaN of another group does not spread', () => {
  const a = smallIntegers('f32', [2, 2], 1);
  const b = tensorOf('f32', [2, 2, 1], [1, 2, Number.NaN, Number.NaN]);
  const text =
    'f32[2,1] ragged-dot(p0, p1, p2), lhs_contracting_dims={1}, rhs_contracting_dims={1}, ' +
    'lhs_ragged_dims={0}, rhs_group_dims={0}';
  const rows = numbers(runOp([a, b, tensorOf('s32', [2], [1, 1])], text));
  expect(rows).toEqual([at(a, [0, 0]) + 2 * at(a, [0, 1]), Number.NaN]);
});

describe('scaled-dot', () => {
  const attrs = 'lhs_contracting_dims={1}, rhs_contracting_dims={0}';
  const a = smallIntegers('f8e4m3fn', [2, 8], 3);
  const b = smallIntegers('f8e4m3fn', [8, 3], 4);
  const scaleA = tensorOf('f8e8m0fnu', [2, 2], [0.5, 2, 4, 1]);
  const scaleB = tensorOf('f8e8m0fnu', [4, 1], [1, 8, 0.25, 2]);

  it('multiplies every element with the scale of its block', () => {
    const expected = formula([2, 3], ([r, c]) =>
      sum(8, (j) => {
        const left = at(a, [r, j]) * at(scaleA, [r, Math.floor(j / 4)]);
        return left * at(b, [j, c]) * at(scaleB, [Math.floor(j / 2), 0]);
      }),
    );
    const text = `f32[2,3] scaled-dot(p0, p1, p2, p3), ${attrs}`;
    expect(numbers(runOp([a, b, scaleA, scaleB], text))).toEqual(expected);
    expectExact([a, b, scaleA, scaleB], text, expected);
  });

  it('a scalar scale stands for none', () => {
    const expected = formula([2, 3], ([r, c]) =>
      sum(8, (j) => at(a, [r, j]) * at(b, [j, c]) * at(scaleB, [Math.floor(j / 2), 0])),
    );
    const scalar = tensorOf('f8e8m0fnu', [], [4]);
    const text = `f32[2,3] scaled-dot(p0, p1, p2, p3), ${attrs}`;
    expect(numbers(runOp([a, b, scalar, scaleB], text))).toEqual(expected);
  });

  it.each(['f32', 'bf16', 'f16'] as const)('of %s: inside the radii', (type) => {
    const next = uniform(11);
    const draw = (size: readonly number[]) => drawn(type, size, () => normal(next));
    const inputs = [draw([2, 8]), draw([8, 3]), draw([2, 2]), draw([4, 1])];
    expectInside(inputs, `${type}[2,3] scaled-dot(p0, p1, p2, p3), ${attrs}`);
  });
});

describe('stochastic-convert', () => {
  const convert = (x: readonly number[], bits: readonly number[], to: ElementType) =>
    numbers(
      runOp(
        [tensorOf('f32', [x.length], x), tensorOf('u32', [x.length], bits)],
        `${to}[${x.length}] stochastic-convert(p0, p1)`,
      ),
    );

  it('goes away from zero where the random bits lie below the fraction', () => {
    const half = 2 ** 31;
    const x = [1.5, 1.5, -1.5, -1.5, 2.25, 2.25, 3, 0, 200, -200, Number.NaN];
    const bits = [half - 1, half, half - 1, half, 2 ** 30 - 1, 2 ** 30, 0, 0, 0, 0, 0];
    expect(convert(x, bits, 's8').map((v) => Number(v) + 0)).toEqual([
      2, 1, -2, -1, 3, 2, 3, 0, 127, -128, 0,
    ]);
  });

  it('is one of the two neighbours, in proportion to the fraction', () => {
    const word = fc.nat(2 ** 32 - 1);
    const small = fc.double({ min: -100, max: 100, noNaN: true }).map(Math.fround);
    fc.assert(
      fc.property(small, word, (x, bits) => {
        const [got] = convert([x], [bits], 's32');
        const down = Math.trunc(x);
        const away = bits < Math.floor(Math.abs(x - down) * 2 ** 32);
        expect(Number(got)).toBe(down + (away ? Math.sign(x) : 0));
      }),
    );
  });

  it('is decided where the operand is', () => {
    const next = uniform(3);
    const x = drawn('f32', [32], () => 10 * normal(next));
    const bits = tensorOf(
      'u32',
      [32],
      Array.from({ length: 32 }, () => Math.floor(next() * 2 ** 32)),
    );
    const text = 's16[32] stochastic-convert(p0, p1)';
    expectExact([x, bits], text, numbers(runOp([x, bits], text)).map(Number));
  });

  it('to a float is refused', () => {
    const inputs = [tensorOf('f32', [1], [1]), tensorOf('u32', [1], [1])];
    expect(() => runOp(inputs, 'bf16[1] stochastic-convert(p0, p1)')).toThrow('no stochastic');
  });
});

function exactOf(inputs: readonly Tensor[], text: string): ExactTensor {
  const module = opModule(
    inputs.map((t) => t.shape),
    text,
  );
  return runExact(module, inputs.map(fromPlainValue)).value as ExactTensor;
}

/** The value, without radii and decided. */
function expectExact(inputs: readonly Tensor[], text: string, values: readonly number[]): void {
  const exact = exactOf(inputs, text);
  expect(Array.from(exact.data, Number)).toEqual(values);
  expect(exact.bound).toBeUndefined();
  expect(exact.undecided).toBeUndefined();
}

function expectInside(inputs: readonly Tensor[], text: string): void {
  const module = opModule(
    inputs.map((t) => t.shape),
    text,
  );
  const use = useOf(runReference(module, inputs), exactOf(inputs, text));
  expect(use.bound).toBeLessThanOrEqual(1);
  expect(use.budget).toBeLessThanOrEqual(1);
  expect(use.undecided).toBe(0);
}
