/**
 * The exact values and radii of a subject. Where the contract declares algebra, the other form of
 * the same function can be evaluated as well: its roundings count where the subject's own do not
 * allow a result.
 */

import { type Contract, declares } from '../../graphs/ir/contract.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import { alternateForms, type EvaluateForm, leafIn } from '../exact/core/alternate-forms.ts';
import type { ExactContext, ExactOptions } from '../exact/core/context.ts';
import { stored } from '../exact/core/narrowed.ts';
import type { ExactValue } from '../exact/core/value.ts';
import { fromPlainValue, makeExactContext } from '../exact/run.ts';
import { runGraph } from '../exact/run-graph.ts';
import { SimulatedHost } from '../reference/simulated-host.ts';
import type { Settled } from '../sampling/settled.ts';
import { coarsestRounding } from './coarsest.ts';
import { numbersAsked, type Subject } from './subject.ts';
import { markedUnpromised, type Unpromised, unpromisedReason } from './unpromised.ts';

/** What the exact mode says of a subject. */
export interface ExactOutcome {
  /** The exact value of a number that a verdict reads. */
  readonly exactOf: (number: ValueNumber) => ExactValue | undefined;
  /** All outputs as one tuple. */
  readonly result: ExactValue;
  /** Why elements are undecided. */
  readonly reasons: readonly string[];
}

/** What is held against a subject, and what the reference gives for it. */
export interface Held {
  readonly before: Value;
  readonly after: Value;
  /** Elements that nobody promises anything of. */
  readonly unpromised?: Unpromised | undefined;
}

/** Options of the exact mode under a contract. */
export function exactOptions(contract: Contract, options: ExactOptions = {}): ExactOptions {
  const declared = { ...options, reciprocalDivision: declares(contract, 'reciprocal') };
  if (contract.kind === 'widens') return { ...declared, widened: true };
  return contract.kind === 'narrows' ? { ...declared, computeType: contract.type } : declared;
}

/** Runs a subject exactly; `settled`: what is known of decisions that intervals leave open. */
export function exactSubject(
  subject: Subject,
  { before, after, unpromised }: Held,
  settled?: Settled,
): ExactOutcome {
  const { values, numbering, order, outputs, contract, other } = subject;
  const reasons = new Set<string>();
  const explainUndecided = (reason: string) => reasons.add(reason);
  const contextOf = contextChoice(subject, {}, explainUndecided, settled);
  const exact = runGraph({
    ...{ numbering, order, contextOf, isGiven: givenNumbers(subject) },
    read: (n) => fromPlainValue(values.get(n)),
    kept: numbersAsked(subject),
  });
  const own = outputs.map((n) => stored(exact.get(n)!, contextOf(numbering.term(n))));
  const plain: ExactValue = { kind: 'tuple', elements: own };
  const isEither = other && declares(contract, 'algebra');
  const formed = isEither
    ? alternateForms(
        plain,
        { result: after, reference: before },
        formsOf(subject),
        explainUndecided,
      )
    : plain;
  if (unpromised) explainUndecided(unpromisedReason);
  const result = unpromised ? markedUnpromised(formed, unpromised) : formed;
  const parts = result.kind === 'tuple' ? result.elements : [];
  const byNumber = new Map(outputs.map((n, k) => [n, parts[k]!]));
  return {
    exactOf: (n) => byNumber.get(n) ?? exact.get(n),
    result,
    reasons: [...reasons],
  };
}

/** Evaluates either form in the arithmetic asked for; one that does not run in it has no value. */
function formsOf(subject: Subject): EvaluateForm {
  const { numbering, values, order, outputs } = subject;
  const other = subject.other!;
  const isGiven = givenNumbers(subject);
  let found: number | undefined;
  const coarsest = () => (found ??= coarsestRounding(subject));
  return (form, how) => {
    const related = other.related();
    if (how.related && related.length === 0) return undefined;
    const plain = (n: ValueNumber) => {
      const { tame, ...arithmetic } = how;
      const drawn = tame && !isFixed(n, numbering) ? { tame } : {};
      return leafIn(values.get(n), { ...arithmetic, ...drawn });
    };
    const limit = form === 'after' ? { coarsest: coarsest() } : {};
    const contextOf = contextChoice(subject, { ...how, ...limit }, () => {});
    const graph = { numbering, isGiven, contextOf };
    const run = (
      numbers: readonly ValueNumber[],
      asked: readonly ValueNumber[],
      read: typeof plain,
    ) => runGraph({ ...graph, order: numbers, read, kept: new Set(asked) });
    try {
      const computed = how.related || how.tame ? run(related, related, plain) : undefined;
      const partner = form === 'after' ? other.partner : (n: ValueNumber) => n;
      const leaf = (n: ValueNumber) => computed?.get(partner(n)) ?? plain(partner(n));
      const asked = form === 'after' ? other.outputs : outputs;
      const exact = run(form === 'after' ? other.order : order, asked, leaf);
      return { kind: 'tuple', elements: asked.map((n) => exact.get(n)!) };
    } catch (error) {
      if (error instanceof AssayError) return undefined;
      throw error;
    }
  };
}

/** Whether a value depends on nothing that the module is given. */
function isFixed(n: ValueNumber, numbering: Numbering, depth = 8): boolean {
  const { instruction, operands } = numbering.term(n);
  if (instruction.opcode === 'constant' || instruction.opcode === 'iota') return true;
  if (operands.length === 0 || depth === 0) return false;
  return operands.every((o) => isFixed(o, numbering, depth - 1));
}

/**
 * Parameters are given. Where the other side draws no random numbers of its own, it is to be the
 * same function of those that this side drew: they are given too, so that two draws made one are seen.
 */
function givenNumbers({ numbering, keepsDraws = false }: Subject): (n: ValueNumber) => boolean {
  return (n) => {
    const { opcode } = numbering.term(n).instruction;
    return opcode === 'parameter' || (keepsDraws && isIn(opcode, 'random'));
  };
}

/** The context for an op: at the narrower type where the contract lets that op be narrowed. */
function contextChoice(
  { contract, options, narrowed, values }: Subject,
  {
    realAlgebra,
    roundedConstants,
    coarsest,
  }: Pick<ExactOptions, 'realAlgebra' | 'roundedConstants' | 'coarsest'>,
  explainUndecided: (reason: string) => void,
  settled?: Settled,
): (term: ValueDefinition) => ExactContext {
  const { limits, device } = values.options;
  const host = new SimulatedHost({ notes: false });
  const chosen = {
    ...exactOptions(contract, { ...options, ...(limits && { limits }) }),
    ...(device !== undefined && { device }),
    host,
    ...(realAlgebra && { realAlgebra }),
    ...(roundedConstants && { roundedConstants }),
    ...(coarsest !== undefined && { coarsest }),
    ...(settled && { settled }),
  };
  const { computeType: _, ...plain } = chosen;
  const made = new Map<Module, { readonly plain: ExactContext; readonly narrow: ExactContext }>();
  return ({ module, instruction }) => {
    let pair = made.get(module);
    if (!pair) {
      pair = {
        plain: makeExactContext(module, plain, explainUndecided),
        narrow: makeExactContext(module, chosen, explainUndecided),
      };
      made.set(module, pair);
    }
    host.take();
    return !narrowed || narrowed.has(instruction.opcode) ? pair.narrow : pair.plain;
  };
}
