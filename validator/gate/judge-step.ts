/**
 * Outputs of a toolchain, and of its baseline, held against one module on all cases: the graph as it
 * was given, or as the toolchain rewrote it. One run of the reference serves both.
 */
import type { Contract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { type Computation, entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import { printShape } from '../../graphs/text/shape-text.ts';
import { exactLeaves } from '../exact/core/value.ts';
import type { Limits } from '../limits/limits.ts';
import type { SessionCase } from '../validation/case.ts';
import { sameBits } from '../verdict/judge.ts';
import { isFinding, isGraver, type Judgement } from '../verdict/verdict.ts';
import { budgetUses, errorMap, type SquaredErrors, squaredErrors } from './error-map.ts';
import {
  attempted,
  type CaseJudge,
  caseJudge,
  identicalOutputs,
  type JudgedModule,
  type OutputJudgements,
} from './judged-outputs.ts';
import { otherChoices, withLogisticByTanh } from './left-open.ts';
import type { ErrorMap } from './record.ts';
import type { Result } from './results.ts';

/** Results of one step, and the module that they are held against. */
export interface StepJob {
  readonly module: Module;
  /** The model's names of its outputs. */
  readonly names: readonly string[];
  readonly cases: readonly SessionCase[];
  /** One a case; those without a value are nobody's outputs, and are left out here. */
  readonly results: readonly Result[];
  readonly baseline?: readonly Result[] | undefined;
  /** Results known before, by case: what has their bits needs no run. */
  readonly recorded?: ReadonlyMap<string, Value> | undefined;
  readonly contract: Contract;
  readonly limits?: Limits | undefined;
  /** Whether errors of both are summed. */
  readonly measures: boolean;
  /** True where a runtime may do what ONNX leaves open; our own results may not. */
  readonly foreign: boolean;
}

/** What came of a step. */
export interface StepJudgement {
  readonly outputs: readonly OutputJudgement[];
  /** Why elements are undecided, by case. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
  /** Cases that could not be judged, and why. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Computations that the cases enter; none are known where no case had to be run. */
  readonly entered: ReadonlySet<Computation>;
  /** Elements that ONNX leaves open, by case. */
  readonly leftOpen: ReadonlyMap<string, number>;
  /** Cases that are right in the other form of the module only. */
  readonly byOtherForm: readonly string[];
}

/** One output on all cases. */
export interface OutputJudgement {
  readonly output: number;
  readonly name: string;
  readonly shape: string;
  readonly cases: JudgedOutputCase[];
  /** Where the gravest result differs. */
  map?: ErrorMap;
  readonly errors: Errors[];
}

/** One output on one case, of both toolchains. */
export interface JudgedOutputCase {
  readonly case: SessionCase;
  readonly judgement: Judgement;
  readonly baseline?: Judgement;
}

/** Errors of both sides on one case. */
export interface Errors {
  readonly own: SquaredErrors;
  readonly baseline: SquaredErrors;
}

/** Judges all cases; only one of them is in memory at a time. */
export function judgeStep(job: StepJob): StepJudgement {
  const log = new Log(job);
  const judged = judgedModule(job);
  for (const [k, c] of job.cases.entries()) {
    const result = job.results[k]!;
    if (!('value' in result)) continue;
    const other = job.baseline?.[k];
    const held = { case: c, value: result.value, baseline: other && valueIn(other) };
    const tried = attempted(() => judgeCase(held, job, judged, log));
    if ('why' in tried) log.skipped.set(c.name, tried.why);
  }
  return log;
}

function judgedModule({ module, contract, limits, foreign }: StepJob): JudgedModule {
  if (!foreign) return { module, contract, limits, otherChoices: [] };
  const otherForm = withLogisticByTanh(module);
  return { module, contract, limits, otherChoices: otherChoices(module), otherForm };
}

/** What was found so far. */
class Log implements StepJudgement {
  readonly outputs: OutputJudgement[];
  readonly reasons = new Map<string, readonly string[]>();
  readonly skipped = new Map<string, string>();
  readonly entered = new Set<Computation>();
  readonly leftOpen = new Map<string, number>();
  readonly byOtherForm: string[] = [];

  constructor(job: StepJob) {
    this.outputs = outputsOf(job);
  }

  note({ case: c }: Held, own: OutputJudgements, theirs: OutputJudgements | undefined): void {
    for (const [n, judgement] of own.outputs.entries()) {
      const baseline = theirs?.outputs[n];
      this.outputs[n]!.cases.push({ case: c, judgement, ...(baseline && { baseline }) });
    }
    if (own.reasons.length) this.reasons.set(c.name, own.reasons);
    if (own.leftOpen) this.leftOpen.set(c.name, own.leftOpen);
    if (own.byOtherForm) this.byOtherForm.push(c.name);
  }
}

function valueIn(result: Result): Value | undefined {
  return 'value' in result ? result.value : undefined;
}

function outputsOf({ module, names }: StepJob): OutputJudgement[] {
  return leafShapes(rootOf(entryOf(module)).shape)
    .filter((s) => s.kind === 'array' || s.kind === 'buffer')
    .map((shape, output) => {
      const name = names[output] ?? `out${output}`;
      return { output, name, shape: printShape(shape, false), cases: [], errors: [] };
    });
}

interface Held {
  readonly case: SessionCase;
  readonly value: Value;
  readonly baseline: Value | undefined;
}

function judgeCase(held: Held, job: StepJob, judged: JudgedModule, log: Log): void {
  const { case: c, value, baseline } = held;
  const known = job.recorded?.get(c.name);
  const same = known && !job.measures ? identicalOutputs(value, known) : undefined;
  const isKnown = same && (!baseline || sameBits(baseline, known!));
  const note = (computation: Computation) => void log.entered.add(computation);
  const judge = isKnown ? undefined : caseJudge(judged, c, note);
  const own = same ?? judge!.judge(value);
  if (own.skipped)
    throw new AssayError({ code: 'run/unsupported', message: own.reasons.join('; ') });
  const theirs = baseline && (sameBits(baseline, value) ? own : judge!.judge(baseline));
  if (judge) noteErrors(judge, held, own, job, log.outputs);
  log.note(held, own, theirs);
}

/** Maps of what is graver than all before, and errors where they are measured. */
function noteErrors(
  judge: CaseJudge,
  { baseline }: Held,
  own: OutputJudgements,
  { measures }: StepJob,
  outputs: readonly OutputJudgement[],
): void {
  const worse = own.outputs.map((j, n) => isFinding(j.verdict) && isWorst(j, outputs[n]!));
  const measured = measures && baseline;
  if (!measured && !worse.some((w) => w)) return;
  const exact = exactLeaves(judge.exact(own.value));
  const results = leafTensors(own.value);
  for (const [n, output] of outputs.entries()) {
    const [tensor, radii] = [results[n]!, exact[n]!];
    if (worse[n]) output.map = errorMap(tensor, budgetUses(tensor, radii));
    if (!measured) continue;
    const other = leafTensors(baseline)[n]!;
    const errors = { own: squaredErrors(tensor, radii), baseline: squaredErrors(other, radii) };
    output.errors.push(errors);
  }
}

function isWorst(judgement: Judgement, { cases }: OutputJudgement): boolean {
  return cases.every((c) => worseThan(judgement, c.judgement));
}

/** Whether one judgement is to be shown rather than another. */
export function worseThan(a: Judgement, b: Judgement): boolean {
  if (a.verdict !== b.verdict) return isGraver(a.verdict, b.verdict);
  const ranks = [a, b].map((j) => [Number(isPlain(j)), j.worst?.budgetUse ?? 0, j.outside]);
  const [left, right] = ranks as [number[], number[]];
  const at = left.findIndex((x, n) => x !== right[n]);
  return at >= 0 && left[at]! > right[at]!;
}

/** Whether the gravest element is a number on all sides, which shows more than a NaN does. */
function isPlain({ worst }: Judgement): boolean {
  return (
    !!worst && [worst.before, worst.after, worst.exact].every((x) => Number.isFinite(Number(x)))
  );
}
