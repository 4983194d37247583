/**
 * A result from anywhere held against a whole module: a subject whose boundary is the parameters.
 */

import { type Contract, declares } from '../../graphs/ir/contract.ts';
import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import { entryOf, type Module, rootOf } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf, type ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { ExactValue } from '../exact/core/value.ts';
import { workOf } from '../limits/work.ts';
import { CaseValues } from '../localization/values.ts';
import type { RunOptions } from '../reference/run.ts';
import { exactSubject } from '../verdict/exact-subject.ts';
import { sameBits } from '../verdict/judge.ts';
import { judgeSubject, unjudged, type Verdict } from '../verdict/judge-subject.ts';
import { type OtherForm, outputsOf, type Subject } from '../verdict/subject.ts';
import type { Judgement } from '../verdict/verdict.ts';

/** The work (about 0.1 µs a unit) up to which a single result is sampled: some seconds in all. */
const maxSampledWork = 2 ** 20;

/** What a whole pipeline may have done to a module. */
export interface WholeContract {
  readonly contract: Contract;
  /** Under `narrows`: the opcodes that it narrowed; without it, all of them. */
  readonly narrowed?: ReadonlySet<string>;
  /** How the modules are run. */
  readonly options?: RunOptions;
  /** Where algebra is declared: the other form of the module, whose roundings count as well. */
  readonly after?: Module;
  /**
   * False where samples are drawn to confirm a suspicion only, not to decide what is open; by default
   * for modules of much work, since samples take some thirty runs.
   */
  readonly mustDecide?: boolean;
  /** True where radii would cost much and tell nothing: a result of other bits stays undecided. */
  readonly bitsOnly?: boolean;
}

/** What the reference gives for a module on one case. */
export interface ReferenceRun {
  readonly numbering: Numbering;
  readonly valueGraph: ValueGraph;
  /** The values of the case, of the module's outputs at the least. */
  readonly values: CaseValues;
}

/** Why a module does not run on a case. */
export interface NotRun {
  readonly error: AssayError;
}

/** The part of a run that judging results needs, or why there is none. */
export function keptRun({ numbering, valueGraph, values }: ReferenceRun): ReferenceRun | NotRun {
  try {
    values.get(valueGraph.root);
  } catch (error) {
    if (error instanceof AssayError) return { error };
    throw error;
  }
  const outputs = outputsOf(valueGraph.root, numbering);
  return { numbering, valueGraph, values: values.only([valueGraph.root, ...outputs]) };
}

function runOf(module: Module, inputs: readonly Value[], { options }: WholeContract): ReferenceRun {
  const numbering = new Numbering();
  const valueGraph = flowOf(module, numbering);
  return { numbering, valueGraph, values: new CaseValues(numbering, inputs, options) };
}

/**
 * Judges a result of `module` on these inputs, whoever computed it; the reference runs the module
 * unless it has done so.
 *
 * @throws AssayError `run/unsupported` where the result depends on what nobody can see into
 */
export function judgeResult(
  module: Module,
  result: Value,
  inputs: readonly Value[],
  whole: WholeContract,
  known?: ReferenceRun,
): Judgement {
  const run = known ?? runOf(module, inputs, whole);
  const { judgement, skipped, reasons } = judgeWhole(run, result, whole);
  return skipped ? fail('run/unsupported', reasons.join('; ')) : judgement;
}

/** The verdict on a result of the module that the reference has run. */
export function judgeWhole(run: ReferenceRun, result: Value, whole: WholeContract): Verdict {
  const { values, valueGraph } = run;
  const before = values.get(valueGraph.root);
  if (whole.bitsOnly && !sameBits(result, before)) {
    const judgement = unjudged(rootOf(entryOf(valueGraph.module)).shape);
    const reasons = ['radii told nothing on an earlier case, and were not computed'];
    return { judgement, outputs: [judgement], reasons, open: [], skipped: false };
  }
  const mustDecide = whole.mustDecide ?? workOf(valueGraph.module).total <= maxSampledWork;
  return judgeSubject(subjectOf(run, { ...whole, mustDecide }), before, { value: result });
}

/**
 * The exact result of the module with its radii, as a verdict on this result begins with; samples,
 * which narrow budgets and settle decisions, come after it.
 */
export function exactWhole(run: ReferenceRun, result: Value, whole: WholeContract): ExactValue {
  const before = run.values.get(run.valueGraph.root);
  return exactSubject(subjectOf(run, whole), { before, after: result }).result;
}

function subjectOf(
  { numbering, valueGraph, values }: ReferenceRun,
  { contract, narrowed, after, mustDecide }: WholeContract,
): Subject {
  const other = after && declares(contract, 'algebra') && otherForm(after, numbering);
  return {
    ...{ numbering, values, order: valueGraph.order, root: valueGraph.root, contract, options: {} },
    outputs: outputsOf(valueGraph.root, numbering),
    ...(narrowed && { narrowed }),
    ...(other && { other }),
    ...(mustDecide !== undefined && { mustDecide }),
  };
}

function otherForm(after: Module, numbering: Numbering): OtherForm {
  const { order, root } = flowOf(after, numbering);
  return { order, outputs: outputsOf(root, numbering), partner: (n) => n, related: () => [] };
}
