/**
 * Which distribution random numbers are drawn from. What is drawn depends on hidden state and cannot
 * be held against anything; the distribution that an instruction of one name asks for can.
 */
import type { Module } from '../../graphs/ir/module.ts';
import { sameShape } from '../../graphs/ir/shape.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';

/** Draws before and after, of one name and shape, from different distributions. */
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
      instruction.opcode === 'rng' ? [{ computation, instruction }] : [],
    ),
  );
}

function differ({ instruction: b }: PlacedInstruction, { instruction: a }: PlacedInstruction) {
  if (b.opcode !== 'rng' || a.opcode !== 'rng') return false;
  return sameShape(b.shape, a.shape) && b.attrs.distribution !== a.attrs.distribution;
}
