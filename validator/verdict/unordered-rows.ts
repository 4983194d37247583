/**
 * Rows that a comparator leaves without an order: a NaN stands neither before nor after a number. Any
 * arrangement of such a row is right, so that a result which holds the same elements is a tie.
 */

import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ExactTensor } from '../exact/core/value.ts';
import { stridedIndices } from '../semantics/loops/strides.ts';

/** The dimension that a number is sorted along, where it is a sort of one operand. */
function sortedAlong(number: ValueNumber, numbering: Numbering): number | undefined {
  const { instruction } = numbering.term(number);
  const isPlain = instruction.opcode === 'sort' && instruction.shape.kind === 'array';
  return isPlain ? instruction.attrs.dimensions[0] : undefined;
}

/**
 * Positions in rows that are undecided as a whole and hold the same elements on both sides; undefined
 * where the number is no such sort.
 */
export function rearranged(
  number: ValueNumber,
  numbering: Numbering,
  { after, before, exact }: Readonly<Record<'after' | 'before', Tensor>> & { exact: ExactTensor },
): ReadonlySet<number> | undefined {
  const dimension = sortedAlong(number, numbering);
  const { undecided } = exact;
  if (dimension === undefined || !undecided) return undefined;
  const { dims } = before.shape;
  const strides = rowMajorStrides(dims);
  const others = dims.map((n, d) => (d === dimension ? Math.min(n, 1) : n));
  const found = new Set<number>();
  for (const start of stridedIndices(others, strides)) {
    const row = stridedIndices([dims[dimension] ?? 1], [strides[dimension] ?? 1], start);
    if (!row.some((at) => undecided[at]) || !sameElements(after, before, row)) continue;
    for (const at of row) if (undecided[at]) found.add(at);
  }
  return found;
}

function sameElements(a: Tensor, b: Tensor, row: Int32Array): boolean {
  const counts = new Map<string, number>();
  const key = (x: number | bigint) => (Object.is(x, -0) ? '-0' : String(x));
  for (const at of row) {
    const [x, y] = [key(a.data[at]!), key(b.data[at]!)];
    counts.set(x, (counts.get(x) ?? 0) + 1);
    counts.set(y, (counts.get(y) ?? 0) - 1);
  }
  return [...counts.values()].every((n) => n === 0);
}
