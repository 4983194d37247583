/** Every instruction against the shape rule of its op. */

import { AssayError } from '../ir/diagnostic.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionsById,
} from '../ir/module.ts';
import type { Shape } from '../ir/shape.ts';
import { calledBy } from '../ops/callees.ts';
import type { Signature } from '../ops/row.ts';
import { text } from '../ops/shape-rules/checks.ts';
import { fitsDeclared } from '../ops/shape-rules/result.ts';
import { rowOf } from '../ops/table.ts';
import type { Report } from './report.ts';

/** Signatures of the computations that have one, by name. */
export type Signatures = ReadonlyMap<string, Signature>;

/** Reports each instruction whose shape is not what its rule infers; `broken` ones are skipped. */
export function verifyShapes(
  computation: Computation,
  signatures: Signatures,
  broken: ReadonlySet<InstructionId>,
  report: Report,
): void {
  const byId = instructionsById(computation);
  const signature = (name: string) => signatures.get(name)!;
  for (const instruction of computation.instructions) {
    if (broken.has(instruction.id)) continue;
    if (!calledBy(instruction).every((name) => signatures.has(name))) continue;
    const operands = instruction.operands.map((id) => byId.get(id)!.shape);
    verifyShape(instruction, operands, signature, report);
  }
}

function verifyShape(
  instruction: Instruction,
  operands: readonly Shape[],
  signature: (name: string) => Signature,
  report: Report,
): void {
  const { opcode, shape: declared, attrs, extras } = instruction;
  try {
    const inferred = rowOf(opcode).shape({
      operands,
      attrs,
      declared,
      config: extras.backend_config,
      signature,
      check: demand,
    });
    if (fitsDeclared(opcode, inferred, declared)) return;
    const message = `operands and attributes give ${text(inferred)}, declared ${text(declared)}`;
    report('result-shape', message, instruction);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    report(error.diagnostic.code.replace(/^verify\//, ''), error.message, instruction);
  }
}

/** The first violated constraint ends the rule. */
function demand(holds: boolean, label: string, message: string): asserts holds {
  if (!holds) throw new AssayError({ code: `verify/${label}`, message });
}
