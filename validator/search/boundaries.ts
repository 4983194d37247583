/**
 * What a list of answers by index says so far: where good turns into bad and back, the ranges
 * between, and which index is worth asking next.
 */
import type { Answer } from './answer.ts';

/** Answers by index; indices that were not asked are absent. */
export type Known = ReadonlyMap<number, Answer>;

/** Neighbours among the told indices (good or bad, not skipped) with different answers. */
export interface Boundary {
  /** `break`: good, then bad. `fix`: bad, then good. */
  readonly kind: 'break' | 'fix';
  /** Last index told before the turn, and first one told after it. */
  readonly before: number;
  readonly after: number;
  /** What was skipped between; at the end of a search that is all there is between. */
  readonly among: readonly number[];
}

/** A longest run of equal answers, from its first told index to its last. */
export interface AnswerRange {
  readonly kind: 'good' | 'bad';
  readonly first: number;
  readonly last: number;
}

interface Told {
  readonly index: number;
  readonly kind: 'good' | 'bad';
}

/** Told indices in ascending order. */
function toldIn(known: Known): readonly Told[] {
  const told = [...known].flatMap(([index, { kind }]) =>
    kind === 'skip' ? [] : [{ index, kind }],
  );
  return told.sort((a, b) => a.index - b.index);
}

/** All turns in ascending order; none where one kind of answer is all there is. */
export function boundariesIn(known: Known): readonly Boundary[] {
  const told = toldIn(known);
  return told.slice(1).flatMap(({ index: after, kind }, at) => {
    const { index: before, kind: was } = told[at]!;
    if (kind === was) return [];
    return [
      {
        kind: kind === 'bad' ? 'break' : 'fix',
        before,
        after,
        among: askedBetween(before, after, known),
      },
    ];
  });
}

/** All ranges in ascending order; neighbours differ. */
export function rangesIn(known: Known): readonly AnswerRange[] {
  const ranges: AnswerRange[] = [];
  for (const { index, kind } of toldIn(known)) {
    const last = ranges.at(-1);
    if (last?.kind === kind) ranges[ranges.length - 1] = { ...last, last: index };
    else ranges.push({ kind, first: index, last: index });
  }
  return ranges;
}

/**
 * The index that a bisection of 0 … n − 1 asks next, both ends being asked: the middle of the first
 * stretch that is open. Undefined when every turn is as narrow as skipped indices let it be.
 */
export function nextIndex(n: number, known: Known): number | undefined {
  for (const [low, high] of openStretches(n, known)) {
    const index = middleOfLargestGap(low, high, known);
    if (index !== undefined) return index;
  }
  return undefined;
}

/**
 * Stretches, without their ends, in which good may turn into bad or back: between different answers,
 * and outside of all that is told where the end of the list was skipped and the turn may be there.
 */
function openStretches(n: number, known: Known): readonly (readonly [number, number])[] {
  const told = toldIn(known);
  if (told.length === 0) return [[-1, n]];
  const [first, last] = [told[0]!, told.at(-1)!];
  return [
    ...boundariesIn(known).map(({ before, after }) => [before, after] as const),
    ...(first.kind === 'bad' ? [[-1, first.index] as const] : []),
    ...(last.kind === 'good' ? [[last.index, n] as const] : []),
  ];
}

/**
 * Skipped indices come in runs (a build that is broken for a while): the next index is asked far
 * from them, as `git bisect skip` does, and not beside them.
 */
function middleOfLargestGap(low: number, high: number, known: Known): number | undefined {
  const asked = [low, ...askedBetween(low, high, known), high];
  let [widest, from] = [1, low];
  for (const [at, index] of asked.slice(1).entries()) {
    const width = index - asked[at]!;
    if (width > widest) [widest, from] = [width, asked[at]!];
  }
  return widest === 1 ? undefined : from + Math.floor(widest / 2);
}

/** Indices asked between two told neighbours, ascending: all of them were skipped. */
function askedBetween(low: number, high: number, known: Known): readonly number[] {
  return [...known.keys()].filter((k) => k > low && k < high).sort((a, b) => a - b);
}
