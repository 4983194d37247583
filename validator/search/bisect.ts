/**
 * The first bad index of a list whose answers turn from good to bad. Both ends are asked first, and
 * both sides of the turn once more at the end: what does not hold is said and never hidden.
 */
import type { Answer } from './answer.ts';
import {
  type AnswerRange,
  type Boundary,
  boundariesIn,
  type Known,
  nextIndex,
  rangesIn,
} from './boundaries.ts';
import { Inquiry, type Journal } from './journal.ts';

/** Answers for an index; `run` is 0 in the search and 1 when the answer is asked for anew. */
export type Ask = (index: number, run: number) => Promise<Answer>;

/** Options of bisect. */
export interface BisectOptions {
  /** Keeps the answers; with those of a killed bisection it resumes. Questions: `7`, `7#1`. */
  readonly journal?: Journal<Answer>;
  /** Evenly spaced indices between the ends, asked first: shows a bad range with a fix behind it. */
  readonly scan?: number;
  /** Further indices to ask first: those of which something is known already. */
  readonly at?: readonly number[];
  /** Whether both sides of each turn are asked anew at the end (default: they are). */
  readonly confirm?: boolean;
}

/** An index that answered differently when it was asked anew. */
export interface Contradiction {
  readonly index: number;
  readonly first: Answer;
  readonly again: Answer;
}

/** What a bisection found. */
export interface Bisection {
  /**
   * `first bad`: good turns into bad at one index. `among skipped`: it does, at one of several of
   * which all but the last were skipped. `fix only`: bad turns into good, and nothing before it was
   * good. Else every index that told something told the same, or none did.
   */
  readonly outcome:
    | 'first bad'
    | 'among skipped'
    | 'fix only'
    | 'good throughout'
    | 'bad throughout'
    | 'nothing told';
  /** Of the first turn from good to bad. */
  readonly lastGood?: number;
  /** Of the same; with `among skipped` the first one known to be bad. */
  readonly firstBad?: number;
  /** All turns found, ascending, each as narrow as it can be told. */
  readonly boundaries: readonly Boundary[];
  /** Good and bad ranges, ascending; what lies inside one and was not asked is taken to be alike. */
  readonly ranges: readonly AnswerRange[];
  readonly skipped: readonly { readonly index: number; readonly reason: string }[];
  /** Whether all answers fit one turn from good to bad, or none. */
  readonly isMonotone: boolean;
  /** Whether each side of each turn answered the same anew; undefined when none was asked. */
  readonly isConfirmed: boolean | undefined;
  readonly contradictions: readonly Contradiction[];
  /** Different questions put, answered by the journal or not. */
  readonly questions: { readonly search: number; readonly confirmation: number };
}

/**
 * Bisects the indices 0 … n − 1. With no index skipped and no scan the search puts at most
 * ⌈log₂ n⌉ + 2 questions, and the confirmation two for each turn. Of n ends that agree nothing
 * follows for what is between: then `scan` or `at` is the way to find a bad range.
 */
export async function bisect(n: number, ask: Ask, options: BisectOptions = {}): Promise<Bisection> {
  const inquiry = await Inquiry.over(options.journal);
  const known = new Map<number, Answer>();
  const tell = async (index: number) => {
    known.set(index, await inquiry.put(`${index}`, () => ask(index, 0)));
  };
  for (const index of firstIndices(n, options)) await tell(index);
  for (let i = nextIndex(n, known); i !== undefined; i = nextIndex(n, known)) await tell(i);
  const search = inquiry.questions;
  const sides = options.confirm === false ? [] : sidesOf(boundariesIn(known));
  const contradictions = await askAnew(sides, known, (index) =>
    inquiry.put(`${index}#1`, () => ask(index, 1)),
  );
  const isConfirmed = sides.length === 0 ? undefined : contradictions.length === 0;
  const questions = { search, confirmation: inquiry.questions - search };
  return { ...conclude(known), isConfirmed, contradictions, questions };
}

/** Both ends, then the scan, then the indices named, each once. */
function firstIndices(n: number, { scan = 0, at = [] }: BisectOptions): readonly number[] {
  const spaced = Array.from({ length: scan }, (_, k) =>
    Math.round(((k + 1) * (n - 1)) / (scan + 1)),
  );
  const wanted = [0, n - 1, ...spaced, ...at].filter((index) => index >= 0 && index < n);
  return [...new Set(wanted)];
}

function sidesOf(boundaries: readonly Boundary[]): readonly number[] {
  return [...new Set(boundaries.flatMap(({ before, after }) => [before, after]))];
}

async function askAnew(
  indices: readonly number[],
  known: Known,
  ask: (index: number) => Promise<Answer>,
): Promise<readonly Contradiction[]> {
  const found: Contradiction[] = [];
  for (const index of indices) {
    const first = known.get(index)!;
    const again = await ask(index);
    if (again.kind !== first.kind) found.push({ index, first, again });
  }
  return found;
}

type Conclusion = Omit<Bisection, 'isConfirmed' | 'contradictions' | 'questions'>;

function conclude(known: Known): Conclusion {
  const boundaries = boundariesIn(known);
  const ranges = rangesIn(known);
  const turn = boundaries.find(({ kind }) => kind === 'break');
  return {
    outcome: outcomeOf(turn, ranges),
    ...(turn === undefined ? {} : { lastGood: turn.before, firstBad: turn.after }),
    boundaries,
    ranges,
    skipped: skippedIn(known),
    isMonotone: boundaries.every(({ kind }) => kind === 'break'),
  };
}

function outcomeOf(
  turn: Boundary | undefined,
  ranges: readonly AnswerRange[],
): Bisection['outcome'] {
  if (turn !== undefined) return turn.among.length === 0 ? 'first bad' : 'among skipped';
  if (ranges.length > 1) return 'fix only';
  return ranges[0] === undefined ? 'nothing told' : `${ranges[0].kind} throughout`;
}

function skippedIn(known: Known): Bisection['skipped'] {
  const skipped = [...known].flatMap(([index, answer]) =>
    answer.kind === 'skip' ? [{ index, reason: answer.reason }] : [],
  );
  return skipped.sort((a, b) => a.index - b.index);
}
