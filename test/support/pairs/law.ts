/**
 * What a law of rewriting is: two ways to write the same values, equal in the sense of DESIGN, section 5:
 * sums in any order, multiply-adds fused, more precision than declared; nothing else.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Draws } from './draws.ts';
import type { Writer } from './writer.ts';

/** Writes one side of a rewrite on the law's operands. */
export type Side = (w: Writer, xs: readonly Instruction[]) => readonly Instruction[];

/** One rewrite, drawn: what it reads and its two sides, whose results agree in number and shape. */
export interface Rewrite {
  readonly inputs: readonly ArrayShape[];
  readonly before: Side;
  readonly after: Side;
  /**
   * True where the after side reads one value of the before side in two forms (as written by one
   * user, rewritten into another): then no decision may depend on both.
   */
  readonly split?: boolean;
}

export interface PairLaw {
  readonly name: string;
  /** The law in one line. */
  readonly says: string;
  readonly contract: 'reassociates' | 'widens';
  readonly types: readonly ElementType[];
  draw(d: Draws, type: ElementType): Rewrite;
}

/** Element types by how often programs use them. */
export const floats: readonly ElementType[] = ['f32', 'f32', 'f32', 'bf16', 'f16', 'f64'];
export const numbers: readonly ElementType[] = [...floats, ...floats, 's32', 'u8'];
export const narrow: readonly ElementType[] = ['bf16', 'bf16', 'f16'];

/** The sides of a rewrite change places now and then: most laws hold both ways. */
export function eitherWay(d: Draws, rewrite: Rewrite): Rewrite {
  if (!d.chance(0.5)) return rewrite;
  return { ...rewrite, before: rewrite.after, after: rewrite.before };
}
