/** Moving a tensor with radii: values, radii and marks by one index map. */
import { type ArrayShape, arrayShape } from '../../../graphs/ir/shape.ts';
import type { Movable } from '../../semantics/indexing/block.ts';
import { applyMove, type Move } from '../../semantics/indexing/move.ts';
import { exactTensor, partsOf } from '../core/broadcasting.ts';
import { inheritsSizes } from '../core/operand-flush.ts';
import type { ExactTensor } from '../core/value.ts';

/** The tensors' elements in the order of a map; `along` tells where shared errors stay shared. */
export function applyIndexMap(
  map: Move,
  sources: readonly ExactTensor[],
  shape: ArrayShape,
  along: readonly boolean[],
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
  const floats = (of: (t: ExactTensor) => Float64Array | undefined) =>
    apply(of, (n) => new Float64Array(n), width);
  const numbers = sources.map((t) => t.data);
  const arrays = {
    data: applyMove(map, numbers, width),
    bound: floats((t) => t.bound),
    deviation: floats((t) => t.deviation),
    radius: floats((t) => t.correlated?.radius),
    undecided: apply(
      (t) => t.undecided,
      (n) => new Uint8Array(n),
      1,
    ),
  };
  return inheritsSizes(exactTensor(shape, arrays, along), sources);
}

/** Elements of one or several tensors of one type, in the order of an index; dims [index.length]. */
export function take(
  sources: readonly ExactTensor[],
  source: Int32Array,
  operand?: Uint8Array,
): ExactTensor {
  const dims = [source.length];
  const shape = arrayShape(sources[0].shape.type, dims);
  const map = operand ? { dims, source, operand } : { dims, source };
  return applyIndexMap(map, sources, shape, [true]);
}

/** Integers as f64; floats as they are. */
export function asNumbers(t: ExactTensor): ExactTensor {
  const { data } = t;
  if (data instanceof Float64Array) return t;
  const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  return { ...t, data: wide ? Float64Array.from(data, Number) : new Float64Array(data) };
}
