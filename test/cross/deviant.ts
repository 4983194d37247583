/** One element of XLA's result that lies outside its budget, as the known deviations see it. */
import { isComplex } from '../../graphs/ir/element-type.ts';
import { elementCount, rowMajorStrides } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import type { ElementVerdict } from '../../validator/verdict/verdict.ts';

export type Scalar = number | bigint;

export interface Deviant {
  readonly element: ElementVerdict;
  /** Real and imaginary part (0 for a real) of the reference's element and of XLA's. */
  readonly before: readonly [Scalar, Scalar];
  readonly after: readonly [Scalar, Scalar];
  /** Parts of each operand at the same place; undefined for an operand of another size. */
  readonly operands: readonly (readonly [Scalar, Scalar] | undefined)[];
  readonly inputs: readonly Tensor[];
}

/** The element of a verdict among the reference's and XLA's arrays. */
export function deviantAt(
  element: ElementVerdict,
  reference: Value,
  result: Value,
  inputs: readonly Value[],
): Deviant {
  const of = (value: Value) => leafTensors(value)[element.output];
  const tensors = leafTensors(tupleValue(inputs));
  const position = positionOf(element, of(result));
  const size = elementCount(of(result).shape);
  const operands = tensors.map((t) => {
    const n = elementCount(t.shape);
    return n === size ? partsAt(t, position) : n === 1 ? partsAt(t, 0) : undefined;
  });
  const [before, after] = [of(reference), of(result)].map((t) => partsAt(t, position));
  return { element, before, after, operands, inputs: tensors };
}

/** The row-major position of an element in its array. */
export function positionOf({ index }: ElementVerdict, { shape }: Tensor): number {
  const strides = rowMajorStrides(shape.dims);
  return index.reduce((sum, k, d) => sum + k * strides[d], 0);
}

function partsAt({ shape, data }: Tensor, i: number): readonly [Scalar, Scalar] {
  return isComplex(shape.type) ? [data[2 * i], data[2 * i + 1]] : [data[i], 0];
}
