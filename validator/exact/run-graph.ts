/**
 * Runs numbered values in exact arithmetic with radii: a changed region on the values at its
 * boundary, or a whole module, whose boundary is its parameters. It keeps what is asked for and what
 * is still to be read, so that a deep model needs no more memory than its widest place.
 */
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import type { ExactContext } from './core/context.ts';
import type { ExactValue } from './core/value.ts';
import { exactInstruction } from './run.ts';
import { Reassociation } from './sums/reassociation.ts';
import { chainLinks } from './sums/sum-links.ts';

/** What is run, on what, and what of it is asked for. */
export interface ExactGraph {
  readonly numbering: Numbering;
  /** What is run, operands first. */
  readonly order: readonly ValueNumber[];
  /** The value of a number that is read or given and not computed. */
  readonly read: (number: ValueNumber) => ExactValue;
  /** Numbers of the order that are given and not computed: parameters, draws that stay as they were. */
  readonly isGiven: (number: ValueNumber) => boolean;
  readonly contextOf: (term: ValueDefinition) => ExactContext;
  /** Numbers whose values are asked for afterwards. */
  readonly kept: ReadonlySet<ValueNumber>;
}

/** The values of the numbers that are kept. */
export function runGraph(graph: ExactGraph): ReadonlyMap<ValueNumber, ExactValue> {
  const { numbering, order, read, isGiven, contextOf, kept } = graph;
  const ends = lastReads(graph);
  const reassociation = new Reassociation(chainLinks(order.map((n) => numbering.link(n))));
  const values = new Map<ValueNumber, ExactValue>();
  const knownOf = (n: ValueNumber): ExactValue => {
    let value = values.get(n);
    if (!value) {
      value = read(n);
      values.set(n, value);
    }
    return value;
  };
  const readKey = (key: number): ExactValue => knownOf(key as ValueNumber);
  for (const n of order) {
    const term = numbering.term(n);
    if (!isGiven(n)) {
      const context = contextOf(term);
      const from = term.operands.map((o) => reassociation.operand(n, o, knownOf(o)));
      const value = exactInstruction(term.instruction, from, context);
      values.set(n, reassociation.widened(n, value, context, readKey));
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
}: Pick<ExactGraph, 'numbering' | 'order'>): ReadonlyMap<ValueNumber, readonly ValueNumber[]> {
  const last = new Map<ValueNumber, ValueNumber>();
  for (const n of order) {
    last.set(n, n);
    for (const o of numbering.term(n).operands) last.set(o, n);
  }
  const ends = new Map<ValueNumber, ValueNumber[]>();
  for (const [read, by] of last) {
    const known = ends.get(by);
    if (known) known.push(read);
    else ends.set(by, [read]);
  }
  return ends;
}
