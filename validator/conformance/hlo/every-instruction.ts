/**
 * The reference and the exact mode over the same module, one instruction after another: each result
 * of the entry computation is held against the exact result on the very values that the reference has
 * for its operands. Nothing has added up there, so the radii are those of one op, and few are undecided.
 */

import {
  entryOf,
  type Instruction,
  type InstructionId,
  type Module,
} from '../../../graphs/ir/module.ts';
import type { Value } from '../../../graphs/ir/tensor.ts';
import { isIn, type Opcode } from '../../../graphs/ops/table.ts';
import { exactInstruction, fromPlainValue, makeExactContext } from '../../exact/run.ts';
import type { Limits } from '../../limits/limits.ts';
import { evaluateInstruction, makeContext } from '../../reference/run.ts';
import { lastUses } from '../../semantics/lives.ts';
import type { TestResult } from '../report.ts';
import { type Held, held } from './containment.ts';

/** An instruction of the entry computation and how its result was held. */
export interface Step {
  readonly instruction: Instruction;
  readonly held: Held;
}

/** What many steps add up to: the first that leaves its radii, and distances by elementwise op. */
export class StepLog {
  failure: string | undefined;
  private readonly worst = new Map<Opcode, number>();

  add({ instruction, held: found }: Step): void {
    const { name, opcode, position } = instruction;
    if (found.outside !== undefined && this.failure === undefined) {
      const line = position ? `line ${position.line}: ` : '';
      this.failure = `${line}%${name} (${opcode}) leaves its radii: ${found.outside}`;
    }
    if (found.ulp === undefined || !isIn(opcode, 'elementwise')) return;
    this.worst.set(opcode, Math.max(this.worst.get(opcode) ?? 0, found.ulp));
  }

  /** In units in the last place. */
  ulps(): TestResult['ulps'] {
    return [...this.worst].map(([op, ulp]) => ({ op, ulp }));
  }
}

/** The reference's result of a module; `onStep` is told each instruction, parameters aside. */
export function runStepwise(
  module: Module,
  inputs: readonly Value[],
  limits: Limits,
  onStep: (step: Step) => void,
): Value {
  const entry = entryOf(module);
  const context = makeContext(module, { limits });
  const exactContext = makeExactContext(module, { limits });
  const values = new Map<InstructionId, Value>();
  const ends = lastUses(entry);
  for (const [n, instruction] of entry.instructions.entries()) {
    if (instruction.opcode === 'parameter') {
      values.set(instruction.id, inputs[instruction.attrs.index]!);
    } else {
      const operands = instruction.operands.map((o) => values.get(o)!);
      const value = evaluateInstruction(instruction, operands, context);
      const exact = exactInstruction(instruction, operands.map(fromPlainValue), exactContext);
      onStep({ instruction, held: held(value, exact) });
      values.set(instruction.id, value);
    }
    for (const id of ends[n]!) values.delete(id);
  }
  return values.get(entry.root)!;
}
