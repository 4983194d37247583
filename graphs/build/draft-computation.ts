/**
 * The draft of one computation. Instructions are added in terms of the computation as it was;
 * uses are redirected only when the draft is finished, so a pass never sees its own half-done work.
 */

import { type Contract, weaker } from '../ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionsById,
} from '../ir/module.ts';
import { orderInstructions } from '../ir/order.ts';
import type { Signature } from '../ops/row.ts';
import type { Opcode } from '../ops/table.ts';
import type { AddOptions, Replacement } from './draft.ts';
import { makeInstruction } from './make.ts';

/** Edits of one computation; `before` stays as it is. */
export interface ComputationDraft {
  readonly before: Computation;
  /** Adds an instruction; operands are instructions of `before` or added ones. */
  add<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    options?: AddOptions<O>,
  ): Instruction;
  /** Adds an instruction as it is; its id must come from ModuleDraft.newId(). */
  adopt(instruction: Instruction): Instruction;
  /**
   * Every use of `old` by an instruction of `before` becomes a use of `now`; `old` goes if nothing
   * uses it any more. Added instructions keep the operands that they were given.
   */
  replace(old: Instruction, now: Instruction, contract?: Contract): void;
  /**
   * What stands for `old` so far: the operand to give to an added instruction that is to see the
   * result of earlier replacements of this edit.
   */
  latest(old: Instruction): Instruction;
  /** Redirects one operand of one instruction of `before`. */
  replaceUse(user: Instruction, operand: number, now: Instruction, contract?: Contract): void;
  /**
   * Changes an instruction of `before` in place (attributes, shape, extras); its id stays, and so
   * must its value: what keeps its name is held to the value that the name had.
   */
  rewrite(old: Instruction, change: Partial<Omit<Instruction, 'id' | 'opcode'>>): void;
  /** Removes an instruction that nothing uses; one that is used stays. */
  remove(old: Instruction): void;
  /** Makes an instruction the root. */
  setRoot(now: Instruction, contract?: Contract): void;
  finish(): { readonly computation: Computation; readonly replacements: readonly Replacement[] };
}

interface Surroundings {
  newId(): InstructionId;
  signature(computation: string): Signature;
}

/** A draft of a computation without any edit yet. */
export function draftComputation(before: Computation, around: Surroundings): ComputationDraft {
  return new Draft(before, around);
}

class Draft implements ComputationDraft {
  readonly before: Computation;
  private readonly around: Surroundings;
  private readonly names: FreshNames;
  private readonly added: Instruction[] = [];
  private readonly replaced = new Map<InstructionId, InstructionId>();
  private readonly standing = new Map<InstructionId, Instruction>();
  private readonly uses = new Map<InstructionId, Map<number, InstructionId>>();
  private readonly rewritten = new Map<InstructionId, Partial<Instruction>>();
  private readonly removed = new Set<InstructionId>();
  private readonly replacements: Replacement[] = [];
  private root: InstructionId;

  constructor(before: Computation, around: Surroundings) {
    this.before = before;
    this.around = around;
    this.names = new FreshNames(before);
    this.root = before.root;
  }

  add<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    options: AddOptions<O> = {},
  ): Instruction {
    const { attrs, shape, name = opcode, like } = options;
    const made = makeInstruction({
      id: this.around.newId(),
      name: this.names.from(name),
      opcode,
      operands,
      ...(attrs && { attrs }),
      ...(shape && { shape }),
      ...(like && { extras: like.extras }),
      signature: this.around.signature,
    });
    this.added.push(made);
    return made;
  }

  adopt(instruction: Instruction): Instruction {
    const named = { ...instruction, name: this.names.from(instruction.name) };
    this.added.push(named);
    return named;
  }

  replace(old: Instruction, now: Instruction, contract?: Contract): void {
    if (old.id === now.id || this.resolve(now.id) === old.id) return;
    this.replaced.set(old.id, now.id);
    this.standing.set(now.id, now);
    this.record(old.id, now.id, contract);
  }

  latest = (old: Instruction): Instruction => this.standing.get(this.resolve(old.id)) ?? old;

  replaceUse(user: Instruction, operand: number, now: Instruction, contract?: Contract): void {
    const old = user.operands[operand]!;
    if (old === now.id) return;
    const of = this.uses.get(user.id) ?? new Map<InstructionId, InstructionId>();
    this.uses.set(user.id, of.set(operand, now.id));
    this.record(old, now.id, contract, { user: user.id, operand });
  }

  rewrite(old: Instruction, change: Partial<Omit<Instruction, 'id' | 'opcode'>>): void {
    const patch = { ...this.rewritten.get(old.id), ...change };
    this.rewritten.set(old.id, patch as Partial<Instruction>);
  }

  remove(old: Instruction): void {
    this.removed.add(old.id);
  }

  setRoot(now: Instruction, contract?: Contract): void {
    if (now.id === this.before.root) return;
    this.record(this.root, now.id, contract);
    this.root = now.id;
  }

  finish(): { readonly computation: Computation; readonly replacements: readonly Replacement[] } {
    const { before, added, replaced, rewritten, removed, replacements } = this;
    const edits = [added.length, replacements.length, rewritten.size, removed.size];
    if (edits.every((n) => n === 0)) return { computation: before, replacements };
    const original = instructionsById(before);
    const kept = this.redirectAll();
    const root = this.root === before.root ? this.resolve(this.root) : this.root;
    const candidates = new Set(removed);
    for (const id of replaced.keys()) if (original.has(id)) candidates.add(id);
    const all = added.length ? [...kept, ...added] : kept;
    const instructions = orderInstructions(dropUnused(all, root, candidates));
    const computation = { ...before, instructions, root };
    if (replacements.length === 0) return { computation, replacements };
    const alive = instructionsById(computation);
    return { computation, replacements: followed(replacements).filter((r) => alive.has(r.after)) };
  }

  private record(
    from: InstructionId,
    to: InstructionId,
    contract?: Contract,
    use?: { readonly user: InstructionId; readonly operand: number },
  ): void {
    this.replacements.push({
      computation: this.before.name,
      before: from,
      after: to,
      ...(contract && { contract }),
      ...(use && { use }),
    });
  }

  /** The end of the chain of replacements that starts at an id. */
  private resolve(id: InstructionId): InstructionId {
    const { replaced } = this;
    let at = id;
    for (let hops = 0; replaced.has(at) && hops <= replaced.size; hops++) at = replaced.get(at)!;
    return at;
  }

  private redirectAll(): readonly Instruction[] {
    const { before, replaced, uses, rewritten } = this;
    if (replaced.size === 0 && uses.size === 0 && rewritten.size === 0) return before.instructions;
    return before.instructions.map((i) => {
      const edited = uses.has(i.id) || rewritten.has(i.id);
      return edited || anyIn(i.operands, replaced) || anyIn(i.controlPredecessors, replaced)
        ? this.redirect(i)
        : i;
    });
  }

  private redirect(i: Instruction): Instruction {
    const single = this.uses.get(i.id);
    const patch = this.rewritten.get(i.id);
    const from = patch?.operands ?? i.operands;
    const operands = from.map((id, n) => single?.get(n) ?? this.resolve(id));
    const controlPredecessors = i.controlPredecessors.map((id) => this.resolve(id));
    const base: object = i;
    return { ...base, ...patch, operands, controlPredecessors } as Instruction;
  }
}

function anyIn(ids: readonly InstructionId[], known: ReadonlyMap<InstructionId, unknown>): boolean {
  for (const id of ids) if (known.has(id)) return true;
  return false;
}

/** Names that are not taken in a computation. */
class FreshNames {
  private readonly before: Computation;
  private readonly taken = new Set<string>();
  private readonly numbers = new Map<string, number>();

  constructor(before: Computation) {
    this.before = before;
  }

  /** The stem itself if it is free, else the stem without its number and with a new one. */
  from(stem: string): string {
    const { taken, numbers } = this;
    if (taken.size === 0) for (const i of this.before.instructions) taken.add(i.name);
    const base = taken.has(stem) ? stem.replace(/\.\d+$/, '') : stem;
    let name = base;
    let n = numbers.get(base) ?? taken.size;
    while (taken.has(name)) name = `${base}.${n++}`;
    numbers.set(base, n);
    taken.add(name);
    return name;
  }
}

/** The record with chains a → b → c told as a → c, which promises what its weakest link does. */
function followed(replacements: readonly Replacement[]): Replacement[] {
  const whole = new Map(replacements.filter((r) => !r.use).map((r) => [r.before, r]));
  return replacements.map((first) => {
    let { after, contract } = first;
    for (let n = whole.size, next = whole.get(after); next && n > 0; n--) {
      contract = contract && next.contract && weaker(contract, next.contract);
      after = next.after;
      next = whole.get(after);
    }
    const { contract: _, ...rest } = first;
    return { ...rest, after, ...(contract && { contract }) };
  });
}

/** Drops candidates that nothing uses, again and again until none is left to drop. */
function dropUnused(
  all: readonly Instruction[],
  root: InstructionId,
  candidates: ReadonlySet<InstructionId>,
): readonly Instruction[] {
  if (candidates.size === 0) return all;
  const uses = new Map<InstructionId, number>([[root, 1]]);
  const found = new Map<InstructionId, Instruction>();
  for (const i of all) {
    if (candidates.has(i.id) && i.opcode !== 'parameter') found.set(i.id, i);
    for (const o of i.operands) if (candidates.has(o)) uses.set(o, (uses.get(o) ?? 0) + 1);
    for (const o of i.controlPredecessors) uses.set(o, (uses.get(o) ?? 0) + 1);
  }
  const gone = new Set<InstructionId>();
  const pending = [...found.values()].filter((i) => !uses.get(i.id));
  for (let i = pending.pop(); i; i = pending.pop()) {
    gone.add(i.id);
    for (const o of [...i.operands, ...i.controlPredecessors]) {
      const operand = found.get(o);
      if (!operand) continue;
      const left = uses.get(o)! - 1;
      uses.set(o, left);
      if (left === 0) pending.push(operand);
    }
  }
  return gone.size ? all.filter((i) => !gone.has(i.id)) : all;
}
