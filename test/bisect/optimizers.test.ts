/** `bisectOptimizers`: families of sets that cure, drawn at random, and found again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bisectOptimizers } from '../../validator/bisect/optimizers.ts';
import type { GateRecord } from '../../validator/gate/record.ts';
import { formatOptimizers } from '../../validator/report/bisect-text.ts';

const record = (isGood: boolean): GateRecord => {
  const finding = { fails: true, rule: 'kernels', note: '', budgetUse: 9, name: 'y' };
  const outcome = isGood ? 'passed' : 'failed';
  return { outcome, findings: isGood ? [] : [finding], failures: [] } as unknown as GateRecord;
};

/** Right once all of one of the sets is off. */
const curedBy = (sets: readonly (readonly string[])[]) => async (off: readonly string[]) =>
  record(sets.some((set) => set.every((name) => off.includes(name))));

const letters = [...'ABCDEFGH'];

/** No set holds another: all are minimal. */
const families = fc
  .array(fc.subarray(letters, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((sets) => sets.filter((set, k) => !sets.some((o, n) => n !== k && holds(set, o, n < k))));

/** Whether a set holds another one; equal ones hold the earlier. */
function holds(set: readonly string[], other: readonly string[], isEarlier: boolean): boolean {
  const isSubset = other.every((name) => set.includes(name));
  return isSubset && (other.length < set.length || isEarlier);
}

describe('bisectOptimizers', () => {
  it('finds every minimal set that cures', async () => {
    await fc.assert(
      fc.asyncProperty(families, async (sets) => {
        const fired = async () => letters;
        const found = await bisectOptimizers({ fired, judge: curedBy(sets) });
        const sorted = (all: readonly (readonly string[])[]) =>
          all.map((s) => [...s].sort()).sort();
        expect(found).toMatchObject({ outcome: 'found', isComplete: true });
        expect(sorted(found.sets)).toEqual(sorted(sets));
      }),
      { numRuns: 40 },
    );
  });

  it('looks for what takes the place of one that is off', async () => {
    const fired = async (off: readonly string[]) => (off.includes('A') ? ['B'] : ['A']);
    const found = await bisectOptimizers({ fired, judge: curedBy([['A', 'B']]) });
    expect(formatOptimizers('t@1', found)).toContain('right only without:\n  A + B\n');
  });

  it.each([
    [[[]], 'not bad', 'no optimiser is to blame'],
    [[], 'not cured', 'with all its optimisers switched off as well'],
  ])('cured by %j: %s', async (sets, outcome, says) => {
    const found = await bisectOptimizers({ fired: async () => letters, judge: curedBy(sets) });
    expect(found.outcome).toBe(outcome);
    expect(formatOptimizers('t@1', found)).toContain(says);
  });
});
