/**
 * call-inliner: puts the body of a called computation in the place of each `call`, calls inside it
 * included. Contract: exact.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import { exact } from '../graphs/ir/contract.ts';
import { type Computation, instructionOf } from '../graphs/ir/module.ts';
import { inlineBody, isPlainCall } from './clone.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations } from './users.ts';

/** The pass. */
export const callInliner: Pass = {
  name: 'call-inliner',
  contract: exact,
  summary: 'puts the bodies of called computations in the place of their calls',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of nonFusionComputations(module)) inlineCalls(c, draft);
    }),
};

function inlineCalls(c: Computation, draft: ModuleDraft): void {
  for (const i of c.instructions) {
    if (!isPlainCall(i)) continue;
    const d = draft.computation(c.name);
    const args = i.operands.map((o) => d.latest(instructionOf(c, o)));
    const root = inlineBody(draft.before, i.attrs.to_apply, args, d, () => draft.newId());
    d.replace(i, root);
  }
}
