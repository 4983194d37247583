/**
 * Data movement as a map: which operand element each result element is a copy of. Everything that
 * moves values, radii or marks of elements applies the same map.
 */
import type { TensorData } from '../../graphs/ir/tensor.ts';

export interface Move {
  /** Sizes of the result. */
  readonly dims: readonly number[];
  /** Per result element (row-major) the row-major index of its source element. */
  readonly source: Int32Array;
  /** Per result element which operand the source is in; absent: operand 0 throughout. */
  readonly operand?: Uint8Array | Int32Array;
}

/** Arrays that a move can act on: tensor storage, radii, marks. */
export type Movable = TensorData | Uint8ClampedArray;

/**
 * The moved array, of the class of `arrays[0]`. `arrays` holds one array per operand that the move
 * takes from; `width` is the number of entries per element (2 for interleaved complex numbers).
 */
export function applyMove<A extends Movable>(move: Move, arrays: readonly A[], width = 1): A {
  const Make = arrays[0].constructor as new (n: number) => A;
  const out = new Make(move.source.length * width);
  if (width === 1 && !move.operand) gatherOne(move.source, arrays[0], out);
  else gatherAny(move, arrays, width, out);
  return out;
}

function gatherOne(source: Int32Array, from: Movable, out: Movable): void {
  for (let i = 0; i < source.length; i++) out[i] = from[source[i]];
}

function gatherAny(move: Move, arrays: readonly Movable[], width: number, out: Movable): void {
  const { source, operand } = move;
  for (let i = 0; i < source.length; i++) {
    const from = arrays[operand ? operand[i] : 0];
    for (let part = 0; part < width; part++) {
      out[i * width + part] = from[source[i] * width + part];
    }
  }
}
