/**
 * Folding with any computation: as a tree, all results at once, so that every level is a few
 * vector operations. HLO leaves the order of a reduction open; pairs keep their order.
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import { markUndecided, partsOf, sizeOf, stepOf } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { effectiveRadius } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';
import { take } from '../movement/apply-index-map.ts';
import { withOpenChoices } from './nan-reductions.ts';

/** The same elements under another shape; shared errors may be one along all of it. */
export function reshaped(t: ExactTensor, shape: ArrayShape): ExactTensor {
  const { correlated, ...rest } = t;
  const along = shape.dims.map(() => true);
  return { ...rest, shape, ...(correlated && { correlated: { ...correlated, along } }) };
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
 * Undefined where the computation cannot be run element by element. Two trees are folded: where they
 * do not agree, the computation is not associative there, and its result is left open.
 */
export function treeFold(
  context: ExactContext,
  computation: string,
  inputs: readonly ExactTensor[],
  inits: readonly ExactTensor[],
  rows: number,
  length: number,
): readonly ExactTensor[] | undefined {
  const first = inits.map((t) => spread(t, rows));
  if (length === 0) return first;
  const level = foldRows(context, computation, inputs, rows, length);
  const folded = level && context.callEach(computation, [...first, ...level], rows);
  const results = folded?.map((t) => spread(t, rows));
  if (!results || length === 1) return results;
  const whole = inputs.map((t, k) => withFirst(first[k], t, rows, length));
  const others = foldRows(context, computation, whole, rows, length + 1);
  if (!others) return results;
  const settled = withDisagreements(results, others, rows, context.lambda);
  const all = { computation, inputs: whole, results: settled, rows, length: length + 1 };
  return withOpenChoices(all, context);
}

/** Per row the fold of its elements alone; there must be at least one. */
function foldRows(
  context: ExactContext,
  computation: string,
  inputs: readonly ExactTensor[],
  rows: number,
  length: number,
): readonly ExactTensor[] | undefined {
  let level: readonly ExactTensor[] = inputs;
  for (let n = length; n > 1; n = Math.ceil(n / 2)) {
    const pairs = Math.floor(n / 2);
    const [left, right] = [0, 1].map((side) => stridedIndices([rows, pairs], [n, 2], side));
    const args = [...level.map((t) => take([t], left)), ...level.map((t) => take([t], right))];
    const folded = context.callEach(computation, args, rows * pairs);
    if (!folded) return undefined;
    level =
      n % 2 === 0
        ? folded.map((t) => spread(t, rows * pairs))
        : withLast(folded, level, rows, pairs, n);
  }
  return level;
}

/** Each row with one element more, before its first. */
function withFirst(
  first: ExactTensor,
  rest: ExactTensor,
  rows: number,
  length: number,
): ExactTensor {
  const width = length + 1;
  const source = new Int32Array(rows * width);
  const operand = new Uint8Array(rows * width).fill(1);
  for (let r = 0, i = 0; r < rows; r++) {
    operand[i] = 0;
    source[i++] = r;
    for (let j = 0; j < length; j++) source[i++] = r * length + j;
  }
  return take([first, rest], source, operand);
}

/** The results with those rows marked as undecided in which others lie beyond the radii of both. */
function withDisagreements(
  results: readonly ExactTensor[],
  others: readonly ExactTensor[],
  rows: number,
  lambda: number,
): readonly ExactTensor[] {
  const marks = new Uint8Array(rows);
  results.forEach((a, k) => {
    const [b, width] = [others[k], partsOf(a.shape.type)];
    for (let e = 0; e < a.data.length; e++) {
      const [x, y] = [a.data[e], b.data[e]];
      if (x === y || (x !== x && y !== y)) continue;
      const apart = Math.abs(Number(x) - Number(y));
      const allowed = effectiveRadius(a, e, lambda) + effectiveRadius(b, e, lambda);
      if (!(apart <= allowed)) marks[Math.floor(e / width)] = 1;
    }
  });
  return results.map((t) => markUndecided(t, marks));
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
  const source = new Int32Array(rows * width);
  const operand = new Uint8Array(rows * width);
  for (let r = 0, i = 0; r < rows; r++) {
    for (let j = 0; j < pairs; j++) source[i++] = r * pairs + j;
    operand[i] = 1;
    source[i++] = r * n + n - 1;
  }
  return folded.map((t, k) => take([spread(t, rows * pairs), level[k]], source, operand));
}
