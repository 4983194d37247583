/**
 * Laws of the exact mode over the whole op table: every opcode that the reference runs, on random
 * instances (test/cross/generators), inputs of every golden kind, and random radii.
 * ASSAY_LAW_RUNS multiplies the draws, ASSAY_LAW_SEED changes them; `npm run laws` makes many.
 */
import { expect, it } from 'vitest';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { exactTable } from '../../../validator/exact/table.ts';
import { evalTable } from '../../../validator/reference/table.ts';
import { describeLaw } from '../../support/laws/describe.ts';
import { radiusLaws } from '../../support/laws/radii/laws.ts';
import { lawTable } from '../../support/laws/table.ts';

it('the exact mode has a rule for what the reference runs, and the table an instance', () => {
  const without = (table: object) =>
    Object.entries(table).flatMap(([o, row]) => (typeof row === 'function' ? [] : [o]));
  const unrun = without(evalTable);
  const drawnFromSeed = ['rng-get-and-update-state'];
  expect(without(exactTable).sort()).toEqual([...unrun, ...drawnFromSeed].sort());
  const drawn = (o: string) => !('none' in lawTable[o as Opcode]);
  expect(unrun.filter((o) => o !== 'parameter' && drawn(o))).toEqual([]);
});

radiusLaws.forEach(describeLaw);
