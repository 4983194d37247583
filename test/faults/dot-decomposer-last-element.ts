/** Contracting dimensions of 4,096 lose their last element. */
import type { ComputationDraft } from '../../graphs/build/draft-computation.ts';
import { type Instruction, instructionOf } from '../../graphs/ir/module.ts';
import type { ArrayShape } from '../../graphs/ir/shape.ts';
import { dotDecomposer } from '../../passes/dot-decomposer.ts';
import { corrupted } from './corrupted.ts';

const unlucky = 4096;

export const lastElementLost = corrupted(dotDecomposer, (draft, isOld) => {
  for (const c of draft.before.computations) {
    for (const i of c.instructions) {
      if (i.opcode !== 'dot' || isOld(i.id)) continue;
      const [lhs, rhs] = [i.operands[0]!, i.operands[1]!].map((o) => instructionOf(c, o));
      const [l, r] = [i.attrs.lhs_contracting_dims[0]!, i.attrs.rhs_contracting_dims[0]!];
      if ((lhs!.shape as ArrayShape).dims[l] !== unlucky) continue;
      const d = draft.computation(c.name);
      const { attrs, shape } = i;
      const operands = [shortened(lhs!, l, d), shortened(rhs!, r, d)];
      d.replace(i, d.add('dot', operands, { attrs, shape, like: i }));
    }
  }
});

/** All but the last element along a dimension. */
function shortened(x: Instruction, along: number, d: ComputationDraft): Instruction {
  const { type, dims } = x.shape as ArrayShape;
  const sizes = dims.map((n, k) => (k === along ? n - 1 : n));
  const slice = sizes.map((limit) => ({ start: 0, limit, stride: 1 }));
  return d.add('slice', [x], { attrs: { slice }, shape: { kind: 'array', type, dims: sizes } });
}
