/** Widens all uses of a rounded value but the first, which goes on reading it rounded. */

import { edit } from '../../graphs/build/draft.ts';
import type { ComputationDraft } from '../../graphs/build/draft-computation.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { type Computation, type Instruction, instructionOf } from '../../graphs/ir/module.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { simplifyFpConversions } from '../../passes/simplify-fp-conversions.ts';
import { usersOf } from '../../passes/users.ts';

export const oneUseWidened: Pass = {
  ...simplifyFpConversions,
  run: (module) =>
    edit(module, (draft) => {
      for (const c of module.computations) {
        for (const i of c.instructions) {
          if (isConvert(i, 'bf16', 'f32', c)) widenRest(i, c, draft.computation(c.name));
        }
      }
    }),
};

/** Uses by any f32 reader of the rounded value: all but the first see the value before rounding. */
function widenRest(rounded: Instruction, c: Computation, d: ComputationDraft): void {
  const users = usersOf(c);
  const source = instructionOf(c, rounded.operands[0]!);
  const readers = (users.get(rounded.id) ?? []).filter((i) => isConvert(i, 'f32', 'bf16', c));
  const uses = readers.flatMap((reader) =>
    [...new Set(users.get(reader.id))].flatMap((user) =>
      user.operands.flatMap((o, operand) => (o === reader.id ? [{ user, operand }] : [])),
    ),
  );
  for (const { user, operand } of uses.slice(1)) d.replaceUse(user, operand, source);
}

function isConvert(i: Instruction, to: ElementType, from: ElementType, c: Computation): boolean {
  if (i.opcode !== 'convert' || i.shape.kind !== 'array' || i.shape.type !== to) return false;
  const { shape } = instructionOf(c, i.operands[0]!);
  return shape.kind === 'array' && shape.type === from;
}
