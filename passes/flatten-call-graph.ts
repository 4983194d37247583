/**
 * flatten-call-graph: gives every call, loop and branch computations of its own, so that a later
 * pass may change one without changing the others. Contract: exact.
 */
import { exact } from '../graphs/ir/contract.ts';
import { edit, type ModuleDraft } from '../graphs/ir/draft.ts';
import { computationOf, type Instruction } from '../graphs/ir/module.ts';
import { calledBy } from '../graphs/ir/order.ts';
import { rowOf } from '../graphs/ops/table.ts';
import { cloneComputation } from './clone.ts';
import type { Pass } from './pass.ts';
import { controlFlowComputations, isControlFlow } from './users.ts';

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
          const names = new Map(calledBy(i).map((name) => [name, own(name)]));
          if ([...names].every(([from, to]) => from === to)) continue;
          draft.computation(c.name).rewrite(i, { attrs: renamed(i, names) as never });
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
      isControlFlow(i)
        ? ({
            ...i,
            attrs: renamed(i, new Map(calledBy(i).map((n) => [n, copy(n)]))),
          } as Instruction)
        : i;
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

/** The attributes of an instruction with its called computations renamed. */
function renamed(i: Instruction, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const attrs: Record<string, unknown> = { ...i.attrs };
  for (const [key, { kind }] of Object.entries(rowOf(i.opcode).attrs)) {
    const value = attrs[key];
    if (value === undefined) continue;
    if (kind === 'computation') attrs[key] = names.get(value as string);
    if (kind === 'computations') attrs[key] = (value as string[]).map((n) => names.get(n));
  }
  return attrs;
}
