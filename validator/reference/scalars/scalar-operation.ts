/**
 * Every elementwise op as one function of scalars, rounded to its result type: looked up in the
 * table of the type's class. Tensor loops and compiled scalar computations both use it.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { wrapper } from '../../../graphs/ir/rounding.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { EvalContext } from '../context.ts';
import { comparison } from './compare.ts';
import { complexFunctions } from './complex-functions.ts';
import { conversion, wrapWide } from './convert.ts';
import { floatFunctions, singleFunctions } from './float-functions.ts';
import { integerFunctions, predFunctions } from './integer-functions.ts';
import { precisionReducer } from './reduce-precision.ts';
import { type Complex, classOf, type Scalar, type TypeClass } from './scalar.ts';
import { wideFunctions } from './wide-functions.ts';

/** An elementwise op on scalars of its operand types; unary ops ignore b and c. */
export type ScalarOperation = (a: Scalar, b: Scalar, c: Scalar) => Scalar;

type Table = Readonly<Record<string, unknown>>;

/** What an elementwise op is called with. */
export interface OperationOf {
  readonly opcode: Opcode;
  readonly attrs: unknown;
  readonly operandTypes: readonly ElementType[];
  readonly resultType: ElementType;
}

const tables: Readonly<Record<TypeClass, (type: ElementType) => Table>> = {
  float: (type) => (type === 'f64' ? floatFunctions : singleFunctions),
  narrow: integerFunctions,
  wide: wideFunctions,
  pred: () => predFunctions,
  complex: () => complexFunctions,
};

type Comparing = InstructionOf<'compare'>['attrs'];

type Special = (op: OperationOf, context: EvalContext) => ScalarOperation;

/** Ops that are not one function per class of their first operand. */
const specials: Partial<Record<Opcode, Special>> = {
  compare: (op) =>
    comparison(
      op.attrs as InstructionOf<'compare'>['attrs'],
      classOf(op.operandTypes[0]) === 'complex',
    ),
  complex: () => (re, im) => [re, im] as Complex,
  convert: (op, { round }) => conversion(op.operandTypes[0], op.resultType, round),
  select: () => (p, onTrue, onFalse) => (p ? onTrue : onFalse),
  clamp,
  'is-finite': () => (a) => (Number.isFinite(a) ? 1 : 0),
  'reduce-precision': (op, context) =>
    precisionReducer(
      op.attrs as InstructionOf<'reduce-precision'>['attrs'],
      op.resultType,
      context,
    ) as never,
};

/** An operation in two steps: what is computed, and how that is rounded to the result's type. */
export interface OperationSteps {
  readonly exact: ScalarOperation;
  readonly round: (x: Scalar) => Scalar;
  /** The same for operations whose steps are the same functions, whatever they have captured. */
  readonly label: string;
}

/** The rounded operation; an op that its operands' type does not have is an AssayError. */
export function scalarOperation(op: OperationOf, context: EvalContext): ScalarOperation {
  const special = specials[op.opcode];
  if (special) return special(op, context);
  const { exact, round } = operationSteps(op, context);
  return (a, b, c) => round(exact(a, b, c));
}

/** The steps of an operation. */
export function operationSteps(op: OperationOf, context: EvalContext): OperationSteps {
  const label = labelOf(op, context);
  const special = specials[op.opcode];
  if (special) return { exact: special(op, context), round: same, label };
  const exact = exactOperation(op) ?? refuse(op);
  return { exact, round: resultRounder(op.resultType, context), label };
}

/**
 * The steps of an operation whose results go into an array of their type. Where storing there rounds
 * anyway (f32 and f64 to nearest, integers of 8, 16 and 32 bits modulo 2^bits), the second is none.
 */
export function storedOperation(op: OperationOf, context: EvalContext): OperationSteps {
  const steps = operationSteps(op, context);
  return storageRounds(op.resultType, context) ? { ...steps, round: same } : steps;
}

/** No rounding. */
export const same = (x: Scalar) => x;

function labelOf({ opcode, attrs, operandTypes, resultType }: OperationOf, context: EvalContext) {
  const { direction = '', type = '' } = opcode === 'compare' ? (attrs as Partial<Comparing>) : {};
  const rounding = roundsToNearest(context) ? '' : 'random';
  return [opcode, direction, type, ...operandTypes, resultType, rounding].join(' ');
}

/** True where an array of the type rounds what is stored in it exactly as the context would. */
function storageRounds(type: ElementType, context: EvalContext): boolean {
  if (type === 'f32' || type === 'f64') return roundsToNearest(context);
  const { bits } = elementTypes[type];
  return classOf(type) === 'narrow' && bits >= 8;
}

/** True in the reference proper, where rounding to f32 is Math.fround. */
export function roundsToNearest(context: EvalContext): boolean {
  return context.round('f32') === Math.fround;
}

function exactOperation(op: OperationOf): ScalarOperation | undefined {
  const type = op.operandTypes[0];
  const table = tables[classOf(type)](type);
  return Object.hasOwn(table, op.opcode) ? (table[op.opcode] as ScalarOperation) : undefined;
}

/** How a result of a type is rounded: floats under the context's policy, integers wrapped. */
function resultRounder(type: ElementType, context: EvalContext): (x: Scalar) => Scalar {
  switch (classOf(type)) {
    case 'float':
      return context.round(type) as (x: Scalar) => Scalar;
    case 'narrow':
    case 'pred':
      return wrapper(type) as (x: Scalar) => Scalar;
    case 'wide':
      return wrapWide(type) as (x: Scalar) => Scalar;
    case 'complex': {
      const part = context.round(type);
      return (x) => [part((x as Complex)[0]), part((x as Complex)[1])];
    }
  }
}

/** min(high, max(low, x)); NaN if any is NaN. */
function clamp(op: OperationOf): ScalarOperation {
  const kind = classOf(op.resultType);
  if (kind === 'complex') return refuse(op);
  if (kind !== 'wide') {
    return (low, x, high) => Math.min(high as number, Math.max(low as number, x as number));
  }
  const { maximum, minimum } = wideFunctions(op.resultType);
  return (low, x, high) => minimum(high as bigint, maximum(low as bigint, x as bigint));
}

function refuse(op: OperationOf): never {
  return fail('run/unsupported', `${op.opcode} is not defined for ${op.operandTypes.join(', ')}`);
}
