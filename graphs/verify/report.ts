/** How findings of the verifier are worded and collected. */
import type { Diagnostic } from '../ir/diagnostic.ts';
import type { Instruction, InstructionId, Module } from '../ir/module.ts';

/** Where findings go. */
export type Report = (code: string, message: string, at?: Instruction) => void;

/** A report that appends to a list. */
export function reportInto(findings: Diagnostic[]): Report {
  return (code, message, at) => {
    const where = at ? `${at.name} = ${at.opcode}: ` : '';
    const position = at?.position ? { position: at.position } : {};
    findings.push({ code: `verify/${code}`, message: `${where}${message}`, ...position });
  };
}

/** Ids that occur on more than one instruction of a module, each with the second bearer. */
export function repeatedIds(module: Module): readonly Instruction[] {
  const seen = new Set<InstructionId>();
  const repeated: Instruction[] = [];
  for (const { instructions } of module.computations) {
    for (const i of instructions) {
      if (seen.has(i.id)) repeated.push(i);
      seen.add(i.id);
    }
  }
  return repeated;
}
