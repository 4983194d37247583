/**
 * One dumped module: a list of states whose steps are known by their texts only, every change of
 * meaning blamed on the pass that XLA names, and the whole judged from end to end.
 */

import { printContract } from '../../graphs/ir/contract.ts';
import { AssayError, type Diagnostic } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { sameSignature } from '../../graphs/text/equal.ts';
import { verifyMovedTypes } from '../../graphs/verify/moved-types.ts';
import { verifyModule } from '../../graphs/verify/verify.ts';
import { isUnpartitioned } from '../devices/one-device.ts';
import { simulationOf } from '../devices/simulation.ts';
import { addCounts, judgedCase, noCounts, type Skipped } from '../findings/finding.ts';
import { admit } from '../limits/admit.ts';
import type { Bounds } from '../limits/limits.ts';
import type { SessionCase } from '../validation/case.ts';
import type { Step } from '../validation/states.ts';
import { type StepRecord, type ValidationRecord, validateStates } from '../validation/validate.ts';
import { combine } from '../verdict/verdict.ts';
import { type CaseRequest, casesFor } from './cases.ts';
import { wholeNames, wholesOf } from './end-to-end.ts';
import type { Stage } from './file-names.ts';
import { readStates, type State } from './read-module.ts';
import type { DumpModuleReport, TransitionReport, WholeReport } from './report.ts';
import { type Blame, blameFor, type DumpedModule, passesByPipeline } from './states.ts';

/** One module, and what it is to be validated on. */
export interface ModuleJob {
  readonly dumped: DumpedModule;
  readonly cases: CaseRequest;
  /** XLA's outputs on the recorded inputs. */
  readonly outputs?: readonly Tensor[] | undefined;
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Bounds;
  /** The command without its cases: `assay dump DIR --module RE`. */
  readonly command: string;
  /** Called for each state; for progress lines. */
  readonly onState?: ((file: string) => void) | undefined;
}

/** Validates one module of a dump. */
export function validateDumpModule(job: ModuleJob): DumpModuleReport {
  const { dumped } = job;
  const read = readStates(dumped, (module) => admitState(module, job));
  const [states, errors] = [onDevices(read.states), read.errors];
  const [first] = states;
  const empty = { module: dumped.name, folder: dumped.folder.path, errors };
  if (!first) return { ...empty, ...nothing };
  const cases = firstCases(job, first);
  if ('error' in cases) return { ...empty, ...nothing, errors: [...errors, cases.error] };
  const { endToEnd, unfit } = wholesOf(job, first.module, cases);
  const steps = dumpSteps(job, states);
  const { limits } = job;
  const record = validateStates({
    ...{ first: first.module, cases, steps, endToEnd, limits, printed: true },
  });
  return { ...empty, ...reportOf(states, record, unfit) };
}

/** Refuses a state that no compiler could have made, or that is too large to be run. */
function admitState(module: Module, { limits, cases }: ModuleJob): void {
  const [first] = [...verifyModule(module), ...verifyMovedTypes(module)];
  if (first) throw new AssayError(first);
  if (limits) admit(module, limits, { mode: 'verdict', cases: cases.kinds.length });
}

/** States of one signature that need several devices, as modules of all of them side by side. */
function onDevices(states: readonly State[]): readonly State[] {
  const runs: State[][] = [];
  for (const state of states) {
    const last = runs.at(-1)?.at(-1);
    if (last && sameProgram(last, state)) runs.at(-1)!.push(state);
    else runs.push([state]);
  }
  return runs.flatMap((run) => {
    const simulation = simulationOf(run.map((s) => s.module));
    return simulation ? run.map((s) => ({ ...s, module: simulation.of(s.module) })) : run;
  });
}

/** Whether two states have one signature, and no partitioner stands between them. */
function sameProgram(a: State, b: State): boolean {
  const isOne = isUnpartitioned(a.module) === isUnpartitioned(b.module);
  const partitions = isPartitioning(b.stage) && !isPartitioning(a.stage);
  return isOne && !partitions && sameSignature(a.module, b.module);
}

/** XLA writes the partitioned module at the head of the pipeline that cleans it up, first of all. */
function isPartitioning(stage: Stage): boolean {
  if (stage.kind !== 'between') return false;
  return stage.after === 'spmd-partitioning' || stage.pipeline === 'spmd-cleanup';
}

const nothing = {
  ...{ cases: [], states: 0, unchanged: 0, transitions: [], wholes: [] },
  ...{ counts: noCounts, unreached: [], findings: [], skipped: [], unknownPasses: [] },
  verdict: 'identical',
} as const;

/** A module whose inputs cannot be made is an error of its first state; other modules go on. */
function firstCases(
  { cases }: ModuleJob,
  first: State,
): readonly SessionCase[] | { readonly error: Diagnostic } {
  try {
    return casesFor(first.module, cases);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { error: { ...error.diagnostic, file: first.file } };
  }
}

/** A step of a dump, with what the report tells of it. */
interface DumpStep extends Step {
  readonly file: string;
  readonly blame: Blame;
}

/** The states after the first as steps, each blamed on a pass; the job hears of each before it. */
function* dumpSteps(job: ModuleJob, states: readonly State[]): Iterable<DumpStep> {
  const { dumped } = job;
  const inner = passesByPipeline(dumped.states);
  for (const [n, state] of states.slice(1).entries()) {
    job.onState?.(state.file);
    const before = states[n]!;
    const { file, module } = state;
    const blame = blameFor(before.stage, state.stage, inner, state.unread);
    const { pass, contract, note } = blame;
    const place = { graph: dumped.name, backend: 'xla', pass, step: stepOf(state, dumped), note };
    const anew = !sameSignature(before.module, module) && { cases: casesFor(module, job.cases) };
    yield { module, contract, place, file, blame, replay: replayOf(job), ...anew };
  }
}

function reportOf(
  states: readonly State[],
  record: ValidationRecord<DumpStep>,
  unfit: readonly Skipped[],
): Omit<DumpModuleReport, 'module' | 'folder' | 'errors'> {
  const { verdict, counts, steps, wholes, cases, unreached, findings, skipped } = record;
  const unknown = steps.map((s) => s.step.blame).filter((b) => !b.known);
  return {
    cases: cases.map((c) => c.name),
    states: states.length,
    unchanged: steps.filter((s) => s.outcome === 'same').length,
    transitions: steps.filter((s) => s.outcome === 'judged').map(transitionReport),
    wholes: wholes.map(({ of, open, ...whole }): WholeReport => {
      return { what: wholeNames[of], ...whole, ...(open.length && { open }) };
    }),
    ...{ verdict, counts, unreached, findings },
    skipped: [...unfit, ...skipped],
    unknownPasses: [...new Set(unknown.map((b) => b.pass))],
  };
}

function transitionReport({ step, aligned, cases }: StepRecord<DumpStep>): TransitionReport {
  const { place, file, contract } = step;
  const judgement = combine(cases.map((c) => c.judgement));
  const open = cases.flatMap((c) => c.open);
  return {
    ...{ pass: place.pass, step: place.step, file, note: place.note },
    contract: printContract(contract),
    verdict: judgement.verdict,
    ...{ regions: aligned.regions, contradicted: aligned.contradicted },
    counts: addCounts(noCounts, judgement),
    cases: cases.map((c) => judgedCase(c.case, c.judgement, c.reasons)),
    ...(open.length && { open }),
  };
}

function replayOf({ command }: ModuleJob): Step['replay'] {
  return (c) => (c ? `${command} ${c.options}` : command);
}

function stepOf({ stage }: State, { states }: DumpedModule): number {
  if (stage.kind === 'between') return stage.step;
  if (stage.kind === 'before-optimizations') return -1;
  return 1 + Math.max(-1, ...states.map((s) => (s.stage.kind === 'between' ? s.stage.step : -1)));
}
