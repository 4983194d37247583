/** Merges iotas along different dimensions of one shape. */
import { cseWith } from '../../passes/cse.ts';

export const iotaDimensionIgnored = cseWith((i) => (i.opcode === 'iota' ? {} : i.attrs));
