/** A pair under the judge: on the default cases it must be silent, and nearly all of it decided. */
import { defaultCases } from '../../../golden/cases.ts';
import { sessionCase } from '../../../validator/validation/case.ts';
import { type CompareReport, compareModules } from '../../../validator/validation/compare.ts';
import { isFinding, type VerdictKind } from '../../../validator/verdict/verdict.ts';
import type { Pair } from './pair.ts';

export interface PairOutcome {
  readonly verdict: VerdictKind | 'failed';
  readonly flagged: boolean;
  /** Elements that were judged, and those of them that the data decide. */
  readonly checked: number;
  readonly decided: number;
  /** What was flagged, in one line; empty where nothing was. */
  readonly what: string;
}

/** Compares both sides on the default cases; an error of the judge counts as flagged. */
export function judgePair(pair: Pair): PairOutcome {
  const { before, after, law } = pair;
  try {
    const report = compareModules({
      ...{ beforeName: 'before.hlo', afterName: 'after.hlo', before, after },
      contract: { kind: law.contract },
      cases: defaultCases(before, 1).map(sessionCase),
    });
    const { verdict, checked } = report;
    const decided = Math.round(checked * report.decided);
    const flagged = isFinding(verdict);
    return { verdict, flagged, checked, decided, what: flagged ? described(report) : '' };
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { verdict: 'failed', flagged: true, checked: 0, decided: 0, what };
  }
}

function described({ findings, verdict, cases }: CompareReport): string {
  const [f] = findings;
  if (!f) return `${verdict}: ${JSON.stringify(cases.find((c) => c.verdict === verdict))}`;
  const place = `${f.instruction}[${f.output}] at [${f.index}] on ${f.case} (${f.kind})`;
  const numbers = `before ${f.before} after ${f.after} exact ${f.exact} use ${f.budgetUse}`;
  return `${f.verdict}: ${place}: ${numbers}`;
}
