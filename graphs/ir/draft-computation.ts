/**
 * The draft of one computation. Instructions are added in terms of the computation as it was;
 * uses are redirected only when the draft is finished, so a pass never sees its own half-done work.
 */
import type { Signature } from '../ops/row.ts';
import type { Opcode } from '../ops/table.ts';
import { type Contract, weaker } from './contract.ts';
import type { AddOptions, Replacement } from './draft.ts';
import { makeInstruction } from './make.ts';
import { type Computation, type Instruction, instructionsById } from './module.ts';
import { orderInstructions } from './order.ts';

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
  /** Changes an instruction of `before` in place (attributes, shape, extras); its id stays. */
  rewrite(old: Instruction, change: Partial<Omit<Instruction, 'id' | 'opcode'>>): void;
  /** Removes an instruction that nothing uses; one that is used stays. */
  remove(old: Instruction): void;
  /** Makes an instruction the root. */
  setRoot(now: Instruction, contract?: Contract): void;
  finish(): { readonly computation: Computation; readonly replacements: readonly Replacement[] };
}

interface Surroundings {
  newId(): number;
  signature(computation: string): Signature;
}

export function draftComputation(before: Computation, around: Surroundings): ComputationDraft {
  const original = instructionsById(before);
  const added: Instruction[] = [];
  const names = new Set<string>();
  const numbers = new Map<string, number>();
  const replaced = new Map<number, number>();
  const standing = new Map<number, Instruction>();
  const uses = new Map<number, Map<number, number>>();
  const rewritten = new Map<number, Partial<Instruction>>();
  const removed = new Set<number>();
  const replacements: Replacement[] = [];
  let root = before.root;

  const record = (from: number, to: number, contract?: Contract, use?: Replacement['use']) =>
    replacements.push({
      computation: before.name,
      before: from,
      after: to,
      ...(contract && { contract }),
      ...(use && { use }),
    });

  const freshName = (stem: string): string => {
    if (names.size === 0) for (const i of before.instructions) names.add(i.name);
    const base = names.has(stem) ? stem.replace(/\.\d+$/, '') : stem;
    let name = base;
    let n = numbers.get(base) ?? names.size;
    while (names.has(name)) name = `${base}.${n++}`;
    numbers.set(base, n);
    names.add(name);
    return name;
  };

  const resolve = (id: number): number => {
    let at = id;
    for (let hops = 0; replaced.has(at) && hops <= replaced.size; hops++) at = replaced.get(at)!;
    return at;
  };

  const isReplaced = (id: number) => replaced.has(id);

  const redirect = (i: Instruction): Instruction => {
    const single = uses.get(i.id);
    const patch = rewritten.get(i.id);
    const moved = i.operands.some(isReplaced) || i.controlPredecessors.some(isReplaced);
    if (!single && !patch && !moved) return i;
    const from = patch?.operands ?? i.operands;
    const operands = from.map((id, n) => single?.get(n) ?? resolve(id));
    const controls = i.controlPredecessors.map(resolve);
    const base: object = i;
    return { ...base, ...patch, operands, controlPredecessors: controls } as Instruction;
  };

  const edited = () =>
    added.length > 0 || replacements.length > 0 || rewritten.size > 0 || removed.size > 0;

  return {
    before,
    add(opcode, operands, options = {}) {
      const { attrs, shape, name = opcode, like } = options;
      const made = makeInstruction({
        id: around.newId(),
        name: freshName(name),
        opcode,
        operands,
        ...(attrs && { attrs }),
        ...(shape && { shape }),
        ...(like && { extras: like.extras }),
        signature: around.signature,
      });
      added.push(made);
      return made;
    },
    adopt(instruction) {
      const named = { ...instruction, name: freshName(instruction.name) };
      added.push(named);
      return named;
    },
    replace(old, now, contract) {
      if (old.id === now.id || resolve(now.id) === old.id) return;
      replaced.set(old.id, now.id);
      standing.set(now.id, now);
      record(old.id, now.id, contract);
    },
    latest(old) {
      return standing.get(resolve(old.id)) ?? old;
    },
    replaceUse(user, operand, now, contract) {
      const old = user.operands[operand]!;
      if (old === now.id) return;
      const of = uses.get(user.id) ?? new Map<number, number>();
      uses.set(user.id, of.set(operand, now.id));
      record(old, now.id, contract, { user: user.id, operand });
    },
    rewrite(old, change) {
      rewritten.set(old.id, { ...rewritten.get(old.id), ...change } as Partial<Instruction>);
    },
    remove(old) {
      removed.add(old.id);
    },
    setRoot(now, contract) {
      if (now.id === before.root) return;
      record(root, now.id, contract);
      root = now.id;
    },
    finish() {
      if (!edited()) return { computation: before, replacements };
      const kept = before.instructions.map(redirect);
      const newRoot = root === before.root ? resolve(root) : root;
      const dead = (id: number) => (replaced.has(id) && original.has(id)) || removed.has(id);
      const instructions = orderInstructions(dropUnused([...kept, ...added], newRoot, dead));
      const alive = new Set(instructions.map((i) => i.id));
      const record = followed(replacements).filter((r) => alive.has(r.after));
      return { computation: { ...before, instructions, root: newRoot }, replacements: record };
    },
  };
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
  root: number,
  candidate: (id: number) => boolean,
): Instruction[] {
  if (!all.some((i) => candidate(i.id))) return [...all];
  const uses = new Map<number, number>([[root, 1]]);
  const operandsOf = (i: Instruction) =>
    i.controlPredecessors.length === 0 ? i.operands : [...i.operands, ...i.controlPredecessors];
  for (const i of all) for (const o of operandsOf(i)) uses.set(o, (uses.get(o) ?? 0) + 1);
  const byId = new Map(all.map((i) => [i.id, i]));
  const gone = new Set<number>();
  const pending = all.filter((i) => candidate(i.id) && !uses.get(i.id) && i.opcode !== 'parameter');
  for (let i = pending.pop(); i; i = pending.pop()) {
    gone.add(i.id);
    for (const o of operandsOf(i)) {
      const left = uses.get(o)! - 1;
      uses.set(o, left);
      const operand = byId.get(o);
      if (left === 0 && operand && candidate(o) && operand.opcode !== 'parameter') {
        pending.push(operand);
      }
    }
  }
  return all.filter((i) => !gone.has(i.id));
}
