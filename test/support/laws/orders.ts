/**
 * Sums of products as a faithful implementation may compute them: in any order or tree, with products
 * rounded or fused, in the accumulator's type or a wider one.
 */
import type { Random } from '../../../golden/kinds/random.ts';
import { type ElementType, floatFormat } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';

/** The factors of the terms of one result: a·b, or a alone. */
export interface TermList {
  readonly a: readonly number[];
  readonly b?: readonly number[];
}

type Round = (x: number) => number;

const identity: Round = (x) => x;

/** Results of one element by several ways; `accumulator` holds the partial sums. */
export function everyWay(
  terms: TermList,
  accumulator: ElementType,
  result: ElementType,
  random: Random,
): readonly number[] {
  const acc = rounder(accumulator);
  const wider = floatFormat(accumulator).precision < 24 ? rounder('f32') : identity;
  const { b } = terms;
  const order = random.shuffle(terms.a.map((_, k) => k));
  const exact = (k: number) => (b ? terms.a[k] * b[k] : terms.a[k]);
  const rounded = order.map((k) => acc(exact(k)));
  const plain = order.map(exact);
  const ways = [
    sequential(rounded, acc),
    sequential([...rounded].reverse(), acc),
    sequential(plain, acc),
    tree(rounded, acc, random),
    lanes(plain, acc, random.integer(2, 9)),
    sequential(plain.map(wider), wider),
    tree(plain, identity, random),
  ];
  return ways.map(rounder(result));
}

/** Each term added to the sum so far and rounded: fused where terms are products not yet rounded. */
function sequential(terms: readonly number[], round: Round): number {
  return terms.slice(1).reduce((sum, x) => round(sum + x), round(terms[0] ?? 0));
}

/** Two random terms at a time. */
function tree(terms: readonly number[], round: Round, random: Random): number {
  const left = terms.map(round);
  while (left.length > 1) {
    const take = () => left.splice(random.integer(0, left.length), 1)[0];
    left.push(round(take() + take()));
  }
  return left[0] ?? 0;
}

/** Several sums side by side, as vector units keep them, then one after another. */
function lanes(terms: readonly number[], round: Round, count: number): number {
  const sums = Array.from({ length: Math.min(count, terms.length) }, (_, lane) =>
    sequential(
      terms.filter((_, k) => k % count === lane),
      round,
    ),
  );
  return sequential(sums, round);
}
