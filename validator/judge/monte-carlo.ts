/**
 * Confirming suspects by Monte-Carlo arithmetic: the before side run many times with random
 * rounding at its declared precisions. Sampling is exact about correlation where the likely radius
 * assumes independence, so a result inside the spread is rounding after all.
 */
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import { likelyAt } from '../exact/radius.ts';
import type { ExactTensor, ExactValue } from '../exact/value.ts';
import { distanceBetween, exactLeaves, judge, type TieTest } from './judge.ts';
import type { Judgement } from './verdict.ts';

/** Samples drawn before a suspect is reported. */
export const sampleCount = 32;

export interface Compared {
  readonly after: Value;
  readonly before: Value;
  readonly exact: ExactValue;
  readonly isTie: TieTest;
}

/** Judges anew with each likely radius raised to the spread of the samples where that is larger. */
export function settleSuspects(
  first: Judgement,
  { after, before, exact, isTie }: Compared,
  sample: (seed: number) => Value,
): Judgement {
  if (first.outside === 0) return first;
  const leaves = exactLeaves(exact);
  const squares = leaves.map((t) => new Float64Array(t.data.length));
  for (let seed = 1; seed <= sampleCount; seed++) {
    for (const [n, drawn] of leafTensors(sample(seed)).entries()) {
      const sum = squares[n]!;
      const centre = leaves[n]!.data;
      for (let i = 0; i < sum.length; i++) {
        const d = distanceBetween(drawn.data[i]!, centre[i]!);
        sum[i]! += d * d;
      }
    }
  }
  const widened = leaves.map((t, n) => withSpread(t, squares[n]!));
  return judge(after, before, { kind: 'tuple', elements: widened }, isTie);
}

function withSpread(t: ExactTensor, squares: Float64Array): ExactTensor {
  const spread = squares.map((s, i) => {
    const drawn = Math.sqrt(s / sampleCount);
    const known = likelyAt(t, i);
    return Number.isFinite(drawn) && drawn > known ? drawn : known;
  });
  const { shared: _, ...rest } = t;
  return { ...rest, likely: spread };
}
