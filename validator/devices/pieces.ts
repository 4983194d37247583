/** Cutting a tensor in equal pieces along a dimension, and joining such pieces. */
import { fail } from '../../graphs/ir/diagnostic.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { result, storage } from '../reference/operands.ts';
import { widthOf } from '../reference/scalars/scalar.ts';

/** `count` pieces of x along dimension `along`, which must divide. */
export function cut(x: Tensor, along: number, count: number): readonly Tensor[] {
  const { dims, type } = x.shape;
  if (!(dims[along] % count === 0)) {
    fail('run/bad-shape', `dimension ${along} of ${type}[${dims}] does not divide by ${count}`);
  }
  const shape = resized(x.shape, along, dims[along] / count);
  const [rows, row] = [outer(dims, along), inner(shape, along)];
  return Array.from({ length: count }, (_, k) => {
    const data = storage(shape);
    for (let r = 0; r < rows; r++) {
      const start = (r * count + k) * row;
      data.set(x.data.subarray(start, start + row) as never, r * row);
    }
    return result(shape, data);
  });
}

/** Pieces of one shape side by side along dimension `along`. */
export function join(pieces: readonly Tensor[], along: number): Tensor {
  const [{ shape: part }] = pieces;
  const shape = resized(part, along, part.dims[along] * pieces.length);
  const data = storage(shape);
  const [rows, row] = [outer(part.dims, along), inner(part, along)];
  pieces.forEach((piece, k) => {
    for (let r = 0; r < rows; r++) {
      const from = piece.data.subarray(r * row, (r + 1) * row);
      data.set(from as never, (r * pieces.length + k) * row);
    }
  });
  return result(shape, data);
}

function resized({ type, dims }: ArrayShape, along: number, size: number): ArrayShape {
  return arrayShape(
    type,
    dims.map((d, k) => (k === along ? size : d)),
  );
}

/** Runs of storage that a piece consists of. */
function outer(dims: readonly number[], along: number): number {
  return dims.slice(0, along).reduce((n, d) => n * d, 1);
}

/** Entries of storage of one run. */
function inner({ type, dims }: ArrayShape, along: number): number {
  return dims.slice(along).reduce((n, d) => n * d, widthOf(type));
}
