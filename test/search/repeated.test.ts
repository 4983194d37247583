/** The sequential test's odds, computed exactly over all ways that runs can go, and what repeats. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bad, good, skip } from '../../validator/search/answer.ts';
import { type Ask, bisect } from '../../validator/search/bisect.ts';
import { repeated, steadiness } from '../../validator/search/repeated.ts';
import {
  decide,
  type FlakeAssumption,
  runsToTrust,
} from '../../validator/search/sequential-test.ts';
import { killedAndResumed } from './oracles.ts';

/** Odds of each decision within some runs, and the runs expected, where a run is bad at a rate. */
function oddsAt(rate: number, assumption: FlakeAssumption, most: number) {
  let open = new Map([[0, 1]]);
  const odds = { good: 0, bad: 0, runs: 0 };
  for (let runs = 1; runs <= most; runs++) {
    const next = new Map<number, number>();
    for (const [badSoFar, mass] of open) {
      odds.runs += mass;
      for (const [b, p] of [
        [badSoFar, 1 - rate],
        [badSoFar + 1, rate],
      ] as const) {
        const kind = decide({ good: runs - b, bad: b }, assumption);
        if (kind !== undefined) odds[kind] += mass * p;
        else next.set(b, (next.get(b) ?? 0) + mass * p);
      }
    }
    open = next;
  }
  return odds;
}

describe('the sequential test', () => {
  const cases = [0.5, 0.3, 0.1].flatMap((flakeRate) =>
    [0, 0.01, 0.05].flatMap((noise) => [1e-2, 1e-6].map((wrong) => ({ flakeRate, noise, wrong }))),
  );
  it.each(cases)('is wrong no more often than it says: %j', (assumption) => {
    const { flakeRate, noise, wrong } = assumption;
    const most = 3000;
    for (const rate of [flakeRate, (1 + flakeRate) / 2, 1]) {
      expect(oddsAt(rate, assumption, most).good).toBeLessThanOrEqual(wrong * (1 + 1e-9));
    }
    for (const rate of [0, noise / 2, noise]) {
      expect(oddsAt(rate, assumption, most).bad).toBeLessThanOrEqual(wrong * (1 + 1e-9));
    }
    const decided = oddsAt(flakeRate, assumption, most);
    expect(decided.good + decided.bad).toBeGreaterThan(0.999);
  });

  it('without noise believes one bad run, and good after the runs to trust', () => {
    const assumption = { wrong: 1e-6, flakeRate: 0.5, noise: 0 };
    expect(runsToTrust(assumption)).toBe(20);
    expect(decide({ good: 19, bad: 0 }, assumption)).toBeUndefined();
    expect(decide({ good: 20, bad: 0 }, assumption)).toBe('good');
    expect(decide({ good: 19, bad: 1 }, assumption)).toBe('bad');
  });
});

/** Bad from an index on, but then only in runs that a hash of index, run and seed picks. */
const flakyFrom =
  (firstBad: number, seed: number): Ask =>
  async (index, run) => {
    const mixed = Math.imul(index * 7919 + run * 104_729 + seed, 0x9e3779b1);
    const isShown = (Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0) % 2 === 0;
    return index >= firstBad && isShown ? bad : good;
  };

describe('repeated', () => {
  it('lets a bisection find what shows in half of the runs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 63 }), fc.nat(), async (firstBad, seed) => {
        const { ask, seen } = await repeated(flakyFrom(firstBad, seed));
        const found = await bisect(64, ask);
        expect(found).toMatchObject({ outcome: 'first bad', firstBad, isConfirmed: true });
        expect(seen.every(({ tally }) => tally.good + tally.bad <= 20)).toBe(true);
      }),
    );
  });

  it('killed at any run and resumed, ends the same and runs nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(150), fc.nat(), async (k, seed) => {
        const flaky = flakyFrom(5, seed);
        const whole = await repeated(flaky);
        const expected = await bisect(12, whole.ask);
        const { result, asked } = await killedAndResumed(
          k,
          (question: string) => flaky(...(question.split('#').map(Number) as [number, number])),
          async (ask, journal) => {
            const again = await repeated((index, run) => ask(`${index}#${run}`), { journal });
            return { found: await bisect(12, again.ask), seen: again.seen };
          },
        );
        expect(result).toEqual({ found: expected, seen: whole.seen });
        expect(new Set(asked).size).toBe(asked.length);
      }),
    );
  });

  it('skips what tells nothing, and what stays undecided', async () => {
    const cannot = await repeated(async () => skip('no package'));
    expect(await cannot.ask(0, 0)).toEqual(skip('no package'));
    const torn = await repeated(async (_, run) => (run % 5 === 0 ? bad : good), {
      flakeRate: 0.4,
      noise: 0.08,
      wrong: 1e-9,
      most: 10,
    });
    expect(await torn.ask(0, 0)).toEqual(skip('undecided after 10 runs: 8 good, 2 bad'));
  });

  it('refuses rates that nothing tells apart', async () => {
    await expect(repeated(async () => good, { noise: 0.5 })).rejects.toThrow(RangeError);
    await expect(repeated(async () => good, { wrong: 0 })).rejects.toThrow(RangeError);
  });
});

describe('steadiness', () => {
  it('tells flaky from steady with the odds of being wrong', async () => {
    expect(await steadiness(async () => bad)).toEqual({
      kind: 'steady',
      tally: { good: 0, bad: 20 },
      odds: 2 ** -20,
    });
    const flaky = await steadiness(async (run) => (run === 3 ? bad : good));
    expect(flaky).toEqual({ kind: 'flaky', tally: { good: 3, bad: 1 }, odds: 0 });
    const untold = await steadiness(async (run) => (run < 2 ? good : skip('out of memory')));
    expect(untold).toEqual({ kind: 'not told', tally: { good: 2, bad: 0 }, odds: 0.25 });
  });
});
