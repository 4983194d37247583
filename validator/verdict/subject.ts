/**
 * What a verdict is about: a graph before, on values at its boundary, and a result that is held
 * against it. A changed region and a whole module are one thing: the boundary of a whole module is
 * its parameters.
 */

import type { Contract } from '../../graphs/ir/contract.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ExactOptions } from '../exact/core/context.ts';
import type { CaseValues } from '../localization/values.ts';
import type { Selected } from './approximate.ts';
import { selectionOf } from './selection.ts';
import { indexingOf } from './ties.ts';

/** Another form of the same function, which stands for it under `+algebra`. */
export interface OtherForm {
  /** What is run, operands first. */
  readonly order: readonly ValueNumber[];
  /** The outputs, one for one those of the subject. */
  readonly outputs: readonly ValueNumber[];
  /** The number of the subject's side that answers for a number of the boundary. */
  readonly partner: (number: ValueNumber) => ValueNumber;
  /** Boundary values that depend on others there, and all that lies between, operands first. */
  readonly related: () => readonly ValueNumber[];
}

/** The side before, and what may be taken for granted of the side after. */
export interface Subject {
  readonly numbering: Numbering;
  /** The values of the case; they answer for what the graph reads. */
  readonly values: CaseValues;
  /** What is run, operands first. */
  readonly order: readonly ValueNumber[];
  readonly root: ValueNumber;
  /** The numbers that the root comes down to where tuples are taken apart; their leaves are its own. */
  readonly outputs: readonly ValueNumber[];
  readonly contract: Contract;
  readonly options: ExactOptions;
  /** Under `narrows`: the opcodes that it may narrow; without it, all of them. */
  readonly narrowed?: ReadonlySet<string>;
  readonly other?: OtherForm;
  /** False where no more than a suspicion is worth samples of it: a whole module, say. */
  readonly mustDecide?: boolean;
  /** False where the other side draws random numbers of its own, so that those before are not given. */
  readonly keepsDraws?: boolean;
}

/** A result, and the parts of it that matter. */
export interface Result {
  readonly value: Value;
  /** Where the result is a part of a selection that gives both values and places: the whole of it. */
  readonly selected?: Selected;
}

/** The numbers that a root's tuples come down to, in order. */
export function outputsOf(root: ValueNumber, numbering: Numbering): ValueNumber[] {
  const { instruction, operands } = numbering.term(root);
  if (instruction.opcode !== 'tuple') return [root];
  return operands.flatMap((o) => outputsOf(o, numbering));
}

/** Numbers whose exact values a verdict reads: the outputs, and what their meaning turns on. */
export function numbersAsked({ outputs, root, numbering }: Subject): ReadonlySet<ValueNumber> {
  const asked = new Set(outputs);
  for (const n of outputs) {
    const indexing = indexingOf(n, numbering);
    if (indexing) asked.add(indexing.into);
  }
  const selection = selectionOf(root, numbering);
  if (selection) asked.add(selection.from);
  return asked;
}

/** What a subject reads and is given, with its value. */
export function boundaryOf({
  numbering,
  order,
  values,
  keepsDraws,
}: Subject): ReadonlyMap<ValueNumber, Value> {
  const inside = new Set(order);
  const given = new Map<ValueNumber, Value>();
  for (const n of order) {
    const { instruction, operands } = numbering.term(n);
    for (const o of operands) if (!inside.has(o)) given.set(o, values.get(o));
    if (keepsDraws && isIn(instruction.opcode, 'random')) given.set(n, values.get(n));
  }
  return given;
}
