/** Products of many factors in the exact mode: random trees of them lie inside the radii. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomOf } from '../../../golden/kinds/random.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { outside } from '../../support/laws/radii/hold.ts';
import { draws } from '../../support/laws/runs.ts';
import { opModule } from '../../support/run-op.ts';

const times = `times { a = TYPE[] parameter(0)  b = TYPE[] parameter(1)
  ROOT r = TYPE[] multiply(a, b) }`;

/** The product of all factors of x and an initial value, with its radii. */
function productOf(x: ExactTensor, init: ExactTensor): ExactTensor {
  const { type } = x.shape;
  const text = `${type}[] reduce(p0, p1), dimensions={0}, to_apply=times`;
  const module = opModule([x.shape, init.shape], text, times.replaceAll('TYPE', type));
  return runExact(module, [x, init]).value as ExactTensor;
}

type Multiply = (a: number, b: number) => number;

/** Two random factors at a time. */
function tree(factors: readonly number[], multiply: Multiply, pick: (n: number) => number): number {
  const left = [...factors];
  while (left.length > 1) {
    const take = () => left.splice(pick(left.length), 1)[0] as number;
    left.push(multiply(take(), take()));
  }
  return left[0] as number;
}

const draw = fc.record({
  seed: fc.nat(),
  type: fc.constantFrom<ElementType>('f32', 'bf16', 'f16', 'f64'),
  n: fc.integer({ min: 1, max: 60 }),
  spread: fc.constantFrom(0.001, 0.5, 0.9, 4),
  /** Factors of few digits: many of the products are exact. */
  coarse: fc.boolean(),
  radius: fc.constantFrom(0, 0, 0.001, 0.5),
});

it('random trees, of factors anywhere inside their radii', () => {
  let decided = 0;
  const law = ({ seed, type, n, spread, coarse, radius }: Draw) => {
    const random = randomOf(seed);
    const round = rounder(type);
    const factor = () => {
      const x = 1 + spread * (2 * random.uniform() - 1);
      return round(coarse ? Math.round(4 * x) / 4 : x);
    };
    const given = Array.from({ length: n + 1 }, factor);
    const radii = given.map((x) => radius * Math.abs(x));
    const operand = (from: number, dims: readonly number[]): ExactTensor => {
      const of = (a: readonly number[]) =>
        Float64Array.from(from === 0 ? a.slice(1) : a.slice(0, 1));
      const t = { kind: 'tensor', shape: arrayShape(type, dims), data: of(given) } as const;
      return radius === 0 ? t : { ...t, bound: of(radii), deviation: of(radii) };
    };
    const exact = productOf(operand(0, [n]), operand(1, []));
    const moved = given.map((x, k) => {
      const y = round(x + (2 * random.uniform() - 1) * (radii[k] as number));
      return Math.abs(y - x) <= (radii[k] as number) ? y : x;
    });
    const multiply: Multiply = (a, b) => round(a * b);
    const results = [given, moved, moved].map((factors) =>
      tree(factors, multiply, (m) => random.integer(0, m)),
    );
    if (!exact.undecided?.[0]) decided++;
    for (const result of results) {
      const wrong = outside(tensorOf(type, [], [result]), exact, 'both');
      expect(wrong, String(given)).toBeUndefined();
    }
  };
  fc.assert(fc.property(draw, law), { numRuns: draws.of(1000), seed: draws.seed });
  expect(decided).toBeGreaterThan(0);
});

type Draw = typeof draw extends fc.Arbitrary<infer D> ? D : never;

const lifted = (dims: readonly number[], values: readonly number[]) =>
  fromPlainValue(tensorOf('f32', dims, values)) as ExactTensor;

it.each([
  ['powers of two', [2, 0.25, 8, -0.5, 1024], true],
  ['factors whose digits fit together', [3, 5, 7, 2 ** 20, 1.5, 11], true],
  ['a zero among others', [0.1, 0, 0.3], true],
  ['too many digits, though the product has few', [4097, 4097, 4097, 2 ** -20], false],
])('a product of %s', (_, factors, isExact) => {
  const { bound } = productOf(lifted([factors.length], factors), lifted([], [1]));
  expect(bound === undefined).toBe(isExact);
});

it('a drift of roundings that all go one way is likely', () => {
  const n = 2000;
  const factors = Array.from({ length: n }, () => 1 + 2 ** -23);
  const exact = productOf(lifted([n], factors), lifted([], [1]));
  const result = factors.reduce((product, x) => Math.fround(product * x));
  expect(outside(tensorOf('f32', [], [result]), exact, 'both')).toBeUndefined();
});

it('a product that leaves the range in some order is open', () => {
  const { undecided } = productOf(lifted([4], [1e30, 1e-30, 1e30, 1e-30]), lifted([], [1]));
  expect(undecided?.[0]).toBe(1);
});
