/** One graph through a gate: run, judged, held against the baseline. */
import { unreachedIn } from '../coverage/reached.ts';
import type { Skipped } from '../findings/finding.ts';
import { kindsRun } from '../findings/kinds-run.ts';
import type { Toolchain } from '../toolchains/toolchain.ts';
import { isFinding, type VerdictKind } from '../verdict/verdict.ts';
import {
  againstBaseline,
  againstOutputs,
  type CompiledSteps,
  judgeCompiled,
} from './compiled-steps.ts';
import {
  outcomeFindings,
  outputFindings,
  refusals,
  type Subject,
  worded,
} from './gate-findings.ts';
import { growthFindings } from './growth-findings.ts';
import type { GateInput, GateJob } from './job.ts';
import { judgeStep, type StepJudgement } from './judge-step.ts';
import type {
  GateFinding,
  GateGraph,
  GateOutcome,
  GateStep,
  GraphState,
  Outcome,
} from './record.ts';
import { type Result, type Results, recordedResults, runToolchain } from './results.ts';
import { gravest, stepOf } from './step-record.ts';

/** What came of one graph. */
export interface GatedGraph {
  readonly graph: GateGraph;
  readonly findings: readonly GateFinding[];
  readonly skipped: readonly Skipped[];
}

/** Runs a graph by the toolchains and judges what they give. */
export async function gateGraph(
  graph: string,
  input: GateInput,
  job: GateJob,
): Promise<GatedGraph> {
  const { toolchain, baseline } = job;
  const subject: Subject = { graph, job, spec: toolchain?.spec ?? 'goldens' };
  const own = await resultsOf(toolchain, input, job, graph);
  const theirs = baseline && (await resultsOf(baseline, input, job, graph));
  const { contract, limits, allowed } = job;
  const judged = judgeStep({
    ...{ module: input.module, names: input.names.outputs, cases: input.cases, contract, limits },
    ...{ results: own.results, baseline: theirs?.results, recorded: input.recorded },
    measures: allowed.maxGrowth !== null && theirs !== undefined,
    foreign: toolchain !== undefined,
  });
  const compiled = await judgeCompiled(own, input, subject);
  const stepFindings = await sorted(compiled, theirs, judged, input, subject);
  const reshaped = stepFindings.some((f) => f.kind === 'shape');
  const outcomes = outcomeFindings(input.cases, own.results, theirs?.results, subject);
  const found = [
    ...goldenFindings(input, subject),
    ...outcomes.filter((f) => !reshaped || f.rule !== 'shape'),
    ...stepFindings,
    ...(stepFindings.length ? [] : outputFindings('result', judged.outputs, input.module, subject)),
  ];
  const findings = [...found, ...growthFindings(judged.outputs, found, input.module, subject)];
  const skipped = skippedOf(graph, input, own, judged, compiled);
  const undecided = undecidedOf(judged, compiled);
  const result = stepOf('result', judged);
  const steps = [...compiled.steps, result].filter(isJudged);
  const barred = skipped.filter((s) => s.open).length;
  const known = { undecided, findings, barred };
  const state = stateOf(known, input, own);
  return {
    graph: {
      ...{
        graph,
        ...state,
        verdict: verdictOf(
          steps.map((s) => s.verdict),
          findings,
        ),
      },
      ...{ checked: result.checked, undecided, steps },
      reasons: [...new Set([...judged.reasons.values()].flat())],
      known: findings.filter((f) => f.known).length,
      outcomes: outcomesOf(input, own.results, theirs?.results),
      kinds: kindsRun(input.cases),
      unreached: judged.entered.size ? unreachedIn(input.module, judged.entered) : [],
    },
    findings,
    skipped,
  };
}

function resultsOf(
  toolchain: Toolchain | undefined,
  input: GateInput,
  job: GateJob,
  graph: string,
): Results | Promise<Results> {
  job.onStep?.(`${graph}: ${toolchain?.spec ?? 'recorded results'}`);
  return toolchain ? runToolchain(toolchain, input, job) : recordedResults(input);
}

/** The findings of the two steps, those of the baseline marked as known. */
async function sorted(
  { findings }: CompiledSteps,
  theirs: Results | undefined,
  judged: StepJudgement,
  input: GateInput,
  subject: Subject,
): Promise<readonly GateFinding[]> {
  if (!theirs || findings.length === 0) return findings;
  if (!theirs.optimized) return againstOutputs(findings, judged);
  const baseline = await judgeCompiled(theirs, input, subject);
  return againstBaseline(findings, baseline.findings);
}

function goldenFindings({ broken = [] }: GateInput, subject: Subject): GateFinding[] {
  return broken.map(({ name, why }) => ({
    ...worded({ rule: 'golden', kind: 'golden', pass: '(golden)', note: why }, subject, []),
    case: name,
  }));
}

function skippedOf(
  graph: string,
  { cases }: GateInput,
  own: Results,
  judged: StepJudgement,
  { why }: CompiledSteps,
): Skipped[] {
  const barred = [...judged.skipped].map(([name, reason]): Skipped => {
    return { what: `${graph}, ${name}`, why: reason, open: true };
  });
  const refused = refusals(cases, own.results).map(({ case: name, ...r }): Skipped => {
    return { what: `${graph}, ${name}`, ...r };
  });
  const freed = freedText(judged).map((reason): Skipped => ({ what: graph, why: reason }));
  return [...barred, ...refused, ...freed, ...(why === undefined ? [] : [{ what: graph, why }])];
}

/** What a runtime was free to do. */
function freedText({ leftOpen, byOtherForm }: StepJudgement): string[] {
  const elements = [...leftOpen.values()].reduce((n, m) => n + m, 0);
  const cases = (n: number) => `${n} ${n === 1 ? 'case' : 'cases'}`;
  const open =
    `${elements} elements of ${cases(leftOpen.size)} hang on what ONNX leaves open: ` +
    'NaN or numbers out of range as integers, a NaN in a maximum';
  const form = `on ${cases(byOtherForm.length)} right with logistic(x) as (1 + tanh(x / 2)) / 2 only`;
  return [...(elements ? [open] : []), ...(byOtherForm.length ? [form] : [])];
}

/** Elements that neither the result as a whole nor its two steps decide. */
function undecidedOf({ outputs }: StepJudgement, { decided }: CompiledSteps): number {
  const open = outputs.flatMap((o) => o.cases.filter((c) => !decided.has(c.case.name)));
  return open.reduce((n, { judgement: j }) => n + j.elements - j.decided, 0);
}

/** Whether a step says anything: where no case ran, it has no verdict. */
function isJudged({ step, outputs }: GateStep): boolean {
  return step === 'rewriting' || outputs.some((o) => o.cases.length > 0);
}

interface Known {
  readonly undecided: number;
  readonly findings: readonly GateFinding[];
  /** Cases that could not be judged. */
  readonly barred: number;
}

function stateOf(
  { undecided, findings, barred }: Known,
  { cases, recorded }: GateInput,
  { results }: Results,
): { readonly state: GraphState; readonly why?: string } {
  if (findings.some((f) => f.fails)) return { state: 'failed' };
  const absent = results.find((r) => 'failed' in r && r.failed.outcome === 'unavailable');
  if (absent && 'failed' in absent) return { state: 'not judged', why: absent.failed.reason };
  if (cases.length === 0) {
    const remedy = recorded
      ? 'no golden is of it; record them with assay golden record'
      : 'no cases';
    return { state: 'not judged', why: remedy };
  }
  if (barred === cases.length) return { state: 'not judged', why: 'no case could be judged' };
  return { state: undecided + barred > 0 ? 'open' : 'passed' };
}

function verdictOf(
  verdicts: readonly VerdictKind[],
  findings: readonly GateFinding[],
): VerdictKind {
  const found = findings.map((f) => f.verdict).filter(isFinding);
  return gravest([...verdicts, ...found]);
}

function outcomesOf(
  { cases }: GateInput,
  results: readonly Result[],
  baseline: readonly Result[] | undefined,
): GateOutcome[] {
  return cases.map((c, k) => {
    const result = results[k]!;
    const other = baseline?.[k];
    const reason = 'failed' in result ? result.failed.reason : undefined;
    return {
      ...{ case: c.name, outcome: outcomeOf(result) },
      ...(reason !== undefined && { reason }),
      ...(other && { baseline: outcomeOf(other) }),
    };
  });
}

function outcomeOf(result: Result): Outcome {
  return 'failed' in result ? result.failed.outcome : 'ok';
}
