/** How findings of the verifier are worded and collected. */
import type { Diagnostic } from '../ir/diagnostic.ts';
import type { Instruction, InstructionId, Module } from '../ir/module.ts';
import type { AttrKind } from '../ops/attr.ts';
import { type Opcode, opTable, rowOf } from '../ops/table.ts';

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

/** For each opcode the attributes that name computations. */
const callAttributes: ReadonlyMap<Opcode, readonly string[]> = new Map(
  (Object.keys(opTable) as Opcode[]).map((opcode) => [
    opcode,
    Object.entries(rowOf(opcode).attrs)
      .filter(([, spec]) => (['computation', 'computations'] as AttrKind[]).includes(spec.kind))
      .map(([name]) => name),
  ]),
);

/** Names of the computations that an instruction calls. */
export function calledBy(instruction: Instruction): readonly string[] {
  const names = callAttributes.get(instruction.opcode)!;
  if (names.length === 0) return [];
  const attrs = instruction.attrs as Readonly<Record<string, string | readonly string[]>>;
  return names.flatMap((name) => attrs[name] ?? []);
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
