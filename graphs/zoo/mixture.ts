/** Mixture of experts: a router, the two best experts of each token, their outputs weighted. */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import {
  combiners,
  compare,
  convert,
  dimsOf,
  dot,
  element,
  input,
  iota,
  matmul,
  reduce,
  spread,
} from './basics.ts';
import { relu, softmax } from './layers.ts';
import { model } from './model.ts';

const dims = { batch: 16, width: 32, hidden: 32, experts: 8, k: 2 };

/** Of x [batch, width] and the weights of all experts. */
export const mixture = model(
  'mixture_of_experts',
  'routing with softmax and top-k, experts as a batched dot, f32',
  dims,
  ({ batch, width, hidden, experts, k }) => {
    const m = new ModuleBuilder('mixture_of_experts');
    const called = combiners(m, 'f32');
    return m.entry((b) => {
      const x = input(b, 'x', 'f32', [batch, width]);
      const router = input(b, 'router', 'f32', [width, experts], `weight:${width}`);
      const up = input(b, 'up', 'f32', [experts, width, hidden], `weight:${width}`);
      const down = input(b, 'down', 'f32', [experts, hidden, width], `weight:${hidden}`);
      const probabilities = softmax(b, matmul(b, x, router), called);
      const top = b.op('topk', [probabilities], { k, largest: true });
      const gates = gatesOf(b, element(b, top, 0), element(b, top, 1), experts, called.add);
      const tokens = b.broadcast(x, [experts, batch, width], [1, 2]);
      const perExpert = { batch: [[0], [0]], contract: [[2], [1]] } as const;
      const inner = relu(b, dot(b, tokens, up, perExpert));
      const outer = dot(b, inner, down, perExpert);
      const mixed = dot(b, gates, outer, { batch: [[0], [1]], contract: [[1], [0]] });
      const load = reduce(b, gates, [0], called.add, 0);
      return b.op('tuple', [mixed, element(b, top, 1), load]);
    });
  },
);

/** [token, expert]: the chosen experts' shares of their sum, 0 for the others. */
function gatesOf(
  b: ComputationBuilder,
  values: Instruction,
  indices: Instruction,
  experts: number,
  add: string,
): Instruction {
  const sizes = dimsOf(values);
  const shares = b.op('divide', [values, spread(b, reduce(b, values, [1], add, 0), sizes, [1])]);
  const cube = [...sizes, experts];
  const chosen = compare(b, b.broadcast(indices, cube, [0, 1]), iota(b, 's32', cube, 2), 'EQ');
  const weighted = b.op('multiply', [b.broadcast(shares, cube, [0, 1]), convert(b, chosen, 'f32')]);
  return reduce(b, weighted, [1], add, 0);
}
