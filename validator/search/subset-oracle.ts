/** Tests of subsets of a list by index: each asked once, none after an abort. */
import { Inquiry, type Journal } from './journal.ts';

/** `fails`: the subset shows the fault. `unresolved`: it tells nothing (it cannot be built). */
export type Outcome = 'fails' | 'passes' | 'unresolved';

/** Tests a subset, given in the order of the list; may throw once the signal is aborted. */
export type SubsetTest<T> = (subset: readonly T[], signal?: AbortSignal) => Promise<Outcome>;

/** Options of every search among subsets. */
export interface SubsetOptions {
  /** Keeps the outcomes; with those of a killed search it resumes. Questions: `0-3,7`. */
  readonly journal?: Journal<Outcome>;
  /** Ends the search with the best found so far. */
  readonly signal?: AbortSignal;
}

/** Asks of subsets by index, at most once each, and keeps the outcomes. */
export class SubsetOracle<T> {
  private readonly items: readonly T[];
  private readonly test: SubsetTest<T>;
  private readonly signal: AbortSignal | undefined;
  private readonly inquiry: Inquiry<Outcome>;

  private constructor(
    items: readonly T[],
    test: SubsetTest<T>,
    signal: AbortSignal | undefined,
    inquiry: Inquiry<Outcome>,
  ) {
    this.items = items;
    this.test = test;
    this.signal = signal;
    this.inquiry = inquiry;
  }

  static async over<T>(
    items: readonly T[],
    test: SubsetTest<T>,
    { journal, signal }: SubsetOptions,
  ): Promise<SubsetOracle<T>> {
    return new SubsetOracle(items, test, signal, await Inquiry.over(journal));
  }

  get questions(): number {
    return this.inquiry.questions;
  }

  get isAborted(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** The items of ascending indices. */
  itemsAt(indices: readonly number[]): readonly T[] {
    return indices.map((index) => this.items[index]!);
  }

  /**
   * The outcome of a subset by its ascending indices; `again` asks anew what was asked before.
   *
   * @throws what the signal gives as its reason, once it is aborted.
   */
  async outcome(indices: readonly number[], again = ''): Promise<Outcome> {
    this.signal?.throwIfAborted();
    return this.inquiry.put(keyOf(indices) + again, () =>
      this.test(this.itemsAt(indices), this.signal),
    );
  }

  async fails(indices: readonly number[]): Promise<boolean> {
    return (await this.outcome(indices)) === 'fails';
  }
}

/** Ascending indices as ranges: `0-3,7`; `none` for none. */
export function keyOf(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  const texts = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return texts.length === 0 ? 'none' : texts.join(',');
}
