/** Laws of bisection on integers: what it finds, in how many questions, and what it never hides. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  answerOfExitCode,
  bad,
  exitCodeOf,
  good,
} from '../../validator/search/answer.ts';
import { type Ask, bisect } from '../../validator/search/bisect.ts';
import { answerOf, broken, killedAndResumed, listed } from './oracles.ts';

const bound = (n: number) => Math.ceil(Math.log2(n)) + 2;
const kind = fc.constantFrom<Answer['kind'][]>('good', 'bad', 'skip');
const kinds = fc.array(kind, { maxLength: 40 });

describe('bisect', () => {
  it('finds every first bad index of up to 130 within the bound', async () => {
    for (let n = 2; n <= 130; n++) {
      for (let firstBad = 1; firstBad < n; firstBad++) {
        const found = await bisect(n, listed(broken(n, firstBad)));
        expect(found).toMatchObject({ outcome: 'first bad', lastGood: firstBad - 1, firstBad });
        expect(found).toMatchObject({ isMonotone: true, isConfirmed: true });
        expect(found.questions.search).toBeLessThanOrEqual(bound(n));
        expect(found.questions.confirmation).toBe(2);
      }
    }
  });

  it('keeps the bound on a list of a million', async () => {
    const million = fc.integer({ min: 1, max: 999_999 });
    await fc.assert(
      fc.asyncProperty(million, async (firstBad) => {
        const found = await bisect(1e6, async (index) => (index < firstBad ? good : bad));
        expect(found.firstBad).toBe(firstBad);
        expect(found.questions.search).toBeLessThanOrEqual(22);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    [[], 'nothing told'],
    [['skip', 'skip'], 'nothing told'],
    [['good'], 'good throughout'],
    [['bad', 'bad', 'bad'], 'bad throughout'],
    [['skip', 'bad', 'skip'], 'bad throughout'],
    [['bad', 'bad', 'good'], 'fix only'],
    [['good', 'skip', 'bad'], 'among skipped'],
    [['skip', 'good', 'bad', 'skip'], 'first bad'],
  ] as const)('of %j says %s', async (list, outcome) => {
    expect(await bisect(list.length, listed(list))).toMatchObject({ outcome });
  });

  it('steps around what is skipped and names it where the turn lies among it', async () => {
    const skips = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(skips, fc.integer({ min: 1, max: 59 }), async (skipped, firstBad) => {
        const list = broken(60, firstBad).map((was, at) => (skipped[at] ? 'skip' : was));
        const told = [...list.entries()].filter(([, is]) => is !== 'skip');
        const before = told.findLast(([, is]) => is === 'good')?.[0];
        const after = told.find(([, is]) => is === 'bad')?.[0];
        const found = await bisect(60, listed(list));
        if (before === undefined || after === undefined) {
          expect(found.boundaries).toEqual([]);
          return;
        }
        expect(found.boundaries).toHaveLength(1);
        const [turn] = found.boundaries;
        expect(turn).toMatchObject({ kind: 'break', before, after });
        expect(turn!.among).toEqual(
          [...list.keys()].filter((index) => index > before && index < after),
        );
        const named = new Map(found.skipped.map(({ index, reason }) => [index, reason]));
        for (const index of turn!.among) expect(named.get(index)).toBe('does not build');
      }),
    );
  });

  it('leaves a run of skipped indices behind in a few questions', async () => {
    const list = broken(1000, 900).map((was, at) => (at >= 300 && at < 700 ? 'skip' : was));
    const found = await bisect(1000, listed(list));
    expect(found).toMatchObject({ outcome: 'first bad', firstBad: 900 });
    expect(found.questions.search).toBeLessThanOrEqual(bound(1000) + 3);
  });

  it('tells a bad range and its fix, found by a scan or by an index named', async () => {
    const list = broken(100, 40).map((was, at) => (at >= 55 ? 'good' : was));
    const ranges = [
      { kind: 'good', first: 0, last: 39 },
      { kind: 'bad', first: 40, last: 54 },
      { kind: 'good', first: 55, last: 99 },
    ];
    for (const options of [{ scan: 9 }, { at: [47] }]) {
      const found = await bisect(100, listed(list), options);
      expect(found).toMatchObject({
        outcome: 'first bad',
        firstBad: 40,
        isMonotone: false,
        ranges,
      });
      expect(found.boundaries.map((turn) => turn.kind)).toEqual(['break', 'fix']);
    }
    expect((await bisect(100, listed(list))).outcome).toBe('good throughout');
  });

  it('says only what the answers say, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, fc.nat(10), async (list, scan) => {
        const asked = new Map<number, Answer['kind']>();
        const ask: Ask = async (index) => {
          asked.set(index, list[index]!);
          return answerOf(list[index]!);
        };
        const found = await bisect(list.length, ask, { scan });
        for (const { kind: turn, before, after, among } of found.boundaries) {
          const sides = turn === 'break' ? ['good', 'bad'] : ['bad', 'good'];
          expect([list[before], list[after]]).toEqual(sides);
          expect(among.length).toBe(after - before - 1);
          expect(among.every((index) => asked.get(index) === 'skip')).toBe(true);
        }
        for (const { kind: of, first, last } of found.ranges) {
          expect([list[first], list[last]]).toEqual([of, of]);
        }
        const told = [...asked].filter(([, is]) => is !== 'skip').sort(([a], [b]) => a - b);
        const turns = told.filter(([, is], at) => at > 0 && told[at - 1]![1] !== is);
        const isFirstGood = told.length === 0 || turns.length === 0 || told[0]![1] === 'good';
        expect(found.isMonotone).toBe(turns.length <= 1 && isFirstGood);
        expect(found.skipped.length).toBe([...asked.values()].filter((is) => is === 'skip').length);
      }),
    );
  });

  it('says what did not answer the same again', async () => {
    const ask: Ask = async (index, run) => (index < 5 && !(index === 4 && run === 1) ? good : bad);
    const found = await bisect(9, ask);
    expect(found).toMatchObject({ firstBad: 5, isConfirmed: false });
    expect(found.contradictions).toEqual([{ index: 4, first: good, again: bad }]);
    expect((await bisect(9, ask, { confirm: false })).isConfirmed).toBeUndefined();
  });

  it('killed at any ask and resumed, ends the same and asks nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, fc.nat(5), fc.nat(60), async (list, scan, k) => {
        const oracle = listed(list);
        const whole = await bisect(list.length, oracle, { scan });
        const { result, asked } = await killedAndResumed(
          k,
          (question: string) => oracle(Number(question.split('#')[0]), 0),
          (ask, journal) => bisect(list.length, (i, run) => ask(`${i}#${run}`), { scan, journal }),
        );
        expect(result).toEqual(whole);
        expect(new Set(asked).size).toBe(asked.length);
        expect(asked.length).toBe(whole.questions.search + whole.questions.confirmation);
      }),
    );
  });
});

describe('exit codes of git bisect run', () => {
  it('are those of an answer, and back', () => {
    expect((['good', 'bad', 'skip'] as const).map((is) => exitCodeOf(answerOf(is)))).toEqual([
      0, 1, 125,
    ]);
    const kindsOf = [0, 1, 124, 125, 126, 127].map((code) => answerOfExitCode(code)?.kind);
    expect(kindsOf).toEqual(['good', 'bad', 'bad', 'skip', 'bad', 'bad']);
    expect([-1, 128, 139, 255].map(answerOfExitCode)).toEqual(Array(4).fill(undefined));
  });
});
