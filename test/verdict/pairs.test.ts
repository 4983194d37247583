/**
 * No false alarm: legitimate pairs, drawn from laws of rewriting across instructions (sums in any
 * order, fused multiply-adds, roundings left out, movement), are silent and nearly all decided.
 * `npm run pairs` does the same for thousands.
 */
import { describe, expect, it } from 'vitest';
import { judgePair, type PairOutcome } from '../support/pairs/judge-pair.ts';
import { drawPair, pairLaws, replayLine } from '../support/pairs/pair.ts';

const seed = 7;
const pairs = 100;
const perLaw = Math.ceil(pairs / pairLaws.length);

describe('legitimate pairs', () => {
  const outcomes: PairOutcome[] = [];

  it.each(pairLaws.map((law, n) => ({ name: law.name, says: law.says, n })))(
    '$name ($says) are not flagged',
    ({ n }) => {
      const numbers = Array.from({ length: perLaw }, (_, k) => n + k * pairLaws.length);
      const flagged = numbers.flatMap((index) => {
        const pair = drawPair(seed, index);
        const outcome = judgePair(pair);
        outcomes.push(outcome);
        return outcome.flagged ? [`${outcome.what}: ${replayLine(pair)}`] : [];
      });
      expect(flagged).toEqual([]);
    },
  );

  it('are decided on 99 % of their elements', () => {
    const sum = (of: 'checked' | 'decided') => outcomes.reduce((n, o) => n + o[of], 0);
    expect(outcomes.length).toBeGreaterThanOrEqual(pairs);
    expect(sum('checked')).toBeGreaterThan(0);
    expect(sum('decided') / sum('checked')).toBeGreaterThanOrEqual(0.99);
  });

  it('are the same whenever they are drawn', () => {
    expect(drawPair(seed, 5).texts).toEqual(drawPair(seed, 5).texts);
    expect(drawPair(seed, 5).texts).not.toEqual(drawPair(seed + 1, 5).texts);
  });
});
