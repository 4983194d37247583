/** How long values live: of each computation, what nothing reads after an instruction. */
import type { Computation, InstructionId } from '../../graphs/ir/module.ts';

/** Element `element` of the tuple that instruction `id` gives. */
export interface Part {
  readonly id: InstructionId;
  readonly element: number;
}

/** By position of an instruction: what nothing after it reads. */
export interface Life {
  readonly ends: readonly (readonly InstructionId[])[];
  /** Elements of tuples that outlive them. */
  readonly parts: readonly (readonly Part[])[];
}

const known = new WeakMap<Computation, Life>();

/** How long the values of a computation live; told once per computation. */
export function lifeOf(computation: Computation): Life {
  const found = known.get(computation);
  if (found) return found;
  const life = { ends: endsOf(computation), parts: partsOf(computation) };
  known.set(computation, life);
  return life;
}

/** By position of an instruction: ids of the values that nothing after it reads. */
export function lastUses(computation: Computation): readonly (readonly InstructionId[])[] {
  return lifeOf(computation).ends;
}

function endsOf({ instructions, root }: Computation): readonly (readonly InstructionId[])[] {
  const last = new Map<InstructionId, number>();
  instructions.forEach((i, n) => {
    for (const id of [i.id, ...i.operands]) last.set(id, n);
  });
  last.delete(root);
  const ends: InstructionId[][] = instructions.map(() => []);
  for (const [id, n] of last) ends[n].push(id);
  return ends;
}

/** Of tuples that are only taken apart, each element by itself. */
function partsOf({ instructions, root }: Computation): readonly (readonly Part[])[] {
  const last = new Map<InstructionId, number[]>();
  instructions.forEach((i, n) => {
    if (i.shape.kind === 'tuple' && i.id !== root)
      last.set(
        i.id,
        i.shape.elements.map(() => n),
      );
    for (const o of i.operands) {
      const elements = last.get(o);
      if (elements && i.opcode === 'get-tuple-element') elements[i.attrs.index] = n;
      else last.delete(o);
    }
  });
  const parts: Part[][] = instructions.map(() => []);
  for (const [id, ends] of last) {
    for (const [element, n] of ends.entries()) parts[n].push({ id, element });
  }
  return parts;
}
