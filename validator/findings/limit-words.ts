/** The options that ask for limits other than those that hold anyway, for lines that replay a case. */
import { type Bounds, defaultLimits, defaultMaxWork } from '../limits/limits.ts';
import { defaultMaxMemory } from '../limits/machine.ts';

/** `--max-…` for each limit that was given and is not the usual one. */
export function limitWords(limits: Partial<Bounds>): string[] {
  const word = (flag: string, given: number | undefined, usual: number) =>
    given === undefined || given === usual ? [] : [`--${flag} ${given}`];
  return [
    ...word('max-iterations', limits.maxIterations, defaultLimits.maxIterations),
    ...word('max-elements', limits.maxElements, defaultLimits.maxElements),
    ...word('max-work', limits.maxWork, defaultMaxWork),
    ...word('max-memory', limits.maxMemory, defaultMaxMemory()),
  ];
}
