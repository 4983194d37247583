/**
 * Where a sparse array has its ones: in each sum of the module few enough to add up exactly in its
 * type, and over rows and turns everywhere.
 *
 * Along every axis every m-th element of a line is met, at an offset that moves on from line to line
 * and from turn to turn (the coordinates sum to the turn, modulo m), so that it does not matter along
 * which axis is summed. An array that is hardly more than one sum goes by a list instead: its ends,
 * then multiples of large powers of two and what lies just before them (tiles begin and end there), then
 * the rest.
 */
import type { Request } from './request.ts';

/** Whether an element is met, by its flat index. */
export function positionsOf({ dims, count, turn, place, facts }: Request): (i: number) => boolean {
  const { terms, capacity } = facts.sum ?? { terms: count, capacity: 7 };
  const within = Math.min(terms, count);
  const groups = Math.ceil(within / capacity);
  if (groups <= 1) return (i) => (i + turn + place) % 2 === 0;
  if (count < 2 * terms) {
    const order = byImportance(count);
    const size = Math.floor(capacity * Math.max(1, count / terms));
    const from = (turn * size) % (Math.ceil(count / size) * size);
    const met = new Set(order.slice(from, from + size));
    return (i) => met.has(i);
  }
  return (i) => {
    let [rest, sum] = [i, turn];
    for (let d = dims.length - 1; d >= 0; d--) {
      sum += rest % dims[d]!;
      rest = Math.floor(rest / dims[d]!);
    }
    return sum % groups === 0;
  };
}

/** Turns until each element of the longest sum has been met. */
export function sparseTurns(facts: Request['facts']): number {
  return facts.sum ? Math.ceil(facts.sum.terms / facts.sum.capacity) : 1;
}

function byImportance(n: number): number[] {
  const rank = (i: number) => {
    if (i === 0 || i === n - 1) return 64;
    return Math.max(twos(i), twos(i + 1) - 0.5);
  };
  return Array.from({ length: n }, (_, i) => i).sort((a, b) => rank(b) - rank(a) || a - b);
}

/** How often two divides a number. */
function twos(i: number): number {
  return 31 - Math.clz32(i & -i);
}
