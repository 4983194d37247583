/**
 * Multi-head attention with a causal mask and a padding mask. Length and width are equal, so that
 * transposes and broadcasts of the wrong dimension still have a valid shape.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import {
  alongFirst,
  type Combiners,
  combiners,
  compare,
  dimsOf,
  dot,
  full,
  input,
  iota,
  transpose,
  withScalar,
} from './basics.ts';
import { softmax } from './layers.ts';
import { model } from './model.ts';

const dims = { batch: 2, length: 16, heads: 4, width: 16 };

/**
 * Of q, k and v [batch, length, heads, width] and lengths s32[batch]; gives (mixed values,
 * weights).
 */
export const attention = model(
  'attention',
  'multi-head attention with causal and padding masks, f32',
  dims,
  ({ batch, length, heads, width }) => {
    const m = new ModuleBuilder('attention');
    const called = combiners(m, 'f32');
    return m.entry((b) => {
      const sizes = [batch, length, heads, width];
      const [q, k, v] = ['q', 'k', 'v'].map((n) =>
        transpose(b, input(b, n, 'f32', sizes), [0, 2, 1, 3]),
      ) as [Instruction, Instruction, Instruction];
      const lengths = input(b, 'lengths', 's32', [batch], `range:1:${length}`);
      const weights = attentionWeights(b, q, k, lengths, called);
      const mixed = dot(b, weights, v, { batch: heads4, contract: [[3], [2]] });
      return b.op('tuple', [transpose(b, mixed, [0, 2, 1, 3]), weights]);
    });
  },
);

const heads4 = [
  [0, 1],
  [0, 1],
] as const;

function attentionWeights(
  b: ComputationBuilder,
  q: Instruction,
  k: Instruction,
  lengths: Instruction,
  called: Combiners,
): Instruction {
  const raw = dot(b, q, k, { batch: heads4, contract: [[3], [3]] });
  const scores = withScalar(b, 'multiply', raw, 1 / Math.sqrt(dimsOf(q)[3]!));
  const sizes = dimsOf(scores);
  const [row, column] = [iota(b, 's32', sizes, 2), iota(b, 's32', sizes, 3)];
  const causal = compare(b, column, row, 'LE');
  const present = compare(b, column, alongFirst(b, lengths, sizes), 'LT');
  const seen = b.op('and', [causal, present]);
  return softmax(b, b.op('select', [seen, scores, full(b, 'f32', sizes, -Infinity)]), called);
}
