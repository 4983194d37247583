/** Rules of ops whose meaning is written as plain HLO: its roundings are theirs. */
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Expansion } from '../expansion/expansion.ts';
import { tensorOperand } from './broadcasting.ts';
import type { ExactRule } from './context.ts';

/** Runs the expansion on the operands with their radii. */
export function byExpansion<O extends Opcode>(expand: Expansion<O>): ExactRule<O> {
  return (instruction, operands, context) => {
    const shapes = operands.map((v) => tensorOperand(v).shape);
    const module = expand(instruction, shapes);
    return context.within(module).call(module.entry, operands);
  };
}
