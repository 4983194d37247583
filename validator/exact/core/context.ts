/**
 * What the exact rule of one op sees, and the form of the table of such rules. The table is a
 * mapped type over `Opcode`, so a forgotten op does not compile.
 */

import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf, Module } from '../../../graphs/ir/module.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { Limits } from '../../limits/limits.ts';
import type { DeviceId, EvalContext, Host } from '../../reference/context.ts';
import type { Watch } from '../../reference/live-values.ts';
import type { Numerics } from './numerics.ts';
import type { RealArithmetic } from './real-algebra.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** A decision as a function of its margin. */
export interface Decide {
  /** The outcome at a margin. */
  readonly outcomeAt: (margin: number) => number;
  /** Where that is not monotone: on which side of the threshold a margin lies. */
  readonly side?: (margin: number) => number;
}

/** What is known of decisions that intervals leave open; it follows the run instruction by instruction. */
export interface SettledDecisions {
  /** True where open decisions are taken one way all the same: their outcomes count as they are. */
  readonly isForced: boolean;
  /** True where they are taken as real arithmetic takes them: one execution, with everything wide. */
  readonly isWide: boolean;
  enter(instruction: Instruction): void;
  leave(): void;
  /** The outcome of element i of the decision that is being taken; undefined where it is open. */
  outcome(instruction: Instruction, i: number, decision: Decide): number | undefined;
}

/** What an implementation may do beside what the module says. */
export interface ExactOptions {
  readonly limits?: Limits;
  /** Results and operands below the smallest normal number may be taken for zero. Default: true. */
  readonly flush?: boolean;
  /** Nothing may be computed wider than declared, so an overflow is certain. Default: false. */
  readonly strictPrecision?: boolean;
  /** Where a result overflows, another order of the same formula may not. Default: false. */
  readonly openRange?: boolean;
  /** Values may be kept in a wider type, f64 at the widest: what overflows need not. */
  readonly widened?: boolean;
  /** Roundings coarser than this unit roundoff have its budget: the form before knows none such. */
  readonly coarsest?: number;
  /** Every floating-point op may also compute at this type (contract `narrows`). */
  readonly computeType?: ElementType;
  /** a/b may be computed as a·(1/b). Default: false. */
  readonly reciprocalDivision?: boolean;
  /** Only real numbers count: no result leaves a range but that of f64, where it is open. */
  readonly realAlgebra?: RealArithmetic;
  /** Constants may be rounded ones: each is half an ulp off. Default: false. */
  readonly roundedConstants?: boolean;
  /** Multiplier of the likely radius wherever a decision or a verdict is taken. Default: 8. */
  readonly lambda?: number;
  /** Seed of elided literals. */
  readonly literalSeed?: number;
  readonly settled?: SettledDecisions;
  /** What instructions that act outside the module talk to; what they give is undecided without it. */
  readonly host?: Host;
  /** See RunOptions. */
  readonly device?: DeviceId;
  /** Hears which values the run holds, instruction by instruction. */
  readonly watch?: Watch;
}

/** What holds for all instructions of one run; options with their defaults filled in. */
export interface ExactContext {
  readonly module: Module;
  readonly lambda: number;
  readonly limits: Limits;
  readonly reciprocalDivision: boolean;
  /** Only real numbers count: a result that leaves the range of f64 is open. */
  readonly realAlgebra: RealArithmetic | undefined;
  /** Constants may be half an ulp off. */
  readonly roundedConstants: boolean;
  /** Nothing may be computed wider than declared. */
  readonly strict: boolean;
  readonly settled?: SettledDecisions;
  /** Every value may also be stored at a narrower type. */
  readonly narrows: boolean;
  /** For ops on integers and pred, which the reference evaluates exactly. */
  readonly reference: EvalContext;
  /** The reference's context with calls run in the exact mode: for ops that only pass values on. */
  readonly passing: EvalContext;
  /** Roundoff, range and rounding of a float or complex type under the options. */
  numerics(type: ElementType): Numerics;
  /** Runs a computation of the module. */
  call(computation: string, args: readonly ExactValue[]): ExactValue;
  /** The same with arguments that nobody else needs: the array is emptied as they are read. */
  callConsuming(computation: string, args: ExactValue[]): ExactValue;
  /**
   * The same context for another module: for ops whose meaning is written as one. No quotient of
   * the written one is prescribed: it may be a product with the reciprocal.
   */
  within(module: Module): ExactContext;
  /**
   * Runs a computation on scalars for n sets of arguments at once: each argument is a tensor of n
   * elements (or one element that all sets share). Undefined where the computation holds an op that
   * does not act element by element.
   */
  callEach(
    computation: string,
    args: readonly ExactTensor[],
    n: number,
  ): readonly ExactTensor[] | undefined;
  /** Records why elements are undecided. */
  explainUndecided(reason: string): void;
}

/** Gives the value and radii of one instruction from those of its operands, in an array of its own. */
export type ExactRule<O extends Opcode> = (
  instruction: InstructionOf<O>,
  operands: ExactValue[],
  context: ExactContext,
) => ExactValue;

/** A row: the rule, or why the op's results count as undecided. */
export type ExactRow<O extends Opcode> = ExactRule<O> | { readonly undecided: string };

/** A row for every opcode. */
export type ExactTable = { readonly [O in Opcode]: ExactRow<O> };

/** The part of a table that one file provides. */
export type ExactRows<O extends Opcode> = { readonly [K in O]: ExactRow<K> };
