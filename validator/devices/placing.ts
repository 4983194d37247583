/** Errors of one instruction, told with its name and its place in the text. */
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Instruction } from '../../graphs/ir/module.ts';

/** Runs a part of an instruction; its errors name the instruction, unless they do already. */
export function placing<T>(at: Instruction, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof AssayError) || error.message.startsWith('%')) throw error;
    const { diagnostic, blame } = error;
    const message = `%${at.name} (${at.opcode}): ${diagnostic.message}`;
    const place = at.position ? { position: at.position } : {};
    throw new AssayError({ ...place, ...diagnostic, message }, blame);
  }
}
