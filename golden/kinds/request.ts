/** What the generators of golden inputs are asked for, and the draws that they share. */
import type { ElementType, FloatFormat } from '../../graphs/ir/element-type.ts';
import type { IndexUse } from './index-ranges.ts';
import type { Random } from './random.ts';
import type { Rounded } from './rounded.ts';

/** A request for the values of one tensor. */
export interface Request {
  readonly count: number;
  /** Length of a row: the last dimension, 1 for a scalar. */
  readonly row: number;
  readonly random: Random;
  /** Which draw of its kind this is, from 0: small tensors go through what a kind holds in turn. */
  readonly turn: number;
  /** Number of the array among those of the case: arrays at other places hold other values. */
  readonly place: number;
  /** Sizes of the array, outermost first. */
  readonly dims: readonly number[];
  readonly facts: DrawFacts;
}

/** What the module says of the inputs that would tell something about it. */
export interface DrawFacts {
  /** Numbers that the module compares with, clamps to, pads by …; see constants.ts. */
  readonly constants: readonly number[];
  /** The longest sum of the module: terms, and how many ones stay exact in its narrowest type. */
  readonly sum?: { readonly terms: number; readonly capacity: number } | undefined;
  /** Whether floats are added, and never more than two of them. */
  readonly pairSums?: boolean;
  /** What it rounds to. */
  readonly rounded?: Rounded;
}

/** Of a module of which nothing is known. */
export const noFacts: DrawFacts = { constants: [] };

/** What is drawn for a float parameter, or for the parts of a complex one. */
export interface FloatRequest extends Request {
  readonly format: FloatFormat;
  /** False where NaN and infinities have no place: they would drown all else, or be no answer. */
  readonly special: boolean;
  /** True where another operand of a product is sparse already. */
  readonly dense: boolean;
}

/** What is drawn for an integer or pred parameter. */
export interface IntegerRequest extends Request {
  readonly type: ElementType;
  /** Integers of [lo, hi). */
  readonly lo: number;
  readonly hi: number;
  /** True where nothing but the type bounds them. */
  readonly free: boolean;
  /** How the module uses them as positions, lengths or numbers of branches, if it does. */
  readonly use?: IndexUse | undefined;
}

/** Integers of a parameter; bigints where they may be beyond what a double holds. */
export type Integers = Float64Array | readonly (number | bigint)[];

/** Tensors below this size hold the special values of a kind in turn, over several cases. */
export const smallTensor = 20;

/** So many numbers; of large arrays, unlike lists, they take no more than 8 bytes each. */
export function draw(n: number, next: (i: number) => number): Float64Array {
  const drawn = new Float64Array(n);
  for (let i = 0; i < n; i++) drawn[i] = next(i);
  return drawn;
}

/** Numbers drawn row by row. */
export function byRow(
  { count, row }: Request,
  make: (length: number, r: number) => ArrayLike<number>,
): Float64Array {
  const drawn = new Float64Array(count);
  for (let at = 0, r = 0; at < count; at += row, r++) drawn.set(make(row, r), at);
  return drawn;
}

/** The numbers of several lists, one after the other. */
export function joined(...lists: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(lists.reduce((n, list) => n + list.length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

/**
 * Which of k things an element is, for prime k: k elements meet each of them, k² elements of arrays at
 * two places each pair (the rows of an orthogonal array of strength two, Bose 1938), and one element
 * meets each in k turns.
 */
export function inTurn(k: number, { place, turn, count }: Request): (element: number) => number {
  const step = 1 + (place % (k - 1));
  const onward = turn * (count % k === 0 ? 1 : count);
  const pairs = place + Math.floor(turn / k);
  return (element) => (step * (element + onward) + Math.floor(element / k) + pairs) % k;
}

/** A list filled up to a prime length, so that `inTurn` meets all pairs. */
export function toPrime<T>(list: readonly T[], filler: T): readonly T[] {
  const isPrime = (n: number) => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
    return n > 1;
  };
  const filled = [...list];
  while (!isPrime(filled.length)) filled.push(filler);
  return filled;
}
