/** x */
import type { LowerTable } from '../node-context.ts';
export const windows: LowerTable = {};
