/** Elementwise ops on special values: each case is what XLA gives, or IEEE 754 where it says. */
import { describe, expect, test } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { numbers, runOp } from '../support/run-op.ts';

type Numbers = readonly (number | bigint)[];
type Case = readonly [op: string, type: ElementType, operands: readonly Numbers[], result: Numbers];

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const min32 = -(2 ** 31);
const min64 = -(2n ** 63n);

const sameType: readonly Case[] = [
  ['abs', 's8', [[-128, -1, 127]], [-128, 1, 127]],
  ['abs', 's64', [[min64, -5n]], [min64, 5n]],
  ['negate', 's8', [[-128, 127]], [-128, -127]],
  ['negate', 'u8', [[1, 0]], [255, 0]],
  ['negate', 'f32', [[0, -0, nan]], [-0, 0, nan]],
  ['not', 'pred', [[0, 1]], [1, 0]],
  ['not', 'u4', [[0, 5]], [15, 10]],
  ['not', 'u64', [[0n]], [2n ** 64n - 1n]],
  ['sign', 'f32', [[-0, 0, -3, nan, inf]], [-0, 0, -1, nan, 1]],
  ['sign', 's64', [[-7n, 0n, 9n]], [-1n, 0n, 1n]],
  ['count-leading-zeros', 's8', [[0, 1, -1]], [8, 7, 0]],
  ['count-leading-zeros', 'u4', [[0, 1, 15]], [4, 3, 0]],
  ['count-leading-zeros', 'u64', [[0n, 1n, 2n ** 63n]], [64n, 63n, 0n]],
  ['popcnt', 's16', [[-1, 0, 5]], [16, 0, 2]],
  ['popcnt', 's64', [[-1n, 6n]], [64n, 2n]],
  ['ceil', 'f32', [[-0.5, 0.5, -0]], [-0, 1, -0]],
  ['floor', 'bf16', [[-0.5, 1.5, inf]], [-1, 1, inf]],
  ['round-nearest-afz', 'f32', [[0.5, -0.5, 2.5, -0.3, nan]], [1, -1, 3, -0, nan]],
  ['round-nearest-afz', 'f64', [[0.49999999999999994, -inf]], [0, -inf]],
  ['round-nearest-even', 'f32', [[0.5, -0.5, 1.5, 2.5, -2.5]], [0, -0, 2, 2, -2]],
  ['rsqrt', 'f32', [[0, -0, 4, -1, inf]], [inf, -inf, 0.5, nan, 0]],
  ['cbrt', 'f32', [[-8, 27, -0]], [-2, 3, -0]],
  ['logistic', 'f32', [[0, -1000, 1000, nan]], [0.5, 0, 1, nan]],
  ['erf', 'f32', [[0, -0, inf, -inf, nan]], [0, -0, 1, -1, nan]],
  ['exponential', 'f16', [[0, 12, -100]], [1, inf, 0]],
  [
    'add',
    's8',
    [
      [127, -128],
      [1, -1],
    ],
    [-128, 127],
  ],
  [
    'add',
    's2',
    [
      [1, -2],
      [1, -1],
    ],
    [-2, 1],
  ],
  [
    'add',
    'pred',
    [
      [0, 0, 1, 1],
      [0, 1, 0, 1],
    ],
    [0, 1, 1, 1],
  ],
  ['add', 'bf16', [[256], [1]], [256]],
  ['add', 'bf16', [[256], [3]], [260]],
  [
    'multiply',
    'pred',
    [
      [0, 0, 1, 1],
      [0, 1, 0, 1],
    ],
    [0, 0, 0, 1],
  ],
  ['multiply', 'u32', [[2 ** 32 - 1], [2 ** 32 - 1]], [1]],
  ['multiply', 's32', [[123456789], [987654321]], [-67153019]],
  ['multiply', 'u64', [[2n ** 64n - 1n], [2n]], [2n ** 64n - 2n]],
  [
    'divide',
    's32',
    [
      [5, -5, 7, min32],
      [0, 0, -2, -1],
    ],
    [-1, -1, -3, min32],
  ],
  ['divide', 'u8', [[7], [0]], [255]],
  [
    'divide',
    's64',
    [
      [1n, min64, -7n],
      [0n, -1n, 2n],
    ],
    [-1n, min64, -3n],
  ],
  [
    'divide',
    'f32',
    [
      [1, -1, 0],
      [0, 0, 0],
    ],
    [inf, -inf, nan],
  ],
  [
    'remainder',
    's32',
    [
      [5, min32, -7, 7],
      [0, -1, 2, -2],
    ],
    [5, 0, -1, 1],
  ],
  [
    'remainder',
    'u64',
    [
      [7n, 7n],
      [0n, 4n],
    ],
    [7n, 3n],
  ],
  [
    'remainder',
    'f32',
    [
      [-5.5, 5.5, inf, 1],
      [2, -2, 2, inf],
    ],
    [-1.5, 1.5, nan, 1],
  ],
  [
    'maximum',
    'f32',
    [
      [nan, 1, 2],
      [1, nan, 3],
    ],
    [nan, nan, 3],
  ],
  [
    'minimum',
    'f32',
    [
      [nan, 1, 2],
      [1, nan, 3],
    ],
    [nan, nan, 2],
  ],
  ['minimum', 'u64', [[2n ** 64n - 1n], [1n]], [1n]],
  [
    'power',
    'f32',
    [
      [1, -1, -1, 0, -0, -8],
      [nan, inf, -inf, 0, -1, 1 / 3],
    ],
    [1, 1, 1, 1, -inf, nan],
  ],
  [
    'power',
    's32',
    [
      [3, -2, -1, 2, 0, 1],
      [5, 3, -1, -1, 0, -5],
    ],
    [243, -8, -1, 0, 1, 1],
  ],
  [
    'power',
    's64',
    [
      [3n, 10n, 2n],
      [40n, -1n, 64n],
    ],
    [12157665459056928801n - 2n ** 64n, 0n, 0n],
  ],
  [
    'shift-left',
    's32',
    [
      [1, 1, 1],
      [31, 32, -1],
    ],
    [min32, 0, 0],
  ],
  ['shift-left', 'u8', [[255], [4]], [240]],
  [
    'shift-right-arithmetic',
    's32',
    [
      [-8, 8, -8, -8],
      [40, 40, -1, 1],
    ],
    [-1, 0, -1, -4],
  ],
  ['shift-right-arithmetic', 'u32', [[2 ** 31], [31]], [2 ** 32 - 1]],
  [
    'shift-right-logical',
    's32',
    [
      [-1, -1, -1],
      [32, -1, 28],
    ],
    [0, 0, 15],
  ],
  ['shift-right-logical', 's8', [[-1], [4]], [15]],
  [
    'shift-right-logical',
    's64',
    [
      [-1n, -1n],
      [60n, 64n],
    ],
    [15n, 0n],
  ],
  [
    'xor',
    'pred',
    [
      [0, 1, 1],
      [1, 1, 0],
    ],
    [1, 0, 1],
  ],
  ['and', 's64', [[-1n], [12n]], [12n]],
  ['subtract', 'u16', [[0], [1]], [65535]],
  [
    'atan2',
    'f32',
    [
      [0, -0, 1],
      [-0, 1, 0],
    ],
    [Math.fround(Math.PI), -0, Math.fround(Math.PI / 2)],
  ],
  [
    'clamp',
    'f32',
    [
      [2, 0, 0, 0],
      [0, nan, 5, -5],
      [1, 1, 1, 1],
    ],
    [1, nan, 1, 0],
  ],
  [
    'clamp',
    's64',
    [
      [0n, 0n],
      [-5n, 50n],
      [9n, 9n],
    ],
    [0n, 9n],
  ],
];

describe('results of the operands’ type', () => {
  test.each(sameType)('%s of %s', (op, type, operands, result) => {
    const shape = `${type}[${result.length}]`;
    const inputs = operands.map((o) => tensorOf(type, [result.length], o));
    const args = inputs.map((_, k) => `p${k}`).join(', ');
    expect(numbers(runOp(inputs, `${shape} ${op}(${args})`))).toEqual(result);
  });
});

type Conversion = readonly [from: ElementType, to: ElementType, Numbers, Numbers];
const [big32, big64] = [2 ** 31, 2n ** 63n];

const conversions: readonly Conversion[] = [
  ['f32', 's8', [nan, inf, -inf, 1e20, -1.9, 300, -200], [0, 127, -128, 127, -1, 127, -128]],
  ['f32', 'u8', [nan, inf, -inf, -3, 300], [0, 255, 0, 0, 255]],
  ['f32', 's32', [nan, inf, -inf, -1.9, 2 ** 31], [0, big32 - 1, -big32, -1, big32 - 1]],
  ['f32', 's64', [nan, inf, -inf, -1.9, 1e20], [0n, big64 - 1n, -big64, -1n, big64 - 1n]],
  ['f32', 'u64', [nan, inf, -1, 2 ** 63], [0n, 2n ** 64n - 1n, 0n, big64]],
  ['f32', 's4', [nan, inf, -inf, 300, -1.5], [0, 7, -8, 7, -1]],
  ['f32', 'pred', [0, -0, nan, 0.5], [0, 0, 1, 1]],
  ['s32', 's8', [300, -129, 128], [44, 127, -128]],
  ['s32', 'u64', [-1], [2n ** 64n - 1n]],
  ['u32', 's32', [2 ** 32 - 1], [-1]],
  ['s64', 's32', [2n ** 32n + 5n, -1n], [5, -1]],
  ['s64', 'f32', [2n ** 60n + 2n ** 36n + 1n, 2n ** 24n + 1n], [2 ** 60 + 2 ** 37, 2 ** 24]],
  ['s64', 'pred', [0n, 4n], [0, 1]],
  ['s32', 'f32', [2 ** 24 + 1, 2 ** 24 + 3], [2 ** 24, 2 ** 24 + 4]],
  ['pred', 'bf16', [0, 1], [0, 1]],
  ['f64', 'f32', [1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e39], [1, 1 + 2 ** -22, inf]],
  ['f32', 'bf16', [1 + 2 ** -8, 1 + 3 * 2 ** -8, -0], [1, 1 + 2 ** -6, -0]],
  ['f32', 'f16', [65519, 65520, 2 ** -25, 2 ** -24], [65504, inf, 0, 2 ** -24]],
  [
    'f32',
    'f8e4m3fn',
    [448, 464, 465, inf, -0, 2 ** -10, 2 ** -9],
    [448, 448, nan, nan, -0, 0, 2 ** -9],
  ],
  ['f32', 'f8e4m3fnuz', [-0, 240, 248, nan, inf, -0.0001], [0, 240, nan, nan, nan, 0]],
  ['f32', 'f8e5m2', [57344, 61440, 1e9], [57344, inf, inf]],
  ['f32', 'f4e2m1fn', [0.25, 0.75, 7, inf, -1], [0, 1, 6, 6, -1]],
  ['f32', 'f8e8m0fnu', [3, 2.9, 6, 1.5, -1], [4, 2, 8, 2, nan]],
];

describe('conversions', () => {
  test.each(conversions)('%s to %s', (from, to, values, result) => {
    const input = tensorOf(from, [values.length], values);
    expect(numbers(runOp([input], `${to}[${values.length}] convert(p0)`))).toEqual(result);
  });

  test('a complex number gives its real part, a real one an imaginary part of zero', () => {
    const c = tensorOf('c64', [1], []);
    c.data.set([3, 4] as never);
    expect(numbers(runOp([c], 'f32[1] convert(p0)'))).toEqual([3]);
    expect(numbers(runOp([tensorOf('s32', [1], [7])], 'c64[1] convert(p0)'))).toEqual([7, 0]);
  });
});

describe('compare', () => {
  const a = tensorOf('f32', [6], [nan, -0, 1, nan, -inf, 2]);
  const b = tensorOf('f32', [6], [nan, 0, nan, 1, -inf, 1]);
  const rows = [
    ['EQ', [0, 1, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0]],
    ['NE', [1, 0, 1, 1, 0, 1], [0, 1, 1, 1, 0, 1]],
    ['LT', [0, 0, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0]],
    ['LE', [0, 1, 0, 0, 1, 0], [1, 1, 1, 0, 1, 0]],
    ['GT', [0, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 1]],
    ['GE', [0, 1, 0, 0, 1, 1], [1, 0, 0, 1, 1, 1]],
  ] as const;
  test.each(rows)('%s of floats, in partial and in total order', (direction, partial, total) => {
    const run = (type: string) =>
      numbers(runOp([a, b], `pred[6] compare(p0, p1), direction=${direction}${type}`));
    expect(run('')).toEqual(partial);
    expect(run(', type=TOTALORDER')).toEqual(total);
  });

  test('64-bit integers are compared exactly', () => {
    const [x, y] = [2n ** 53n, 2n ** 53n + 1n].map((v) => tensorOf('u64', [1], [v]));
    expect(numbers(runOp([x, y], 'pred[1] compare(p0, p1), direction=LT'))).toEqual([1]);
  });
});

test('reduce-precision rounds to the narrower format, and flushes what is subnormal there', () => {
  const values = [6e-8, 6.2e-5, 6e-5, -6e-5, 65519, 65520].map(Math.fround);
  const half = runOp(
    [tensorOf('f32', [6], values)],
    'f32[6] reduce-precision(p0), exponent_bits=5, mantissa_bits=10',
  );
  expect(numbers(half)).toEqual([0, Math.fround(6.198883056640625e-5), 0, -0, 65504, inf]);
});

test('select takes a scalar predicate, and is-finite refuses infinities and NaN', () => {
  const [p, a, b] = [
    tensorOf('pred', [], [0]),
    tensorOf('u64', [2], [1n, 2n]),
    tensorOf('u64', [2], [3n, 4n]),
  ];
  expect(numbers(runOp([p, a, b], 'u64[2] select(p0, p1, p2)'))).toEqual([3n, 4n]);
  const x = tensorOf('f32', [3], [1, nan, -inf]);
  expect(numbers(runOp([x], 'pred[3] is-finite(p0)'))).toEqual([1, 0, 0]);
});
