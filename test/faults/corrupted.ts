/** A healthy pass whose result is damaged afterwards: how most faults are planted. */
import { type DraftResult, edit, type ModuleDraft } from '../../graphs/build/draft.ts';
import type { InstructionId, Module } from '../../graphs/ir/module.ts';
import { composeResults } from '../../passes/pipeline/fixpoint.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';

/**
 * The pass with `damage` done to each module that it changes; `isOld` tells instructions that were
 * there before the pass ran.
 */
export function corrupted(
  pass: Pass,
  damage: (draft: ModuleDraft, isOld: (id: InstructionId) => boolean) => void,
): Pass {
  const run = (module: Module): DraftResult => {
    const healthy = pass.run(module);
    if (!healthy.changed) return healthy;
    const old = new Set(module.computations.flatMap((c) => c.instructions.map((i) => i.id)));
    const damaged = edit(healthy.module, (draft) => damage(draft, (id) => old.has(id)));
    return damaged.changed ? composeResults(module, healthy, damaged) : healthy;
  };
  return { ...pass, run };
}
