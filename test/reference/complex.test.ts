/**
 * Complex functions: identities in c128 to well within what rounding to c64 does afterwards, and
 * XLA's special values.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unitRoundoff } from '../../graphs/ir/element-type.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';
import { numbers, opModule, runOp } from '../support/run-op.ts';

const shapeOf = arrayShape('c128', []);
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function complex(re: number, im: number): Tensor {
  const t = tensorOf('c128', [], []);
  t.data.set([re, im] as never);
  return t;
}

function evaluate(op: string, ...args: Tensor[]): Tensor {
  const names = args.map((_, k) => `p${k}`).join(', ');
  return runOp(args, `c128[] ${op}(${names})`) as Tensor;
}

const finite = fc.double({ min: -4, max: 4, noNaN: true }).filter((x) => Math.abs(x) > 2 ** -4);
const point = fc.tuple(finite, finite).map(([re, im]) => complex(re, im));

/** |a - b| relative to |b|. */
function difference(a: Tensor, b: Tensor): number {
  const [x, y] = [numbers(a) as number[], numbers(b) as number[]];
  return Math.hypot(x[0] - y[0], x[1] - y[1]) / Math.hypot(y[0], y[1]);
}

const one = complex(1, 0);
const identities: readonly (readonly [string, (z: Tensor) => readonly [Tensor, Tensor]])[] = [
  ['sqrt squared', (z) => [evaluate('multiply', evaluate('sqrt', z), evaluate('sqrt', z)), z]],
  ['exp of log', (z) => [evaluate('exponential', evaluate('log', z)), z]],
  [
    'divide undoes multiply',
    (z) => [evaluate('divide', evaluate('multiply', z, complex(2, 3)), complex(2, 3)), z],
  ],
  ['rsqrt', (z) => [evaluate('rsqrt', z), evaluate('divide', one, evaluate('sqrt', z))]],
  [
    'log-plus-one',
    (z) => [evaluate('exponential', evaluate('log-plus-one', z)), evaluate('add', z, one)],
  ],
  [
    'expm1',
    (z) => [evaluate('add', evaluate('exponential-minus-one', z), one), evaluate('exponential', z)],
  ],
  [
    'tan',
    (z) => [evaluate('multiply', evaluate('tan', z), evaluate('cosine', z)), evaluate('sine', z)],
  ],
  ['power', (z) => [evaluate('power', z, complex(2, 0)), evaluate('multiply', z, z)]],
  [
    'logistic',
    (z) => [
      evaluate('divide', evaluate('logistic', z), evaluate('logistic', evaluate('negate', z))),
      evaluate('exponential', z),
    ],
  ],
];

describe('identities', () => {
  test.each(identities)('%s', (_, sides) => {
    fc.assert(
      fc.property(point, (z) => {
        const [a, b] = sides(z);
        expect(difference(a, b)).toBeLessThan(unitRoundoff('c64'));
      }),
    );
  });
});

describe('special values', () => {
  const cases = [
    ['divide', [complex(1, 0), complex(0, 0)], [inf, nan]],
    ['divide', [complex(0, 0), complex(0, 0)], [nan, nan]],
    ['divide', [complex(1, 1), complex(inf, 0)], [0, 0]],
    ['sqrt', [complex(-4, 0)], [0, 2]],
    ['sqrt', [complex(-4, -0)], [0, -2]],
    ['sign', [complex(0, 0)], [0, 0]],
    ['sign', [complex(3, 4)], [3 / 5, 4 / 5]],
    ['power', [complex(0, 0), complex(0, 0)], [1, 0]],
    ['exponential', [complex(-inf, 1)], [0, 0]],
    ['tanh', [complex(400, 1)], [1, 0]],
  ] as const;
  test.each(cases)('%s #%#', (op, args, result) => {
    expect(numbers(evaluate(op, ...args)).map((x) => Number(x) + 0)).toEqual(result);
  });

  test('abs, real and imag are real; order is not defined', () => {
    expect(numbers(runOp([complex(3, 4)], 'f64[] abs(p0)'))).toEqual([5]);
    expect(numbers(runOp([complex(3, 4)], 'f64[] imag(p0)'))).toEqual([4]);
    expect(
      numbers(runOp([complex(3, 4), complex(3, 4)], 'pred[] compare(p0, p1), direction=EQ')),
    ).toEqual([1]);
  });
});

describe('compare: (re, im) in lexicographic order', () => {
  const parts = fc.constantFrom(-1, 0, 1, 2, nan, inf);
  const pair = fc.tuple(parts, parts);
  const relations = {
    LT: (a: number, b: number) => a < b,
    LE: (a: number, b: number) => a <= b,
    GT: (a: number, b: number) => a > b,
    GE: (a: number, b: number) => a >= b,
  };
  test.each(Object.entries(relations))('%s', (direction, relation) => {
    const module = opModule([shapeOf, shapeOf], `pred[] compare(p0, p1), direction=${direction}`);
    fc.assert(
      fc.property(pair, pair, ([a, b], [c, d]) => {
        const inputs = [complex(a, b), complex(c, d)];
        const want = relation(a === c ? b : a, a === c ? d : c);
        expect(numbers(runReference(module, inputs))).toEqual([Number(want)]);
        const exact = runExact(module, inputs.map(fromPlainValue)).value as ExactTensor;
        expect([[...exact.data], exact.undecided]).toEqual([[Number(want)], undefined]);
      }),
    );
  });

  test('the exact mode leaves open what radii may turn', () => {
    const module = opModule([shapeOf, shapeOf], 'pred[] compare(p0, p1), direction=GT');
    const near = (re: number, im: number): ExactTensor => {
      const radii = Float64Array.of(0.25, 0.25);
      return {
        ...(fromPlainValue(complex(re, im)) as ExactTensor),
        bound: radii,
        deviation: radii,
      };
    };
    const marks = (z: ExactTensor) =>
      (runExact(module, [z, fromPlainValue(one)]).value as ExactTensor).undecided?.[0] ?? 0;
    expect([near(2, 0), near(1, 8), near(1.125, 0), near(0, 8)].map(marks)).toEqual([0, 1, 1, 0]);
  });
});
