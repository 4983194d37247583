/**
 * What a faithful implementation may compute lies inside both radii (test/support/laws/order-laws).
 * ASSAY_LAW_RUNS multiplies the draws, ASSAY_LAW_SEED changes them; `npm run laws` makes many.
 */
import { describeLaw } from './support/laws/describe.ts';
import { orderLaws } from './support/laws/order-laws.ts';

orderLaws.forEach(describeLaw);
