/**
 * Validating one graph through one backend's pipeline: every pass judged at its cut points on every
 * case, then the final module from end to end.
 */
import { type Flow, flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, exact, printContract, weaker } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Backend } from '../../passes/pipeline.ts';
import { type BrokenPass, runPipeline, type Step } from '../../passes/runner.ts';
import { recordedClaims } from '../cut/claims.ts';
import { checkTransition } from '../cut/transition.ts';
import { CaseValues } from '../cut/values.ts';
import { graver, type Judgement, nothingJudged, type VerdictKind } from '../judge/verdict.ts';
import type { Limits } from '../reference/context.ts';
import { runOptions, type SessionCase } from './case.ts';
import { judgeEndToEnd } from './end-to-end.ts';
import { isCheapToSample, toldWorth } from './end-worth.ts';
import {
  addCounts,
  type Counts,
  type Finding,
  noCounts,
  type OpenDecision,
  type Skipped,
} from './finding.ts';
import { groupFindings } from './group-findings.ts';
import { keptRun } from './judge-result.ts';
import { shellFile } from './shell-word.ts';
import type { Sizes } from './sweep.ts';
import { brokenFinding, transitionFindings } from './transition-findings.ts';

export interface GraphJob {
  readonly graph: string;
  readonly module: Module;
  readonly backend: Backend;
  readonly cases: readonly SessionCase[];
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Limits;
  /** Sizes that the module was built at, for the report. */
  readonly sizes?: Sizes;
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
  /** Why elements are undecided. */
  readonly reasons?: readonly string[];
  /** Decisions that the sampled margins do not settle. */
  readonly open?: readonly OpenDecision[];
}

export interface GraphReport {
  readonly graph: string;
  readonly backend: string;
  /** Sizes by name, where the graph was swept over them. */
  readonly sizes?: Sizes;
  readonly verdict: VerdictKind;
  readonly counts: Counts;
  /** Passes that ran, in order, times cases. */
  readonly passes: readonly PassVerdict[];
  readonly endToEnd: readonly { readonly case: string; readonly judgement: Judgement }[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Validates one graph on one backend; a pass that breaks the module is a finding like any other. */
export function validateGraph(job: GraphJob): GraphReport {
  const { graph, module, backend, cases, onStep } = job;
  const run = runPipeline(module, backend.pipeline, { verify: verifyModule });
  const numbering = new Numbering();
  const values = cases.map((c) => new CaseValues(numbering, c.inputs, runOptions(job)));
  const log: Log = { passes: [], findings: [], skipped: [], narrowed: new Set() };
  let before = flowOf(module, numbering);
  const runs = values.map((v) => keptRun({ numbering, flow: before, values: v }));
  for (const step of run.steps) {
    if (step.changed) before = checkStep(job, step, { before, numbering, values, log });
    else log.passes.push(...cases.map((c) => verdictOf(step, c, nothingJudged, 0)));
    onStep?.(step.pass, step.index);
  }
  if (run.broken) log.findings.push(runnerFinding(job, run.broken));
  const options = runOptions(job);
  const mustDecide = isCheapToSample(module);
  const whole = { contract: weakest(run.steps), narrowed: log.narrowed, options, mustDecide };
  const blamed = log.findings.length > 0;
  const judged = judgeEndToEnd({ job, final: run.final, whole, blamed, runs });
  const ends = toldWorth(judged, log.passes, `${graph} ${backend.name}: end to end`);
  const findings = [...log.findings, ...ends.findings];
  const skipped = [...log.skipped, ...ends.skipped];
  const judgements = [...log.passes.map((p) => p.judgement), ...ends.cases.map((c) => c.judgement)];
  const counts = judgements.reduce(addCounts, noCounts);
  const verdict = [...judgements, ...findings].reduce<VerdictKind>(
    (v, j) => graver(v, j.verdict),
    'identical',
  );
  const { passes } = log;
  const about = { graph, backend: backend.name, verdict, counts };
  return { ...about, passes, endToEnd: ends.cases, findings: groupFindings(findings), skipped };
}

/** What the steps of a pipeline add up to. */
interface Log {
  readonly passes: PassVerdict[];
  readonly findings: Finding[];
  readonly skipped: Skipped[];
  /** Opcodes that a pass narrowed. */
  readonly narrowed: Set<string>;
}

interface Progress {
  readonly before: Flow;
  readonly numbering: Numbering;
  readonly values: readonly CaseValues[];
  readonly log: Log;
}

/** Judges one step that changed something; returns the flow after it. */
function checkStep(job: GraphJob, step: Step, { before, numbering, values, log }: Progress): Flow {
  const { graph, backend, cases } = job;
  const after = flowOf(step.after, numbering);
  const claims = recordedClaims(before, after, step.replacements, numbering);
  const transition = { before, after, contract: step.contract, claims };
  const result = checkTransition(transition, values, numbering);
  const found = transitionFindings(result, transition, numbering, {
    ...{ graph, backend: backend.name, pass: step.pass, step: step.index },
    caseName: (n) => cases[n]!.name,
    replay: (n) => `${replayLine(graph, backend.name, cases[n]!)} --step ${step.index}`,
  });
  log.findings.push(...found.findings);
  log.skipped.push(...found.skipped);
  for (const r of result.cut.regions) {
    if (r.contract.kind !== 'narrows') continue;
    for (const n of r.beforeCone) log.narrowed.add(numbering.term(n).instruction.opcode);
  }
  for (const [n, r] of result.cases.entries()) {
    const verdict = verdictOf(step, cases[n]!, r.judgement, r.regions.length);
    log.passes.push({ ...verdict, reasons: found.reasons[n]! });
  }
  return after;
}

/** What the passes that changed something promise together. */
function weakest(steps: readonly Step[]): Contract {
  const changed = steps.filter((s) => s.changed);
  return changed.reduce<Contract>((c, s) => weaker(c, s.contract), exact);
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

/** The command that runs one case of one graph on one backend again. */
export function replayLine(graph: string, backend: string, c: SessionCase): string {
  return `assay validate ${shellFile(graph)} --backend ${backend} ${c.options}`;
}

function runnerFinding({ graph, backend, cases }: GraphJob, broken: BrokenPass): Finding {
  const reasons = broken.diagnostics.map((d) => d.message).join('; ');
  const what = broken.how === 'threw' ? 'the pass threw' : 'the pass made an invalid module';
  const [first] = cases;
  const line = first
    ? replayLine(graph, backend.name, first)
    : `assay validate ${shellFile(graph)} --backend ${backend.name}`;
  return brokenFinding(`${what}: ${reasons}`, {
    place: {
      ...{ graph, backend: backend.name, pass: broken.pass, step: broken.step },
      caseName: () => first?.name ?? '',
      replay: () => `${line} --step ${broken.step}`,
    },
  });
}
