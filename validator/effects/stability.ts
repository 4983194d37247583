/**
 * is_stable is no promise but a demand: whoever sorts has to keep the order of equal keys. A pass that
 * drops it lets later ones break ties otherwise, unless no tie can be seen.
 */

import {
  type Computation,
  type Instruction,
  type InstructionId,
  type InstructionOf,
  instructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';
import { putsFirst } from './comparators.ts';

/** A sort that was stable, and what it became. */
export interface LostStability {
  readonly before: PlacedInstruction;
  readonly after: PlacedInstruction;
}

type Sort = InstructionOf<'sort'>;

interface PlacedSort extends PlacedInstruction {
  readonly instruction: Sort & Instruction;
}

/** Sorts that have to be stable before and, under the same name or on the same values, not after. */
export function lostStability(
  before: ValueGraph,
  after: ValueGraph,
  numbering: Numbering,
): LostStability[] {
  if (before.module === after.module) return [];
  const demanded = sortsOf(before.module).filter((s) => s.instruction.attrs.is_stable);
  if (demanded.length === 0) return [];
  const operandsIn = operandsOf(numbering);
  return sortsOf(after.module).flatMap((sort): LostStability[] => {
    if (sort.instruction.attrs.is_stable || !showsTies(sort, after.module)) return [];
    const was =
      demanded.find((d) => nameOf(d) === nameOf(sort)) ??
      demanded.find((d) => operandsIn(before, d) === operandsIn(after, sort));
    return was ? [{ before: was, after: sort }] : [];
  });
}

function nameOf({ computation, instruction }: PlacedSort): string {
  return `${computation.name}/${instruction.name}`;
}

/** What a sort of the entry computation, or of what it merely calls, sorts; its name elsewhere. */
function operandsOf(numbering: Numbering): (valueGraph: ValueGraph, sort: PlacedSort) => string {
  return ({ frames, places }, sort) => {
    const [prefix] = frames.get(sort.computation.name) ?? [];
    const n = prefix === undefined ? undefined : places.get(prefix + sort.instruction.name);
    return n === undefined ? nameOf(sort) : numbering.term(n).operands.join();
  };
}

function sortsOf({ computations }: Module): PlacedSort[] {
  return computations.flatMap((computation) =>
    computation.instructions.flatMap((instruction) =>
      instruction.opcode === 'sort' ? [{ computation, instruction } as PlacedSort] : [],
    ),
  );
}

/** Whether ties can be seen: something goes along with the keys, and no iota among them tells ties apart. */
function showsTies({ computation, instruction }: PlacedSort, module: Module): boolean {
  const { operands, attrs } = instruction;
  if (operands.length < 2) return false;
  return !operands.some(
    (o, k) =>
      countsAlong(o, computation, attrs.dimensions[0] ?? 0) &&
      tellsApart(attrs.to_apply, k, module),
  );
}

function countsAlong(id: InstructionId, computation: Computation, dimension: number): boolean {
  const i = instructionOf(computation, id);
  return i.opcode === 'iota' && i.attrs.iota_dimension === dimension;
}

/** Whether a comparator decides by operand k where all others are equal. */
function tellsApart(comparator: string, k: number, module: Module): boolean {
  const [up, down] = [
    putsFirst(comparator, k, [0, 1], module),
    putsFirst(comparator, k, [1, 0], module),
  ];
  return up !== undefined && down !== undefined && up !== down;
}
