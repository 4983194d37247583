/** x */
import type { LowerTable } from '../node-context.ts';
export const resize: LowerTable = {};
