/** Every law over the op table. */
import type { Opcode } from '../../../graphs/ops/table.ts';
import { opTable } from '../../../graphs/ops/table.ts';
import type { Law } from './law.ts';
import { orderLaws } from './order-laws.ts';
import { radiusLaws } from './radii/laws.ts';

export const laws: readonly Law[] = [...radiusLaws, ...orderLaws];

/** Every opcode of the table. */
export const opcodes = Object.keys(opTable) as Opcode[];
