/** Fused maximum reductions start from 0: right unless all elements are negative. */
import { computationOf, instructionOf, rootOf } from '../../graphs/ir/module.ts';
import { emptyTensor } from '../../graphs/ir/tensor.ts';
import { fusion } from '../../passes/fusion.ts';
import { corrupted } from './corrupted.ts';

export const maxFromZero = corrupted(fusion, (draft, isOld) => {
  const { before } = draft;
  for (const c of before.computations) {
    for (const i of c.instructions) {
      if (i.opcode !== 'reduce' || i.operands.length !== 2 || isOld(i.id)) continue;
      if (rootOf(computationOf(before, i.attrs.to_apply)).opcode !== 'maximum') continue;
      const init = instructionOf(c, i.operands[1]!);
      if (init.opcode !== 'constant' || init.shape.kind !== 'array') continue;
      const d = draft.computation(c.name);
      const literal = emptyTensor(init.shape.type, []);
      d.replaceUse(i, 1, d.add('constant', [], { attrs: { literal }, shape: init.shape }));
    }
  }
});
