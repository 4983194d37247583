/**
 * Growth of errors against a baseline, within the budget as well: the root mean square of
 * |result − exact| / budget over all elements and cases of an output, against that of the baseline,
 * which counts for no less than what correct rounding alone may give (half a unit in the last place).
 */
import type { Errors, OutputJudgement } from './judge-step.ts';
import type { Growth } from './record.ts';

/** The growth of an output; undefined where no element has a budget to measure by. */
export function growthOf({ errors }: OutputJudgement): Growth | undefined {
  const own = rootMeanSquare(errors, ({ own: { sum, count } }) => ({ sum, count }));
  const other = rootMeanSquare(errors, ({ baseline: { sum, count } }) => ({ sum, count }));
  const floor = rootMeanSquare(errors, ({ own: { floor: sum, count } }) => ({ sum, count }));
  if (own === undefined || other === undefined) return undefined;
  const against = Math.max(other, floor ?? 0);
  const factor = own === 0 ? 0 : own / against;
  return {
    factor: Number.isFinite(factor) ? factor : String(factor),
    error: own,
    baseline: other,
  };
}

interface Sum {
  readonly sum: number;
  readonly count: number;
}

function rootMeanSquare(errors: readonly Errors[], of: (e: Errors) => Sum): number | undefined {
  const sums = errors.map(of);
  const count = sums.reduce((n, s) => n + s.count, 0);
  if (count === 0) return undefined;
  return Math.sqrt(sums.reduce((n, s) => n + s.sum, 0) / count);
}
