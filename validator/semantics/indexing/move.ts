/**
 * Data movement as a map: which operand element each result element is a copy of. Everything that
 * moves values, radii or marks of elements applies the same map.
 */
import { bitsView } from '../../../graphs/ir/nan.ts';
import { specialised } from '../loops/specialise.ts';
import { sizeOf } from '../loops/strides.ts';
import { type Block, copyBlock, type Movable } from './block.ts';

/** Blocks of operands put into the result one after another. */
export interface BlockMove {
  /** Sizes of the result. */
  readonly dims: readonly number[];
  readonly blocks: readonly (Block & { readonly operand: number })[];
}

/** Result elements p·n + w, of n a window, are elements source[p] + window[w] of operand 0. */
export interface IndexMove {
  readonly dims: readonly number[];
  readonly source: Int32Array;
  /** Absent: single elements. */
  readonly window?: Int32Array;
}

/** Result element i is element source[i] of operand operand[i]. */
export interface ChoosingMove {
  readonly dims: readonly number[];
  readonly source: Int32Array;
  readonly operand: Uint8Array;
}

/** A map by blocks where it is regular, else an index an element. */
export type Move = BlockMove | IndexMove | ChoosingMove;

/** True where elements come from others than operand 0. */
export function takesFromMany(move: Move): boolean {
  if ('operand' in move) return move.operand.some((o) => o > 0);
  return 'blocks' in move && move.blocks.some((b) => b.operand > 0);
}

/**
 * The moved array, of the class of `arrays[0]`. `arrays` holds one array per operand that the move
 * takes from; `width` is the number of entries per element (2 for interleaved complex numbers). Where
 * a gather's collapsed slices have no elements, there is nothing to copy and zeros stay, as in XLA.
 */
export function applyMove<A extends Movable>(move: Move, arrays: readonly A[], width = 1): A {
  const Make = arrays[0].constructor as new (n: number) => A;
  if ('blocks' in move) {
    const out = new Make(sizeOf(move.dims) * width);
    const to = bitsView(out);
    const from = arrays.map(bitsView);
    for (const block of move.blocks) copyBlock(block, from[block.operand], to, width);
    return out;
  }
  if ('operand' in move) {
    const out = new Make(move.source.length * width);
    choose(move, arrays.map(bitsView), width, bitsView(out));
    return out;
  }
  const { source, window = single } = move;
  const out = new Make(source.length * window.length * width);
  if (arrays[0].length === 0) return out;
  const [from, to] = [bitsView(arrays[0]), bitsView(out)];
  const gather = specialised(gatherWindows, from.constructor.name, out.length);
  gather(source, window, width, from, to);
  return out;
}

const single = Int32Array.of(0);

function choose(
  { source, operand }: ChoosingMove,
  arrays: readonly Movable[],
  width: number,
  out: Movable,
): void {
  for (let i = 0, e = 0; i < source.length; i++) {
    const from = arrays[operand[i]];
    for (let part = 0; part < width; part++) out[e++] = from[source[i] * width + part];
  }
}

function gatherWindows(
  source: Int32Array,
  window: Int32Array,
  width: number,
  from: Movable,
  out: Movable,
): void {
  for (let p = 0, e = 0; p < source.length; p++) {
    for (let w = 0; w < window.length; w++) {
      const start = (source[p] + window[w]) * width;
      for (let part = 0; part < width; part++) out[e++] = from[start + part];
    }
  }
}
