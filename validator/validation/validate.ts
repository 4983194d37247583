/**
 * The one way through a list of states: every step judged at its cut points on every case, then whole
 * results held against the first state. Data in, records out: who calls it makes the states, and
 * shapes a report of the records.
 */
import { defaultCases } from '../../golden/cases.ts';
import { type Contract, exact, weaker } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Computation, Module } from '../../graphs/ir/module.ts';
import { sameSignature } from '../../graphs/text/equal.ts';
import { Numbering, type ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { flowOf, type ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { changedBodies, changedSites } from '../coverage/bodies.ts';
import { hasBranches, isEntered, type Unreached, unreachedIn } from '../coverage/reached.ts';
import { effectFindings } from '../effects/effect-findings.ts';
import {
  addCounts,
  type Counts,
  type Finding,
  noCounts,
  type OpenDecision,
  type Skipped,
  sumCounts,
} from '../findings/finding.ts';
import { brokenFinding, transitionFindings } from '../findings/findings.ts';
import { groupFindings } from '../findings/group-findings.ts';
import { recordedCorrespondences } from '../localization/correspondences.ts';
import { checkPassStep, type PassStep, type PassStepResult } from '../localization/pass-step.ts';
import { standIn } from '../localization/uninterpreted-calls.ts';
import { CaseValues } from '../localization/values.ts';
import { runReference } from '../reference/run.ts';
import {
  isFinding,
  type Judgement,
  moreSevere,
  nothingJudged,
  type VerdictKind,
} from '../verdict/verdict.ts';
import { type Alignment, alignmentOf, nothingAligned } from './alignment.ts';
import { runOptions, type SessionCase, sessionCase } from './case.ts';
import { withoutElided } from './elided.ts';
import { judgeEndToEnd, type WholeRecord } from './end-to-end.ts';
import { isPartly, toldWorth } from './end-worth.ts';
import { firstRuns } from './endless.ts';
import { judgeBodies } from './judge-bodies.ts';
import type { NotRun, ReferenceRun } from './judge-result.ts';
import type { StateList, Step } from './states.ts';

/** How a step came out on one case. */
export interface StepCase {
  readonly case: string;
  readonly judgement: Judgement;
  /** Changed regions that were judged. */
  readonly regions: number;
  /** Why elements are undecided; empty where none are. */
  readonly reasons: readonly string[];
  /** Decisions that no sample settles and that undecided elements hang on. */
  readonly open: readonly OpenDecision[];
}

/** What became of one step. */
export interface StepRecord<S extends Step = Step> {
  readonly step: S;
  /**
   * `same`: the module means what the one before means; `refused`: it cannot be judged;
   * `restarted`: its signature is another one.
   */
  readonly outcome: 'same' | 'judged' | 'refused' | 'restarted';
  readonly aligned: Alignment;
  /** One a case; empty where the step was not judged. */
  readonly cases: readonly StepCase[];
}

/** What became of a list of states. */
export interface ValidationRecord<S extends Step = Step> {
  /** The gravest of all judgements and findings. */
  readonly verdict: VerdictKind;
  readonly counts: Counts;
  /** One a step, in order. */
  readonly steps: readonly StepRecord<S>[];
  /** Whole results, those that were recorded first. */
  readonly wholes: readonly WholeRecord[];
  /** The cases of the last state. */
  readonly cases: readonly SessionCase[];
  /** Code of the first state that no case executes. */
  readonly unreached: readonly Unreached[];
  /** One for each pass, step and output. */
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/**
 * Validates a list of states.
 *
 * @throws AssayError where a step cannot be judged, unless the states are printed ones
 */
export function validateStates<S extends Step>(list: StateList<S>): ValidationRecord<S> {
  const walk = new Walk(list);
  const steps: StepRecord<S>[] = [];
  for (const step of list.steps) steps.push({ ...walk.to(step), step });
  const wholes = walk.end(openCases(steps));
  const { findings, skipped, cases } = walk;
  const judgements = [...steps.flatMap((s) => s.cases), ...wholes].map((c) => c.judgement);
  return {
    verdict: [...judgements, ...findings].reduce<VerdictKind>(
      (v, j) => moreSevere(v, j.verdict),
      'identical',
    ),
    counts: judgements.reduce(addCounts, walk.counts),
    ...{ steps, wholes, cases, skipped },
    unreached: walk.unreached,
    findings: groupFindings(findings),
  };
}

/** Cases on which a step left something undecided. */
function openCases(steps: readonly StepRecord[]): ReadonlySet<string> {
  const open = steps.flatMap((s) => s.cases).filter((c) => isPartly(c.judgement));
  return new Set(open.map((c) => c.case));
}

type StepOutcome = Omit<StepRecord, 'step'>;

/** The way through the states, with what the cases know at the present one. */
class Walk {
  readonly findings: Finding[] = [];
  readonly skipped: Skipped[] = [];
  /** Of bodies that no case enters. */
  counts: Counts = noCounts;
  readonly unreached: readonly Unreached[];
  private readonly entered = new Set<Computation>();
  cases: readonly SessionCase[];
  private readonly list: StateList;
  private readonly numbering = new Numbering();
  private readonly first: ValueGraph;
  /** By case, what the reference gives for the first state. */
  private readonly runs: readonly (ReferenceRun | NotRun)[];
  /** What the steps that changed something promise together. */
  private contract: Contract;
  /** Opcodes that a step narrowed. */
  private readonly narrowed = new Set<string>();
  private valueGraph: ValueGraph;
  private values: readonly CaseValues[];
  private restarted = false;

  constructor(list: StateList) {
    this.list = list;
    const { numbering } = this;
    this.first = flowOf(list.first, numbering);
    this.valueGraph = this.first;
    this.contract = list.endToEnd?.last.contract ?? exact;
    this.cases = list.cases;
    this.values = this.valuesOf(list.cases);
    const runs = list.endToEnd ? this.values : [];
    this.runs = firstRuns(
      runs.map((values) => ({ numbering, valueGraph: this.first, values })),
      list.cases.map((c) => c.inputs),
      list.limits,
    );
    this.unreached = this.findUnreached();
  }

  /** Judges the step from the present state to the next one, and goes there. */
  to(step: Step): StepOutcome {
    const before = this.valueGraph;
    const after = step.module === before.module ? before : flowOf(step.module, this.numbering);
    this.valueGraph = after;
    if (step.cases) return this.restart(step, step.cases);
    this.noteEffects(step, before, after);
    if (meansTheSame(before, after)) return this.same();
    return this.judge(step, before, after);
  }

  /** What ends the list: the step that broke, the results of the whole. */
  end(open: ReadonlySet<string>): readonly WholeRecord[] {
    const { broken, endToEnd, printed } = this.list;
    const { cases, first, numbering, runs, narrowed, contract } = this;
    if (broken) this.findings.push(brokenFinding(broken.why, broken, cases[0]));
    if (!endToEnd || this.restarted) return [];
    const ends = judgeEndToEnd({
      ...{ ...endToEnd, cases, runs, numbering, first, narrowed, contract },
      ...{ final: this.valueGraph, open },
      options: runOptions(this.list),
      blamed: this.findings.length > 0,
      printed: printed === true,
    });
    this.findings.push(...ends.findings);
    this.skipped.push(...ends.skipped);
    if (printed) return ends.wholes;
    const stopped = cases.filter((_, n) => 'error' in runs[n]!).map((c) => c.name);
    const told = toldWorth(ends.wholes, new Set([...open, ...stopped]), endToEnd.last.what);
    this.skipped.push(...told.skipped);
    return told.wholes;
  }

  /** What no run of regions shows: acts on the world outside, unknown calls, promises. */
  private noteEffects(step: Step, before: ValueGraph, after: ValueGraph): void {
    const { numbering, cases, list } = this;
    const options = runOptions(list);
    const partBodies = (b: Module, a: Module) => bodiesPart(b, a, step, list);
    const of = { before, after, step, numbering, cases, options, partBodies };
    const { findings, skipped } = effectFindings(of);
    this.findings.push(...findings);
    this.skipped.push(...skipped);
  }

  private same(): StepOutcome {
    const cases = this.cases.map((c): StepCase => {
      return { case: c.name, judgement: nothingJudged, regions: 0, reasons: [], open: [] };
    });
    return { outcome: 'same', aligned: nothingAligned, cases };
  }

  private judge(step: Step, before: ValueGraph, after: ValueGraph): StepOutcome {
    const { numbering, cases } = this;
    const { contract, replacements } = step;
    this.contract = weaker(this.contract, contract);
    const correspondences =
      replacements && recordedCorrespondences(before, after, replacements, numbering);
    const { weakNames } = this.list;
    const passStep = {
      ...{ before, after, contract },
      ...(correspondences && { correspondences }),
      ...(weakNames && { weakNames }),
    };
    this.judgeBodies(step, before, after);
    const result = this.check(step, passStep);
    if (!result) return unjudged('refused');
    const about = { step, cases, numbering, passStep };
    const found = transitionFindings(result, about);
    this.findings.push(...found.findings);
    this.skipped.push(...found.skipped);
    this.noteNarrowed(result);
    return {
      ...{ outcome: 'judged', aligned: alignmentOf(result, before, numbering) },
      cases: result.cases.map(({ judgement, regions }, n): StepCase => {
        const { reasons, open } = found.undecided[n]!;
        return { case: cases[n]!.name, judgement, regions: regions.length, reasons, open };
      }),
    };
  }

  /** Runs the first state where inputs have a say in what runs. */
  private findUnreached(): readonly Unreached[] {
    const { first, entered, values } = this;
    if (!hasBranches(first.module)) return [];
    for (const v of values) attempt(() => v.get(first.root));
    if (unreachedIn(first.module, entered).length === 0) return [];
    // two branches of one meaning are run as one: a run of all instructions tells
    const note = (c: Computation) => void entered.add(c);
    const options = { ...runOptions(this.list), entered: note, uninterpreted: standIn().of };
    for (const { inputs } of this.cases) attempt(() => runReference(first.module, inputs, options));
    return unreachedIn(first.module, entered);
  }

  /** Judges branches and loop bodies that a step changed and no case enters. */
  private judgeBodies(step: Step, before: ValueGraph, after: ValueGraph): void {
    const { numbering, entered, list, cases, values } = this;
    const sites = changedSites(before, after, numbering);
    if (sites.length === 0) return;
    for (const n of sites) this.enter(n);
    const bodies = changedBodies(before, after, numbering, entered);
    const judged = judgeBodies({ bodies, step, list, cases, values, validate: validateStates });
    this.findings.push(...judged.findings);
    this.skipped.push(...judged.skipped);
    this.counts = sumCounts([this.counts, judged.counts]);
  }

  /** Runs a site on every case; anew where its value was handed on from a step before. */
  private enter(n: ValueNumber): void {
    const { numbering, entered, values } = this;
    const { instruction, module, operands } = numbering.term(n);
    for (const v of values) attempt(() => v.get(n));
    if (isEntered(module, instruction, entered)) return;
    for (const v of values) attempt(() => v.only(operands).get(n));
  }

  /** Of printed states, a step that cannot be judged is skipped with the reason. */
  private check(step: Step, passStep: PassStep): PassStepResult | undefined {
    const { numbering, values } = this;
    if (!this.list.printed) return checkPassStep(passStep, values, numbering);
    try {
      return withoutElided(checkPassStep(passStep, values, numbering), passStep, numbering);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      this.skip(step, error.message);
      return undefined;
    }
  }

  private noteNarrowed({ cut }: PassStepResult): void {
    for (const { contract, beforeCone } of cut.regions) {
      if (contract.kind !== 'narrows') continue;
      for (const n of beforeCone) this.narrowed.add(this.numbering.term(n).instruction.opcode);
    }
  }

  private restart(step: Step, cases: readonly SessionCase[]): StepOutcome {
    this.skip(step, 'it changes the parameters or the result of the entry computation');
    this.restarted = true;
    this.cases = cases;
    this.values = this.valuesOf(cases);
    return unjudged('restarted');
  }

  private skip({ place }: Step, why: string): void {
    this.skipped.push({ what: `${place.graph}: ${place.pass}`, why, open: true });
  }

  private valuesOf(cases: readonly SessionCase[]): CaseValues[] {
    const entered = (c: Computation) => void this.entered.add(c);
    const options = { ...runOptions(this.list), entered };
    return cases.map((c) => new CaseValues(this.numbering, c.inputs, options));
  }
}

function unjudged(outcome: 'refused' | 'restarted'): StepOutcome {
  return { outcome, aligned: nothingAligned, cases: [] };
}

/** What cannot be run is not run. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
  }
}

/** Whether two states have the same result and act alike on the world outside. */
function meansTheSame(before: ValueGraph, after: ValueGraph): boolean {
  const [b, a] = [before.effects, after.effects];
  return before.root === after.root && b.length === a.length && b.every((n, k) => n === a[k]);
}

/** Whether some generated case tells two computations apart that unknown calls are given. */
function bodiesPart(before: Module, after: Module, step: Step, { limits }: StateList): boolean {
  if (!sameSignature(before, after)) return true;
  try {
    const cases = defaultCases(before, 1).map(sessionCase);
    const { replacements: _, cases: __, ...plain } = step;
    const body = { ...plain, module: after };
    const list = { first: before, cases, limits, steps: [body], weakNames: true as const };
    return isFinding(validateStates(list).verdict);
  } catch (error) {
    if (error instanceof AssayError) return false;
    throw error;
  }
}
