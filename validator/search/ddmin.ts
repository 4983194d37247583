/**
 * Delta debugging: of the items that together fail, a subset that still fails and of which no single
 * item can go. A. Zeller, R. Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE
 * Transactions on Software Engineering 28 (2002), 183–200.
 */
import { type SubsetOptions, SubsetOracle, type SubsetTest } from './subset-oracle.ts';

/** What is left of the list. */
export interface Minimum<T> {
  /** `not failing`: all items together do not, so there is nothing to reduce. */
  readonly outcome: 'minimal' | 'aborted' | 'not failing';
  /** Items that fail together, in the order of the list: the best found. */
  readonly items: readonly T[];
  readonly indices: readonly number[];
  /** Whether each subset with one item less was tested and none of them failed. */
  readonly is1Minimal: boolean;
  /** Items of the minimum without which the outcome is unresolved: needed to tell anything. */
  readonly unresolved: readonly T[];
  /** Whether the minimum failed once more when it was asked anew; undefined if that was not asked. */
  readonly isConfirmed: boolean | undefined;
  /** Different subsets tested, by the journal or not, the confirmation among them. */
  readonly questions: number;
}

/**
 * Reduces items to a 1-minimal failing subset. Of n items it tests at most n² + 3n subsets (Zeller
 * and Hildebrandt, proposition 12), all items, none, and the minimum once more; and about 2·log₂ n
 * where one item is to blame.
 */
export async function ddmin<T>(
  items: readonly T[],
  test: SubsetTest<T>,
  options: SubsetOptions = {},
): Promise<Minimum<T>> {
  const oracle = await SubsetOracle.over(items, test, options);
  const reduction = new Reduction(oracle, [...items.keys()]);
  try {
    if (!(await oracle.fails(reduction.best))) return minimumOf(reduction, 'not failing');
    await reduction.run();
    const isConfirmed = (await oracle.outcome(reduction.best, '#1')) === 'fails';
    return { ...(await minimumOf(reduction, 'minimal')), isConfirmed };
  } catch (error) {
    if (!oracle.isAborted) throw error;
    return minimumOf(reduction, 'aborted');
  }
}

async function minimumOf<T>(
  { oracle, best, unresolved, is1Minimal }: Reduction<T>,
  outcome: Minimum<T>['outcome'],
): Promise<Minimum<T>> {
  return {
    outcome,
    items: oracle.itemsAt(best),
    indices: best,
    is1Minimal,
    unresolved: oracle.itemsAt(unresolved),
    isConfirmed: undefined,
    questions: oracle.questions,
  };
}

type Chunks = readonly (readonly number[])[];

/** One run of ddmin over ascending indices that fail together. */
export class Reduction<T> {
  readonly oracle: SubsetOracle<T>;
  /** The smallest failing subset so far. */
  best: readonly number[];
  is1Minimal = false;
  unresolved: readonly number[] = [];

  constructor(oracle: SubsetOracle<T>, indices: readonly number[]) {
    this.oracle = oracle;
    this.best = indices;
  }

  /** Reduces `best` until it is 1-minimal. */
  async run(): Promise<void> {
    if (this.best.length > 0 && (await this.oracle.fails([]))) this.best = [];
    let chunks = halved([this.best]);
    while (this.best.length > 1) {
      const smaller = (await this.subset(chunks)) ?? (await this.complement(chunks));
      if (smaller !== undefined) {
        this.best = smaller.flat().sort((a, b) => a - b);
        chunks = smaller.length > 1 ? smaller : halved(smaller);
      } else if (chunks.length < this.best.length) chunks = halved(chunks);
      else break;
    }
    await this.note();
  }

  /** A chunk that fails alone. */
  private async subset(chunks: Chunks): Promise<Chunks | undefined> {
    for (const chunk of chunks) if (await this.oracle.fails(chunk)) return [chunk];
    return undefined;
  }

  /**
   * All chunks but one that can go, those after it first: what went before it was needed a moment
   * ago, and is the last to be tried again.
   */
  private async complement(chunks: Chunks): Promise<Chunks | undefined> {
    for (const at of chunks.keys()) {
      const rest = [...chunks.slice(at + 1), ...chunks.slice(0, at)];
      if (await this.oracle.fails(rest.flat().sort((a, b) => a - b))) return rest;
    }
    return undefined;
  }

  /** Says what the last round showed, which tested every subset with one item less. */
  private async note(): Promise<void> {
    const unresolved: number[] = [];
    for (const index of this.best) {
      const rest = this.best.filter((other) => other !== index);
      if ((await this.oracle.outcome(rest)) === 'unresolved') unresolved.push(index);
    }
    this.unresolved = unresolved;
    this.is1Minimal = true;
  }
}

/** Chunks of more than one item in two. */
function halved(chunks: Chunks): Chunks {
  return chunks.flatMap((chunk) => {
    const middle = Math.ceil(chunk.length / 2);
    return chunk.length < 2 ? [chunk] : [chunk.slice(0, middle), chunk.slice(middle)];
  });
}
