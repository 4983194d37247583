/**
 * change-op-data-type: multiplies in bf16. The f32 operands of dots and convolutions are rounded to
 * bf16 and the products accumulated in f32, what matrix units do unless higher precision is asked
 * for (operand_precision, algorithm). Contract: narrows(bf16).
 */

import { edit } from '../graphs/build/draft.ts';
import { narrows } from '../graphs/ir/contract.ts';
import { type Instruction, instructionOf } from '../graphs/ir/module.ts';
import type { ArrayShape } from '../graphs/ir/shape.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations } from './users.ts';

/** The pass, to bf16. */
export const changeOpDataType: Pass = {
  name: 'change-op-data-type',
  contract: narrows('bf16'),
  summary: 'rounds the f32 operands of dots and convolutions to bf16',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of nonFusionComputations(module)) {
        for (const i of c.instructions) {
          if (!mayNarrow(i)) continue;
          const d = draft.computation(c.name);
          i.operands.forEach((id, n) => {
            const x = instructionOf(c, id);
            if (!isF32(x)) return;
            const shape = { ...(x.shape as ArrayShape), type: 'bf16' } as const;
            d.replaceUse(i, n, d.add('convert', [x], { shape }));
          });
        }
      }
    }),
};

function mayNarrow(i: Instruction): boolean {
  if (i.opcode !== 'dot' && i.opcode !== 'convolution') return false;
  const asksForMore = i.attrs.operand_precision.some((p) => p !== 'default');
  const hasAlgorithm = i.opcode === 'dot' && i.attrs.algorithm !== undefined;
  return isF32(i) && !asksForMore && !hasAlgorithm;
}

function isF32(i: Instruction): boolean {
  return i.shape.kind === 'array' && i.shape.type === 'f32';
}
