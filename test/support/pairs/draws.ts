/** Seeded choices for pairs: sizes, orders, trees and places to cut. */
import { type Random, randomOf } from '../../../golden/kinds/random.ts';
import type { Instruction } from '../../../graphs/ir/module.ts';
import { range } from './writer.ts';

/** A binary tree over numbered leaves. */
export type Tree = number | readonly [Tree, Tree];

export class Draws {
  private readonly random: Random;

  constructor(seed: number, ...labels: readonly (string | number)[]) {
    this.random = randomOf(seed, ...labels);
  }

  /** Another stream: the same one whenever it is asked for. */
  fresh(seed: number): Draws {
    return new Draws(seed, 'fresh');
  }

  /** An integer of [lo, hi]. */
  int(lo: number, hi: number): number {
    return this.random.integer(lo, hi + 1);
  }

  /**
   * How many rows: few, or so many that each special case occurs by chance in one of them (a part of
   * a sum that is exact on the data, a tie, a cancellation).
   */
  rows(): number {
    return this.chance(0.5) ? this.int(2, 5) : this.int(24, 96);
  }

  /** How many terms: often only a few, of which parts are exact on the data by chance. */
  terms(most: number, least = 2): number {
    return this.int(least, this.chance(0.5) ? Math.min(most, least + 2) : most);
  }

  chance(p: number): boolean {
    return this.random.uniform() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!;
  }

  permutation(n: number): number[] {
    return this.random.shuffle(range(n));
  }

  /** Any binary tree over leaves in any order. */
  tree(leaves: readonly number[]): Tree {
    return this.grown(this.random.shuffle([...leaves]));
  }

  private grown(leaves: readonly number[]): Tree {
    if (leaves.length === 1) return leaves[0]!;
    const at = this.int(1, leaves.length - 1);
    return [this.grown(leaves.slice(0, at)), this.grown(leaves.slice(at))];
  }

  /** 0 = c₀ < c₁ < … < cₖ = n: places to cut n elements into 2 to `most` pieces. */
  cuts(n: number, most = 4): number[] {
    const k = Math.min(this.int(1, most - 1), n - 1);
    const inner = this.random.shuffle(range(n - 1)).slice(0, k);
    return [0, ...inner.map((c) => c + 1).sort((a, b) => a - b), n];
  }
}

/** The value of a tree whose leaves and nodes are instructions. */
export function folded(
  tree: Tree,
  leaves: readonly Instruction[],
  node: (x: Instruction, y: Instruction) => Instruction,
): Instruction {
  if (typeof tree === 'number') return leaves[tree]!;
  return node(folded(tree[0], leaves, node), folded(tree[1], leaves, node));
}

/** Neighbouring pairs of cuts as [start, limit]. */
export function pieces(cuts: readonly number[]): [number, number][] {
  return cuts.slice(1).map((limit, k) => [cuts[k]!, limit]);
}
