/**
 * What is only moved keeps its type. XLA's verifier may be told to let floating-point precisions differ
 * there too, and texts of its tests do; but nothing says where such a module rounds, so it is not run.
 */

import type { Diagnostic } from '../ir/diagnostic.ts';
import { isFloat } from '../ir/element-type.ts';
import { type Instruction, instructionsById, type Module } from '../ir/module.ts';
import { leafShapes, type Shape } from '../ir/shape.ts';
import { text } from '../ops/shape-rules/checks.ts';
import { movesValues } from '../ops/shape-rules/result.ts';
import { reportInto } from './report.ts';

/** Findings `verify/<op>_c1` about ops that move floats of one precision into those of another. */
export function verifyMovedTypes(module: Module): Diagnostic[] {
  const findings: Diagnostic[] = [];
  const report = reportInto(findings);
  for (const computation of module.computations) {
    const byId = instructionsById(computation);
    for (const i of computation.instructions) {
      if (!keepsType(i)) continue;
      const from = i.operands.flatMap((o) => leafShapes(byId.get(o)!.shape).flatMap(floatOf));
      const wrong = leafShapes(i.shape).find((to) => floatOf(to).some((t) => differs(t, from)));
      if (!wrong) continue;
      const what = `values of ${[...new Set(from)].join(' and ')} cannot become ${text(wrong)}`;
      report(`${i.opcode.replaceAll('-', '_')}_c1`, `${what} by moving; insert a convert`, i);
    }
  }
  return findings;
}

function keepsType({ opcode, shape }: Instruction): boolean {
  if (opcode === 'bitcast' || opcode === 'bitcast-convert') return false;
  return movesValues(opcode) && (shape.kind === 'array' || shape.kind === 'tuple');
}

/** The type of an array of floats, as a list of at most one. */
function floatOf(shape: Shape): string[] {
  return shape.kind === 'array' && isFloat(shape.type) ? [shape.type] : [];
}

function differs(type: string, from: readonly string[]): boolean {
  return from.length > 0 && !from.includes(type);
}
