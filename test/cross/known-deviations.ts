/**
 * Where XLA:CPU gives what the operation semantics do not: known, explained, and printed apart.
 * Each row says which instances it covers, why they differ, and where that is written.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

export interface Deviation {
  readonly opcodes: readonly Opcode[];
  /** Element types of the result that it concerns; all of them where absent. */
  readonly types?: readonly ElementType[];
  readonly reason: string;
  readonly source: string;
}

export const knownDeviations: readonly Deviation[] = [];

/** The deviation that covers a result of an opcode and a type. */
export function knownDeviation(opcode: Opcode, type: ElementType): Deviation | undefined {
  return knownDeviations.find(
    ({ opcodes, types }) => opcodes.includes(opcode) && (!types || types.includes(type)),
  );
}
