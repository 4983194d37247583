/**
 * The exact values and radii of a subject. Where the contract declares algebra, the other form of
 * the same function is run as well: a result computed by either is right.
 */
import type { Term } from '../../graphs/flow/numbering.ts';
import { type Contract, declares } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { ExactContext, ExactOptions } from '../exact/context.ts';
import { eitherForm } from '../exact/either-form.ts';
import { makeExactContext } from '../exact/run.ts';
import { type ExactGraph, runGraph } from '../exact/run-graph.ts';
import type { ExactValue } from '../exact/value.ts';
import type { Settled } from '../sampling/settled.ts';
import { numbersAsked, type Subject } from './subject.ts';

export interface ExactOutcome {
  /** The exact value of a number that a verdict reads. */
  readonly exactOf: (number: number) => ExactValue | undefined;
  /** All outputs as one tuple. */
  readonly result: ExactValue;
  /** Why elements are undecided. */
  readonly reasons: readonly string[];
}

/** Options of the exact mode under a contract. */
export function exactOptions(contract: Contract, options: ExactOptions = {}): ExactOptions {
  const declared = {
    ...options,
    reciprocalDivision: declares(contract, 'reciprocal'),
    overReals: declares(contract, 'algebra'),
  };
  return contract.kind === 'narrows' ? { ...declared, computeType: contract.type } : declared;
}

/** Runs a subject exactly; `settled`: what is known of decisions that intervals leave open. */
export function exactSubject(subject: Subject, settled?: Settled): ExactOutcome {
  const { values, numbering, outputs, contract, other } = subject;
  const reasons = new Set<string>();
  const graph = graphOf(subject, (reason) => reasons.add(reason), settled);
  const exact = runGraph(graph);
  const plain = outputs.map((n) => exact.get(n)!);
  const exactOf = (n: number) => exact.get(n);
  if (!other || !declares(contract, 'algebra')) {
    return { exactOf, result: { kind: 'tuple', elements: plain }, reasons: [...reasons] };
  }
  const second = runGraph({
    ...graph,
    order: other.order,
    read: (n) => (isDraw(n, subject) && graph.isGiven(n) ? values.get(n) : other.read(n)),
    contextOf: contextChoice(subject, () => {}),
    kept: new Set(other.outputs),
  });
  const elements = plain.map((e, n) => eitherForm(e, second.get(other.outputs[n]!)!));
  const either = new Map(outputs.map((n, k) => [n, elements[k]!]));
  return {
    exactOf: (n) => either.get(n) ?? exactOf(n),
    result: { kind: 'tuple', elements },
    reasons: [...reasons],
  };

  function graphOf(of: Subject, because: (reason: string) => void, known?: Settled): ExactGraph {
    return {
      numbering,
      order: of.order,
      read: (n) => values.get(n),
      isGiven: givenNumbers(of),
      contextOf: contextChoice(of, because, known),
      kept: numbersAsked(of),
    };
  }
}

function isDraw(n: number, { numbering }: Subject): boolean {
  return isIn(numbering.term(n).instruction.opcode, 'random');
}

/**
 * Parameters are given. Where the other side draws no random numbers of its own, it is to be the
 * same function of those that this side drew: they are given too, so that two draws made one are seen.
 */
function givenNumbers(subject: Subject): (n: number) => boolean {
  const { numbering, keepsDraws = false } = subject;
  return (n) =>
    numbering.term(n).instruction.opcode === 'parameter' || (keepsDraws && isDraw(n, subject));
}

/** The context for an op: at the narrower type where the contract lets that op be narrowed. */
function contextChoice(
  { contract, options, narrowed, values }: Subject,
  because: (reason: string) => void,
  settled?: Settled,
): (term: Term) => ExactContext {
  const { limits } = values.options;
  const chosen = {
    ...exactOptions(contract, { ...options, ...(limits && { limits }) }),
    ...(settled && { settled }),
  };
  const { computeType: _, ...plain } = chosen;
  const made = new Map<Module, { readonly plain: ExactContext; readonly narrow: ExactContext }>();
  return ({ module, instruction }) => {
    let pair = made.get(module);
    if (!pair) {
      pair = {
        plain: makeExactContext(module, plain, because),
        narrow: makeExactContext(module, chosen, because),
      };
      made.set(module, pair);
    }
    return !narrowed || narrowed.has(instruction.opcode) ? pair.narrow : pair.plain;
  };
}
