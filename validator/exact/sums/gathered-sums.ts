/**
 * The figures of what reduce, reduce-window and scatter add up: those of all terms of all that goes
 * to one place. What each starts from (the initial value, the operand of a scatter) is added as well.
 */
import type { Instruction } from '../../../graphs/ir/module.ts';
import { scatterTargets, scatterWindows } from '../../semantics/indexing/scatter.ts';
import { otherDims } from '../../semantics/loops/strides.ts';
import type { ExactTensor } from '../core/value.ts';
import { groupsOf } from '../folds/groups.ts';
import { groupsUnder } from '../folds/reduce-window.ts';
import { windowOf } from '../folds/window.ts';
import { noMoments, type StoredMoments } from './chain-moments.ts';

/** What is added up where. */
export interface Groups {
  /** Number of results. */
  readonly count: number;
  /** Which of the two that are added is what results start from; the other is what goes to them. */
  readonly start: 0 | 1;
  /** Calls with every element that is added and the result that it goes to. */
  forEach(visit: (to: number, from: number) => void): void;
}

/** Of an op that sums; undefined where it cannot be told. */
export function groupsOfSum(
  i: Instruction<number>,
  operands: readonly ExactTensor[],
): Groups | undefined {
  const { dims } = operands[0].shape;
  if (i.opcode === 'reduce') {
    const { dimensions } = i.attrs;
    return listed(groupsOf(dims, otherDims(dims.length, dimensions), dimensions));
  }
  if (i.opcode === 'reduce-window') {
    if (i.shape.kind !== 'array') return undefined;
    return listed(groupsUnder(windowOf(i, dims.length), dims, i.shape.dims));
  }
  if (i.opcode !== 'scatter' || operands[1].undecided) return undefined;
  const windows = scatterWindows(i.attrs, operands[0].shape, operands[1], operands[2].shape);
  const targets = scatterTargets(windows);
  return {
    count: operands[0].data.length,
    start: 0,
    forEach(visit) {
      for (let u = 0; u < targets.length; u++) if (targets[u] >= 0) visit(targets[u], u);
    },
  };
}

function listed({ count, forEach }: ReturnType<typeof groupsOf>): Groups {
  return {
    count,
    start: 1,
    forEach(visit) {
      forEach((r, { start, count: terms, stride, steps }) => {
        for (let j = 0; j < terms; j++) visit(r, start + (steps ? steps[j] : j * stride));
      });
    },
  };
}

/** The figures of every result, from those of the two that are added. */
export function gatheredMoments(groups: Groups, parts: readonly StoredMoments[]): StoredMoments {
  const [first, x] = inOrder(groups, parts);
  const out = noMoments(groups.count, x.bound !== undefined || first.bound !== undefined);
  for (const name of ['size', 'squares', 'count', 'bound', 'variance', 'quantum'] as const) {
    const [from, to] = [first[name], out[name]];
    if (!from || !to) continue;
    for (let r = 0; r < groups.count; r++) to[r] = from[from.length === 1 ? 0 : r];
  }
  groups.forEach((to, from) => {
    out.size[to] += x.size[from];
    out.squares[to] += x.squares[from];
    out.count[to] += x.count[from];
    if (x.quantum[from] < out.quantum[to]) out.quantum[to] = x.quantum[from];
  });
  const [bound, variance] = [out.bound, out.variance];
  if (!x.bound || !x.variance || !bound || !variance) return out;
  const { bound: w, variance: l } = x;
  groups.forEach((to, from) => {
    bound[to] += w[from];
    variance[to] += l[from];
  });
  return out;
}

/** Every result's Σx of its terms. */
export function gatheredTotals(groups: Groups, parts: readonly Float64Array[]): Float64Array {
  const [first, x] = inOrder(groups, parts);
  const out = new Float64Array(groups.count).map((_, r) => first[first.length === 1 ? 0 : r]);
  groups.forEach((to, from) => {
    out[to] += x[from];
  });
  return out;
}

function inOrder<T>({ start }: Groups, [a, b]: readonly T[]): readonly [first: T, others: T] {
  return start === 0 ? [a, b] : [b, a];
}
