/**
 * What a rewrite rule is and what it sees. A rule looks at one instruction and its operands as they
 * were before the pass, and gives an instruction that computes the same, or undefined. Rules add
 * instructions only once they have decided to fire.
 */

import type { ComputationDraft } from '../../graphs/build/draft-computation.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import type { Computation, Instruction, InstructionOf, Module } from '../../graphs/ir/module.ts';
import { type ArrayShape, type Shape, sameShape } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** The surroundings of an instruction that a rule looks at. */
export interface Site {
  readonly module: Module;
  readonly computation: Computation;
  /** The n-th operand of an instruction (default: the first). */
  operand(i: Instruction, n?: number): Instruction;
  /** Number of uses of an instruction, the root's use by the caller included. */
  useCount(i: Instruction): number;
  /** The one value that all elements have, where it is known: a constant or a broadcast of one. */
  splat(i: Instruction): number | bigint | undefined;
  readonly add: ComputationDraft['add'];
}

/** One rewrite of one opcode, with its contract and a text on which it fires. */
export interface Rule {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly contract: Contract;
  /** Opcode of the instructions that the rule may replace. */
  readonly opcode: Opcode;
  /** HLO modules on which the rule fires; its tests. */
  readonly examples: readonly string[];
  apply(i: Instruction, site: Site): Instruction | undefined;
}

/** A rule on one opcode, its instruction typed. */
export function rule<O extends Opcode>(
  opcode: O,
  name: string,
  contract: Contract,
  apply: (i: InstructionOf<O>, site: Site) => Instruction | undefined,
  ...examples: readonly string[]
): Rule {
  return { name, contract, opcode, examples, apply: apply as Rule['apply'] };
}

/** Sizes of an instruction that is known to be an array. */
export function dimsOf(i: Instruction): readonly number[] {
  return (i.shape as ArrayShape).dims;
}

/** Same shape, and elements in the same order in memory (a bitcast would see the difference). */
export function interchangeable(a: Shape, b: Shape): boolean {
  if (!sameShape(a, b)) return false;
  if (a.kind === 'tuple' && b.kind === 'tuple') {
    return a.elements.every((e, n) => interchangeable(e, b.elements[n]!));
  }
  if (a.kind !== 'array' || b.kind !== 'array') return true;
  return String(minorToMajor(a)) === String(minorToMajor(b));
}

/** The dimensions from the fastest-varying one; row-major where the shape has no layout. */
export function minorToMajor(shape: ArrayShape): readonly number[] {
  return shape.layout?.minorToMajor ?? shape.dims.map((_, n) => shape.dims.length - 1 - n);
}

/** Whether each dimension stays where it is. */
export function isIdentity(permutation: readonly number[]): boolean {
  return permutation.every((d, n) => d === n);
}

/** Equal lengths and numbers. */
export function equalLists(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((x, n) => x === b[n]);
}

/** Strictly ascending. */
export function isAscending(list: readonly number[]): boolean {
  return list.every((x, n) => n === 0 || list[n - 1]! < x);
}
