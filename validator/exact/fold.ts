/**
 * Folding with any computation: as a tree, all results at once, so that every level is a few
 * vector operations. HLO leaves the order of a reduction open; pairs keep their order.
 */
import { arrayShape } from '../../graphs/ir/shape.ts';
import { sizeOf, stepOf } from './broadcasting.ts';
import type { ExactContext } from './context.ts';
import { movedTensor } from './moved.ts';
import type { ExactTensor } from './value.ts';

/** Elements of one or several tensors of one type, in the order of an index; dims [index.length]. */
export function take(
  sources: readonly ExactTensor[],
  source: Int32Array,
  operand?: Uint8Array,
): ExactTensor {
  const map = { dims: [source.length], source, ...(operand && { operand }) };
  const shape = arrayShape(sources[0].shape.type, [source.length]);
  return movedTensor(map, sources, shape, () => [true]);
}

/** A scalar among n sets of arguments, repeated; a tensor of n elements as it is. */
export function spread(t: ExactTensor, n: number): ExactTensor {
  return stepOf(t, n) === 1 && sizeOf(t) === n && t.shape.dims.length === 1
    ? t
    : take(
        [t],
        new Int32Array(n).map((_, i) => (sizeOf(t) === n ? i : 0)),
      );
}

/**
 * Per row the fold of `length` elements and the initial values; inputs are [rows · length] tensors.
 * Undefined where the computation cannot be run element by element.
 */
export function treeFold(
  context: ExactContext,
  computation: string,
  inputs: readonly ExactTensor[],
  inits: readonly ExactTensor[],
  rows: number,
  length: number,
): readonly ExactTensor[] | undefined {
  let level: readonly ExactTensor[] = inputs;
  for (let n = length; n > 1; n = Math.ceil(n / 2)) {
    const pairs = Math.floor(n / 2);
    const pick = (offset: number) =>
      Int32Array.from(
        { length: rows * pairs },
        (_, i) => Math.floor(i / pairs) * n + 2 * (i % pairs) + offset,
      );
    const [left, right] = [pick(0), pick(1)];
    const args = [...level.map((t) => take([t], left)), ...level.map((t) => take([t], right))];
    const folded = context.callEach(computation, args, rows * pairs);
    if (!folded) return undefined;
    level =
      n % 2 === 0
        ? folded.map((t) => spread(t, rows * pairs))
        : withLast(folded, level, rows, pairs, n);
  }
  const first = inits.map((t) => spread(t, rows));
  if (length === 0) return first;
  return context.callEach(computation, [...first, ...level], rows)?.map((t) => spread(t, rows));
}

/** The folded pairs of each row, and its last element, which had no partner. */
function withLast(
  folded: readonly ExactTensor[],
  level: readonly ExactTensor[],
  rows: number,
  pairs: number,
  n: number,
): ExactTensor[] {
  const width = pairs + 1;
  const isLast = (i: number) => i % width === pairs;
  const source = Int32Array.from({ length: rows * width }, (_, i) => {
    const row = Math.floor(i / width);
    return isLast(i) ? row * n + n - 1 : row * pairs + (i % width);
  });
  const operand = Uint8Array.from(source, (_, i) => (isLast(i) ? 1 : 0));
  return folded.map((t, k) => take([spread(t, rows * pairs), level[k]], source, operand));
}
