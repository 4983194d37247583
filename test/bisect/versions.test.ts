/** `bisectVersions`: histories of good, bad and untold versions, and what is said of each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Told } from '../../validator/bisect/gate-answer.ts';
import { bisectVersions } from '../../validator/bisect/versions.ts';
import type { GateRecord } from '../../validator/gate/record.ts';
import { formatVersions } from '../../validator/report/bisect-text.ts';
import { arrayJournal } from '../../validator/search/journal.ts';
import { toolchainError } from '../../validator/toolchains/npm.ts';

/** A record with an outcome and, where it failed, a finding. */
function record(outcome: GateRecord['outcome']): GateRecord {
  const finding = { fails: true, rule: 'result', note: '', budgetUse: 7, name: 'y' };
  const findings = outcome === 'failed' ? [finding] : [];
  const failures = outcome === 'not judged' ? ['no library for this machine'] : [];
  return { outcome, findings, failures } as unknown as GateRecord;
}

/** g: good, b: bad, s: cannot be judged, x: was never published. */
function historyOf(letters: string) {
  const versions = [...letters].map((_, n) => `1.${n}.0`);
  const asked: string[] = [];
  const judge = async (version: string) => {
    asked.push(version);
    const letter = letters[versions.indexOf(version)]!;
    if (letter === 'x') throw toolchainError('no-version', `${version} was never published`);
    return record(letter === 'g' ? 'passed' : letter === 'b' ? 'failed' : 'not judged');
  };
  return { versions, judge, asked };
}

describe('bisectVersions', () => {
  it.each([
    ['ggggbbbb', 'first bad version t@1.4.0, last good t@1.3.0'],
    ['bbbbbggg', 'first good version t@1.5.0, last bad t@1.4.0'],
    ['gggsxbbb', 'first bad version t@1.5.0, last good t@1.2.0; not told: 1.3.0, 1.4.0'],
    ['gggggggg', 'good throughout'],
    ['bbbbbbbb', 'bad throughout'],
    ['ssssssss', 'nothing told'],
    ['gggggbgg', 'first good version t@1.6.0, last bad t@1.5.0'],
    ['gb', 'first bad version t@1.1.0'],
  ])('%s: %s', async (letters, says) => {
    const { versions, judge } = historyOf(letters);
    expect(formatVersions('t', await bisectVersions({ versions, judge }))).toContain(says);
  });

  it('asks at most ⌈log₂ n⌉ + 2 versions where the ends differ, and each side once more', async () => {
    const draws = fc.integer({ min: 2, max: 60 }).chain((n) => {
      return fc.record({ n: fc.constant(n), first: fc.integer({ min: 1, max: n - 1 }) });
    });
    await fc.assert(
      fc.asyncProperty(draws, async ({ n, first }) => {
        const { versions, judge, asked } = historyOf('g'.repeat(first) + 'b'.repeat(n - first));
        const { bisection } = await bisectVersions({ versions, judge });
        expect(bisection).toMatchObject({
          outcome: 'first bad',
          firstBad: first,
          isConfirmed: true,
        });
        expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(n)) + 4);
      }),
      { numRuns: 60 },
    );
  });

  it('finds any bad range between good ends, however short', async () => {
    const draws = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 4 }));
    await fc.assert(
      fc.asyncProperty(draws, async ([before, length]) => {
        const { versions, judge } = historyOf(`${'g'.repeat(before)}${'b'.repeat(length)}gggg`);
        const { bisection } = await bisectVersions({ versions, judge });
        expect(bisection.boundaries).toMatchObject([
          { kind: 'break', after: before },
          { kind: 'fix', after: before + length },
        ]);
        expect(bisection.isMonotone).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('looks no further than --scan says', async () => {
    const { versions, judge, asked } = historyOf('gbgggggg');
    await bisectVersions({ versions, judge, scan: 1 });
    expect(asked.length).toBe(3);
  });

  it('asks what is in the journal no more', async () => {
    const journal = arrayJournal<Told>();
    const { versions, judge, asked } = historyOf('gggbbb');
    const first = await bisectVersions({ versions, judge, journal });
    const count = asked.length;
    const again = await bisectVersions({ versions, judge, journal });
    expect(asked.length).toBe(count);
    expect(again).toEqual(first);
  });

  it('says where a version tells otherwise when it is asked again', async () => {
    const { versions, judge } = historyOf('gggbbb');
    const seen = new Set<string>();
    const flaky = async (version: string) => {
      const isAgain = seen.has(version);
      seen.add(version);
      return isAgain ? record('passed') : judge(version);
    };
    const text = formatVersions('t', await bisectVersions({ versions, judge: flaky }));
    expect(text).toContain('1 told something else');
  });

  it('ends at bad input and without a network, and takes neither for an answer', async () => {
    const versions = ['1.0.0', '1.1.0'];
    for (const error of [
      new AssayError({ code: 'onnx/unsupported-op', message: 'no' }),
      toolchainError('offline', 'no network'),
      new TypeError('a fault'),
    ]) {
      const judge = () => Promise.reject(error);
      await expect(bisectVersions({ versions, judge })).rejects.toBe(error);
    }
  });
});
