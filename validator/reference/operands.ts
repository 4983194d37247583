/** What an evaluation may take for granted of its operands and result, checked where it is read. */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { type ArrayShape, arrayShape, elementCount, type Shape } from '../../graphs/ir/shape.ts';
import {
  allocate,
  type Tensor,
  type TensorData,
  tensor,
  type Value,
} from '../../graphs/ir/tensor.ts';
import { widthOf } from './scalars/scalar.ts';

/** The tensor among the operands; anything else is an AssayError. */
export function tensorAt(operands: readonly Value[], k: number): Tensor {
  const value = operands[k];
  if (value?.kind !== 'tensor') {
    return fail(
      'run/bad-operand',
      `operand ${k} must be an array, got ${value?.kind ?? 'nothing'}`,
    );
  }
  return value;
}

/** All operands as tensors. */
export function tensors(operands: readonly Value[]): Tensor[] {
  return operands.map((_, k) => tensorAt(operands, k));
}

/** The array shape that an instruction declares. */
export function arrayResult(instruction: { readonly shape: Shape }): ArrayShape {
  const { shape } = instruction;
  if (shape.kind === 'array') return shape;
  return fail('run/bad-shape', `an array result is needed, the shape is a ${shape.kind}`);
}

/** The array shapes of a result that is one array or a tuple of arrays. */
export function arrayResults(instruction: { readonly shape: Shape }): ArrayShape[] {
  const { shape } = instruction;
  const all = shape.kind === 'tuple' ? shape.elements : [shape];
  return all.map((s) => arrayResult({ shape: s }));
}

/** A result tensor: the declared sizes without layout. An ill-formed instruction is an AssayError. */
export function result({ type, dims }: ArrayShape, data: TensorData): Tensor {
  const shape = arrayShape(type, dims);
  const want = elementCount(shape) * widthOf(type);
  if (data.length === want) return tensor(shape, data);
  return fail('run/bad-shape', `${type}[${dims}] does not fit ${data.length} computed numbers`);
}

/** Zero-filled storage for a result. */
export function storage(shape: ArrayShape): TensorData {
  return allocate(shape.type, elementCount(shape));
}

/** One tensor, or the tuple of several, as the instruction's shape has it. */
export function bundled(instruction: { readonly shape: Shape }, parts: readonly Tensor[]): Value {
  return instruction.shape.kind === 'tuple' ? { kind: 'tuple', elements: parts } : parts[0];
}

/** Same data under another type or size. */
export function relabelled(t: Tensor, type: ElementType, dims: readonly number[]): Tensor {
  return result(arrayShape(type, dims), t.data);
}
