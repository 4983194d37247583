/**
 * Wrong rewrites of every family of ops, every third kind once (`npm run reach` plants as many as one
 * likes): the default cases catch what any input can show.
 */
import { describe, expect, it } from 'vitest';
import { drawFault, families, faults, replayLine } from '../support/reach/faults.ts';
import { judgeFault } from '../support/reach/judge-fault.ts';

describe('reach of the default cases', () => {
  it('has kinds of many families, each named once', () => {
    expect(families.length).toBeGreaterThanOrEqual(12);
    expect(new Set(faults.map((f) => f.name)).size).toBe(faults.length);
  });

  it.each(families)('catches faults of %s', (family) => {
    const missed: string[] = [];
    let caught = 0;
    for (const [k, fault] of faults.entries()) {
      if (fault.family !== family || k % 3 !== 0) continue;
      const planted = drawFault(1, k);
      const { outcome, what } = judgeFault(planted);
      if (outcome === 'caught') caught++;
      if (outcome === 'missed') missed.push(`${replayLine(planted)}: ${what}`);
    }
    expect(missed).toEqual([]);
    expect(caught).toBeGreaterThan(0);
  });
});
