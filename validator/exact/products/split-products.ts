/**
 * Dots whose algorithm splits operands into parts of fewer digits (validator/reference/ops/dot-algorithm.ts):
 * what is left out of each product counts as an error of its factors. Of a number that is no more than
 * its first part nothing is left out.
 */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { Split } from '../../reference/ops/dot-algorithm.ts';
import { dotDims } from '../../semantics/indexing/dot-dims.ts';
import { copiedRadii, markUndecided } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { Numerics } from '../core/numerics.ts';
import { outcomeOf } from '../core/outcomes.ts';
import { rootSquares } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';

/**
 * The operand, an f32, with its share of what is left out: half of it in the worst case, 1/√2 of one
 * radius. Parts below the normal numbers may be taken for zero.
 */
export function splitOperand(
  t: ExactTensor,
  { part, most, typical }: Split,
  { flushBelow, lambda }: Numerics,
): ExactTensor {
  const x = t.data as Float64Array;
  const { bound, deviation } = copiedRadii(t);
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]);
    if (!(size < Infinity) || (bound[i] === 0 && part(x[i]) === x[i])) continue;
    const mayFlush = size * 2 ** -24 < flushBelow;
    bound[i] += (most / 2) * (size + bound[i]) + (mayFlush ? flushBelow : 0);
    deviation[i] = rootSquares(deviation[i], typical * Math.SQRT1_2 * size);
    if (mayFlush) deviation[i] += (2 * flushBelow) / lambda;
  }
  return { ...t, bound, deviation };
}

/**
 * Sums of products of which something may be left out. Where parts are truncated it has the sign of
 * the product, so that its mean adds up to a multiple of the sum; `specials` are the sums with an
 * operand that has no remainder: it is infinite, or its first part is, and the remainder is NaN.
 */
export function withDrift(
  sum: ExactTensor,
  { most }: Split,
  specials: Uint8Array | undefined,
  { lambda }: ExactContext,
): ExactTensor {
  const { bound, deviation, data } = sum;
  const drift = most / lambda;
  const drifted = deviation?.map((l, i) =>
    bound?.[i] ? l + drift * Math.abs(Number(data[i])) : l,
  );
  return markUndecided(drifted ? { ...sum, deviation: drifted } : sum, specials);
}

/** Marks the sums of which an operand is infinite or has an infinite first part. */
export function splitSpecials(
  { attrs }: InstructionOf<'dot'>,
  [a, b]: readonly ExactTensor[],
  { part }: Split,
): Uint8Array | undefined {
  const { batch, m, n, k, lhs, rhs } = dotDims(attrs, a.shape.dims, b.shape.dims);
  const infinite = ({ data }: ExactTensor, rows: Int32Array) =>
    Uint8Array.from({ length: k === 0 ? 0 : rows.length / k }, (_, row) => {
      const of = rows.subarray(row * k, (row + 1) * k);
      return of.some((i) => Math.abs(part(Number(data[i]))) === Infinity) ? 1 : 0;
    });
  const [left, right] = [infinite(a, lhs), infinite(b, rhs)];
  if (!left.includes(1) && !right.includes(1)) return undefined;
  const mark = outcomeOf(Number.NaN);
  return Uint8Array.from({ length: batch * m * n }, (_, i) => {
    const row = Math.floor(i / n);
    return left[row] || right[Math.floor(row / m) * n + (i % n)] ? mark : 0;
  });
}
