/**
 * Validating one graph through one backend's pipeline: every pass judged at its cut points on every
 * case, then the final module from end to end.
 */
import { flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, printContract, weaker } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Backend } from '../../passes/pipeline.ts';
import { type BrokenPass, runPipeline, type Step } from '../../passes/runner.ts';
import { recordedClaims } from '../cut/claims.ts';
import { checkTransition } from '../cut/transition.ts';
import { CaseValues } from '../cut/values.ts';
import { combine, graver, isFinding, type Judgement, type VerdictKind } from '../judge/verdict.ts';
import type { SessionCase } from './case.ts';
import { judgeEndToEnd } from './end-to-end.ts';
import { addCounts, type Counts, type Finding, noCounts, type Skipped } from './finding.ts';
import { type Place, transitionFindings } from './transition-findings.ts';

export interface GraphJob {
  readonly graph: string;
  readonly module: Module;
  readonly backend: Backend;
  readonly cases: readonly SessionCase[];
  /** Called after each pass; for progress lines. */
  readonly onStep?: (pass: string, step: number) => void;
}

/** One pass of the pipeline on one case. */
export interface PassVerdict {
  readonly pass: string;
  readonly step: number;
  readonly case: string;
  readonly contract: string;
  readonly changed: boolean;
  readonly regions: number;
  readonly judgement: Judgement;
}

export interface GraphReport {
  readonly graph: string;
  readonly backend: string;
  readonly verdict: VerdictKind;
  readonly counts: Counts;
  /** Passes that ran, in order, times cases. */
  readonly passes: readonly PassVerdict[];
  readonly endToEnd: readonly { readonly case: string; readonly judgement: Judgement }[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

export function validateGraph(job: GraphJob): GraphReport {
  const { graph, module, backend, cases, onStep } = job;
  const run = runPipeline(module, backend.pipeline, { verify: verifyModule });
  const numbering = new Numbering();
  const values = cases.map((c) => new CaseValues(numbering, c.inputs));
  const passes: PassVerdict[] = [];
  const findings: Finding[] = [];
  const skipped: Skipped[] = [];
  let before = flowOf(module, numbering);
  for (const step of run.steps) {
    const after = step.changed ? flowOf(step.after, numbering) : before;
    const place = { graph, backend: backend.name, pass: step.pass, step: step.index };
    if (step.changed) {
      const claims = recordedClaims(before, after, step.replacements, numbering);
      const transition = { before, after, contract: step.contract, claims };
      const result = checkTransition(transition, values, numbering);
      const found = transitionFindings(result, transition, numbering, placeOf(place, cases, step));
      findings.push(...found.findings);
      skipped.push(...found.skipped);
      passes.push(
        ...result.cases.map((r, n) => verdictOf(step, cases[n]!, r.judgement, r.regions.length)),
      );
    } else passes.push(...cases.map((c) => verdictOf(step, c, combine([]), 0)));
    before = after;
    onStep?.(step.pass, step.index);
  }
  if (run.broken) findings.push(brokenFinding(job, run.broken));
  const contract = run.steps
    .filter((s) => s.changed)
    .reduce<Contract>((c, s) => weaker(c, s.contract), { kind: 'reassociates' });
  const ends = judgeEndToEnd({ job, final: run.final, contract, blamed: findings.length > 0 });
  findings.push(...ends.findings);
  skipped.push(...ends.skipped);
  const judgements = [...passes.map((p) => p.judgement), ...ends.cases.map((c) => c.judgement)];
  const counts = judgements.reduce(addCounts, noCounts);
  const verdict = findings.reduce<VerdictKind>(
    (v, f) => graver(v, f.verdict),
    combine(judgements.filter((j) => !isFinding(j.verdict))).verdict,
  );
  return {
    graph,
    backend: backend.name,
    verdict,
    counts,
    passes,
    endToEnd: ends.cases,
    findings,
    skipped,
  };
}

function verdictOf(step: Step, c: SessionCase, judgement: Judgement, regions: number): PassVerdict {
  return {
    pass: step.pass,
    step: step.index,
    case: c.name,
    contract: printContract(step.contract),
    changed: step.changed,
    regions,
    judgement,
  };
}

function placeOf(
  place: Omit<Place, 'caseName' | 'replay'>,
  cases: readonly SessionCase[],
  step: Step,
): Place {
  return {
    ...place,
    caseName: (n) => cases[n]!.name,
    replay: (n) => `${replayLine(place.graph, place.backend, cases[n]!)} --step ${step.index}`,
  };
}

/** The command that runs one case of one graph on one backend again. */
export function replayLine(graph: string, backend: string, c: SessionCase): string {
  return `assay validate ${graph} --backend ${backend} ${c.options}`;
}

function brokenFinding({ graph, backend, cases }: GraphJob, broken: BrokenPass): Finding {
  const reasons = broken.diagnostics.map((d) => d.message).join('; ');
  const what = broken.how === 'threw' ? 'the pass threw' : 'the pass made an invalid module';
  return {
    ...{ graph, backend: backend.name, pass: broken.pass, step: broken.step },
    ...{ case: cases[0]?.name ?? '', instruction: '', output: 0, index: [] },
    ...{ before: '', after: '', exact: '', budgetUse: 'Infinity', verdict: 'beyond' },
    replay: `assay validate ${graph} --backend ${backend.name} --step ${broken.step}`,
    ...{ kind: 'broken', contract: '', outside: 0, diff: '' },
    note: `${what}: ${reasons}`,
  };
}
