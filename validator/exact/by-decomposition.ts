/** Rules of ops whose meaning is written as plain HLO: its roundings are theirs. */
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Expansion } from '../semantics/decompositions/decomposition.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactRule } from './core/context.ts';

/** Runs the expansion on the operands with their radii. */
export function byDecomposition<O extends Opcode>(expand: Expansion<O>): ExactRule<O> {
  return (instruction, operands, context) => {
    const shapes = operands.map((v) => tensorOperand(v).shape);
    const module = expand(instruction, shapes);
    return context.within(module).call(module.entry, operands);
  };
}
