/**
 * The op table: one row for every HLO opcode. Parser, printer, verifier and generators loop over
 * it and contain no code for single ops; tables elsewhere are mapped types over `Opcode`.
 */
import { communication } from './communication.ts';
import { elementwise } from './elementwise.ts';
import { linear } from './linear.ts';
import { movement } from './movement.ts';
import { reduction } from './reduction.ts';
import type { Group, OpRow } from './row.ts';
import { structure } from './structure.ts';

const table = {
  ...elementwise,
  ...movement,
  ...reduction,
  ...linear,
  ...structure,
  ...communication,
};

/** The table with each row's own type, from which the types of attributes follow. */
export type OpTable = typeof table;

/** Every HLO opcode, as XLA prints it. */
export type Opcode = keyof OpTable;

/** All rows by opcode. */
export const opTable: OpTable = table;

/** The row of an opcode, its attributes untyped: for code that loops over the table. */
export function rowOf(opcode: Opcode): OpRow {
  return table[opcode] as unknown as OpRow;
}

/** Whether a word is an HLO opcode. */
export function isOpcode(name: string): name is Opcode {
  return Object.hasOwn(table, name);
}

const members: ReadonlyMap<Group, ReadonlySet<string>> = membersByGroup();

/** Whether an opcode is of a group. */
export function isIn(opcode: Opcode, group: Group): boolean {
  return members.get(group)?.has(opcode) ?? false;
}

function membersByGroup(): Map<Group, Set<string>> {
  const found = new Map<Group, Set<string>>();
  for (const [opcode, { groups }] of Object.entries<OpRow>(table as never)) {
    for (const group of groups) found.set(group, (found.get(group) ?? new Set()).add(opcode));
  }
  return found;
}
