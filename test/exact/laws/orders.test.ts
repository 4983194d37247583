/**
 * What a faithful implementation may compute lies inside both radii (test/support/laws/order-laws).
 * ASSAY_LAW_RUNS multiplies the draws, ASSAY_LAW_SEED changes them; `npm run laws` makes many.
 */
import { expect, it } from 'vitest';
import { describeLaw } from '../../support/laws/describe.ts';
import { laws, opcodes } from '../../support/laws/laws.ts';
import { orderLaws } from '../../support/laws/order-laws.ts';
import { lawTable } from '../../support/laws/table.ts';

it('every op that is drawn is under a law, and every law is about an op', () => {
  const drawn = opcodes.filter((o) => !('none' in lawTable[o]));
  expect(drawn.filter((o) => !laws.some((law) => law.applies(o)))).toEqual([]);
  expect(laws.filter((law) => !opcodes.some(law.applies)).map((law) => law.name)).toEqual([]);
});

orderLaws.forEach(describeLaw);
