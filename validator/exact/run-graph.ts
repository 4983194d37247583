/**
 * Runs numbered values in exact arithmetic with radii: a changed region on the values at its
 * boundary, or a whole module, whose boundary is its parameters. It keeps what is asked for and what
 * is still to be read, so that a deep model needs no more memory than its widest place.
 */
import type { Numbering, ValueDefinition } from '../../graphs/value-graph/numbering.ts';
import type { ExactContext } from './core/context.ts';
import type { ExactValue } from './core/value.ts';
import { exactInstruction } from './run.ts';
import { Reassociation } from './sums/reassociation.ts';
import { chainLinks } from './sums/sum-links.ts';

export interface ExactGraph {
  readonly numbering: Numbering;
  /** What is run, operands first. */
  readonly order: readonly number[];
  /** The value of a number that is read or given and not computed. */
  readonly read: (number: number) => ExactValue;
  /** Numbers of the order that are given and not computed: parameters, draws that stay as they were. */
  readonly isGiven: (number: number) => boolean;
  readonly contextOf: (term: ValueDefinition) => ExactContext;
  /** Numbers whose values are asked for afterwards. */
  readonly kept: ReadonlySet<number>;
}

/** The values of the numbers that are kept. */
export function runGraph(graph: ExactGraph): ReadonlyMap<number, ExactValue> {
  const { numbering, order, read, isGiven, contextOf, kept } = graph;
  const ends = lastReads(graph);
  const reassociation = new Reassociation(chainLinks(order.map((n) => numbering.link(n))));
  const values = new Map<number, ExactValue>();
  const knownOf = (n: number): ExactValue => {
    let value = values.get(n);
    if (!value) {
      value = read(n);
      values.set(n, value);
    }
    return value;
  };
  for (const n of order) {
    const term = numbering.term(n);
    if (!isGiven(n)) {
      const context = contextOf(term);
      const from = term.operands.map((o) => reassociation.operand(n, o, knownOf(o)));
      const value = exactInstruction(term.instruction, from, context);
      values.set(n, reassociation.widened(n, value, context, knownOf));
    } else knownOf(n);
    for (const o of ends.get(n) ?? []) {
      reassociation.forget(o);
      if (!kept.has(o)) values.delete(o);
    }
  }
  for (const n of kept) knownOf(n);
  return values;
}

/** By number: what nothing after it in the order reads. */
export function lastReads({
  numbering,
  order,
}: Pick<ExactGraph, 'numbering' | 'order'>): ReadonlyMap<number, readonly number[]> {
  const last = new Map<number, number>();
  for (const n of order) {
    last.set(n, n);
    for (const o of numbering.term(n).operands) last.set(o, n);
  }
  const ends = new Map<number, number[]>();
  for (const [read, by] of last) {
    const known = ends.get(by);
    if (known) known.push(read);
    else ends.set(by, [read]);
  }
  return ends;
}
