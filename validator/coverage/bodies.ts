/**
 * Branches and loop bodies that a step changed and that no case enters, as pairs of modules of their
 * own: what they compute is judged on the operands that the cases give them, entered or not.
 */

import { computationOf, type Module } from '../../graphs/ir/module.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import { sameSignature } from '../../graphs/text/equal.ts';
import type {
  Numbering,
  ValueDefinition,
  ValueNumber,
} from '../../graphs/value-graph/numbering.ts';
import { flowOf, type ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { namesOf } from '../findings/region-module.ts';
import { type Entered, gates } from './reached.ts';

/** A body before a step and after it. */
export interface BodyPair {
  /** Name of the computation before. */
  readonly computation: string;
  /** Names of the conditionals and loops around it, outermost first, joined by '/'. */
  readonly site: string;
  readonly before: Module;
  readonly after: Module;
  /** The value that the body is given, by number; undefined inside another computation. */
  readonly operand: ValueNumber | undefined;
}

/** What can be judged by itself, and what has nothing to be held against. */
export interface ChangedBodies {
  readonly pairs: readonly BodyPair[];
  /** Bodies before the step that nothing after it corresponds to. */
  readonly alone: readonly Pick<BodyPair, 'computation' | 'site'>[];
}

/** Numbers of the conditionals and loops that one side has and the other has not. */
export function changedSites(
  valueGraph: ValueGraph,
  other: ValueGraph,
  numbering: Numbering,
): ValueNumber[] {
  return valueGraph.order.filter(
    (n) => !other.position.has(n) && gates(numbering.term(n).instruction).length > 0,
  );
}

/** The bodies that a step changed and that are not among those that were entered. */
export function changedBodies(
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
  entered: Entered,
): ChangedBodies {
  const search = new Search(numbering, entered);
  search.visit(before, after, '');
  return search;
}

class Search implements ChangedBodies {
  readonly pairs: BodyPair[] = [];
  readonly alone: Pick<BodyPair, 'computation' | 'site'>[] = [];
  private readonly numbering: Numbering;
  private readonly entered: Entered;

  constructor(numbering: Numbering, entered: Entered) {
    this.numbering = numbering;
    this.entered = entered;
  }

  /** Holds the changed sites of a body against those of its counterpart. */
  visit(before: ValueGraph, after: ValueGraph, around: string): void {
    const [b, a] = [
      changedSites(before, after, this.numbering),
      changedSites(after, before, this.numbering),
    ];
    const names = { before: namesOf(before), after: namesOf(after) };
    const counterpart = (n: ValueNumber, at: number) => {
      const same = a.filter((m) => this.isLike(n, m));
      if (b.length === a.length && same.includes(a[at]!)) return a[at];
      return same.find((m) => names.after(m) === names.before(n));
    };
    for (const [at, n] of b.entries()) {
      const site = around + (names.before(n) ?? this.numbering.term(n).instruction.name);
      this.compare(n, counterpart(n, at), site, around === '');
    }
  }

  /** Whether two sites run as many computations of the same kind. */
  private isLike(n: ValueNumber, m: ValueNumber): boolean {
    const [x, y] = [n, m].map((k) => this.numbering.term(k).instruction);
    return x!.opcode === y!.opcode && calledBy(x!).length === calledBy(y!).length;
  }

  private compare(
    n: ValueNumber,
    other: ValueNumber | undefined,
    site: string,
    isOuter: boolean,
  ): void {
    const term = this.numbering.term(n);
    const names = gates(term.instruction);
    const others = other === undefined ? [] : gates(this.numbering.term(other).instruction);
    for (const [k, computation] of names.entries()) {
      const isEntered = this.entered.has(computationOf(term.module, computation));
      if (other === undefined) {
        if (!isEntered && this.isOpen(term)) this.alone.push({ computation, site });
        continue;
      }
      const before = { ...term.module, entry: computation };
      const after = { ...this.numbering.term(other).module, entry: others[k]! };
      const [b, a] = [flowOf(before, this.numbering), flowOf(after, this.numbering)];
      if (b.root === a.root) continue;
      if (isEntered) this.visit(b, a, `${site}/`);
      else if (!sameSignature(before, after)) this.alone.push({ computation, site });
      else {
        const operand = isOuter ? operandOf(term, k) : undefined;
        this.pairs.push({ computation, site, before, after, operand });
      }
    }
  }

  /** Whether inputs have a say in where a site goes: else the rest is dead code, and may go. */
  private isOpen({ operands }: ValueDefinition): boolean {
    const seen = new Set<ValueNumber>();
    const pending = [operands[0]!];
    for (let n = pending.pop(); n !== undefined; n = pending.pop()) {
      if (seen.has(n)) continue;
      seen.add(n);
      const term = this.numbering.term(n);
      if (term.instruction.opcode === 'parameter') return true;
      pending.push(...term.operands);
    }
    return false;
  }
}

/** The operand that the k-th body of a site is given. */
function operandOf({ instruction, operands }: ValueDefinition, k: number): ValueNumber {
  return operands[instruction.opcode === 'while' ? 0 : k + 1]!;
}
