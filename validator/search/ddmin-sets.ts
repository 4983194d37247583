/**
 * Several minimal failing sets of one list: each found one is forbidden by taking one of its items
 * away, and what is left is searched again. The tree of what to take away is Reiter's (A Theory of
 * Diagnosis from First Principles, Artificial Intelligence 32 (1987), 57–95).
 */
import { Reduction } from './ddmin.ts';
import { keyOf, type SubsetOptions, SubsetOracle, type SubsetTest } from './subset-oracle.ts';

/** Options of ddminSets. */
export interface SetsOptions extends SubsetOptions {
  /** Sets after which the search ends; default 8. */
  readonly limit?: number;
}

/** What the search found. */
export interface MinimalSets<T> {
  /** 1-minimal sets in the order found; an aborted search has those that were finished. */
  readonly sets: readonly (readonly T[])[];
  /**
   * Whether there is no other, provided that whatever contains a failing set fails: nothing was
   * left to try, and no test on the way was unresolved.
   */
  readonly isComplete: boolean;
  readonly outcome: 'searched' | 'limit' | 'aborted';
  /** Different subsets tested, by the journal or not. */
  readonly questions: number;
}

/**
 * Up to `limit` sets of items that each fail and of which no item can go. An abort ends it with the
 * sets found so far.
 */
export async function ddminSets<T>(
  items: readonly T[],
  test: SubsetTest<T>,
  options: SetsOptions = {},
): Promise<MinimalSets<T>> {
  const oracle = await SubsetOracle.over(items, test, options);
  const search = new SetSearch(oracle, [...items.keys()]);
  const end = (outcome: MinimalSets<T>['outcome']): MinimalSets<T> => ({
    sets: search.sets.map((set) => oracle.itemsAt(set)),
    isComplete: outcome === 'searched' && search.isResolved,
    outcome,
    questions: oracle.questions,
  });
  try {
    return end((await search.run(options.limit ?? 8)) ? 'searched' : 'limit');
  } catch (error) {
    if (!oracle.isAborted) throw error;
    return end('aborted');
  }
}

class SetSearch<T> {
  readonly sets: (readonly number[])[] = [];
  isResolved = true;
  private readonly oracle: SubsetOracle<T>;
  private readonly all: readonly number[];
  /** What to take away next: the fewest items first. */
  private readonly pending: (readonly number[])[] = [[]];
  private readonly known = new Set<string>(['none']);
  /** What, taken away, leaves nothing that fails. */
  private readonly closed: (readonly number[])[] = [];

  constructor(oracle: SubsetOracle<T>, all: readonly number[]) {
    this.oracle = oracle;
    this.all = all;
  }

  /** Whether all was searched before the limit. */
  async run(limit: number): Promise<boolean> {
    for (let away = this.pending.shift(); away !== undefined; away = this.pending.shift()) {
      if (this.closed.some((items) => items.every((item) => away!.includes(item)))) continue;
      const left = this.sets.find((set) => !set.some((item) => away!.includes(item)));
      if (left === undefined && this.sets.length >= limit) return false;
      const set = left ?? (await this.find(away));
      if (set === undefined) this.closed.push(away);
      else this.branch(away, set);
    }
    return true;
  }

  private async find(away: readonly number[]): Promise<readonly number[] | undefined> {
    const rest = this.all.filter((index) => !away.includes(index));
    const outcome = await this.oracle.outcome(rest);
    if (outcome === 'unresolved') this.isResolved = false;
    if (outcome !== 'fails') return undefined;
    const reduction = new Reduction(this.oracle, rest);
    await reduction.run();
    if (reduction.unresolved.length > 0) this.isResolved = false;
    this.sets.push(reduction.best);
    return reduction.best;
  }

  private branch(away: readonly number[], set: readonly number[]): void {
    for (const item of set) {
      const more = [...away, item].sort((a, b) => a - b);
      if (this.known.has(keyOf(more))) continue;
      this.known.add(keyOf(more));
      this.pending.push(more);
    }
  }
}
