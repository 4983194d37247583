/**
 * Positional tables: arithmetic over constants and iotas in f64, f32 and bf16, on square shapes, so
 * that a lost permutation keeps a valid shape; near-twins that differ in one attribute; a maximum
 * over negative values; calls, tuples and unused instructions. Something to fold, merge and remove.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import { tensorOf } from '../ir/tensor.ts';
import {
  alongFirst,
  alongLast,
  type Combiners,
  chain,
  combiners,
  compare,
  convert,
  dimsOf,
  dot,
  element,
  full,
  input,
  iota,
  reduce,
  reshape,
  sliceOf,
  transpose,
  withScalar,
} from './basics.ts';
import { model } from './model.ts';

const dims = { batch: 2, length: 16 };

/** Of x [batch, length, length] and a bias [length]. */
export const positional = model(
  'positional',
  'sinusoidal, rotary and linear position tables from constants, f64, f32 and bf16',
  dims,
  ({ batch, length }) => {
    const m = new ModuleBuilder('positional');
    const called = combiners(m, 'f32');
    const square = [length, length];
    const slopes = m.computation('slopes', (b) => rotated(b, input(b, 'angles', 'f32', square)));
    return m.entry((b) => {
      const x = input(b, 'x', 'f32', [batch, ...square]);
      const bias = input(b, 'bias', 'f32', [length], 'positive');
      const table = sinusoids(b, square);
      const rotary = b.op('call', [table], { to_apply: slopes });
      const both = b.op('tuple', [element(b, rotary, 1), element(b, rotary, 0)]);
      const permuted = permutations(b, x, bias);
      const placed = b.op('multiply', [
        permuted,
        b.broadcast(element(b, both, 0), dimsOf(x), [2, 1]),
      ]);
      const shifted = b.op('add', [placed, b.broadcast(element(b, both, 1), dimsOf(x), [1, 2])]);
      chain(b, shifted, 'tanh', 'exponential');
      const twins = nearTwins(b, shifted, called);
      return b.op('tuple', [shifted, twins, penalty(b, shifted, bias, called), narrowTables(b)]);
    });
  },
);

/** sin and cos of position · 10000^(−2i/length), interleaved by halves: constants throughout. */
function sinusoids(b: ComputationBuilder, square: readonly number[]): Instruction {
  const length = square[0]!;
  const rates = Array.from({ length: length >> 1 }, (_, i) => Math.fround((-2 * i) / length));
  const exponents = b.constant(tensorOf('f32', [length >> 1], rates), 'exponents');
  const base = full(b, 'f32', [length >> 1], Math.log(10_000));
  const frequencies = chain(b, b.op('multiply', [exponents, base]), 'exponential');
  const half = [length, length >> 1];
  const position = iota(b, 'f32', half, 0);
  const angles = b.op('multiply', [position, alongLast(b, frequencies, half)]);
  const [sine, cosine] = [b.op('sine', [angles]), b.op('cosine', [angles])];
  const joined = b.op('concatenate', [sine, cosine], { dimensions: [1] });
  return dimsOf(joined)[1] === length
    ? joined
    : b.op('pad', [joined, b.scalar('f32', 0)], {
        padding: [
          { low: 0, high: 0, interior: 0 },
          { low: 0, high: 1, interior: 0 },
        ],
      });
}

/** A table and its transpose, scaled by row: (T · row, Tᵀ). */
function rotated(b: ComputationBuilder, angles: Instruction): Instruction {
  const sizes = dimsOf(angles);
  const rows = withScalar(b, 'multiply', iota(b, 'f32', [sizes[0]!], 0), 0.125);
  const byRow = b.op('multiply', [angles, alongFirst(b, rows, sizes)]);
  return b.op('tuple', [byRow, transpose(b, angles, [1, 0])]);
}

/** Broadcasts, transposes and reshapes of each other, all of one shape. */
function permutations(b: ComputationBuilder, x: Instruction, bias: Instruction): Instruction {
  const sizes = dimsOf(x);
  const [batch, length] = sizes as [number, number];
  const square = [length, length];
  const rows = b.broadcast(alongFirst(b, bias, square), sizes, [1, 2]);
  const columns = b.broadcast(transpose(b, alongFirst(b, bias, square), [1, 0]), sizes, [1, 2]);
  const sum = b.op('subtract', [b.op('add', [x, rows]), withScalar(b, 'multiply', columns, 2)]);
  const twice = transpose(b, transpose(b, sum, [0, 2, 1]), [1, 2, 0]);
  const flat = [batch * length, length];
  const folded = b.op('add', [reshape(b, sum, flat), reshape(b, twice, flat)]);
  return reshape(b, folded, sizes);
}

/** Instructions that differ from one another in one attribute only. */
function nearTwins(b: ComputationBuilder, x: Instruction, { add, max }: Combiners): Instruction {
  const length = dimsOf(x)[1]!;
  const first = reshape(b, sliceOf(b, x, 0, 0, 1), [length, length]);
  const dots = [
    dot(b, first, first, { contract: [[1], [1]] }),
    dot(b, first, first, { contract: [[0], [0]] }),
    dot(b, first, first, { contract: [[1], [0]] }),
  ];
  const [row, column] = [iota(b, 's32', [length, length], 0), iota(b, 's32', [length, length], 1)];
  const [lower, upper] = [compare(b, row, column, 'GT'), compare(b, row, column, 'LT')];
  const picked = b.op('select', [lower, dots[0]!, b.op('select', [upper, dots[1]!, dots[2]!])]);
  const sums = [0, 1].map((d) => reduce(b, picked, [d], add, 0));
  const tops = [0, 1].map((d) => reduce(b, picked, [d], max, -Infinity));
  const ends = [sliceOf(b, first, 0, 0, 1), sliceOf(b, first, 0, length - 1, length)];
  const parts = [...sums, ...tops].map((v) => reshape(b, v, [1, length]));
  return b.op('concatenate', [...parts, ...ends], { dimensions: [0] });
}

/** Row maxima of −|x| − bias, all of them negative, and how far each row lies behind its own. */
function penalty(
  b: ComputationBuilder,
  x: Instruction,
  bias: Instruction,
  { add, max }: Combiners,
): Instruction {
  const sizes = dimsOf(x);
  const costs = b.op('subtract', [chain(b, x, 'abs', 'negate'), alongLast(b, bias, sizes)]);
  const top = reduce(b, costs, [2], max, -Infinity);
  const behind = b.op('subtract', [costs, b.broadcast(top, sizes, [0, 1])]);
  return b.op('tuple', [top, reduce(b, behind, [2], add, 0)]);
}

/**
 * A table for bf16 made in f64: steps of 1/256 beyond 1, kept off zero by 1e-9. Every other entry
 * lies just above the middle of two bf16 values, so that rounding twice shows.
 */
function narrowTables(b: ComputationBuilder): Instruction {
  const steps = Array.from({ length: 256 }, (_, i) => 1 + i / 256);
  const grid = withScalar(b, 'add', b.constant(tensorOf('f64', [256], steps), 'grid'), 1e-9);
  const narrow = convert(b, grid, 'bf16');
  const slope = full(b, 'bf16', [256], 0.7);
  const line = b.op('add', [b.op('multiply', [narrow, slope]), full(b, 'bf16', [256], 0.3)]);
  const square = reshape(b, line, [16, 16]);
  return b.op('tuple', [narrow, transpose(b, convert(b, square, 'f32'), [1, 0])]);
}
