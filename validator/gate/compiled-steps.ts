/**
 * The two steps of a compiler that shows its optimised graph: the rewriting, judged as a graph, and
 * the kernels, whose outputs are held against that graph.
 */
import type { JudgedCase } from '../findings/finding.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import { isFinding, isGraver, moreSevere } from '../verdict/verdict.ts';
import {
  outputFindings,
  rewritingAsGateFindings,
  type Subject,
  shownUse,
  worded,
} from './gate-findings.ts';
import type { GateInput } from './job.ts';
import { judgeStep, type StepJudgement } from './judge-step.ts';
import type { GateFinding, GateStep, OutputCase } from './record.ts';
import { type Results, resultOf } from './results.ts';
import { judgeRewriting, type RewritingJudgement, readRewritten } from './rewriting.ts';
import { stepOf } from './step-record.ts';

/** Rewriting and kernels of a toolchain that shows its optimised graph. */
export interface CompiledSteps {
  readonly steps: readonly GateStep[];
  readonly findings: readonly GateFinding[];
  /** Why they could not be told apart. */
  readonly why?: string;
  /** Cases on which both steps are decided in all elements. */
  readonly decided: ReadonlySet<string>;
}

const apart = 'rewriting and kernels are judged together';

/** Judges both steps, or tells why they are judged together. */
export async function judgeCompiled(
  results: Results,
  input: GateInput,
  subject: Subject,
): Promise<CompiledSteps> {
  const none = { steps: [], findings: [], decided: new Set<string>() };
  if (!results.optimized) return none;
  const read = await readRewritten(results.optimized, input);
  if ('why' in read) {
    return { ...none, why: `the optimised graph cannot be read, so ${apart}: ${read.why}` };
  }
  const { graph, spec, job } = subject;
  const rewritten = read.done;
  const shared = { contract: job.contract, limits: job.limits };
  const rewriting = judgeRewriting({ graph, spec, input, rewritten, ...shared });
  if ('why' in rewriting) {
    return {
      ...none,
      why: `the optimised graph cannot be compared, so ${apart}: ${rewriting.why}`,
    };
  }
  const names = rewritten.outputs;
  const judged = results.raw.map((r) => resultOf(r, rewritten.module, names));
  const kernels = judgeStep({
    ...{ module: rewritten.module, names, cases: input.cases, results: judged },
    ...{ ...shared, measures: false, foreign: true },
  });
  const findings = [
    ...findingsOf(rewriting, input, subject),
    ...outputFindings('kernels', kernels.outputs, rewritten.module, subject),
  ];
  const steps = [rewritingStep(rewriting), stepOf('kernels', kernels)];
  return { steps, findings, decided: decidedCases(rewriting, kernels, input) };
}

function findingsOf(
  rewriting: RewritingJudgement,
  { cases }: GateInput,
  subject: Subject,
): GateFinding[] {
  if ('signature' in rewriting) {
    const note = `the optimised graph takes or gives other shapes: ${rewriting.signature}`;
    const what = { rule: 'rewriting', kind: 'shape', pass: '(rewriting)', note } as const;
    return [{ ...worded(what, subject, cases), step: 0 }];
  }
  const found = 'report' in rewriting ? rewriting.report.findings : [];
  return rewritingAsGateFindings(found, () => false, subject);
}

function rewritingStep(rewriting: RewritingJudgement): GateStep {
  const whole = { output: -1, name: '(graph)', shape: '' };
  if (!('report' in rewriting)) {
    const verdict = 'beyond';
    const outputs = [{ ...whole, verdict, cases: [] }] as const;
    return { step: 'rewriting', verdict, checked: 0, undecided: 0, outputs };
  }
  const { cases, checked, undecided, findings } = rewriting.report;
  const verdict = findings.reduce<VerdictKind>(
    (v, f) => moreSevere(v, f.verdict),
    cases.reduce<VerdictKind>((v, c) => moreSevere(v, c.verdict), 'identical'),
  );
  const outputs = [{ ...whole, verdict, cases: cases.map(outputCase) }];
  return { step: 'rewriting', verdict, checked, undecided, outputs };
}

function outputCase({ case: name, verdict, worst, elements, decided }: JudgedCase): OutputCase {
  const budgetUse = shownUse(worst?.budgetUse ?? 0);
  return { case: name, verdict, budgetUse, elements, undecided: elements - decided };
}

function decidedCases(
  rewriting: RewritingJudgement,
  { outputs }: StepJudgement,
  { cases }: GateInput,
): ReadonlySet<string> {
  const judged = 'report' in rewriting ? rewriting.report : undefined;
  if (!judged || judged.skipped.length) return new Set();
  const isDecided = (name: string) => {
    const own = judged.cases.find((c) => c.case === name);
    const held = outputs.map((o) => o.cases.find((c) => c.case.name === name)?.judgement);
    return own?.decided === own?.elements && held.every((j) => j && j.decided === j.elements);
  };
  return new Set(cases.map((c) => c.name).filter(isDecided));
}

/**
 * The findings with those of the same step, instruction and output as known that the baseline has on
 * all of these cases, no less gravely.
 */
export function againstBaseline(
  findings: readonly GateFinding[],
  baseline: readonly GateFinding[],
): GateFinding[] {
  return findings.map((f) => {
    const isKnown = baseline.some(
      (b) =>
        b.rule === f.rule &&
        b.output === f.output &&
        (f.rule !== 'rewriting' || b.instruction === f.instruction) &&
        !isGraver(f.verdict, b.verdict) &&
        casesIn(f).every((c) => casesIn(b).includes(c)),
    );
    return isKnown ? { ...f, known: true, fails: false } : f;
  });
}

/** The same where the baseline shows no optimised graph: known is what its outputs get wrong too. */
export function againstOutputs(
  findings: readonly GateFinding[],
  { outputs }: StepJudgement,
): GateFinding[] {
  const wrong = new Set(
    outputs.flatMap((o) =>
      o.cases.filter((c) => c.baseline && isFinding(c.baseline.verdict)).map((c) => c.case.name),
    ),
  );
  return findings.map((f) => {
    const isKnown = casesIn(f).every((c) => wrong.has(c));
    return isKnown ? { ...f, known: true, fails: false } : f;
  });
}

function casesIn(f: GateFinding): readonly string[] {
  return f.cases?.map((c) => c.case) ?? [f.case];
}
