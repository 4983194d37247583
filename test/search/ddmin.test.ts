/** Laws of delta debugging on integers: 1-minimal, within the bound, resumable, honest when stopped. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ddmin } from '../../validator/search/ddmin.ts';
import { ddminSets } from '../../validator/search/ddmin-sets.ts';
import { ddminTrees } from '../../validator/search/ddmin-trees.ts';
import type { Outcome, SubsetTest } from '../../validator/search/subset-oracle.ts';
import { killedAndResumed } from './oracles.ts';

const list = (n: number) => Array.from({ length: n }, (_, index) => index);
const outcomes = ['fails', 'passes', 'unresolved'] as const;

/** Fails with all of some items. */
const needing =
  (...sets: readonly (readonly number[])[]): SubsetTest<number> =>
  async (subset) =>
    sets.some((set) => set.every((item) => subset.includes(item))) ? 'fails' : 'passes';

/** Any outcome for any subset, from a seed; all items fail and none of them pass. */
const arbitrary =
  (n: number, seed: number) =>
  (subset: readonly number[]): Outcome => {
    if (subset.length === n) return 'fails';
    if (subset.length === 0) return 'passes';
    const mixed = subset.reduce((h, item) => Math.imul(h ^ item, 0x01000193) + 0x9e37, seed);
    return outcomes[(Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 3) % 3]!;
  };

const size = fc.integer({ min: 1, max: 14 });

describe('ddmin', () => {
  it('finds the culprits where more items never help', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(list(40), { minLength: 1 }), async (culprits) => {
        const found = await ddmin(list(40), needing(culprits));
        expect(found).toMatchObject({ outcome: 'minimal', items: culprits, is1Minimal: true });
        expect(found).toMatchObject({ isConfirmed: true, unresolved: [] });
      }),
    );
  });

  it('is 1-minimal and within n² + 3n + 3 tests, whatever the outcomes', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), async (n, seed) => {
        const test = arbitrary(n, seed);
        const { items, is1Minimal, unresolved, questions } = await ddmin(list(n), async (s) =>
          test(s),
        );
        expect(is1Minimal).toBe(true);
        expect(test(items)).toBe('fails');
        const without = (item: number) => test(items.filter((other) => other !== item));
        for (const item of items) expect(without(item)).not.toBe('fails');
        expect(unresolved).toEqual(items.filter((item) => without(item) === 'unresolved'));
        expect(questions).toBeLessThanOrEqual(n * n + 3 * n + 3);
      }),
      { numRuns: 500 },
    );
  });

  it('finds one culprit among n in about 2·log₂ n tests', async () => {
    for (const culprit of list(256)) {
      const { items, questions } = await ddmin(list(256), needing([culprit]));
      expect(items).toEqual([culprit]);
      expect(questions).toBeLessThanOrEqual(2 * 8 + 3);
    }
  });

  it('says when there is nothing to reduce, or nothing is needed', async () => {
    expect((await ddmin(list(4), async () => 'passes')).outcome).toBe('not failing');
    expect((await ddmin(list(4), async () => 'unresolved')).outcome).toBe('not failing');
    const always = await ddmin(list(4), async () => 'fails');
    expect(always).toMatchObject({ outcome: 'minimal', items: [], is1Minimal: true });
    expect(await ddmin([], async () => 'fails')).toMatchObject({ outcome: 'minimal', items: [] });
  });

  it('says when the minimum does not fail again', async () => {
    let asked = 0;
    const found = await ddmin(list(2), async () => (asked++ === 0 ? 'fails' : 'passes'));
    expect(found).toMatchObject({ outcome: 'minimal', items: [0, 1], isConfirmed: false });
  });

  it('aborted after any test, keeps the best so far and claims no more', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(60), async (n, seed, k) => {
        const abort = new AbortController();
        const failing: number[] = [n];
        const test = arbitrary(n, seed);
        let asked = 0;
        const found = await ddmin(
          list(n),
          async (subset, signal) => {
            if (++asked > k) abort.abort();
            signal?.throwIfAborted();
            if (test(subset) === 'fails') failing.push(subset.length);
            return test(subset);
          },
          { signal: abort.signal },
        );
        expect(test(found.items)).toBe('fails');
        expect(found.items.length).toBe(Math.min(...failing));
        expect(found.outcome).toBe(abort.signal.aborted ? 'aborted' : 'minimal');
      }),
    );
  });

  it('passes on what a test throws', async () => {
    const faulty = ddmin(list(3), () => Promise.reject(new Error('no compiler')));
    await expect(faulty).rejects.toThrow('no compiler');
  });

  it('killed at any test and resumed, ends the same and asks nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(120), async (n, seed, k) => {
        const test: SubsetTest<number> = async (subset) => arbitrary(n, seed)(subset);
        const whole = await ddmin(list(n), test);
        const { result, asked } = await killedAndResumed(k, test, (ask, journal) =>
          ddmin(list(n), ask, { journal }),
        );
        expect(result).toEqual(whole);
        expect(asked.length).toBe(whole.questions);
        const subsets = asked.map((subset) => subset.join());
        expect(new Set(subsets.slice(0, -1)).size).toBe(subsets.length - 1);
      }),
    );
  });
});

describe('ddminSets', () => {
  /** Those of some sets that hold no other. */
  const minimal = (sets: readonly (readonly number[])[]) => {
    const holds = (a: readonly number[], b: readonly number[]) =>
      b.every((item) => a.includes(item));
    const texts = sets
      .filter((a) => !sets.some((b) => b.length < a.length && holds(a, b)))
      .map((set) => set.join());
    return [...new Set(texts)].sort();
  };
  const someSets = fc.array(fc.subarray(list(9), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  });

  it('finds every minimal set where more items never help', async () => {
    await fc.assert(
      fc.asyncProperty(someSets, async (sets) => {
        const found = await ddminSets(list(9), needing(...sets));
        expect(found.sets.map((set) => set.join()).sort()).toEqual(minimal(sets));
        expect(found).toMatchObject({ outcome: 'searched', isComplete: true });
      }),
    );
  });

  it('ends at its limit and does not claim to be complete', async () => {
    const found = await ddminSets(list(9), needing([1], [3], [5]), { limit: 2 });
    expect(found).toMatchObject({ outcome: 'limit', isComplete: false });
    expect(found.sets).toHaveLength(2);
    const nothing = await ddminSets(list(9), needing([10]));
    expect(nothing).toMatchObject({ sets: [], outcome: 'searched', isComplete: true });
  });

  it('killed at any test and resumed, ends the same and asks nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(someSets, fc.nat(80), async (sets, k) => {
        const whole = await ddminSets(list(9), needing(...sets));
        const { result, asked } = await killedAndResumed(k, needing(...sets), (ask, journal) =>
          ddminSets(list(9), ask, { journal }),
        );
        expect(result).toEqual(whole);
        expect(new Set(asked.map((subset) => subset.join())).size).toBe(asked.length);
      }),
    );
  });
});

interface Node {
  readonly id: number;
  readonly children: Node[];
}

/** A tree of nodes, each held by an earlier one. */
function treeOf(holders: readonly number[]): readonly Node[] {
  const nodes: Node[] = [{ id: 0, children: [] }];
  for (const [at, holder] of holders.entries()) {
    const node = { id: at + 1, children: [] };
    nodes[holder % nodes.length]!.children.push(node);
    nodes.push(node);
  }
  return nodes;
}

describe('ddminTrees', () => {
  it('keeps the culprits and what holds them, and no more; killed or not', async () => {
    const holders = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        holders,
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.nat(40),
        async (of, picks, k) => {
          const nodes = treeOf(of);
          const culprits = picks.map((pick) => nodes[pick % nodes.length]!);
          const holds = (node: Node): boolean =>
            culprits.includes(node) || node.children.some((child) => holds(child));
          const test = async (kept: ReadonlySet<Node>): Promise<Outcome> =>
            culprits.every((node) => kept.has(node)) ? 'fails' : 'passes';
          const forest = { roots: [nodes[0]!], children: (node: Node) => node.children };
          const { result, asked } = await killedAndResumed(k, test, (ask, journal) =>
            ddminTrees(forest, (kept) => ask(kept), { journal }),
          );
          expect(result).toMatchObject({ outcome: 'minimal', is1Minimal: true });
          expect(result.kept).toEqual(new Set(nodes.filter((node) => holds(node))));
          const texts = asked.map((kept) => [...kept].map(({ id }) => id).join());
          expect(new Set(texts).size).toBe(texts.length);
          expect(result.questions).toBe(asked.length);
        },
      ),
    );
  });
});
