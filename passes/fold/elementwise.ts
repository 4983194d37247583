/**
 * Folds of elementwise ops. Floating-point results are computed in f64 and rounded once to their
 * type, which for +, −, ·, / and exact operands of at most 24 bits is the correctly rounded result;
 * integers wrap around. Divisions by zero and shifts by too much are left to run.
 */
import { type ElementType, elementTypes, isWide } from '../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf } from '../../graphs/ir/module.ts';
import { rounder, wrapper } from '../../graphs/ir/rounding.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { emptyTensor, type Tensor } from '../../graphs/ir/tensor.ts';

/** One op on elements of each kind; a kind that is missing, and undefined results, do not fold. */
interface Scalar {
  readonly float?: (...x: number[]) => number;
  /** On integers of up to 32 bits; wrapped to the type afterwards. */
  readonly integer?: (...x: number[]) => number | undefined;
  readonly wide?: (...x: bigint[]) => bigint | undefined;
  readonly pred?: (...x: number[]) => number;
}

type ElementwiseFold = (i: Instruction, operands: readonly Tensor[]) => Tensor | undefined;

/** Folds an op whose operands have the result's type. */
export function arithmetic(scalar: Scalar): ElementwiseFold {
  return (i, operands) => {
    const { type } = i.shape as ArrayShape;
    const f = evaluator(scalar, type);
    if (!f || operands.some((t) => t.shape.type !== type)) return undefined;
    return mapElements(i, operands, f);
  };
}

type Evaluate = (...x: never[]) => number | bigint | undefined;

function evaluator(scalar: Scalar, type: ElementType): Evaluate | undefined {
  const { kind } = elementTypes[type];
  if (kind === 'complex') return undefined;
  if (kind === 'pred') return scalar.pred;
  if (kind === 'float') {
    const { float } = scalar;
    const round = rounder(type);
    return float && ((...x: number[]) => round(plain(float(...x), x)));
  }
  if (isWide(type)) return scalar.wide;
  const { integer } = scalar;
  const wrap = wrapper(type);
  return (
    integer &&
    ((...x: number[]) => {
      const y = integer(...x);
      return y === undefined ? undefined : wrap(y);
    })
  );
}

/** A NaN that arithmetic makes is the plain one; the sign of one that it was given is the op's own. */
function plain(y: number, x: readonly number[]): number {
  return y === y || x.length === 1 ? y : NaN;
}

/** One result element from the operand elements at its place; scalars serve every place. */
function mapElements(i: Instruction, operands: readonly Tensor[], f: Evaluate): Tensor | undefined {
  const { type, dims } = i.shape as ArrayShape;
  const result = emptyTensor(type, dims);
  const { data } = result;
  for (let n = 0; n < data.length; n++) {
    const x = operands.map((t) => t.data[t.data.length === 1 ? 0 : n]!);
    const y = f(...(x as never[]));
    if (y === undefined) return undefined;
    data[n] = y as never;
  }
  return result;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
  LT: (a, b) => a < b,
  LE: (a, b) => a <= b,
  GT: (a, b) => a > b,
  GE: (a, b) => a >= b,
};

/** pred of the operands' sizes; complex operands do not fold. */
export function foldCompare(
  i: InstructionOf<'compare'>,
  operands: readonly Tensor[],
): Tensor | undefined {
  const types = operands.map((t) => t.shape.type);
  const isComplex = elementTypes[types[0]!].kind === 'complex';
  if (types[0] !== types[1] || isComplex || i.attrs.type === 'TOTALORDER') return undefined;
  const holds = comparisons[i.attrs.direction]!;
  return mapElements(i, operands, ((a: number, b: number) => (holds(a, b) ? 1 : 0)) as Evaluate);
}

/** Elements of the second or third operand, bits kept. */
export function foldSelect(
  i: InstructionOf<'select'>,
  operands: readonly Tensor[],
): Tensor | undefined {
  const { type } = i.shape as ArrayShape;
  const isComplex = elementTypes[type].kind === 'complex';
  if (isComplex || operands.slice(1).some((t) => t.shape.type !== type)) return undefined;
  return mapElements(i, operands, ((p: number, a: number, b: number) => (p ? a : b)) as Evaluate);
}

/**
 * Rounds once to a float type and wraps to an integer type. Floats outside the range of an integer
 * type and integers that f64 cannot hold are left to run.
 */
export function foldConvert(
  i: InstructionOf<'convert'>,
  [x]: readonly Tensor[],
): Tensor | undefined {
  const f = converter(x!.shape.type, (i.shape as ArrayShape).type);
  return f && mapElements(i, [x!], f as Evaluate);
}

type Convert = (x: number | bigint) => number | bigint | undefined;

function converter(from: ElementType, to: ElementType): Convert | undefined {
  const [source, target] = [elementTypes[from].kind, elementTypes[to].kind];
  if (source === 'complex' || target === 'complex') return undefined;
  if (target === 'pred') return (x) => (Number(x) === 0 ? 0 : 1);
  if (target === 'float') {
    const round = rounder(to);
    return (x) => (isSafe(x) ? round(Number(x)) : undefined);
  }
  if (source === 'float') return floatToInteger(to);
  if (isWide(to)) return (x) => BigInt(x);
  const wrap = wrapper(to);
  return (x) => (isSafe(x) ? wrap(Number(BigInt.asIntN(32, BigInt(x)))) : undefined);
}

function floatToInteger(to: ElementType): Convert {
  const { kind, bits } = elementTypes[to];
  const low = kind === 'signed' ? -(2 ** (bits - 1)) : 0;
  const high = kind === 'signed' ? 2 ** (bits - 1) : 2 ** bits;
  return (x) => {
    const whole = Math.trunc(Number(x));
    if (!(whole >= low && whole < high)) return undefined;
    return isWide(to) ? BigInt(whole) : whole;
  };
}

/** True for numbers and for bigints that a number holds. */
function isSafe(x: number | bigint): boolean {
  return typeof x === 'number' || (x >= -(2n ** 53n) && x <= 2n ** 53n);
}
