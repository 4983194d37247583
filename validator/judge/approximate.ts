/**
 * The contract `approximates(recall)`: what an approximate top-k may and may not do. Every value
 * must occur at its index, enough of the true top k must be there, and the best is never lost.
 */
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import type { ExactValue } from '../exact/value.ts';
import { exactLeaves, unravel } from './judge.ts';
import { combine, type Judgement, type VerdictKind } from './verdict.ts';

/**
 * Judges (values, indices) of an approximate top-k along the last dimension against the true one.
 * Values are held against the exact values' order of magnitude only through membership: a returned
 * value counts as found if it is at least the true k-th best, less that value's own radius.
 */
export function judgeApproximate(
  after: Value,
  before: Value,
  exact: ExactValue,
  recall: number,
): Judgement {
  const got = leafTensors(after)[0]!;
  const want = leafTensors(before)[0]!;
  const radius = exactLeaves(exact)[0]?.worst;
  const k = got.shape.dims.at(-1) ?? 1;
  const rows: Judgement[] = [];
  for (let at = 0; at + k <= got.data.length; at += k) {
    const row = (data: typeof got.data) => Array.from(data.slice(at, at + k), Number);
    const slack = radius ? Math.max(...row(radius)) : 0;
    const verdict = judgeRow(row(got.data), row(want.data), recall, slack);
    const index = unravel(at, got.shape.dims);
    const shown = { output: 0, type: got.shape.type, index, budget: slack };
    const [before1, after1] = [Number(want.data[at]), Number(got.data[at])];
    rows.push({
      verdict,
      elements: k,
      decided: k,
      ties: 0,
      outside: verdict === 'beyond' ? k : 0,
      worst: {
        ...shown,
        verdict,
        before: before1,
        after: after1,
        exact: before1,
        budgetUse: verdict === 'beyond' ? Infinity : 0,
      },
    });
  }
  return combine(rows);
}

function judgeRow(
  got: readonly number[],
  want: readonly number[],
  recall: number,
  slack: number,
): VerdictKind {
  const best = Math.max(...want);
  const least = Math.min(...want);
  const found = got.filter((v) => v >= least - slack).length;
  const bestKept = Math.max(...got) >= best - slack;
  return bestKept && found >= recall * want.length ? 'within' : 'beyond';
}
