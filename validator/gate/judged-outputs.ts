/** Results of a module on one case held against its budget, each output by itself. */
import type { Contract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Computation, Module } from '../../graphs/ir/module.ts';
import { leafTensors, tensor, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import type { ExactValue } from '../exact/core/value.ts';
import type { Limits } from '../limits/limits.ts';
import { CaseValues } from '../localization/values.ts';
import { type RunOptions, runReference } from '../reference/run.ts';
import { runOptions, type SessionCase } from '../validation/case.ts';
import {
  exactWhole,
  judgeWhole,
  keptRun,
  type ReferenceRun,
  type WholeContract,
} from '../validation/judge-result.ts';
import { sameBits } from '../verdict/judge.ts';
import { isFinding, type Judgement, nothingJudged } from '../verdict/verdict.ts';

/** What is judged a case by: the module, and what a runtime may do that the module does not say. */
export interface JudgedModule {
  readonly module: Module;
  readonly contract: Contract;
  readonly limits?: Limits | undefined;
  /** The module with other choices where its language leaves them open. */
  readonly otherChoices: readonly Module[];
  /** The module in another form, as runtimes compute it. */
  readonly otherForm?: Module | undefined;
}

/** What a module gives on a case, run once, and what may be held against it. */
export interface CaseJudge {
  /** Judges each output of a result; the reasons are those of undecided elements. */
  judge(result: Value): OutputJudgements;
  /** Exact values and radii of each output. */
  exact(result: Value): ExactValue;
}

/** A result, output by output. */
export interface OutputJudgements {
  /** One an output, depth first. */
  readonly outputs: readonly Judgement[];
  readonly reasons: readonly string[];
  /** True where nothing could be judged. */
  readonly skipped: boolean;
  /** The result, with what the reference has where the language leaves an element open. */
  readonly value: Value;
  /** How many of its elements that are. */
  readonly leftOpen: number;
  /** True where an output is right in the other form only. */
  readonly byOtherForm: boolean;
}

/** Runs the module by the reference; throws what that throws. `entered` hears what is executed. */
export function caseJudge(
  judged: JudgedModule,
  c: SessionCase,
  entered?: (computation: Computation) => void,
): CaseJudge {
  const { module, contract, limits } = judged;
  const whole: WholeContract = { contract, options: runOptions({ limits }) };
  const run = runOn(module, c, { ...whole.options, ...(entered && { entered }) });
  const marks = once(() => openMarks(run, c, judged));
  const form = once(() => judged.otherForm && runOn(judged.otherForm, c, whole.options!));
  return {
    judge: (result) => {
      const first = judgeOutputs(run, result, whole);
      if (!isWrong(first)) return first;
      const { value, leftOpen } = closed(result, run, marks());
      const again = leftOpen ? { ...judgeOutputs(run, value, whole), leftOpen } : first;
      const other = isWrong(again) ? form() : undefined;
      return other ? inEither(again, judgeOutputs(other, value, whole)) : again;
    },
    exact: (result) => exactWhole(run, result, whole),
  };
}

function runOn(module: Module, c: SessionCase, options: RunOptions): ReferenceRun {
  const numbering = new Numbering();
  const valueGraph = flowOf(module, numbering);
  const values = new CaseValues(numbering, c.inputs, options);
  const run = keptRun({ numbering, valueGraph, values });
  if ('error' in run) throw run.error;
  return run;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function isWrong({ outputs }: OutputJudgements): boolean {
  return outputs.some((j) => isFinding(j.verdict));
}

function referenceOf({ values, valueGraph }: ReferenceRun): Value {
  return values.get(valueGraph.root);
}

/** By output, 1 for elements that come out otherwise where the module chooses otherwise. */
function openMarks(run: ReferenceRun, c: SessionCase, { otherChoices, limits }: JudgedModule) {
  const own = leafTensors(referenceOf(run));
  const marks = own.map((t) => new Uint8Array(t.data.length));
  for (const module of otherChoices) {
    const other = leafTensors(runReference(module, c.inputs, runOptions({ limits })));
    for (const [n, t] of own.entries()) {
      const { data } = other[n]!;
      for (let i = 0; i < t.data.length; i++) {
        if (!Object.is(data[i], t.data[i])) marks[n]![i] = 1;
      }
    }
  }
  return marks;
}

/** The result with the reference's own numbers at the marks. */
function closed(result: Value, run: ReferenceRun, marks: readonly Uint8Array[]) {
  const reference = leafTensors(referenceOf(run));
  let [leaf, leftOpen] = [0, 0];
  const close = (v: Value): Value => {
    if (v.kind === 'tuple') return tupleValue(v.elements.map(close));
    if (v.kind !== 'tensor') return v;
    const [mark, own] = [marks[leaf]!, reference[leaf]!];
    leaf++;
    if (mark.length !== v.data.length || !mark.includes(1)) return v;
    leftOpen += mark.reduce((n, m) => n + m, 0);
    const data = v.data.slice() as typeof v.data;
    for (let i = 0; i < mark.length; i++) if (mark[i]) data[i] = own.data[i] as never;
    return tensor(v.shape, data);
  };
  return { value: close(result), leftOpen };
}

/** What is right in either form is right. */
function inEither(own: OutputJudgements, other: OutputJudgements): OutputJudgements {
  if (own.outputs.length !== other.outputs.length || other.skipped) return own;
  let byOtherForm = false;
  const outputs = own.outputs.map((j, n) => {
    const o = other.outputs[n]!;
    if (!isFinding(j.verdict) || isFinding(o.verdict)) return j;
    byOtherForm = true;
    return o;
  });
  return { ...own, outputs, byOtherForm };
}

function judgeOutputs(run: ReferenceRun, result: Value, whole: WholeContract): OutputJudgements {
  const { judgement, outputs, reasons, skipped } = judgeWhole(run, result, whole);
  const count = leafTensors(result).length;
  const rest = { reasons, skipped, value: result, leftOpen: 0, byOtherForm: false };
  if (outputs.length === count) return { outputs, ...rest };
  const at = judgement.worst?.output ?? 0;
  const alone = Array.from({ length: count }, (_, n) => (n === at ? judgement : nothingJudged));
  return { outputs: alone, ...rest };
}

/** The judgements of a result that has the same bits as a recorded one. */
export function identicalOutputs(result: Value, recorded: Value): OutputJudgements | undefined {
  if (!sameBits(result, recorded)) return undefined;
  const outputs = leafTensors(result).map(({ shape }): Judgement => {
    const elements = shape.dims.reduce((n, d) => n * d, 1);
    return { ...nothingJudged, elements, decided: elements };
  });
  return { outputs, reasons: [], skipped: false, value: result, leftOpen: 0, byOtherForm: false };
}

/** Runs something, or tells why it cannot: the message of an AssayError. */
export function attempted<T>(action: () => T): { readonly done: T } | { readonly why: string } {
  try {
    return { done: action() };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { why: error.message };
  }
}
