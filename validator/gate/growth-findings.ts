/** Findings of errors that grew beyond the factor that is allowed, with the element that shows it. */
import { printContract } from '../../graphs/ir/contract.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { plainFinding, type Subject, shownUse } from './gate-findings.ts';
import { growthOf } from './growth.ts';
import type { OutputJudgement } from './judge-step.ts';
import type { GateFinding, Growth } from './record.ts';

/** One for each output whose error grew beyond the limit, and that fails for nothing else. */
export function growthFindings(
  outputs: readonly OutputJudgement[],
  found: readonly GateFinding[],
  module: Module,
  subject: Subject,
): GateFinding[] {
  const { maxGrowth } = subject.job.allowed;
  if (maxGrowth === null) return [];
  const failing = found.filter((f) => f.fails);
  const fails = (o: OutputJudgement) =>
    failing.some((f) => f.rule === 'rewriting' || f.name === o.name);
  return outputs.flatMap((o) => {
    if (fails(o)) return [];
    const growth = growthOf(o);
    return growth && Number(growth.factor) > maxGrowth
      ? [growthFinding(o, growth, module, subject)]
      : [];
  });
}

function growthFinding(
  o: OutputJudgement,
  growth: Growth,
  module: Module,
  subject: Subject,
): GateFinding {
  const [shown] = [...o.cases].sort((a, b) => useOf(b.judgement) - useOf(a.judgement));
  const { case: c, judgement, baseline } = shown!;
  const element = judgement.worst;
  const { error, baseline: before, factor } = growth;
  const note =
    `the error grew ${digits(Number(factor))} times against the baseline: root mean square of ` +
    `|result − exact| / budget over ${o.cases.length} cases from ${digits(before)} to ${digits(error)}`;
  return {
    ...plainFinding(subject, c),
    replay: subject.job.replay(subject.graph),
    ...{ rule: 'growth', kind: 'growth', pass: '(growth)', note, name: o.name },
    ...{ output: o.output, instruction: rootOf(entryOf(module)).name },
    ...{ verdict: judgement.verdict, contract: printContract(subject.job.contract) },
    ...(element && { index: element.index, before: element.before, after: element.after }),
    ...(element && { exact: element.exact, budgetUse: shownUse(element.budgetUse) }),
    ...(baseline && {
      baseline: {
        verdict: baseline.verdict,
        budgetUse: shownUse(useOf(baseline)),
        ...(baseline.worst && { value: baseline.worst.after }),
      },
    }),
  };
}

function useOf({ worst }: OutputJudgement['cases'][number]['judgement']): number {
  return worst?.budgetUse ?? 0;
}

function digits(x: number): string {
  return String(Number(x.toPrecision(3)));
}
