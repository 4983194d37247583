/** The share of the machine that the values of a run may take where nobody says how much. */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/**
 * Half of the memory that the machine or its container has, and three quarters of what node was
 * given for its heap: `--max-old-space-size` bounds it, too.
 */
export function defaultMaxMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const machine = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(Math.min(machine / 2, 0.75 * getHeapStatistics().heap_size_limit));
}
