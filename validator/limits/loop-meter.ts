/**
 * Counts the turns of loops. A loop of n turns around one of n turns takes n² without either being
 * long: a loop and those inside it are counted together, too.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Limits } from './limits.ts';

/**
 * Counts over all loops of one run. @throws AssayError `run/no-termination` from a turn that is too
 * many.
 */
export class LoopMeter {
  private depth = 0;
  private turns = 0;
  private work = 0;

  /** Runs a loop, which tells the number of each turn before it takes it; each costs `work`. */
  run<T>(limits: Limits, work: number, loop: (turn: (n: number) => void) => T): T {
    const { maxIterations, maxTotalIterations = 2 * maxIterations, maxWork = Infinity } = limits;
    if (this.depth++ === 0) [this.turns, this.work] = [0, 0];
    try {
      return loop((n) => {
        if (n >= maxIterations) tooLong(`the loop still runs after ${n} iterations`);
        this.work += work;
        if (this.work > maxWork) {
          tooLong(
            `the loop still runs after ${n} iterations, of more work than --max-work ${maxWork}`,
          );
        }
        if (++this.turns > maxTotalIterations) {
          tooLong(`loops inside loops took ${maxTotalIterations} iterations, and still run`);
        }
      });
    } finally {
      this.depth--;
    }
  }
}

function tooLong(message: string): never {
  return fail('run/no-termination', message);
}
