/**
 * Ops on integers and pred, and everything else that has no rounding: the reference evaluates them.
 * What depends on an undecided element is undecided.
 */
import { isComplex, isFloat } from '../../../graphs/ir/element-type.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { arrayShape, type Shape, sameDims } from '../../../graphs/ir/shape.ts';
import { allocate, type Value } from '../../../graphs/ir/tensor.ts';
import { evaluateInstruction } from '../../reference/run.ts';
import { markUndecided, mergedMarks, resultShape, sizeOf, tensorOperand } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** A plain value as an exact one without radii. */
export function fromPlain(v: Value): ExactValue {
  if (v.kind === 'tuple') return { kind: 'tuple', elements: v.elements.map(fromPlain) };
  if (v.kind === 'token') return v;
  const { type } = v.shape;
  if ((isFloat(type) || isComplex(type)) && !(v.data instanceof Float64Array)) {
    return { ...v, data: new Float64Array(v.data as Float32Array) };
  }
  return v;
}

/** The value without its radii, in the type's own storage; only right where there are none. */
export function toPlain(v: ExactValue): Value {
  if (v.kind === 'tuple') return { kind: 'tuple', elements: v.elements.map(toPlain) };
  if (v.kind === 'token') return v;
  const { shape } = v;
  const data = allocate(shape.type, 0);
  if (data.constructor === v.data.constructor) return { kind: 'tensor', shape, data: v.data };
  return { kind: 'tensor', shape, data: new Float32Array(v.data as Float64Array) };
}

/** Every element of a value of this shape undecided. */
export function undecidedOf(shape: Shape): ExactValue {
  if (shape.kind === 'tuple') return { kind: 'tuple', elements: shape.elements.map(undecidedOf) };
  if (shape.kind !== 'array') return { kind: 'token' };
  const n = shape.dims.reduce((a, b) => a * b, 1);
  const float = isFloat(shape.type) || isComplex(shape.type);
  const width = isComplex(shape.type) ? 2 : 1;
  const data = float ? new Float64Array(n * width) : allocate(shape.type, n);
  const undecided = new Uint8Array(n).fill(1);
  if (!shape.dynamic?.includes(true)) return { kind: 'tensor', shape, data, undecided };
  return {
    kind: 'tensor',
    shape: arrayShape(shape.type, shape.dims),
    data,
    undecided,
    unsized: true,
  };
}

/** Elementwise on integers or pred: exact, marks by element. Sizes may be those of a whole batch. */
export function exactOnIntegers(
  instruction: Instruction,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const tensors = operands.map(tensorOperand);
  const declared = instruction.shape;
  if (declared.kind !== 'array') throw new RangeError(`${instruction.opcode} gives an array`);
  const shape = resultShape(declared.type, tensors);
  const n = shape.dims.reduce((a, b) => a * b, 1);
  const spread = tensors.map((t) =>
    sizeOf(t) === n
      ? { ...t, shape: { ...t.shape, dims: shape.dims } }
      : repeated(t, shape.dims, n),
  );
  const widened = sameDims(shape, declared) ? instruction : { ...instruction, shape };
  const value = fromPlain(evaluateInstruction(widened, spread.map(toPlain), context.reference));
  return markUndecided(tensorOperand(value), mergedMarks(tensors, n));
}

function repeated(t: ExactTensor, dims: readonly number[], n: number): ExactTensor {
  const Make = t.data.constructor as Float64ArrayConstructor;
  const data = new Make(n).fill(t.data[0] as never);
  return { kind: 'tensor', shape: { ...t.shape, dims }, data };
}

/** Any op whose operands are all certain, by the reference; undecided as a whole otherwise. */
export function exactIfCertain(
  instruction: Instruction,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  if (!operands.every(isCertainValue)) return undecidedOf(instruction.shape);
  return fromPlain(evaluateInstruction(instruction, operands.map(toPlain), context.reference));
}

function isCertainValue(v: ExactValue): boolean {
  if (v.kind === 'tuple') return v.elements.every(isCertainValue);
  return v.kind === 'token' || (!v.bound && !v.undecided);
}
