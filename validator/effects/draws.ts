/**
 * Which distribution random numbers are drawn from, and how far a draw moves the hidden state on. What
 * is drawn depends on that state and cannot be held against anything; what an instruction of one name
 * asks for can.
 */
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import { sameShape } from '../../graphs/ir/shape.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';

/** Draws before and after, of one name and shape, that ask for something else. */
export function changedDraws(
  before: Module,
  after: Module,
): (readonly [PlacedInstruction, PlacedInstruction])[] {
  const was = new Map(drawsOf(before).map((d) => [d.instruction.name, d]));
  return drawsOf(after).flatMap((now) => {
    const b = was.get(now.instruction.name);
    return b && differ(b, now) ? [[b, now] as const] : [];
  });
}

function drawsOf({ computations }: Module): PlacedInstruction[] {
  return computations.flatMap((computation) =>
    computation.instructions.flatMap((instruction) =>
      asked(instruction) === undefined ? [] : [{ computation, instruction }],
    ),
  );
}

function differ({ instruction: b }: PlacedInstruction, { instruction: a }: PlacedInstruction) {
  return b.opcode === a.opcode && sameShape(b.shape, a.shape) && asked(b) !== asked(a);
}

/** What a draw asks for; undefined for what is none. */
function asked(i: Instruction): string | undefined {
  if (i.opcode === 'rng') return i.attrs.distribution;
  return i.opcode === 'rng-get-and-update-state' ? `${i.attrs.delta}` : undefined;
}
