/** The order of instructions within a computation: operands before users. */
import { idIndex } from './id-index.ts';
import type { Instruction, InstructionId } from './module.ts';

/**
 * Instructions with operands and control predecessors first, otherwise in the order given: the
 * post-order of postOrder() over places in the list, where a list already in order costs little.
 */
export function orderInstructions(instructions: readonly Instruction[]): Instruction[] {
  const { place } = idIndex(instructions);
  const reached = new Uint8Array(instructions.length);
  const out: Instruction[] = [];
  const stack: { readonly place: number; at: number }[] = [];
  for (let start = 0; start < instructions.length; start++) {
    if (reached[start]) continue;
    reached[start] = 1;
    stack.push({ place: start, at: 0 });
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const i = instructions[top.place]!;
      const needed = nextNeeded(i, top, reached, place);
      if (needed === undefined) {
        out.push(i);
        stack.pop();
        continue;
      }
      reached[needed] = 1;
      stack.push({ place: needed, at: 0 });
    }
  }
  return out;
}

/** Place of the next instruction that one waits for; undefined where all have been reached. */
function nextNeeded(
  { operands, controlPredecessors }: Instruction,
  top: { at: number },
  reached: Uint8Array,
  place: (id: InstructionId) => number,
): number | undefined {
  const count = operands.length + controlPredecessors.length;
  while (top.at < count) {
    const at = top.at++;
    const id = at < operands.length ? operands[at]! : controlPredecessors[at - operands.length]!;
    const needed = place(id);
    if (needed < 0) throw new RangeError(`no instruction #${id} to put before its user`);
    if (!reached[needed]) return needed;
  }
  return undefined;
}
