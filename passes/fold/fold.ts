/** What it takes to fold an op: a function on its constant operands, or the word that there is none. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** The result for constant operands; undefined where this one is better left to run. */
export type Fold<O extends Opcode> = (
  i: InstructionOf<O>,
  operands: readonly Tensor[],
) => Tensor | undefined;

/** A fold for every opcode whose result is determined to the bit. */
export type FoldTable = { readonly [O in Opcode]: Fold<O> | 'not folded' };

/** Most elements of a constant that folding makes. */
export const maxFolded = 65_536;

/** Most elements of a constant that is larger than any constant it is made from. */
export const maxSpelledOut = 64;
