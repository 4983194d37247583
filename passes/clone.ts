/** Copies of computations: into a caller (inlining) and as computations of their own. */
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import {
  type Computation,
  computationOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../graphs/ir/module.ts';

/**
 * Copies a computation's body into a draft with its parameters bound to `args`, calls inside it
 * inlined as well; returns the copy of its root.
 */
export function inlineBody(
  module: Module,
  name: string,
  args: readonly Instruction[],
  d: ComputationDraft,
  newId: () => InstructionId,
): Instruction {
  const made = new Map<InstructionId, Instruction>();
  for (const i of computationOf(module, name).instructions) {
    const operands = i.operands.map((o) => made.get(o)!);
    if (i.opcode === 'parameter') made.set(i.id, args[i.attrs.index]!);
    else if (isPlainCall(i)) {
      made.set(i.id, inlineBody(module, i.attrs.to_apply, operands, d, newId));
    } else made.set(i.id, d.adopt(copyOf(i, newId(), made)));
  }
  return made.get(computationOf(module, name).root)!;
}

/** A call that may be inlined: one that nothing has to wait for. */
export function isPlainCall(i: Instruction): i is Instruction & { readonly opcode: 'call' } {
  return i.opcode === 'call' && i.controlPredecessors.length === 0;
}

/** A copy of a computation under another name, `change` applied to each copied instruction. */
export function cloneComputation(
  c: Computation,
  name: string,
  newId: () => InstructionId,
  change: (copy: Instruction) => Instruction = (i) => i,
): Computation {
  const made = new Map<InstructionId, Instruction>();
  for (const i of c.instructions) made.set(i.id, change(copyOf(i, newId(), made)));
  const instructions = [...made.values()];
  return { ...c, name, instructions, root: made.get(c.root)!.id };
}

function copyOf(
  i: Instruction,
  id: InstructionId,
  made: ReadonlyMap<InstructionId, Instruction>,
): Instruction {
  const now = (old: InstructionId) => made.get(old)!.id;
  const operands = i.operands.map(now);
  const controlPredecessors = i.controlPredecessors.map(now);
  return { ...i, id, operands, controlPredecessors } as Instruction;
}
