/**
 * Sizes of values whose shapes are dynamic (`f32[<=10]`): the bound for one draw in four, else any
 * from 1. Dimensions of one bound get one size, since modules put together what they bound alike.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, elementCount } from '../../graphs/ir/shape.ts';
import { randomOf } from './random.ts';

/** Draws beyond which sizes are halved: bounds may say far more than ever occurs. */
const manyElements = 2 ** 20;

/** Sizes of parameters, by name. */
export type GivenSizes = Readonly<Record<string, readonly number[]>>;

/** By bound, the size that is given for it: what is bounded alike has one size. */
export type FixedSizes = ReadonlyMap<number, number>;

/** The sizes that are given, by bound; an AssayError where they do not fit the shape. */
export function fixedSizes(parameters: readonly Instruction[], sizes: GivenSizes): FixedSizes {
  const fixed = new Map<number, number>();
  for (const { name, shape } of parameters) {
    const given = Object.hasOwn(sizes, name) ? sizes[name]! : undefined;
    if (!given || shape.kind !== 'array') continue;
    const isOpen = (d: number) => shape.dynamic?.[d] === true;
    const fits = (n: number, d: number) => (isOpen(d) ? given[d]! <= n : given[d] === n);
    if (given.length !== shape.dims.length || !shape.dims.every(fits)) {
      const bounds = shape.dims.map((n, d) => (isOpen(d) ? `<=${n}` : n)).join('x');
      fail('golden/sizes', `${name} is ${bounds || 'a scalar'}; ${given.join('x')} does not fit`);
    }
    for (const [d, bound] of shape.dims.entries()) if (isOpen(d)) fixed.set(bound, given[d]!);
  }
  return fixed;
}

/** The shape with drawn sizes; itself where nothing about it is dynamic. */
export function drawnSizes(
  shape: ArrayShape,
  kind: string,
  seed: number,
  fixed: FixedSizes = new Map(),
): ArrayShape {
  if (!shape.dynamic?.includes(true)) return shape;
  const sizeOf = (bound: number) => fixed.get(bound) ?? drawnSize(Math.max(bound, 0), kind, seed);
  let dims = shape.dims.map((bound, d) => (shape.dynamic?.[d] ? sizeOf(bound) : bound));
  while (elementCount({ ...shape, dims }) > manyElements) {
    const isDrawn = (d: number) => shape.dynamic?.[d] === true && !fixed.has(shape.dims[d]!);
    const halved = dims.map((n, d) => (isDrawn(d) ? Math.ceil(n / 2) : n));
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
