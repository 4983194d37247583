/**
 * How instructions on dynamic sizes are fitted to values with radii (validator/semantics/dynamic-shapes). Sizes are
 * integers: certain, or undecided, and then everything about a value is.
 */
import type { Instruction } from '../../graphs/ir/module.ts';
import { placed } from '../reference/run.ts';
import { fitted, type ShapeAccess, sizeOperands } from '../semantics/dynamic-shapes/fit.ts';
import { handsOn } from '../semantics/dynamic-shapes/rules.ts';
import { tensorOperand } from './core/broadcasting.ts';
import type { ExactContext } from './core/context.ts';
import type { ExactValue } from './core/value.ts';
import { undecidedOf } from './core/without-error.ts';

type Evaluate = (
  instruction: Instruction,
  operands: readonly ExactValue[],
  context: ExactContext,
) => ExactValue;

/** Value and radii of an instruction of a module with dynamic sizes; `evaluate` runs static ones. */
export function evaluateFitted(
  instruction: Instruction,
  operands: readonly ExactValue[],
  context: ExactContext,
  evaluate: Evaluate,
): ExactValue {
  if (handsOn(instruction)) return evaluate(instruction, operands, context);
  if (operands.some(isUnsized)) return undecidedOf(instruction.shape);
  if (sizeOperands(instruction).some((k) => Number.isNaN(integerOf(operands[k])))) {
    context.explainUndecided(`${instruction.opcode} ${instruction.name}: its size is undecided`);
    return undecidedOf(instruction.shape);
  }
  try {
    const fit = fitted(instruction, operands, shapeAccess(context, evaluate));
    return evaluate(fit.instruction, fit.operands, context);
  } catch (error) {
    throw placed(error, instruction);
  }
}

function shapeAccess(context: ExactContext, evaluate: Evaluate): ShapeAccess<ExactValue> {
  return {
    module: context.module,
    shapeOf: (value) => (value.kind === 'tensor' ? value.shape : undefined),
    integer: integerOf,
    evaluate: (instruction, operands) => evaluate(instruction, operands, context),
  };
}

function integerOf(value: ExactValue): number {
  const { data, undecided } = tensorOperand(value);
  return undecided?.[0] ? Number.NaN : Number(data[0]);
}

function isUnsized(value: ExactValue): boolean {
  if (value.kind === 'tuple') return value.elements.some(isUnsized);
  return value.kind === 'tensor' && value.unsized === true;
}
