/** What modules that run on the same inputs say of the inputs that would tell something about them. */
import type { Module } from '../../graphs/ir/module.ts';
import { branchInputs, type Edit } from './branch-inputs.ts';
import { type IndexUse, indexUses } from './index-ranges.ts';
import { type Mention, mentionsOf } from './mentioned.ts';
import { factoredParameters } from './positive-definite.ts';
import type { DrawFacts } from './request.ts';
import { roundedBy } from './rounded.ts';
import { addsInPairs, denseFactors, isLong, type LongestSum, longestSum } from './sums.ts';

/** What kinds of inputs want to know of a module. */
export interface ModuleFacts extends DrawFacts {
  readonly mentions: readonly Mention[];
  readonly sum: LongestSum | undefined;
  readonly dense: ReadonlySet<number>;
  /** Parameters that are matrices with a Cholesky factor. */
  readonly factored: ReadonlySet<number>;
  /** Edits of the inputs that take branches and loops, one list a case. */
  readonly branches: readonly (readonly Edit[])[];
  /** How a parameter's integers are used, by its number and path. */
  use(parameter: number, path: readonly number[]): IndexUse | undefined;
}

/** The facts of the module that inputs are drawn for, and of others that run on the same. */
export function factsOf(module: Module, others: readonly Module[] = []): ModuleFacts {
  const all = [module, ...others.filter((m) => m !== module)];
  const mentions = mentionsOf(all);
  const sums = all.map(longestSum).filter((s) => s !== undefined);
  const [sum] = sums.sort((a, b) => b.terms / b.capacity - a.terms / a.capacity);
  return {
    mentions,
    constants: mentions.map((m) => m.value),
    sum,
    factored: factoredParameters(all),
    rounded: roundedBy(all),
    dense: sum && isLong(sum) ? denseFactors(module) : new Set(),
    branches: distinct(all.flatMap(branchInputs)),
    pairSums: addsInPairs(all),
    use: indexUses(module),
  };
}

function distinct<T>(lists: readonly T[]): readonly T[] {
  return [...new Map(lists.map((list) => [JSON.stringify(list), list])).values()];
}
