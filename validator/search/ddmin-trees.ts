/**
 * Delta debugging of trees, level by level: what a node holds goes with it. G. Misherghi, Z. Su, HDD:
 * Hierarchical Delta Debugging, ICSE 2006, 142–151; rounds are repeated until one removes nothing
 * (their HDD*).
 */
import { Reduction } from './ddmin.ts';
import { Inquiry } from './journal.ts';
import { keyOf, type Outcome, type SubsetOptions, SubsetOracle } from './subset-oracle.ts';

/** Nodes are distinct objects. */
export interface Forest<T extends object> {
  readonly roots: readonly T[];
  readonly children: (node: T) => readonly T[];
}

/** Tests a forest of the nodes kept; with a node go all that it holds. */
export type ForestTest<T> = (kept: ReadonlySet<T>, signal?: AbortSignal) => Promise<Outcome>;

/** What is left of the trees. */
export interface MinimalForest<T> {
  readonly outcome: 'minimal' | 'aborted' | 'not failing';
  /** The nodes left. */
  readonly kept: ReadonlySet<T>;
  /** Whether no single node left can go with what it holds. */
  readonly is1Minimal: boolean;
  /** Different forests tested, by the journal or not. */
  readonly questions: number;
}

/** Reduces a forest. Questions: the nodes kept, by their number in order of descent. */
export async function ddminTrees<T extends object>(
  forest: Forest<T>,
  test: ForestTest<T>,
  { journal, signal }: SubsetOptions = {},
): Promise<MinimalForest<T>> {
  const inquiry = await Inquiry.over(journal);
  const number = new Map([...descend(forest, () => true)].map((node, at) => [node, at]));
  let kept: ReadonlySet<T> = new Set(number.keys());
  const ask = (nodes: ReadonlySet<T>) =>
    inquiry.put(keyOf([...nodes].map((node) => number.get(node)!)), () => test(nodes, signal));
  const end = (outcome: MinimalForest<T>['outcome']): MinimalForest<T> => {
    const is1Minimal = outcome === 'minimal';
    return { outcome, kept, is1Minimal, questions: inquiry.questions };
  };

  const reduce = async (level: readonly T[]) => {
    const all = kept;
    const without = (left: readonly T[]) => {
      const gone = new Set(level.filter((node) => !left.includes(node)));
      return new Set(descend(forest, (node) => all.has(node) && !gone.has(node)));
    };
    const oracle = await SubsetOracle.over(
      level,
      (left) => ask(without(left)),
      signal === undefined ? {} : { signal },
    );
    const reduction = new Reduction(oracle, [...level.keys()]);
    try {
      await reduction.run();
    } finally {
      kept = without(oracle.itemsAt(reduction.best));
    }
  };
  try {
    signal?.throwIfAborted();
    if ((await ask(kept)) !== 'fails') return end('not failing');
    for (let before = -1; before !== kept.size; ) {
      before = kept.size;
      for (let depth = 0; levelOf(forest, kept, depth).length > 0; depth++) {
        await reduce(levelOf(forest, kept, depth));
      }
    }
    return end('minimal');
  } catch (error) {
    if (!signal?.aborted) throw error;
    return end('aborted');
  }
}

/** The nodes that pass, and whose holders do, each before what it holds. */
function* descend<T extends object>(
  { roots, children }: Forest<T>,
  passes: (node: T) => boolean,
): Generator<T> {
  for (const node of roots) {
    if (!passes(node)) continue;
    yield node;
    yield* descend({ roots: children(node), children }, passes);
  }
}

function levelOf<T extends object>(
  { roots, children }: Forest<T>,
  kept: ReadonlySet<T>,
  depth: number,
): readonly T[] {
  let level = roots.filter((node) => kept.has(node));
  for (let d = 0; d < depth; d++) {
    level = level.flatMap((node) => children(node).filter((child) => kept.has(child)));
  }
  return level;
}
