/**
 * Correspondences: which value after a pass stands for which value before. A draft's record makes them by
 * construction; for dumps they are inferred from names and equal users, and then count only as
 * far as the data bear them out.
 */

import type { Replacement } from '../../graphs/build/draft.ts';
import { type Contract, weaker } from '../../graphs/ir/contract.ts';
import {
  computationOf,
  type InstructionId,
  instructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import { sameShape } from '../../graphs/ir/shape.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';

/** One pair of values. */
export interface Correspondence {
  readonly before: ValueNumber;
  readonly after: ValueNumber;
  /** Promise of the rewrite that made it, where it is not that of the pass. */
  readonly contract?: Contract;
  /** Inferred correspondences are dropped when the data contradict them. */
  readonly inferred: boolean;
}

/** Pairs by the value after; several before may stand for one after. */
export class Correspondences {
  private readonly byAfter = new Map<ValueNumber, Correspondence[]>();
  private readonly byBefore = new Map<ValueNumber, Set<ValueNumber>>();
  private readonly dropped: ReadonlySet<string>;

  /** `dropped`: pairs (see pairKey) that were found not to hold. */
  constructor(dropped: ReadonlySet<string> = new Set()) {
    this.dropped = dropped;
  }

  add(correspondence: Correspondence): void {
    if (correspondence.before === correspondence.after || this.isDropped(correspondence)) return;
    const known = this.byAfter.get(correspondence.after) ?? [];
    const same = known.findIndex((c) => c.before === correspondence.before);
    if (same < 0) this.byAfter.set(correspondence.after, [...known, correspondence]);
    else known[same] = merged(known[same]!, correspondence);
    const partners = this.byBefore.get(correspondence.before) ?? new Set<ValueNumber>();
    this.byBefore.set(correspondence.before, partners.add(correspondence.after));
  }

  /** Adds a correspondence that is beyond doubt: the only one that its value after then has. */
  settle(pair: { readonly before: ValueNumber; readonly after: ValueNumber }): void {
    for (const { before } of this.of(pair.after)) this.byBefore.get(before)?.delete(pair.after);
    this.byAfter.set(pair.after, [{ ...pair, inferred: false }]);
    const partners = this.byBefore.get(pair.before) ?? new Set<ValueNumber>();
    this.byBefore.set(pair.before, partners.add(pair.after));
  }

  /** Whether the pair was found not to hold. */
  isDropped(pair: { readonly before: ValueNumber; readonly after: ValueNumber }): boolean {
    return this.dropped.has(pairKey(pair));
  }

  /** The correspondences that a value after stands for values before. */
  of(after: ValueNumber): readonly Correspondence[] {
    return this.byAfter.get(after) ?? [];
  }

  between(before: ValueNumber, after: ValueNumber): Correspondence | undefined {
    return this.of(after).find((c) => c.before === before);
  }

  /** The correspondences of this value before. */
  from(before: ValueNumber): readonly Correspondence[] {
    return [...(this.byBefore.get(before) ?? [])].map((after) => this.between(before, after)!);
  }

  /** Whether some value after stands for this one. */
  covers(before: ValueNumber): boolean {
    return (this.byBefore.get(before)?.size ?? 0) > 0;
  }

  all(): Correspondence[] {
    return [...this.byAfter.values()].flat();
  }
}

/** `before:after`, by number. */
export function pairKey(pair: {
  readonly before: ValueNumber;
  readonly after: ValueNumber;
}): string {
  return `${pair.before}:${pair.after}`;
}

/** Correspondences of a draft: its replacements, and every instruction that kept its name. */
export function recordedCorrespondences(
  before: ValueGraph,
  after: ValueGraph,
  replacements: readonly Replacement[],
  numbering: Numbering,
): Correspondences {
  const correspondences = new Correspondences();
  for (const r of replacements) {
    const from = nameOf(before.module, r.computation, r.before);
    const to = nameOf(after.module, r.computation, r.after);
    if (from === undefined || to === undefined) continue;
    for (const prefix of before.frames.get(r.computation) ?? []) {
      const pair = placed(before, after, prefix + from, prefix + to);
      const contract = r.contract && { contract: r.contract };
      if (pair && compatible(pair, numbering))
        correspondences.add({ ...pair, ...contract, inferred: false });
    }
  }
  addSamePlaces(correspondences, before, after, numbering, false);
  return correspondences;
}

/** Correspondences of a transition of which only the two modules are known: same place, same op. */
export function inferredCorrespondences(
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
  dropped: ReadonlySet<string>,
): Correspondences {
  const correspondences = new Correspondences(dropped);
  addSamePlaces(correspondences, before, after, numbering, true);
  return correspondences;
}

/** Whether two values may be held against each other at all: same shape. */
export function compatible(
  pair: { readonly before: ValueNumber; readonly after: ValueNumber },
  numbering: Numbering,
): boolean {
  const b = numbering.term(pair.before).instruction.shape;
  return sameShape(b, numbering.term(pair.after).instruction.shape);
}

/**
 * Values that are known from the text: two of them with different numbers do differ. So do two that
 * both live on, under each other's names. A tuple is no more than its elements: taken for another one,
 * it starts a loop where that never ends.
 */
const fixed: ReadonlySet<string> = new Set(['constant', 'iota', 'tuple']);

function addSamePlaces(
  correspondences: Correspondences,
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
  inferred: boolean,
): void {
  for (const [place, a] of after.places) {
    const b = before.places.get(place);
    if (b === undefined || b === a || correspondences.between(b, a)) continue;
    if (!compatible({ before: b, after: a }, numbering)) continue;
    const [was, is] = [b, a].map((n) => numbering.term(n).instruction.opcode);
    const liveOn = after.position.has(b) && before.position.has(a);
    if (!inferred || (was === is && !fixed.has(was!) && !liveOn)) {
      correspondences.add({ before: b, after: a, inferred });
    }
  }
}

function placed(before: ValueGraph, after: ValueGraph, from: string, to: string) {
  const b = before.places.get(from);
  const a = after.places.get(to);
  return b === undefined || a === undefined ? undefined : { before: b, after: a };
}

function nameOf(module: Module, computation: string, id: InstructionId): string | undefined {
  try {
    return instructionOf(computationOf(module, computation), id).name;
  } catch {
    return undefined;
  }
}

function merged(a: Correspondence, b: Correspondence): Correspondence {
  const contract = a.contract && b.contract ? weaker(a.contract, b.contract) : undefined;
  return { ...a, inferred: a.inferred && b.inferred, ...(contract && { contract }) };
}
