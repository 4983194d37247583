/**
 * Drafts: how a pass edits a module without touching it. A pass reads `draft.before` and writes
 * into the draft; `finish()` gives the new module and the record of replacements (old value → new
 * value) that local validation is built on. Ids of untouched instructions are kept.
 */

import type { Contract } from '../ir/contract.ts';
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../ir/module.ts';
import type { Shape } from '../ir/shape.ts';
import { orderComputations } from '../ops/callees.ts';
import type { Opcode } from '../ops/table.ts';
import { type ComputationDraft, draftComputation } from './draft-computation.ts';
import type { GivenAttrs } from './make.ts';
import { signatureOf } from './make.ts';

/** One value that a pass put in the place of another. */
export interface Replacement {
  /** Name of the computation, the same before and after. */
  readonly computation: string;
  /** Id of the instruction before. */
  readonly before: InstructionId;
  /** Id of the instruction after. */
  readonly after: InstructionId;
  /** Promise of this single rewrite, where it differs from that of the pass. */
  readonly contract?: Contract;
  /** Set where only this use was redirected. */
  readonly use?: { readonly user: InstructionId; readonly operand: number };
}

/** A module after an edit, and what was replaced by what. */
export interface DraftResult {
  readonly module: Module;
  readonly changed: boolean;
  readonly replacements: readonly Replacement[];
}

/** What a new instruction may be given beside opcode and operands. */
export interface AddOptions<O extends Opcode> {
  readonly attrs?: GivenAttrs<O>;
  /** Result shape, for ops whose operands do not determine it. */
  readonly shape?: Shape;
  /** Stem of the name; a number is added. Default: the opcode. */
  readonly name?: string;
  /** Instruction whose metadata and other extras are taken over. */
  readonly like?: Instruction;
}

/** Edits of a module, a draft for each computation that is touched. */
export class ModuleDraft {
  /** The module as the pass was given it; never changes. */
  readonly before: Module;
  private readonly drafts = new Map<string, ComputationDraft>();
  private readonly added = new Map<string, Computation>();
  private readonly names: Set<string>;
  private nextId: number;

  constructor(before: Module) {
    this.before = before;
    this.names = new Set(before.computations.map((c) => c.name));
    this.nextId = 1;
    for (const c of before.computations) {
      for (const i of c.instructions) if (i.id >= this.nextId) this.nextId = i.id + 1;
    }
  }

  /** The draft of a computation of `before`. */
  computation(name: string): ComputationDraft {
    let draft = this.drafts.get(name);
    if (!draft) {
      draft = draftComputation(computationOf(this.before, name), {
        newId: () => this.newId(),
        signature: (callee) => signatureOf(this.holding(callee), callee),
      });
      this.drafts.set(name, draft);
    }
    return draft;
  }

  entry(): ComputationDraft {
    return this.computation(this.before.entry);
  }

  /** An id that no instruction of the module has. */
  newId(): InstructionId {
    return this.nextId++ as InstructionId;
  }

  /** A computation name that is not taken, from a stem. */
  newName(stem: string): string {
    let name = stem;
    for (let n = 1; this.names.has(name); n++) name = `${stem}.${n}`;
    this.names.add(name);
    return name;
  }

  /** Adds a computation built with newId() and newName(). */
  addComputation(computation: Computation): void {
    this.names.add(computation.name);
    this.added.set(computation.name, computation);
  }

  /** The new module; computations that nothing calls any more are dropped. */
  finish(): DraftResult {
    const replacements: Replacement[] = [];
    let changed = this.added.size > 0;
    const computations = this.before.computations.map((c) => {
      const result = this.drafts.get(c.name)?.finish();
      if (!result || result.computation === c) return c;
      changed = true;
      replacements.push(...result.replacements);
      return result.computation;
    });
    if (!changed) return { module: this.before, changed, replacements };
    const all = new Map([...computations, ...this.added.values()].map((c) => [c.name, c]));
    const module = { ...this.before, computations: orderComputations(all, this.before.entry) };
    return { module, changed, replacements };
  }

  private holding(callee: string): Module {
    const added = this.added.get(callee);
    return added ? { ...this.before, computations: [added] } : this.before;
  }
}

/** Runs an edit and returns the result: `edit(module, (draft) => …)`. */
export function edit(module: Module, change: (draft: ModuleDraft) => void): DraftResult {
  const draft = new ModuleDraft(module);
  change(draft);
  return draft.finish();
}
