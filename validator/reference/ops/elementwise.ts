/** Evaluation of every elementwise op: one loop over the elements, the op's function inside. */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { bitsView } from '../../../graphs/ir/nan.ts';
import { elementCount } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData, Value } from '../../../graphs/ir/tensor.ts';
import type { elementwise as rows } from '../../../graphs/ops/elementwise.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import { stochasticConvert } from '../../semantics/decompositions/stochastic-convert.ts';
import { type Loop, specialised } from '../../semantics/loops/specialise.ts';
import { byExpansion } from '../by-decomposition.ts';
import type { EvalContext, EvalRow } from '../context.ts';
import { arrayResult, result, storage, tensors } from '../operands.ts';
import { elementReader, elementWriter, type Scalar, widthOf } from '../scalars/scalar.ts';
import { type OperationSteps, storedOperation } from '../scalars/scalar-operation.ts';

type ElementwiseOpcode = keyof typeof rows;
type Family = { readonly [O in ElementwiseOpcode]: EvalRow<O> };

const each = evaluateElementwise;

/** Rows of the elementwise family. */
export const elementwise: Family = {
  abs: each,
  acos: each,
  acosh: each,
  asin: each,
  asinh: each,
  atanh: each,
  cbrt: each,
  ceil: each,
  cosine: each,
  cosh: each,
  'count-leading-zeros': each,
  erf: each,
  exponential: each,
  'exponential-minus-one': each,
  floor: each,
  imag: each,
  'is-finite': each,
  log: each,
  'log-plus-one': each,
  logistic: each,
  negate: each,
  not: each,
  popcnt: each,
  real: each,
  'round-nearest-afz': each,
  'round-nearest-even': each,
  rsqrt: each,
  sign: each,
  sine: each,
  sinh: each,
  sqrt: each,
  tan: each,
  tanh: each,
  add: each,
  and: each,
  atan2: each,
  complex: each,
  divide: each,
  maximum: each,
  minimum: each,
  multiply: each,
  or: each,
  power: each,
  remainder: each,
  'shift-left': each,
  'shift-right-arithmetic': each,
  'shift-right-logical': each,
  subtract: each,
  xor: each,
  compare: each,
  select: each,
  clamp: each,
  convert: evaluateConvert,
  'reduce-precision': each,
  'stochastic-convert': byExpansion(stochasticConvert),
};

interface ElementwiseInstruction {
  readonly opcode: Opcode;
  readonly attrs: unknown;
  readonly shape: Parameters<typeof arrayResult>[0]['shape'];
}

/** result[i] = f(a[i], b[i], c[i]); a scalar operand (select, clamp) stands for all elements. */
export function evaluateElementwise(
  instruction: ElementwiseInstruction,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const shape = arrayResult(instruction);
  const { opcode, attrs } = instruction;
  const asBits = opcode === 'select';
  const args = tensors(operands).map((t) => (asBits ? { ...t, data: bitsView(t.data) } : t));
  const operandTypes = args.map((t) => t.shape.type);
  const steps = storedOperation({ opcode, attrs, operandTypes, resultType: shape.type }, context);
  const stored = storage(shape);
  const data = asBits ? bitsView(stored) : stored;
  const n = elementCount(shape);
  const simple = widthOf(shape.type) === 1 && operandTypes.every((t) => widthOf(t) === 1);
  if (!simple) anyLoop(steps, args, elementWriter(shape.type, data), n);
  else if (args.length === 1) loopFor(unaryLoop, steps, n)(steps, args[0].data, data, n);
  else if (args.length === 2) {
    loopFor(binaryLoop, steps, n)(steps, args[0].data, args[1].data, data, n);
  } else loopFor(ternaryLoop, steps, n)(steps, args.map(spread(n)), data, n);
  return result(shape, stored);
}

/** To f32 from a narrower float, whose numbers are stored as they are in f32, nothing is to be done. */
function evaluateConvert(
  instruction: InstructionOf<'convert'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const [x] = tensors(operands);
  const shape = arrayResult(instruction);
  const widens = shape.type === 'f32' && isFloat(x.shape.type) && x.data instanceof Float32Array;
  return widens ? result(shape, x.data) : evaluateElementwise(instruction, operands, context);
}

function loopFor<L extends Loop>(loop: L, { label }: OperationSteps, n: number): L {
  return specialised(loop, label, n);
}

function unaryLoop({ exact, round }: OperationSteps, a: TensorData, out: TensorData, n: number) {
  const [f, g] = [exact, round] as unknown as ((a: number) => number)[];
  for (let i = 0; i < n; i++) out[i] = g(f(a[i] as number));
}

function binaryLoop(
  { exact, round }: OperationSteps,
  a: TensorData,
  b: TensorData,
  out: TensorData,
  n: number,
): void {
  const [f, g] = [exact, round] as unknown as ((a: number, b?: number) => number)[];
  for (let i = 0; i < n; i++) out[i] = g(f(a[i] as number, b[i] as number));
}

/** An operand's data, and 0 as step where one element stands for all. */
interface Spread {
  readonly data: TensorData;
  readonly step: 0 | 1;
}

function spread(n: number): (t: Tensor) => Spread {
  return ({ data }) => ({ data, step: data.length === 1 && n > 1 ? 0 : 1 });
}

function ternaryLoop(
  { exact, round }: OperationSteps,
  [a, b, c]: readonly Spread[],
  out: TensorData,
  n: number,
): void {
  const [f, g] = [exact, round] as unknown as ((a: number, b?: number, c?: number) => number)[];
  const [x, y, z] = [a.data, b.data, c.data] as Float32Array[];
  const [sx, sy, sz] = [a.step, b.step, c.step];
  for (let i = 0; i < n; i++) out[i] = g(f(x[i * sx], y[i * sy], z[i * sz]));
}

function anyLoop(
  { exact, round }: OperationSteps,
  args: readonly Tensor[],
  write: (i: number, value: Scalar) => void,
  n: number,
): void {
  const [a, b = a, c = a] = args.map((t) => elementReader(t.shape.type, t.data));
  const [sa, sb = sa, sc = sa] = args.map((t) => (elementCount(t.shape) === 1 && n > 1 ? 0 : 1));
  for (let i = 0; i < n; i++) write(i, round(exact(a(i * sa), b(i * sb), c(i * sc))));
}
