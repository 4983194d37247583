/**
 * Computations on scalars (to_apply, comparators) compiled to a closure: a register for every
 * instruction, a function from the elementwise tables for every op. What does not fit is run as a
 * computation on scalar tensors.
 */
import {
  type Computation,
  computationOf,
  type Instruction,
  parametersOf,
  rootOf,
} from '../../../graphs/ir/module.ts';
import { nanOf, plainNaN } from '../../../graphs/ir/nan.ts';
import type { ArrayShape, Shape } from '../../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../../graphs/ir/tensor.ts';
import { isIn } from '../../../graphs/ops/table.ts';
import type { EvalContext } from '../context.ts';
import { result, storage } from '../operands.ts';
import { makesNaN } from './made-nan.ts';
import { classOf, elementReader, elementWriter, type Scalar } from './scalar.ts';
import { scalarBitcast } from './scalar-bits.ts';
import {
  type OperationSteps,
  operationSteps,
  type ScalarOperation,
  same,
  scalarOperation,
} from './scalar-operation.ts';
import { readsSigns } from './sign-readers.ts';

/**
 * Applies a computation to one scalar per parameter, and writes the root's elements (one, or those
 * of a tuple) into `results`.
 */
export type ScalarFunction = (args: readonly Scalar[], results: Scalar[]) => void;

type Step = (registers: Scalar[]) => void;

/** The function of a computation whose parameters and results are scalars. */
export function scalarFunction(context: EvalContext, name: string): ScalarFunction {
  const computation = computationOf(context.module, name);
  return compiled(context, computation) ?? interpreted(context, computation);
}

/**
 * The op that a computation of two parameters amounts to when its root is a plain binary op of
 * both, in either order of commutative ops; undefined otherwise.
 */
export function plainOperation(
  { module }: Pick<EvalContext, 'module'>,
  name: string,
): Instruction | undefined {
  const computation = computationOf(module, name);
  const root = rootOf(computation);
  const parameters = parametersOf(computation);
  if (computation.instructions.length !== 3 || parameters.length !== 2) return undefined;
  if (!isIn(root.opcode, 'commutative') || !isIn(root.opcode, 'elementwise')) return undefined;
  const sameType = parameters.every((p) => typeOf(p.shape) === typeOf(root.shape));
  const both = parameters.every((p) => root.operands.includes(p.id));
  return both && sameType ? root : undefined;
}

/** (a, b) → the function's single result: what a reduction folds with. */
export function foldFunction(context: EvalContext, name: string): (a: Scalar, b: Scalar) => Scalar {
  const { exact, round } = foldSteps(context, name);
  return ((a, b) => round(exact(a, b, a))) as (a: Scalar, b: Scalar) => Scalar;
}

/** The same in two steps, of which loops that hold nothing else make one copy per label. */
export function foldSteps(context: EvalContext, name: string): OperationSteps {
  const plain = plainOperation(context, name);
  if (plain) {
    const { opcode, attrs } = plain;
    const type = typeOf(plain.shape);
    return operationSteps({ opcode, attrs, operandTypes: [type, type], resultType: type }, context);
  }
  const root = rootOf(computationOf(context.module, name));
  if (root.opcode === 'parameter' && root.attrs.index < 2) {
    const chosen: ScalarOperation = root.attrs.index === 0 ? (a) => a : (_, b) => b;
    return { exact: chosen, round: same, label: `parameter ${root.attrs.index}` };
  }
  const f = scalarFunction(context, name);
  const results: Scalar[] = [];
  const exact: ScalarOperation = (a, b) => {
    f([a, b], results);
    return results[0];
  };
  return { exact, round: same, label: 'computation' };
}

/**
 * Places for scalars. An array of nothing but numbers holds them unboxed, and then V8 makes every NaN
 * one and the same; where a module can tell them apart, the array starts with something else.
 */
export function slots({ module }: EvalContext, n: number): Scalar[] {
  return new Array(n).fill(readsSigns(module) ? undefined : 0);
}

function compiled(context: EvalContext, computation: Computation): ScalarFunction | undefined {
  const root = rootOf(computation);
  const register = new Map(computation.instructions.map((i, n) => [i.id, n]));
  const steps: Step[] = [];
  for (const i of computation.instructions) {
    if (i.opcode === 'parameter' && isScalar(i.shape)) continue;
    if (i.id === root.id && i.opcode === 'tuple') continue;
    const step = compileStep(context, computation, i, register);
    if (!step) return undefined;
    steps.push(step);
  }
  const outputs = (root.opcode === 'tuple' ? root.operands : [root.id]).map(
    (o) => register.get(o)!,
  );
  const inputs = parametersOf(computation).map((p) => register.get(p.id)!);
  const registers = slots(context, computation.instructions.length);
  return (args, results) => {
    for (let k = 0; k < inputs.length; k++) registers[inputs[k]] = args[k];
    for (let k = 0; k < steps.length; k++) steps[k](registers);
    for (let k = 0; k < outputs.length; k++) results[k] = registers[outputs[k]];
  };
}

/** One instruction on registers; undefined if it is not an op on scalars. */
function compileStep(
  context: EvalContext,
  computation: Computation,
  i: Instruction,
  register: ReadonlyMap<number, number>,
): Step | undefined {
  if (!isScalar(i.shape)) return undefined;
  const to = register.get(i.id)!;
  const [a, b = a, c = a] = i.operands.map((o) => register.get(o)!);
  if (i.opcode === 'constant') {
    if (i.attrs.literal.kind !== 'tensor') return undefined;
    const value = elementReader(i.attrs.literal.shape.type, i.attrs.literal.data)(0);
    return (r) => {
      r[to] = value;
    };
  }
  const shapes = i.operands.map((o) => computation.instructions[register.get(o)!].shape);
  if (!shapes.every(isScalar)) return undefined;
  const callee = i.opcode === 'call' ? i.attrs.to_apply : i.opcode === 'fusion' && i.attrs.calls;
  if (callee)
    return callStep(
      context,
      scalarFunction(context, callee),
      i.operands.map((o) => register.get(o)!),
      to,
    );
  const f = stepFunction(i, context, shapes.map(typeOf));
  return (
    f &&
    ((r) => {
      r[to] = f(r[a], r[b], r[c]);
    })
  );
}

function callStep(
  context: EvalContext,
  f: ScalarFunction,
  operands: readonly number[],
  to: number,
): Step {
  const results = slots(context, 1);
  return (r) => {
    f(
      operands.map((o) => r[o]),
      results,
    );
    r[to] = results[0];
  };
}

/** Ops that hand a scalar on as it is. */
const identities: ReadonlySet<string> = new Set(['broadcast', 'copy', 'reshape', 'transpose']);

function stepFunction(
  i: Instruction,
  context: EvalContext,
  operandTypes: readonly ArrayShape['type'][],
): ScalarOperation | undefined {
  if (identities.has(i.opcode)) return (x) => x;
  if (i.opcode === 'bitcast' || i.opcode === 'bitcast-convert') {
    return scalarBitcast(operandTypes[0], typeOf(i.shape));
  }
  if (i.opcode === 'stochastic-convert' || !isIn(i.opcode, 'elementwise')) return undefined;
  return operationOf(i, context, operandTypes);
}

function operationOf(
  i: Instruction,
  context: EvalContext,
  operandTypes: readonly ArrayShape['type'][],
): ScalarOperation {
  const { opcode, attrs } = i;
  const resultType = typeOf(i.shape);
  const f = scalarOperation({ opcode, attrs, operandTypes, resultType }, context);
  if (classOf(resultType) !== 'float' || !makesNaN(opcode) || !readsSigns(context.module)) return f;
  const made = nanOf({ ...plainNaN, negative: context.madeNaN === 'negative' });
  return (a, b, c) => {
    const x = f(a, b, c);
    return x === x ? x : made;
  };
}

/** Any computation, called with scalar tensors. */
function interpreted(context: EvalContext, computation: Computation): ScalarFunction {
  const shapes = parametersOf(computation).map((p) => p.shape as ArrayShape);
  return (args, results) => {
    const values = shapes.map((shape, k) => scalarTensor(shape, args[k]));
    leaves(context.call(computation.name, values)).forEach((t, k) => {
      results[k] = elementReader(t.shape.type, t.data)(0);
    });
  };
}

function scalarTensor(shape: ArrayShape, value: Scalar): Tensor {
  const data = storage(shape);
  elementWriter(shape.type, data)(0, value);
  return result(shape, data);
}

function leaves(value: Value): readonly Tensor[] {
  return leafTensors(value);
}

function isScalar(shape: Shape): boolean {
  return shape.kind === 'array' && shape.dims.length === 0;
}

function typeOf(shape: Shape): ArrayShape['type'] {
  return (shape as ArrayShape).type;
}
