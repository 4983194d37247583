/** A judged step as the record holds it. */
import { moreSevere, type VerdictKind } from '../verdict/verdict.ts';
import { shownUse } from './gate-findings.ts';
import { growthOf } from './growth.ts';
import type { JudgedOutputCase, OutputJudgement, StepJudgement } from './judge-step.ts';
import type { GateOutput, GateStep, OutputCase, StepName } from './record.ts';

/** The record of a step. */
export function stepOf(step: StepName, { outputs }: StepJudgement): GateStep {
  const shown = outputs.map(outputOf);
  const cases = shown.flatMap((o) => o.cases);
  return {
    step,
    verdict: gravest(shown.map((o) => o.verdict)),
    checked: cases.reduce((n, c) => n + c.elements, 0),
    undecided: cases.reduce((n, c) => n + c.undecided, 0),
    outputs: shown,
  };
}

/** The gravest of verdicts; of none, `identical`. */
export function gravest(verdicts: readonly VerdictKind[]): VerdictKind {
  return verdicts.reduce<VerdictKind>((a, b) => moreSevere(a, b), 'identical');
}

function outputOf(o: OutputJudgement): GateOutput {
  const { output, name, shape } = o;
  const verdict = gravest(o.cases.map((c) => c.judgement.verdict));
  const growth = growthOf(o);
  return { output, name, shape, verdict, cases: o.cases.map(caseOf), ...(growth && { growth }) };
}

function caseOf({ case: c, judgement, baseline }: JudgedOutputCase): OutputCase {
  const { verdict, elements, decided, worst } = judgement;
  const use = shownUse(worst?.budgetUse ?? 0);
  const other = baseline && {
    verdict: baseline.verdict,
    budgetUse: shownUse(baseline.worst?.budgetUse ?? 0),
  };
  return {
    ...{ case: c.name, verdict, budgetUse: use, elements, undecided: elements - decided },
    ...(other && { baseline: other }),
  };
}
