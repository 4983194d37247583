/**
 * Instructions of a list by id. Ids of one computation mostly lie close together, so that an array
 * does what a map would at a fraction of its cost; a sparse list gets a map after all.
 */
import type { Instruction, InstructionId } from './module.ts';

/** Places of ids in a list. */
export interface IdIndex {
  /** Place of an id in the list; -1 where it does not occur. */
  place(id: InstructionId): number;
}

/** The places of a list of instructions; of equal ids the last one counts. */
export function idIndex(instructions: readonly Instruction[]): IdIndex {
  let [low, high] = [Infinity, -Infinity];
  for (const { id } of instructions) {
    if (id < low) low = id;
    if (id > high) high = id;
  }
  const span = instructions.length ? high - low + 1 : 0;
  return span > maxSpread * instructions.length
    ? sparse(instructions)
    : dense(instructions, low, span);
}

/** Longest array made, in multiples of the list. */
const maxSpread = 8;

function dense(instructions: readonly Instruction[], low: number, span: number): IdIndex {
  const places = new Int32Array(span).fill(-1);
  for (let n = 0; n < instructions.length; n++) places[instructions[n]!.id - low] = n;
  return { place: (id) => places[id - low] ?? -1 };
}

function sparse(instructions: readonly Instruction[]): IdIndex {
  const places = new Map(instructions.map((i, n) => [i.id, n]));
  return { place: (id) => places.get(id) ?? -1 };
}
