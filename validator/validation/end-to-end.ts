/**
 * The last check: whole results, the last state's own and those that somebody recorded, each held
 * against the exact result of the first state. It sees what local checks cannot: errors that add up.
 */

import { type Contract, printContract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { Finding, OpenDecision, Skipped } from '../findings/finding.ts';
import { brokenFinding, elementFinding } from '../findings/findings.ts';
import { namesOf } from '../findings/region-module.ts';
import { sourceOfNumber } from '../findings/source-line.ts';
import { undecidedIn } from '../findings/undecided.ts';
import { standIn } from '../localization/uninterpreted-calls.ts';
import type { Uninterpreted } from '../reference/context.ts';
import { type RunOptions, runReference } from '../reference/run.ts';
import { sameBits } from '../verdict/judge.ts';
import { unjudged } from '../verdict/judge-subject.ts';
import { outputsOf } from '../verdict/subject.ts';
import { isFinding, type Judgement } from '../verdict/verdict.ts';
import type { SessionCase } from './case.ts';
import { elidedNames, elidedReason } from './elided.ts';
import { isCheapToSample, isJudgedWhole, toldNothing } from './end-worth.ts';
import { judgeWhole, type NotRun, type ReferenceRun } from './judge-result.ts';
import type { LastResult, RecordedResult, Whole } from './states.ts';

/** What is held against the first state. */
export interface EndToEndRequest {
  /** Absent where no state but the first is known. */
  readonly last?: LastResult | undefined;
  readonly recorded?: RecordedResult | undefined;
  readonly cases: readonly SessionCase[];
  /** By case, what the reference gave for the first state. */
  readonly runs: readonly (ReferenceRun | NotRun)[];
  readonly numbering: Numbering;
  readonly first: ValueGraph;
  readonly final: ValueGraph;
  /** The weakest contract of the steps between. */
  readonly contract: Contract;
  /** Under `narrows`: the opcodes that were narrowed. */
  readonly narrowed: ReadonlySet<string>;
  readonly options: RunOptions;
  /** Cases on which a pass left something open, by name. */
  readonly open: ReadonlySet<string>;
  /** True where a pass has been blamed already: the final result is then known to be wrong. */
  readonly blamed: boolean;
  /** See StateList. */
  readonly printed: boolean;
}

/** How one whole result came out on one case. */
export interface WholeRecord {
  /** What it is, as the request calls it. */
  readonly of: 'last' | 'recorded';
  readonly case: string;
  readonly judgement: Judgement;
  /** Why elements are undecided; empty where none are. */
  readonly reasons: readonly string[];
  /** Decisions that no sample settles and that undecided elements hang on. */
  readonly open: readonly OpenDecision[];
}

/** What came of it, case by case. */
export interface EndToEnd {
  readonly wholes: readonly WholeRecord[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
}

/** Judges the whole results that are asked for, the recorded one first. */
export function judgeEndToEnd(request: EndToEndRequest): EndToEnd {
  const log = new Log();
  for (const subject of subjectsOf(request, log)) {
    const { whole } = subject;
    const barred = barredWhy(subject.of, request);
    if (barred === undefined) judgeOne(subject, request, log);
    else log.skip(whole, barred);
  }
  const { wholes, findings, skipped } = log;
  return { wholes, findings, skipped: [...skipped.values()] };
}

/** What was found so far. */
class Log {
  /** True once the radii of a large module told nothing on a case. */
  radiiTellNothing = false;
  readonly wholes: WholeRecord[] = [];
  readonly findings: Finding[] = [];
  readonly skipped = new Map<string, Skipped>();

  /** Notes what was not judged, once. */
  skip({ what }: Whole, why: string): void {
    this.skipped.set(what + why, { what, why });
  }
}

/** A result on one case. */
interface Subject {
  readonly of: WholeRecord['of'];
  readonly whole: Whole;
  readonly case: SessionCase;
  /** What the first state gives on the case. */
  readonly run: ReferenceRun | NotRun;
  readonly contract: Contract;
  readonly result: (opaque: Uninterpreted) => Value;
}

function subjectsOf(request: EndToEndRequest, log: Log): Subject[] {
  const { last, recorded, cases, runs, final, options, contract } = request;
  const ofLast = (whole: LastResult) =>
    cases.map((c, n): Subject => {
      const result = (uninterpreted: Uninterpreted) =>
        runReference(final.module, c.inputs, { ...options, uninterpreted });
      return { of: 'last', whole, case: c, run: runs[n]!, contract, result };
    });
  const own = last ? ofLast(last) : [];
  if (!recorded) return own;
  const { result } = recorded;
  if ('missing' in result) {
    log.skip(recorded, result.missing);
    return own;
  }
  const theirs: Subject = {
    ...{ of: 'recorded', whole: recorded, case: result.case, contract: recorded.contract },
    run: runs[cases.indexOf(result.case)]!,
    result: () => result.value,
  };
  return [theirs, ...own];
}

/** Why a whole result would say nothing; undefined where it does. */
function barredWhy(
  of: WholeRecord['of'],
  { blamed, printed, first, final }: EndToEndRequest,
): string | undefined {
  if (of === 'last' && blamed) return 'a pass was blamed already';
  if (!printed) return undefined;
  const known = elidedNames(first.module);
  const isOutOf = of === 'last' && [...elidedNames(final.module)].every((n) => known.has(n));
  return isOutOf || (of === 'recorded' && known.size === 0) ? undefined : elidedReason;
}

function judgeOne(subject: Subject, request: EndToEndRequest, log: Log): void {
  const { whole, case: c, run } = subject;
  const { printed, first, options } = request;
  if ('error' in run) {
    log.skip(whole, run.error.message);
    if (!printed && !isForeign(run.error)) log.wholes.push(notRun(subject, run, first.module));
    return;
  }
  try {
    judgeRun(subject, run, request, log);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    if (printed || isForeign(error) || !runsWhole(first.module, c, options)) {
      log.skip(whole, error.message);
    } else {
      const stopped = `the module runs before the pipeline, and not after it: ${error.message}`;
      log.findings.push(brokenFinding(stopped, whole, c));
    }
  }
}

function judgeRun(subject: Subject, run: ReferenceRun, request: EndToEndRequest, log: Log): void {
  const { of, whole, case: c, contract } = subject;
  const { narrowed, options, final } = request;
  const opaque = standIn();
  const result = subject.result(opaque.of);
  const isLarge = !request.printed && !isCheapToSample(request.first.module);
  if (isLarge && !isJudgedWhole(c, request) && !isSame(run, result)) return;
  const worth = isLarge ? { mustDecide: false, bitsOnly: log.radiiTellNothing } : {};
  const after = final.module;
  const verdict = judgeWhole(run, result, { contract, narrowed, options, after, ...worth });
  if (isLarge && toldNothing(verdict.judgement)) log.radiiTellNothing = true;
  if (verdict.skipped) {
    log.skip(whole, verdict.reasons.join('; '));
    return;
  }
  const told = opaque.told();
  if (told) log.skip(whole, told);
  const { judgement } = verdict;
  log.wholes.push({ of, case: c.name, judgement, ...undecided(verdict, c, request) });
  if (isFinding(judgement.verdict)) log.findings.push(wholeFinding(subject, judgement, request));
}

/** Whether what the first state gives has the same bits. */
function isSame({ values, valueGraph }: ReferenceRun, result: Value): boolean {
  return sameBits(result, values.get(valueGraph.root));
}

/** What no reference can run, before a pipeline or after it: hosts, devices, unknown calls. */
function isForeign({ diagnostic }: AssayError): boolean {
  return diagnostic.code === 'run/unsupported';
}

/** Whether a module runs as the last one is run: what nothing needs runs as well. */
function runsWhole(module: Module, { inputs }: SessionCase, options: RunOptions): boolean {
  try {
    runReference(module, inputs, options);
    return true;
  } catch (error) {
    if (error instanceof AssayError) return false;
    throw error;
  }
}

/** All of a result undecided: the first state does not end on this case, or not in bounds. */
function notRun({ of, case: c }: Subject, { error }: NotRun, module: Module): WholeRecord {
  const judgement = unjudged(rootOf(entryOf(module)).shape);
  return { of, case: c.name, judgement, reasons: [error.message], open: [] };
}

function undecided(
  verdict: ReturnType<typeof judgeWhole>,
  c: SessionCase,
  { first, numbering }: EndToEndRequest,
): Pick<WholeRecord, 'reasons' | 'open'> {
  const names = namesOf(first);
  const name = (n: ValueNumber) => names(n) ?? numbering.term(n).instruction.name;
  const region = { beforeCone: first.order, after: first.root };
  return undecidedIn([{ ...verdict, region }], { numbering, name, case: c.name });
}

function wholeFinding(
  { whole, case: c, contract }: Subject,
  judgement: Judgement,
  request: EndToEndRequest,
): Finding {
  const worst = judgement.worst!;
  const source = sourceOfOutput(worst.output, request);
  return {
    ...elementFinding(worst, whole, c),
    instruction: rootOf(entryOf(request.final.module)).name,
    ...{ kind: 'end-to-end', contract: printContract(contract) },
    ...{ outside: judgement.outside, diff: '', note: whole.place.note },
    ...(source && { source }),
  };
}

/** Where the user wrote what an array of the result is, as the last state tells it, or the first. */
function sourceOfOutput(output: number, { first, final, numbering }: EndToEndRequest) {
  return (
    sourceOfNumber(final, numberOf(output, final, numbering)) ??
    sourceOfNumber(first, numberOf(output, first, numbering))
  );
}

/** The number that the n-th array of a result belongs to. */
function numberOf(output: number, { root }: ValueGraph, numbering: Numbering): ValueNumber {
  let seen = 0;
  for (const n of outputsOf(root, numbering)) {
    seen += leafShapes(numbering.term(n).instruction.shape).length;
    if (output < seen) return n;
  }
  return root;
}
