/**
 * A quantised matmul: s8 × s8 → s32, zero points taken out by row and column sums, scaled to f32 by
 * output channel, and quantised again.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import {
  alongFirst,
  alongLast,
  combiner,
  convert,
  dimsOf,
  dot,
  full,
  input,
  reduce,
  withScalar,
} from './basics.ts';
import { model } from './model.ts';

const dims = { batch: 16, width: 64, features: 32 };

/** Of x s8[batch, width] and w s8[width, features]. */
export const quantised = model(
  'int8_matmul',
  's8 matmul with zero points, scales and requantisation',
  dims,
  ({ batch, width, features }) => {
    const m = new ModuleBuilder('int8_matmul');
    const add = combiner(m, 'add_s32', 'add', 's32');
    return m.entry((b) => {
      const x = input(b, 'x', 's8', [batch, width]);
      const w = input(b, 'w', 's8', [width, features]);
      const xZero = input(b, 'x_zero', 's32', [], 'range:-16:16');
      const wZero = input(b, 'w_zero', 's32', [features], 'range:-4:4');
      const scale = input(b, 'scale', 'f32', [features], 'range:0.0001220703125:0.0009765625');
      const bias = input(b, 'bias', 'f32', [features], 'weight:1');
      const sum = accumulate(b, { x, w, xZero, wZero }, add);
      const sizes = [batch, features];
      const scaled = b.op('multiply', [convert(b, sum, 'f32'), alongLast(b, scale, sizes)]);
      const y = b.op('add', [scaled, alongLast(b, bias, sizes)]);
      return b.op('tuple', [y, quantise(b, y), sum]);
    });
  },
);

interface Operands {
  readonly x: Instruction;
  readonly w: Instruction;
  readonly xZero: Instruction;
  readonly wZero: Instruction;
}

/** Σ (x − x₀)(w − w₀) = Σ xw − x₀ Σ w − w₀ Σ x + n x₀ w₀ */
function accumulate(b: ComputationBuilder, { x, w, xZero, wZero }: Operands, add: string) {
  const [batch, width] = dimsOf(x) as [number, number];
  const features = dimsOf(w)[1]!;
  const sizes = [batch, features];
  const products = dot(b, x, w, { contract: [[1], [0]], type: 's32' });
  const rows = alongFirst(b, reduce(b, convert(b, x, 's32'), [1], add, 0), sizes);
  const columns = alongLast(b, reduce(b, convert(b, w, 's32'), [0], add, 0), sizes);
  const xs = b.broadcast(xZero, sizes);
  const ws = alongLast(b, wZero, sizes);
  const constant = withScalar(b, 'multiply', b.op('multiply', [xs, ws]), width);
  const cross = b.op('add', [b.op('multiply', [xs, columns]), b.op('multiply', [ws, rows])]);
  return b.op('add', [b.op('subtract', [products, cross]), constant]);
}

/** To s8 in steps of 1/16, nearest even, saturating. */
function quantise(b: ComputationBuilder, y: Instruction): Instruction {
  const rounded = b.op('round-nearest-even', [withScalar(b, 'multiply', y, 16)]);
  const [low, high] = [full(b, 'f32', [], -128), full(b, 'f32', [], 127)];
  return convert(b, b.op('clamp', [low, rounded, high]), 's8');
}
