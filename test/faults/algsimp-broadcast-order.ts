/**
 * broadcast(transpose(x)) → broadcast(x) with the dimensions as they were, the permutation
 * forgotten: on square shapes the result still has the right size.
 */
import { exact } from '../../graphs/ir/contract.ts';
import { algebraicRules, algebraicSimplifier } from '../../passes/algsimp/algsimp.ts';
import { dimsOf, equalLists, rule } from '../../passes/algsimp/rule.ts';

const orderLost = rule('broadcast', 'broadcast-of-transpose', exact, (i, site) => {
  const inner = site.operand(i);
  if (inner.opcode !== 'transpose') return undefined;
  const x = site.operand(inner);
  const from = inner.attrs.dimensions;
  const { dimensions: kept } = i.attrs;
  const isSquare = equalLists(dimsOf(x), dimsOf(inner));
  const dimensions = isSquare ? kept : from.map((_, d) => kept[from.indexOf(d)]!);
  return site.add('broadcast', [x], { attrs: { dimensions }, shape: i.shape, like: i });
});

export const broadcastOrderLost = algebraicSimplifier(
  algebraicRules.map((r) => (r.name === orderLost.name ? orderLost : r)),
);
