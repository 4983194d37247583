/** Results of a module on one case held against its budget, each output by itself. */
import type { Contract } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Computation, Module } from '../../graphs/ir/module.ts';
import { leafTensors, type Value } from '../../graphs/ir/tensor.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';
import type { ExactValue } from '../exact/core/value.ts';
import type { Limits } from '../limits/limits.ts';
import { CaseValues } from '../localization/values.ts';
import { runOptions, type SessionCase } from '../validation/case.ts';
import {
  exactWhole,
  judgeWhole,
  keptRun,
  type ReferenceRun,
  type WholeContract,
} from '../validation/judge-result.ts';
import { sameBits } from '../verdict/judge.ts';
import { type Judgement, nothingJudged } from '../verdict/verdict.ts';

/** What a module gives on a case, run once, and what may be held against it. */
export interface CaseJudge {
  /** Judges each output of a result; the reasons are those of undecided elements. */
  judge(result: Value): OutputJudgements;
  /** Exact values and radii of each output. */
  exact(result: Value): ExactValue;
  /** What the reference gives. */
  readonly reference: Value;
}

export interface OutputJudgements {
  /** One an output, depth first. */
  readonly outputs: readonly Judgement[];
  readonly reasons: readonly string[];
  /** True where nothing could be judged. */
  readonly skipped: boolean;
}

/** Runs the module by the reference; throws what that throws. `entered` hears what is executed. */
export function caseJudge(
  module: Module,
  c: SessionCase,
  contract: Contract,
  limits?: Limits,
  entered?: (computation: Computation) => void,
): CaseJudge {
  const numbering = new Numbering();
  const valueGraph = flowOf(module, numbering);
  const options = runOptions({ limits });
  const noted = { ...options, ...(entered && { entered }) };
  const values = new CaseValues(numbering, c.inputs, noted);
  const run = keptRun({ numbering, valueGraph, values });
  if ('error' in run) throw run.error;
  const whole: WholeContract = { contract, options };
  return {
    reference: run.values.get(run.valueGraph.root),
    judge: (result) => judgeOutputs(run, result, whole),
    exact: (result) => exactWhole(run, result, whole),
  };
}

function judgeOutputs(run: ReferenceRun, result: Value, whole: WholeContract): OutputJudgements {
  const { judgement, outputs, reasons, skipped } = judgeWhole(run, result, whole);
  const count = leafTensors(result).length;
  if (outputs.length === count) return { outputs, reasons, skipped };
  const at = judgement.worst?.output ?? 0;
  const alone = Array.from({ length: count }, (_, n) => (n === at ? judgement : nothingJudged));
  return { outputs: alone, reasons, skipped };
}

/** The judgements of a result that has the same bits as a recorded one. */
export function identicalOutputs(result: Value, recorded: Value): OutputJudgements | undefined {
  if (!sameBits(result, recorded)) return undefined;
  const outputs = leafTensors(result).map(({ shape }): Judgement => {
    const elements = shape.dims.reduce((n, d) => n * d, 1);
    return { ...nothingJudged, elements, decided: elements };
  });
  return { outputs, reasons: [], skipped: false };
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
