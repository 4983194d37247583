/** Moving a tensor with radii: values, radii and marks by one index map. */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Movable } from '../../semantics/indexing/block.ts';
import { applyMove, type Move } from '../../semantics/indexing/move.ts';
import { hasMarks, partsOf } from '../core/broadcasting.ts';
import { inheritsSizes } from '../core/operand-flush.ts';
import type { ExactTensor } from '../core/value.ts';

/** The tensors' elements in the order of a map; `along` tells where shared errors stay shared. */
export function applyIndexMap(
  map: Move,
  sources: readonly ExactTensor[],
  shape: ArrayShape,
  along: () => readonly boolean[],
): ExactTensor {
  const width = partsOf(shape.type);
  const apply = <A extends Movable>(
    of: (t: ExactTensor) => A | undefined,
    make: (n: number) => A,
    w: number,
  ) => {
    if (!sources.some(of)) return undefined;
    const arrays = sources.map((t) => of(t) ?? make(t.data.length));
    return applyMove(map, arrays, w);
  };
  const floats = (n: number) => new Float64Array(n);
  const marks = (n: number) => new Uint8Array(n);
  const bound = apply((t) => t.bound, floats, width);
  const deviation = apply((t) => t.deviation, floats, width);
  const radius = apply((t) => t.correlated?.radius, floats, width);
  const undecided = apply((t) => t.undecided, marks, 1);
  const numbers = sources.map((t) => t.data);
  const moved: ExactTensor = {
    kind: 'tensor',
    shape,
    data: applyMove(map, numbers, width),
    ...(bound && { bound }),
    ...(deviation && { deviation }),
    ...(radius && { correlated: { radius, along: along() } }),
    ...(undecided && hasMarks(undecided) && { undecided }),
  };
  return inheritsSizes(moved, sources);
}

/** Elements of several tensors: element i is element source[i] of the one numbered operand[i]. */
export function takenTensor(
  sources: readonly ExactTensor[],
  source: Int32Array,
  operand: Uint8Array,
  shape: ArrayShape,
): ExactTensor {
  const width = partsOf(shape.type);
  const apply = <A extends Movable>(of: (t: ExactTensor) => A | undefined, w = width) => {
    const arrays = sources.map(of);
    const known = arrays.find((a) => a !== undefined);
    return known && taken(arrays, source, operand, w, known);
  };
  const bound = apply((t) => t.bound);
  const deviation = apply((t) => t.deviation);
  const radius = apply((t) => t.correlated?.radius);
  const undecided = apply((t) => t.undecided, 1);
  return {
    kind: 'tensor',
    shape,
    data: apply((t) => t.data)!,
    ...(bound && { bound }),
    ...(deviation && { deviation }),
    ...(radius && { correlated: { radius, along: shape.dims.map(() => true) } }),
    ...(undecided && hasMarks(undecided) && { undecided }),
  };
}

/** An absent array is zero everywhere. */
function taken<A extends Movable>(
  arrays: readonly (A | undefined)[],
  source: Int32Array,
  operand: Uint8Array,
  width: number,
  like: A,
): A {
  const out = new (like.constructor as new (n: number) => A)(source.length * width);
  for (let i = 0; i < source.length; i++) {
    const from = arrays[operand[i]];
    if (!from) continue;
    for (let p = 0; p < width; p++) out[i * width + p] = from[source[i] * width + p];
  }
  return out;
}

/** from[index[0]], from[index[1]] … */
export function picked(from: Float64Array, index: Int32Array): Float64Array {
  const out = new Float64Array(index.length);
  for (let i = 0; i < out.length; i++) out[i] = from[index[i]];
  return out;
}

/** Integers as f64; floats as they are. */
export function asNumbers(t: ExactTensor): ExactTensor {
  const { data } = t;
  if (data instanceof Float64Array) return t;
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  return { ...t, data: wide ? Float64Array.from(data, Number) : new Float64Array(data) };
}
