/** The declared shape of an operand: values carry none, and bitcast needs the layout. */
import type { InstructionId, Module } from '../../graphs/ir/module.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import type { EvalContext } from './context.ts';

const shapesByModule = new WeakMap<Module, ReadonlyMap<InstructionId, Shape>>();

/** The shape declared by operand k of an instruction; undefined if the module does not hold it. */
export function operandShape(
  context: EvalContext,
  instruction: { readonly operands: readonly InstructionId[] },
  k: number,
): Shape | undefined {
  let shapes = shapesByModule.get(context.module);
  if (!shapes) {
    const all = context.module.computations.flatMap((c) => c.instructions);
    shapes = new Map(all.map((i) => [i.id, i.shape]));
    shapesByModule.set(context.module, shapes);
  }
  return shapes.get(instruction.operands[k]);
}
