/** Evaluation of ops whose meaning is written as plain HLO (validator/semantics/decompositions). */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Expansion } from '../semantics/decompositions/decomposition.ts';
import type { Evaluate } from './context.ts';
import { tensors } from './operands.ts';

/** Runs the expansion on the operands, rounding as the context does. */
export function byExpansion<O extends Opcode>(expand: Expansion<O>): Evaluate<O> {
  return (i: InstructionOf<O>, operands, context) => {
    const all = tensors(operands);
    const module = expand(
      i,
      all.map((t) => t.shape),
    );
    return context.within(module).call(module.entry, all);
  };
}
