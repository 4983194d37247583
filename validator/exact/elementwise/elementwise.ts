/** Rows of the elementwise ops: which rule an op takes for floats, complex numbers, integers. */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import type { elementwise as rowsOfElementwise } from '../../../graphs/ops/elementwise.ts';
import { stochasticConvert } from '../../semantics/decompositions/stochastic-convert.ts';
import { byDecomposition } from '../by-decomposition.ts';
import { markUndecided, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext, ExactRows, ExactRule } from '../core/context.ts';
import { arithmeticOperand } from '../core/operand-flush.ts';
import type { ExactValue } from '../core/value.ts';
import { exactOnIntegers, undecidedOf } from '../core/without-error.ts';
import { binary } from './binary.ts';
import { binaryFunctions } from './binary-functions.ts';
import { compare } from './compare.ts';
import { complexAbs, complexOp, complexPower, complexSign, hasComplexRule } from './complex.ts';
import {
  complexRows,
  type DifferentiableComplexOpcode,
  differentiableComplex,
} from './complex-functions.ts';
import { imaginaryPart, joined, realPart } from './complex-parts.ts';
import { convert, reducePrecision } from './convert.ts';
import { differentiableFunctions } from './functions.ts';
import { logic } from './logic.ts';
import { clampFloat, select } from './select.ts';
import { differentiable, finiteness, step } from './unary.ts';

type ElementwiseOpcode = keyof typeof rowsOfElementwise;
type AnyRule = (i: never, operands: readonly ExactValue[], context: ExactContext) => ExactValue;

/** The rule for floats; complex operands by complex.ts, integers by the reference. */
function byType(onFloats: AnyRule): ExactRule<ElementwiseOpcode> {
  return (instruction, operands, context) => {
    const { type } = tensorOperand(operands.at(-1)).shape;
    if (isFloat(type)) return onFloats(instruction as never, operands, context);
    if (!isComplex(type)) return exactOnIntegers(instruction as Instruction, operands, context);
    if (hasComplexRule(instruction.opcode)) {
      return complexOp(instruction.opcode, operands.map(tensorOperand), context);
    }
    const tensors = operands.map(tensorOperand);
    if (Object.hasOwn(complexRows, instruction.opcode)) {
      const row = complexRows[instruction.opcode as DifferentiableComplexOpcode];
      const numerics = context.numerics(type === 'c128' ? 'f64' : 'f32');
      const t = arithmeticOperand(tensors[0], context);
      return markUndecided(differentiableComplex(row, t, numerics), t.undecided);
    }
    if (instruction.opcode === 'power') return complexPower(tensors, context);
    if (instruction.opcode === 'sign') return complexSign(tensors[0], context);
    context.explainUndecided(`no budget rule for ${instruction.opcode} on ${type}`);
    return undecidedOf(instruction.shape);
  };
}

const onIntegers: ExactRule<ElementwiseOpcode> = (instruction, operands, context) =>
  exactOnIntegers(instruction as Instruction, operands, context);

function rowsOf<O extends ElementwiseOpcode>(
  names: readonly O[],
  rule: AnyRule,
): { readonly [K in O]: ExactRule<K> } {
  const typed = byType(rule);
  return Object.fromEntries(names.map((n) => [n, typed])) as unknown as {
    readonly [K in O]: ExactRule<K>;
  };
}

const smoothNames = Object.keys(
  differentiableFunctions,
) as (keyof typeof differentiableFunctions)[];
const binaryNames = Object.keys(binaryFunctions) as (keyof typeof binaryFunctions)[];

/** A row for each elementwise opcode. */
export const elementwise: ExactRows<ElementwiseOpcode> = {
  ...rowsOf(smoothNames, differentiable),
  ...rowsOf(binaryNames, binary),
  ...rowsOf(['floor', 'ceil', 'round-nearest-afz', 'round-nearest-even', 'sign'], step),
  abs(instruction, operands, context) {
    const t = tensorOperand(operands[0]);
    if (isComplex(t.shape.type)) return complexAbs(t, context);
    return byType(differentiable)(instruction, operands, context);
  },
  'is-finite': finiteness,
  real: (_, operands) => realPart(tensorOperand(operands[0])),
  imag: (_, operands) => imaginaryPart(tensorOperand(operands[0])),
  complex: (_, operands) => joined(tensorOperand(operands[0]), tensorOperand(operands[1])),
  and: logic,
  or: logic,
  not: onIntegers,
  xor: onIntegers,
  popcnt: onIntegers,
  'count-leading-zeros': onIntegers,
  'shift-left': onIntegers,
  'shift-right-arithmetic': onIntegers,
  'shift-right-logical': onIntegers,
  compare,
  select,
  clamp: byType(clampFloat),
  convert,
  'reduce-precision': reducePrecision,
  'stochastic-convert': byDecomposition(stochasticConvert),
};
