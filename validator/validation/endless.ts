/**
 * What the first state of a list gives on each case. A loop that does not end takes its limit to tell:
 * where it did not on two cases it is not tried on the others, nor again on the same inputs for
 * another pipeline.
 */
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Limits } from '../limits/limits.ts';
import { keptRun, type NotRun, type ReferenceRun } from './judge-result.ts';

/** Cases on which a module may fail to end before that counts as its way. */
const tried = 2;

interface Endless {
  readonly module: Module;
  readonly limits: Limits | undefined;
  readonly error: AssayError;
}

const known = new WeakMap<object, Endless>();

/** The runs of all cases, in order. */
export function firstRuns(
  runs: readonly ReferenceRun[],
  inputs: readonly object[],
  limits: Limits | undefined,
): (ReferenceRun | NotRun)[] {
  const endless: AssayError[] = [];
  return runs.map((run, n) => {
    const { module } = run.valueGraph;
    const before = known.get(inputs[n]!);
    const again = before?.module === module && before.limits === limits;
    const result = again ? before : endless.length >= tried ? notTried(endless) : keptRun(run);
    if (!('error' in result)) return result;
    if (result.error.diagnostic.code === 'run/no-termination') {
      endless.push(result.error);
      known.set(inputs[n]!, { module, limits, error: result.error });
    }
    return { error: result.error };
  });
}

function notTried([first]: readonly AssayError[]): NotRun {
  const { diagnostic, blame } = first!;
  const message = `${diagnostic.message}, on ${tried} other cases: it was not tried on this one`;
  return { error: new AssayError({ ...diagnostic, message }, blame) };
}
