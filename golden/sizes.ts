/**
 * Sizes of values whose shapes are dynamic (`f32[<=10]`): the bound for one draw in four, else any
 * from 1. Dimensions of one bound get one size, since modules put together what they bound alike.
 */
import { type ArrayShape, arrayShape, elementCount } from '../graphs/ir/shape.ts';
import { randomOf } from './random.ts';

/** Draws beyond which sizes are halved: bounds may say far more than ever occurs. */
const manyElements = 2 ** 20;

/** The shape with drawn sizes; itself where nothing about it is dynamic. */
export function drawnSizes(shape: ArrayShape, kind: string, seed: number): ArrayShape {
  if (!shape.dynamic?.includes(true)) return shape;
  let dims = shape.dims.map((bound, d) =>
    shape.dynamic?.[d] ? drawnSize(Math.max(bound, 0), kind, seed) : bound,
  );
  while (elementCount({ ...shape, dims }) > manyElements) {
    const halved = dims.map((n, d) => (shape.dynamic?.[d] ? Math.ceil(n / 2) : n));
    if (halved.every((n, d) => n === dims[d])) break;
    dims = halved;
  }
  return arrayShape(shape.type, dims);
}

function drawnSize(bound: number, kind: string, seed: number): number {
  const random = randomOf(seed, kind, 'size', bound);
  const isWhole = bound < 2 || random.uniform() < 0.25;
  return isWhole ? bound : random.integer(1, bound + 1);
}
