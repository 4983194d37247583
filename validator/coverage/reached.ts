/**
 * What the cases reach: the computations that are entered, and the instructions of a module that no
 * case executes, since no input takes their branch or enters their loop.
 */
import {
  type Computation,
  computationOf,
  entryOf,
  type Instruction,
  type Module,
} from '../../graphs/ir/module.ts';
import { calledBy } from '../../graphs/ops/callees.ts';

/** Computations that a run entered. */
export type Entered = ReadonlySet<Computation>;

/** Code that no case executes. */
export interface Unreached {
  readonly computation: string;
  /** The conditional or the loop that does not get there. */
  readonly site: string;
  /** Names, in order; parameters and tuple parts aside. */
  readonly instructions: readonly string[];
}

/** Whether a module has code that inputs may pass by. */
export function hasBranches({ computations }: Module): boolean {
  return computations.some((c) => c.instructions.some((i) => gates(i).length > 0));
}

/** The computations that an instruction runs or not, as its operands have it. */
export function gates(i: Instruction<number>): readonly string[] {
  if (i.opcode === 'while') return [i.attrs.body];
  return i.opcode === 'conditional' ? calledBy(i) : [];
}

/** Whether runs entered all that an instruction may run, at any depth. */
export function isEntered(module: Module, i: Instruction<number>, entered: Entered): boolean {
  const met = new Set<string>();
  const isOpen = (of: Instruction<number>): boolean => {
    const gated = new Set(gates(of));
    return calledBy(of).every((name) => {
      if (met.has(name)) return true;
      met.add(name);
      const callee = computationOf(module, name);
      if (gated.has(name) && !entered.has(callee)) return false;
      return callee.instructions.every(isOpen);
    });
  };
  return isOpen(i);
}

/** The branches and loop bodies that stand closed, outermost only, with all that only they call. */
export function unreachedIn(module: Module, entered: Entered): Unreached[] {
  const closed = new Map<string, string>();
  const live = new Set<string>();
  const pending = [entryOf(module)];
  for (let c = pending.pop(); c; c = pending.pop()) {
    if (live.has(c.name)) continue;
    live.add(c.name);
    for (const i of c.instructions) {
      const gated = new Set(gates(i));
      for (const name of calledBy(i)) {
        const callee = computationOf(module, name);
        if (!gated.has(name) || entered.has(callee)) pending.push(callee);
        else if (!closed.has(name)) closed.set(name, i.name);
      }
    }
  }
  return [...closed].flatMap(([name, site]) => {
    const instructions = live.has(name) ? [] : within(module, name, live);
    return instructions.length ? [{ computation: name, site, instructions }] : [];
  });
}

const passive: ReadonlySet<string> = new Set(['parameter', 'get-tuple-element', 'tuple']);

/** Names of the instructions of a computation and of what only it calls; each added to `seen`. */
function within(module: Module, name: string, seen: Set<string>): string[] {
  const names: string[] = [];
  const pending = [name];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const i of computationOf(module, next).instructions) {
      if (!passive.has(i.opcode)) names.push(i.name);
      pending.push(...calledBy(i));
    }
  }
  return names;
}
