/** Tensors as functions of coordinates: specifications written element by element. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { type Tensor, tensorOf } from '../../../graphs/ir/tensor.ts';

export type Coordinate = readonly number[];

/** Every coordinate of `dims` in row-major order. */
export function coordinates(dims: readonly number[]): Coordinate[] {
  return dims.reduce<Coordinate[]>(
    (all, n) => all.flatMap((c) => Array.from({ length: n }, (_, i) => [...c, i])),
    [[]],
  );
}

/** The element at a coordinate. */
export function at(t: Tensor, coordinate: Coordinate): number {
  const index = coordinate.reduce((sum, i, d) => sum * t.shape.dims[d] + i, 0);
  return Number(t.data[index]);
}

/** The numbers that a formula gives for every coordinate. */
export function formula(dims: readonly number[], f: (c: Coordinate) => number): number[] {
  return coordinates(dims).map(f);
}

/** A tensor whose elements are all different: 1, 2, 3 … */
export function counting(type: ElementType, dims: readonly number[]): Tensor {
  const n = dims.reduce((a, b) => a * b, 1);
  return tensorOf(
    type,
    dims,
    Array.from({ length: n }, (_, i) => i + 1),
  );
}

/** A tensor of small integers from a seed: sums of their products are exact. */
export function smallIntegers(type: ElementType, dims: readonly number[], seed: number): Tensor {
  const n = dims.reduce((a, b) => a * b, 1);
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) % 11;
  };
  return tensorOf(type, dims, Array.from({ length: n }, next));
}
