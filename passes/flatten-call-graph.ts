/**
 * flatten-call-graph: gives every call, loop and branch computations of its own, so that a later
 * pass may change one without changing the others. Contract: exact.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import { exact } from '../graphs/ir/contract.ts';
import { computationOf, type Instruction } from '../graphs/ir/module.ts';
import { renamedCallees } from '../graphs/ops/callees.ts';
import { sameValue } from '../graphs/text/equal.ts';
import { cloneComputation } from './clone.ts';
import type { Pass } from './pipeline/pass.ts';
import { controlFlowComputations, isControlFlow } from './users.ts';

/** The pass. */
export const flattenCallGraph: Pass = {
  name: 'flatten-call-graph',
  contract: exact,
  summary: 'copies computations that several calls, loops or branches share',
  run: (module) =>
    edit(module, (draft) => {
      const own = ownership(draft);
      for (const c of controlFlowComputations(module)) {
        for (const i of c.instructions) {
          if (!isControlFlow(i)) continue;
          const attrs = renamedCallees(i, own);
          if (sameValue(attrs, i.attrs)) continue;
          draft.computation(c.name).rewrite(i, { attrs: attrs as never });
        }
      }
    }),
};

/** Gives a computation to the first that asks for it and a copy, all the way down, to the others. */
function ownership(draft: ModuleDraft): (name: string) => string {
  const given = new Set<string>();
  const copy = (name: string): string => {
    const fresh = draft.newName(`${name}.clone`);
    const withOwn = (i: Instruction) =>
      isControlFlow(i) ? ({ ...i, attrs: renamedCallees(i, copy) } as Instruction) : i;
    const original = computationOf(draft.before, name);
    draft.addComputation(cloneComputation(original, fresh, () => draft.newId(), withOwn));
    return fresh;
  };
  return (name) => {
    if (given.has(name)) return copy(name);
    given.add(name);
    return name;
  };
}
