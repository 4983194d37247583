/** x */
import type { LowerTable } from '../node-context.ts';
export const training: LowerTable = {};
export const previewTraining: LowerTable = {};
