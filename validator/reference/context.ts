/**
 * What the reference's evaluation of one op sees: the module, how to round, how to call a
 * computation. The tables of ops are mapped types over `Opcode`, so a forgotten op does not compile.
 */

import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import type { Rounder } from '../../graphs/ir/rounding.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { Limits } from '../limits/limits.ts';
import type { LoopMeter } from '../limits/loop-meter.ts';
import type { Binning } from './ops/approximate-top-k.ts';
import type { HiddenState } from './ops/random.ts';

/** Follows a run, instruction by instruction, called computations included: for samples. */
export interface Observer {
  /** An instruction begins; its operands may be exchanged for others. */
  enter(instruction: Instruction, module: Module, operands: Value[]): void;
  /** It ends; gives the result that goes on. */
  leave(instruction: Instruction, module: Module, operands: readonly Value[], result: Value): Value;
}

/**
 * The world outside a module: takes what is sent to it and gives what is asked of it. Called once for
 * every outfeed, infeed, send, recv and custom call with side effects, in the order of execution.
 */
export interface Host {
  /** Whether it answers custom calls; else they are functions of their operands, as others are. */
  readonly takesCalls: boolean;
  act(instruction: Instruction, operands: readonly Value[]): Value;
}

/** The device that a run stands for, as partition-id and replica-id give it. */
export interface DeviceId {
  readonly replica: number;
  readonly partition: number;
}

/** What holds for all instructions of one run. */
export interface EvalContext {
  readonly module: Module;
  readonly limits: Limits;
  /** Counts the turns of loops, over all computations. */
  readonly loops: LoopMeter;
  /**
   * How results are rounded to a float or complex part type: to nearest in the reference proper, at
   * random for Monte-Carlo arithmetic. Every rounding of every op goes through it.
   */
  round(type: ElementType): Rounder;
  /** What random ops keep between their executions. */
  readonly hidden: HiddenState;
  /** Seed of the values that elided constants get; 0 if absent. */
  readonly literalSeed?: number;
  /** Instructions come fitted to the sizes of their operands (validator/semantics/dynamic-shapes). */
  readonly fitted?: boolean;
  /** Stands for custom calls whose target is not known, which are refused without it. */
  readonly uninterpreted?: Uninterpreted;
  /** What instructions that act outside the module talk to; they are refused without it. */
  readonly host?: Host;
  /** Which device this is: 0 of one if absent, and then of no more. */
  readonly device?: DeviceId;
  readonly observer?: Observer;
  /** Which row of bins an input of an approximate top-k goes to; adjacent rows if absent. */
  readonly binning?: Binning;
  /** The sign of NaNs that arithmetic makes; positive if absent. */
  readonly madeNaN?: 'positive' | 'negative';
  /** Runs a computation of the module. */
  call(computation: string, args: readonly Value[]): Value;
  /** The same with arguments that nobody else needs: the array is emptied as they are read. */
  callConsuming(computation: string, args: Value[]): Value;
  /** The same context for another module: for ops whose meaning is written as one. */
  within(module: Module): EvalContext;
}

/** A function of which only this is known: the same operands give the same result. */
export type Uninterpreted = (
  instruction: InstructionOf<'custom-call'>,
  operands: readonly Value[],
) => Value;

/** Evaluates one instruction on its operands' values, in an array that is its own. */
export type Evaluate<O extends Opcode> = (
  instruction: InstructionOf<O>,
  operands: Value[],
  context: EvalContext,
) => Value;

/** A row of an evaluation table: how to run the op, or why it cannot be run. */
export type EvalRow<O extends Opcode> = Evaluate<O> | { readonly refused: string };

/** A row for every opcode. */
export type EvalTable = { readonly [O in Opcode]: EvalRow<O> };
