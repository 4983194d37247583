/**
 * One dumped module: its states in order, every change of meaning judged on all cases and blamed on
 * the pass that XLA names, then the whole from end to end.
 */
import { type Flow, flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, printContract, reassociates, weaker } from '../../graphs/ir/contract.ts';
import { AssayError, type Diagnostic } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { printShape } from '../../graphs/text/shape-text.ts';
import { checkTransition, type TransitionResult } from '../cut/transition.ts';
import { CaseValues } from '../cut/values.ts';
import { combine, graver, type VerdictKind } from '../judge/verdict.ts';
import type { Limits } from '../reference/context.ts';
import { runOptions, type SessionCase } from '../session/case.ts';
import { addCounts, type Finding, judgedCase, noCounts, type Skipped } from '../session/finding.ts';
import { groupFindings } from '../session/group-findings.ts';
import { namesOf } from '../session/region-module.ts';
import { transitionFindings } from '../session/transition-findings.ts';
import { type CaseRequest, casesFor, recordedInputs } from './cases.ts';
import { elidedNames, elidedReason, withoutElided } from './elided.ts';
import { readStates, type State } from './read-module.ts';
import type { DumpModuleReport, TransitionReport, WholeReport } from './report.ts';
import { type Blame, blameFor, type DumpedModule, passesByPipeline } from './states.ts';
import { judgeWholes } from './wholes.ts';

export interface ModuleJob {
  readonly dumped: DumpedModule;
  readonly cases: CaseRequest;
  /** XLA's outputs on the recorded inputs. */
  readonly outputs?: readonly Tensor[] | undefined;
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Limits;
  /** The command without its cases: `assay dump DIR --module RE`. */
  readonly command: string;
  /** Called for each state; for progress lines. */
  readonly onState?: ((file: string) => void) | undefined;
}

/** Validates one module of a dump. */
export function validateDumpModule(job: ModuleJob): DumpModuleReport {
  const { dumped } = job;
  const { states, errors } = readStates(dumped);
  const first = states[0];
  const empty = { module: dumped.name, folder: dumped.folder.path, errors };
  if (!first) return { ...empty, ...nothing };
  const walk = walkFrom(job, first);
  if ('error' in walk) return { ...empty, ...nothing, errors: [...errors, walk.error] };
  for (const state of states.slice(1)) walk.to(state);
  const report = walk.report(states);
  return { ...empty, ...report };
}

/** A module whose inputs cannot be made is an error of its first state; other modules go on. */
function walkFrom(job: ModuleJob, first: State): Walk | { readonly error: Diagnostic } {
  try {
    return new Walk(job, first);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { error: { ...error.diagnostic, file: first.file } };
  }
}

const nothing = {
  ...{ cases: [], states: 0, unchanged: 0, transitions: [], wholes: [] },
  ...{ counts: noCounts, findings: [], skipped: [], unknownPasses: [] },
  verdict: 'identical',
} as const;

/** The way through the states, with what the cases know at the present one. */
class Walk {
  private readonly job: ModuleJob;
  private readonly first: State;
  private readonly inner: ReadonlyMap<string, readonly string[]>;
  private readonly numbering = new Numbering();
  private readonly transitions: TransitionReport[] = [];
  private readonly findings: Finding[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly unknown = new Set<string>();
  private contract: Contract = reassociates;
  private unchanged = 0;
  private state: State;
  private flow: Flow;
  private cases: readonly SessionCase[];
  private values: readonly CaseValues[];
  private sameSignature = true;

  constructor(job: ModuleJob, first: State) {
    this.job = job;
    this.first = first;
    this.inner = passesByPipeline(job.dumped.states);
    this.state = first;
    this.flow = flowOf(first.module, this.numbering);
    this.cases = casesFor(first.module, job.cases);
    this.values = this.valuesOf(this.cases);
    const { recorded, kinds } = job.cases;
    if (recorded && kinds.includes('recorded') && !recordedInputs(first.module, recorded)) {
      this.skip('recorded inputs', 'they do not fit the parameters of the entry computation');
    }
  }

  /** Judges the step from the present state to the next one. */
  to(next: State): void {
    this.job.onState?.(next.file);
    const after =
      next.module === this.state.module ? this.flow : flowOf(next.module, this.numbering);
    const blame = blameFor(this.state.stage, next.stage, this.inner, next.unread);
    if (!blame.known) this.unknown.add(blame.pass);
    if (signature(next.module) !== signature(this.state.module)) this.restart(next, blame);
    else if (after.root === this.flow.root) this.unchanged++;
    else this.judge(next, after, blame);
    this.state = next;
    this.flow = after;
  }

  report(states: readonly State[]): Omit<DumpModuleReport, 'module' | 'folder' | 'errors'> {
    const { transitions, findings, skipped, job } = this;
    const ends = this.sameSignature
      ? judgeWholes({
          options: runOptions(this.job),
          name: job.dumped.name,
          first: this.first.module,
          last: this.state.module,
          contract: this.contract,
          cases: this.cases,
          outputs: job.cases.kinds.includes('recorded') ? job.outputs : undefined,
          barred: this.barred(),
          replay: (c) => this.replay(c),
        })
      : { wholes: [], findings: [], skipped: [] };
    const found = [...findings, ...ends.findings];
    const judged = ends.wholes.map((w) => w.judgement);
    const verdicts = [...transitions.map((t) => t.verdict), ...judged.map((j) => j.verdict)];
    return {
      cases: this.cases.map((c) => c.name),
      states: states.length,
      unchanged: this.unchanged,
      transitions,
      wholes: ends.wholes,
      verdict: verdicts.reduce<VerdictKind>(graver, 'identical'),
      counts: judged.reduce(
        addCounts,
        transitions.reduce((sum, { counts: c }) => addCounts(sum, asJudged(c)), noCounts),
      ),
      findings: groupFindings(found),
      skipped: [...skipped, ...ends.skipped],
      unknownPasses: [...this.unknown],
    };
  }

  private judge(next: State, after: Flow, blame: Blame): void {
    const { numbering, cases } = this;
    const transition = { before: this.flow, after, contract: blame.contract };
    const step = stepOf(next, this.job.dumped);
    const result = this.check(transition, blame);
    if (!result) return;
    const { findings, skipped, reasons } = transitionFindings(result, transition, numbering, {
      ...{ graph: this.job.dumped.name, backend: 'xla', pass: blame.pass, step },
      caseName: (n) => cases[n]!.name,
      replay: (n) => this.replay(cases[n]!),
    });
    const parting = partingNote(result, after);
    const noted = findings.map((f) => ({ ...f, note: joined(f.note, parting, blame.note) }));
    this.findings.push(...noted);
    this.skipped.push(...skipped);
    this.contract = weaker(this.contract, blame.contract);
    const judgement = combine(result.cases.map((c) => c.judgement));
    this.transitions.push({
      ...{ pass: blame.pass, step, file: next.file, note: blame.note },
      contract: printContract(blame.contract),
      verdict: judgement.verdict,
      regions: result.cut.regions.length,
      contradicted: result.contradicted.length,
      counts: addCounts(noCounts, judgement),
      cases: result.cases.map((c, n) => judgedCase(cases[n]!.name, c.judgement, reasons[n]!)),
    });
  }

  /** A transition that cannot be run is skipped, with the reason. */
  private check(
    transition: Parameters<typeof checkTransition>[0],
    blame: Blame,
  ): TransitionResult | undefined {
    try {
      const result = checkTransition(transition, this.values, this.numbering);
      return withoutElided(result, transition, this.numbering);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      this.skip(blame.pass, error.message, { open: true });
      return undefined;
    }
  }

  /** Other parameters or another result (a partitioned module, say): the cases start anew. */
  private restart(next: State, blame: Blame): void {
    const why = 'it changes the parameters or the result of the entry computation';
    this.skip(blame.pass, why, { open: true });
    this.sameSignature = false;
    this.cases = casesFor(next.module, this.job.cases);
    this.values = this.valuesOf(this.cases);
  }

  /** Whole results that say nothing about XLA. */
  private barred(): Map<WholeReport['what'], string> {
    const barred = new Map<WholeReport['what'], string>();
    const known = elidedNames(this.first.module);
    const made = [...elidedNames(this.state.module)].some((name) => !known.has(name));
    if (known.size > 0) barred.set('recorded outputs', elidedReason);
    if (made) barred.set('last state', elidedReason);
    if (this.findings.length) barred.set('last state', 'a pass was blamed already');
    return barred;
  }

  private skip(what: string, why: string, counts: Pick<Skipped, 'open'> = {}): void {
    this.skipped.push({ what: `${this.job.dumped.name}: ${what}`, why, ...counts });
  }

  private valuesOf(cases: readonly SessionCase[]): CaseValues[] {
    return cases.map((c) => new CaseValues(this.numbering, c.inputs, runOptions(this.job)));
  }

  private replay(c: SessionCase): string {
    return `${this.job.command} ${c.options}`;
  }
}

function stepOf({ stage }: State, { states }: DumpedModule): number {
  if (stage.kind === 'between') return stage.step;
  if (stage.kind === 'before-optimizations') return -1;
  return 1 + Math.max(-1, ...states.map((s) => (s.stage.kind === 'between' ? s.stage.step : -1)));
}

/** The shapes of the entry's parameters and result, layouts aside. */
function signature(module: Module): string {
  const entry = entryOf(module);
  const shapes = [...parametersOf(entry), rootOf(entry)].map((i) => printShape(i.shape, false));
  return shapes.join();
}

/**
 * A hint at the instruction: the first value that is not what the same name was before. Names may be
 * reused, so it is no more than a hint; the finding itself rests on values that must correspond.
 */
function partingNote({ parted: [first] }: TransitionResult, after: Flow): string {
  const name = first && namesOf(after)(first.after);
  return name === undefined ? '' : `the first value to differ from its namesake before is ${name}`;
}

function joined(...notes: readonly string[]): string {
  return notes.filter((n) => n !== '').join('; ');
}

function asJudged({ checked, decided, ties }: TransitionReport['counts']) {
  return { elements: checked, decided, ties };
}
