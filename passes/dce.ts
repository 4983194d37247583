/**
 * dce: dead code elimination. Removes instructions whose value nothing needs and computations that
 * nothing calls. Parameters and whatever has side effects stay. Contract: exact.
 */

import { type DraftResult, edit } from '../graphs/build/draft.ts';
import { exact } from '../graphs/ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionsById,
  type Module,
} from '../graphs/ir/module.ts';
import { orderComputations } from '../graphs/ops/callees.ts';
import type { Pass } from './pipeline/pass.ts';
import { effectsIn } from './users.ts';

/** The pass. */
export const dce: Pass = {
  name: 'dce',
  contract: exact,
  summary: 'removes instructions and computations whose results nothing needs',
  run: (module) =>
    dropUncalled(
      edit(module, (draft) => {
        const effects = effectsIn(module);
        for (const c of module.computations) {
          const live = liveIn(c, (i) => i.opcode === 'parameter' || effects(i).stays);
          if (live.size === c.instructions.length) continue;
          for (const i of c.instructions) if (!live.has(i.id)) draft.computation(c.name).remove(i);
        }
      }),
    ),
};

/** Ids that the root or an instruction that must stay depends on. */
function liveIn(c: Computation, stays: (i: Instruction) => boolean): ReadonlySet<InstructionId> {
  const live = new Set<InstructionId>();
  const byId = instructionsById(c);
  const pending = [c.root];
  for (const i of c.instructions) if (stays(i)) pending.push(i.id);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (live.has(id)) continue;
    live.add(id);
    const { operands, controlPredecessors } = byId.get(id)!;
    for (const o of operands) if (!live.has(o)) pending.push(o);
    for (const o of controlPredecessors) if (!live.has(o)) pending.push(o);
  }
  return live;
}

function dropUncalled(result: DraftResult): DraftResult {
  const { module } = result;
  const all = new Map(module.computations.map((c) => [c.name, c]));
  const computations = orderComputations(all, module.entry);
  if (computations.length === module.computations.length) return result;
  const smaller: Module = { ...module, computations };
  return { ...result, module: smaller, changed: true };
}
