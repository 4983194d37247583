/** How instructions on dynamic sizes are fitted to tensors: what validator/semantics/dynamic-shapes asks of a mode. */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { ShapeAccess } from '../semantics/dynamic-shapes/fit.ts';
import type { EvalContext } from './context.ts';
import { tensorAt } from './operands.ts';

/** Fitting in the reference: sizes are those of the tensors themselves. */
export function shapeAccess(
  context: EvalContext,
  evaluate: (instruction: Instruction, operands: readonly Value[], context: EvalContext) => Value,
): ShapeAccess<Value> {
  return {
    module: context.module,
    shapeOf: (value) => (value.kind === 'tensor' ? value.shape : undefined),
    integer: (value) => scalarInteger(value),
    evaluate: (instruction, operands) => evaluate(instruction, operands, context),
  };
}

function scalarInteger(value: Value): number {
  const { data } = tensorAt([value], 0);
  return data.length === 1 ? Number(data[0]) : fail('run/bad-operand', 'a size must be a scalar');
}
