/**
 * Every elementwise op as one function of scalars, rounded to its result type: looked up in the
 * table of the type's class. Tensor loops and compiled scalar computations both use it.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { formatRounder, type Rounder, wrapper } from '../../graphs/ir/rounding.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { comparison } from './compare.ts';
import { complexFunctions } from './complex-functions.ts';
import type { EvalContext } from './context.ts';
import { conversion, wrapWide } from './convert.ts';
import { floatFunctions } from './float-functions.ts';
import { integerFunctions, predFunctions } from './integer-functions.ts';
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
  float: () => floatFunctions,
  narrow: integerFunctions,
  wide: wideFunctions,
  pred: () => predFunctions,
  complex: () => complexFunctions,
};

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
    precisionReducer(op.attrs as InstructionOf<'reduce-precision'>['attrs'], context) as never,
};

/** The rounded operation; an op that its operands' type does not have is an AssayError. */
export function scalarOperation(op: OperationOf, context: EvalContext): ScalarOperation {
  const special = specials[op.opcode];
  if (special) return special(op, context);
  const exact = exactOperation(op);
  return (exact && finished(exact, op.resultType, context.round)) ?? refuse(op);
}

/**
 * The operation before rounding, where storing the result in the type's array rounds it anyway:
 * f32 and f64 to nearest, integers of 8, 16 and 32 bits modulo 2^bits.
 */
export function storedOperation(op: OperationOf, context: EvalContext): ScalarOperation {
  const exact = specials[op.opcode] ? undefined : exactOperation(op);
  return exact && storageRounds(op.resultType, context) ? exact : scalarOperation(op, context);
}

/** True where an array of the type rounds what is stored in it exactly as the context would. */
function storageRounds(type: ElementType, context: EvalContext): boolean {
  if (type === 'f32' || type === 'f64') return context.round('f32') === Math.fround;
  const { bits } = elementTypes[type];
  return classOf(type) === 'narrow' && bits >= 8;
}

function exactOperation(op: OperationOf): ScalarOperation | undefined {
  const type = op.operandTypes[0];
  const table = tables[classOf(type)](type);
  return Object.hasOwn(table, op.opcode) ? (table[op.opcode] as ScalarOperation) : undefined;
}

function finished(f: unknown, type: ElementType, round: EvalContext['round']): ScalarOperation {
  switch (classOf(type)) {
    case 'float':
      return rounded(f as NumberFunction, round(type));
    case 'narrow':
    case 'pred':
      return rounded(f as NumberFunction, wrapper(type));
    case 'wide': {
      const wrap = wrapWide(type);
      const g = f as (a: Scalar, b: Scalar) => bigint;
      return (a, b) => wrap(g(a, b));
    }
    case 'complex': {
      const part = round(type);
      const g = f as (a: Scalar, b: Scalar) => Complex;
      return (a, b) => {
        const [re, im] = g(a, b);
        return [part(re), part(im)];
      };
    }
  }
}

type NumberFunction = (a: Scalar, b: Scalar) => number;

function rounded(f: NumberFunction, round: Rounder): ScalarOperation {
  return (a, b) => round(f(a, b));
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

/** Rounds to a format of given widths; what is subnormal in a narrower range becomes zero. */
function precisionReducer(
  attrs: InstructionOf<'reduce-precision'>['attrs'],
  context: EvalContext,
): Rounder {
  const { exponent_bits: e, mantissa_bits: m } = attrs;
  if (e === 8 && m === 7) return context.round('bf16');
  const maxExponent = 2 ** (e - 1) - 1;
  const minExponent = 1 - maxExponent;
  const round = formatRounder({
    precision: m + 1,
    minExponent,
    maxFinite: (2 - 2 ** -m) * 2 ** maxExponent,
    overflow: 'inf',
    signedZero: true,
    signed: true,
    hasNaN: true,
  });
  const kept: Rounder = m > 0 ? round : (x) => (x !== x ? Infinity : round(x));
  if (e >= 8) return kept;
  return (x) => {
    const y = kept(x);
    return Math.abs(y) < 2 ** minExponent ? y * 0 : y;
  };
}

function refuse(op: OperationOf): never {
  return fail('run/unsupported', `${op.opcode} is not defined for ${op.operandTypes.join(', ')}`);
}
