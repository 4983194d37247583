/**
 * A result from anywhere held against a whole module: the exact mode runs the module's flow once,
 * keeping only what is still to be read, and each output is judged with its own budget.
 */
import { type Flow, flowOf } from '../../graphs/flow/flow.ts';
import { Numbering } from '../../graphs/flow/numbering.ts';
import { type Contract, declares } from '../../graphs/ir/contract.ts';
import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { leafTensors, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { exactOptions } from '../cut/exact-region.ts';
import { CaseValues } from '../cut/values.ts';
import { AnyOrder, chainLinks } from '../exact/any-order.ts';
import type { ExactContext } from '../exact/context.ts';
import { eitherForm } from '../exact/either-form.ts';
import { exactInstruction, liftValue, makeExactContext } from '../exact/run.ts';
import type { ExactValue } from '../exact/value.ts';
import { judgeApproximate } from '../judge/approximate.ts';
import { exactLeaves, judge, judgeBits, sameBits, type TieTest } from '../judge/judge.ts';
import { indexingOf, tieTest } from '../judge/meaning.ts';
import { type Compared, settleSuspects } from '../judge/monte-carlo.ts';
import { selectionOf } from '../judge/selection.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import { type RunOptions, runReference } from '../reference/run.ts';

/** What a whole pipeline may have done to a module. */
export interface WholeContract {
  readonly contract: Contract;
  /** Under `narrows`: the opcodes that it narrowed; without it, all of them. */
  readonly narrowed?: ReadonlySet<string>;
  /** How the modules are run. */
  readonly options?: RunOptions;
  /** Where algebra is declared: the other form of the module, whose roundings count as well. */
  readonly after?: Module;
}

/** What the reference gives for a module on one case. */
export interface ReferenceRun {
  readonly numbering: Numbering;
  readonly flow: Flow;
  /** The values of the case, of the module's outputs at the least. */
  readonly values: CaseValues;
}

/** Why a module does not run on a case. */
export interface NotRun {
  readonly error: AssayError;
}

/** The part of a run that judging results needs, or why there is none. */
export function keptRun({ numbering, flow, values }: ReferenceRun): ReferenceRun | NotRun {
  try {
    values.get(flow.root);
  } catch (error) {
    if (error instanceof AssayError) return { error };
    throw error;
  }
  const outputs = outputsOf(flow.root, numbering);
  return { numbering, flow, values: values.only([flow.root, ...outputs]) };
}

function runOf(module: Module, inputs: readonly Value[], { options }: WholeContract): ReferenceRun {
  const numbering = new Numbering();
  const flow = flowOf(module, numbering);
  return { numbering, flow, values: new CaseValues(numbering, inputs, options) };
}

/**
 * Judges a result of `module` on these inputs, whoever computed it; the reference runs the module
 * unless it has done so.
 */
export function judgeResult(
  module: Module,
  result: Value,
  inputs: readonly Value[],
  whole: WholeContract,
  known?: ReferenceRun,
): Judgement {
  const { numbering, flow, values } = known ?? runOf(module, inputs, whole);
  const reference = values.get(flow.root);
  if (sameBits(result, reference)) return judgeBits(result, reference);
  for (const why of values.opaque.values()) fail('run/unsupported', why);
  if (whole.contract.kind === 'exact') return judgeBits(result, reference);
  const outputs = outputsOf(flow.root, numbering);
  const exact = exactFlow(flow, outputs, { numbering, values, whole });
  const isTie = tieTests(outputs, { numbering, values, exact, result });
  const plain: ExactValue = { kind: 'tuple', elements: outputs.map((n) => exact(n)!) };
  const other = otherForm({ numbering, values, whole });
  const exactResult = other ? eitherForm(plain, other) : plain;
  const compared = { after: result, before: reference, exact: exactResult, isTie };
  if (whole.contract.kind === 'approximates') {
    const { recall } = whole.contract;
    return judgeSelection({ root: flow.root, numbering }, compared, recall, exact);
  }
  const first = judge(result, reference, exactResult, isTie);
  if (first.verdict !== 'suspect') return first;
  return settleSuspects(first, compared, (seed) =>
    runReference(module, inputs, { ...whole.options, rounding: { seed } }),
  );
}

/** The exact result of the module's other form, where the contract has one. */
function otherForm({ numbering, values, whole }: Run): ExactValue | undefined {
  if (!whole.after || !declares(whole.contract, 'algebra')) return undefined;
  const flow = flowOf(whole.after, numbering);
  const outputs = outputsOf(flow.root, numbering);
  const exact = exactFlow(flow, outputs, { numbering, values, whole });
  return { kind: 'tuple', elements: outputs.map((n) => exact(n)!) };
}

/** The numbers that a root's tuples come down to, in order. */
function outputsOf(root: number, numbering: Numbering): number[] {
  const { instruction, operands } = numbering.term(root);
  if (instruction.opcode !== 'tuple') return [root];
  return operands.flatMap((o) => outputsOf(o, numbering));
}

/** A result of approximate selections: judged as one if it is one, else held for undecided. */
function judgeSelection(
  { root, numbering }: { readonly root: number; readonly numbering: Numbering },
  compared: Compared,
  recall: number,
  exact: (n: number) => ExactValue | undefined,
): Judgement {
  const selection = selectionOf(root, numbering);
  const from = selection && exact(selection.from);
  const { after, before } = compared;
  if (selection && from?.kind === 'tensor') {
    const side = (value: Value) => ({ value, selection });
    return judgeApproximate({ after: side(after), before: side(before), from, recall });
  }
  const plain = judge(after, before, compared.exact, compared.isTie);
  if (!isFinding(plain.verdict)) return plain;
  const decided = plain.decided - plain.outside;
  return { ...plain, verdict: 'undecided', decided, outside: 0, worst: null };
}

interface Run {
  readonly numbering: Numbering;
  readonly values: CaseValues;
  readonly whole: WholeContract;
}

/** Runs the exact mode over a flow; answers for the outputs and for what their ties turn on. */
function exactFlow(flow: Flow, outputs: readonly number[], { numbering, values, whole }: Run) {
  const kept = new Set(outputs);
  for (const n of outputs) {
    const indexing = indexingOf(n, numbering);
    if (indexing) kept.add(indexing.into);
  }
  const selection = selectionOf(flow.root, numbering);
  if (selection) kept.add(selection.from);
  const uses = new Map<number, number>();
  for (const n of flow.order) {
    for (const o of numbering.term(n).operands) uses.set(o, (uses.get(o) ?? 0) + 1);
  }
  const contexts = contextChoice(whole);
  const anyOrder = new AnyOrder(chainLinks(flow.order.map((n) => numbering.link(n))));
  const exact = new Map<number, ExactValue>();
  for (const n of flow.order) {
    const { instruction, operands, module } = numbering.term(n);
    const from = operands.map((o) => anyOrder.operand(n, o, exact.get(o)!));
    const given = instruction.opcode === 'parameter';
    const context = contexts(module, instruction.opcode);
    const value = given ? liftValue(values.get(n)) : exactInstruction(instruction, from, context);
    const wide = anyOrder.widened(n, value, context, (o) => exact.get(o)!);
    exact.set(n, wide);
    for (const o of operands) {
      uses.set(o, uses.get(o)! - 1);
      if (uses.get(o) !== 0) continue;
      anyOrder.forget(o);
      if (!kept.has(o)) exact.delete(o);
    }
  }
  return (n: number) => exact.get(n);
}

/** The context for an op: at the narrower type where the contract lets that op be narrowed. */
function contextChoice({ contract, narrowed, options }: WholeContract) {
  const { reciprocalDivision, overReals } = exactOptions(contract);
  const declared = { reciprocalDivision, overReals };
  const made = new Map<Module, { plain: ExactContext; narrow: ExactContext }>();
  const computeType = contract.kind === 'narrows' ? { computeType: contract.type } : {};
  return (module: Module, opcode: string): ExactContext => {
    let pair = made.get(module);
    if (!pair) {
      const limits = options?.limits && { limits: options.limits };
      pair = {
        plain: makeExactContext(module, { ...limits, ...declared }),
        narrow: makeExactContext(module, { ...limits, ...declared, ...computeType }),
      };
      made.set(module, pair);
    }
    return !narrowed || narrowed.has(opcode) ? pair.narrow : pair.plain;
  };
}

interface Outputs {
  readonly numbering: Numbering;
  readonly values: CaseValues;
  readonly exact: (n: number) => ExactValue | undefined;
  readonly result: Value;
}

/** One tie test over all outputs: each leaf of the result is handed to its number's own test. */
function tieTests(
  outputs: readonly number[],
  { numbering, values, exact, result }: Outputs,
): TieTest {
  const results = leafTensors(result);
  const tests: TieTest[] = [];
  for (const n of outputs) {
    const before = values.get(n);
    const after = tupleValue(
      results.slice(tests.length, tests.length + leafTensors(before).length),
    );
    const test = tieTest(n, numbering, { after, before, valueOf: exact });
    for (const [leaf] of exactLeaves(exact(n)!).entries()) {
      tests.push((_output, position) => test(leaf, position));
    }
  }
  return (output, position) => tests[output]?.(output, position) ?? false;
}
