/**
 * Validating one graph through one backend's pipeline: a list of states whose steps were recorded,
 * judged pass by pass, and the final module from end to end.
 */

import { exact, printContract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { shellFile } from '../../graphs/text/shell-word.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import type { Backend } from '../../passes/pipeline/pipeline.ts';
import {
  type BrokenPass,
  type PipelineRun,
  runPipeline,
  type Step,
} from '../../passes/pipeline/runner.ts';
import type { Unreached } from '../coverage/reached.ts';
import type { Simulation } from '../devices/simulation.ts';
import type { Counts, Finding, OpenDecision, Skipped } from '../findings/finding.ts';
import { type KindRun, kindsRun } from '../findings/kinds-run.ts';
import type { Limits } from '../limits/limits.ts';
import type { Judgement, VerdictKind } from '../verdict/verdict.ts';
import type { SessionCase } from './case.ts';
import type { Blamed, BrokenStep, LastResult, Step as StateStep } from './states.ts';
import type { Sizes } from './sweep.ts';
import { type StepRecord, validateStates } from './validate.ts';

/** A graph, a backend, and the cases that every pass is judged on. */
export interface GraphJob {
  readonly graph: string;
  readonly module: Module;
  readonly backend: Backend;
  readonly cases: readonly SessionCase[];
  /** Where the module is one for several devices: how it is judged; the cases are those of all. */
  readonly simulation?: Simulation | undefined;
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

/** The whole pipeline on one case. */
export interface WholeVerdict {
  readonly case: string;
  readonly judgement: Judgement;
  /** Why elements are undecided. */
  readonly reasons?: readonly string[];
  /** Decisions that the sampled margins do not settle. */
  readonly open?: readonly OpenDecision[];
}

/** The verdict on one graph and backend; counts are of elements. */
export interface GraphReport {
  readonly graph: string;
  readonly backend: string;
  /** Sizes by name, where the graph was swept over them. */
  readonly sizes?: Sizes;
  readonly verdict: VerdictKind;
  readonly counts: Counts;
  /** The kinds of inputs that ran, and why. */
  readonly kinds: readonly KindRun[];
  /** Passes that ran, in order, times cases. */
  readonly passes: readonly PassVerdict[];
  readonly endToEnd: readonly WholeVerdict[];
  /** Code that no case executes. */
  readonly unreached: readonly Unreached[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Validates one graph on one backend; a pass that breaks the module is a finding like any other. */
export function validateGraph(job: GraphJob): GraphReport {
  const { graph, module, backend, cases, limits, simulation } = job;
  const run = runPipeline(module, backend.pipeline, { verify: verifyModule });
  const record = validateStates({
    ...{ first: simulation?.of(module) ?? module, cases, limits, steps: statesOf(job, run) },
    broken: run.broken && brokenStep(job, run.broken),
    endToEnd: { last: wholePipeline(job) },
  });
  const { verdict, counts, wholes, unreached, findings, skipped } = record;
  const passes = record.steps.flatMap((r, n) => passVerdicts(run.steps[n]!, r));
  const endToEnd = wholes.map(({ of: _, open, ...whole }): WholeVerdict => {
    return { ...whole, ...(open.length && { open }) };
  });
  const about = { graph, backend: backend.name, verdict, counts, kinds: kindsRun(cases) };
  return { ...about, passes, endToEnd, unreached, findings, skipped };
}

/** The steps of a pipeline as states; the job hears of each once it was judged. */
function* statesOf({ onStep, ...job }: GraphJob, run: PipelineRun): Iterable<StateStep> {
  for (const { pass, index, after, contract, replacements } of run.steps) {
    const told = job.simulation
      ? { module: job.simulation.of(after) }
      : { module: after, replacements };
    yield { ...told, contract, ...placeOf(job, pass, index) };
    onStep?.(pass, index);
  }
}

/** Where a pass of the pipeline stands, and the command that runs it up to there. */
function placeOf({ graph, backend }: GraphJob, pass: string, step: number): Blamed {
  return {
    place: { graph, backend: backend.name, pass, step, note: '' },
    replay: (c) => `${replayLine(graph, backend, c)} --step ${step}`,
  };
}

function wholePipeline({ graph, backend }: GraphJob): LastResult {
  const note = 'every pass keeps its promise on its own; together they leave the budget';
  return {
    what: `${graph} ${backend.name}: end to end`,
    contract: exact,
    place: { graph, backend: backend.name, pass: '(pipeline)', step: -1, note },
    replay: (c) => replayLine(graph, backend, c),
  };
}

function brokenStep(job: GraphJob, { diagnostics, how, pass, step }: BrokenPass): BrokenStep {
  const reasons = diagnostics.map((d) => d.message).join('; ');
  const what = how === 'threw' ? 'the pass threw' : 'the pass made an invalid module';
  return { why: `${what}: ${reasons}`, ...placeOf(job, pass, step) };
}

function passVerdicts(ran: Step, { cases }: StepRecord): PassVerdict[] {
  return cases.map(({ case: name, judgement, regions, reasons, open }) => ({
    ...{ pass: ran.pass, step: ran.index, case: name },
    contract: printContract(ran.contract),
    ...{ changed: ran.changed, regions, judgement },
    ...(ran.changed && { reasons }),
    ...(open.length && { open }),
  }));
}

/** The command that runs one case of one graph on one backend again. */
export function replayLine(graph: string, backend: Backend, c?: SessionCase): string {
  const chosen = backend.options ?? `--backend ${backend.name}`;
  const line = `assay validate ${shellFile(graph)} ${chosen}`;
  return c ? `${line} ${c.options}` : line;
}
