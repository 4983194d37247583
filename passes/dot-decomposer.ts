/**
 * dot_decomposer: brings every dot to the form that kernels have: batch dimensions first, then one
 * free and one contracting dimension a side. Other forms are transposed and reshaped into it, and
 * the result is reshaped back. Contract: reassociates.
 */

import { edit } from '../graphs/build/draft.ts';
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import { reassociates } from '../graphs/ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionOf,
  instructionOf,
} from '../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../graphs/ir/shape.ts';
import { isIdentity } from './algsimp/rule.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations } from './users.ts';

/** The pass. */
export const dotDecomposer: Pass = {
  name: 'dot_decomposer',
  contract: reassociates,
  summary: 'brings dots to the form [batch…, free, contracting] by transposes and reshapes',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of nonFusionComputations(module)) {
        for (const i of c.instructions) {
          if (i.opcode !== 'dot' || isCanonical(i, c)) continue;
          const d = draft.computation(c.name);
          d.replace(i, canonical(i, c, d));
        }
      }
    }),
};

/** One operand's dimensions by role. */
interface Side {
  readonly dims: readonly number[];
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly contracting: readonly number[];
}

function sidesOf(i: InstructionOf<'dot'>, c: Computation): readonly [Side, Side] {
  const { lhs_batch_dims, lhs_contracting_dims, rhs_batch_dims, rhs_contracting_dims } = i.attrs;
  const side = (n: number, batch: readonly number[], contracting: readonly number[]): Side => {
    const { dims } = instructionOf(c, i.operands[n]!).shape as ArrayShape;
    const isFree = (d: number) => !batch.includes(d) && !contracting.includes(d);
    const free = dims.map((_, d) => d).filter(isFree);
    return { dims, batch, free, contracting };
  };
  return [
    side(0, lhs_batch_dims, lhs_contracting_dims),
    side(1, rhs_batch_dims, rhs_contracting_dims),
  ];
}

/** True as well for dots that are left alone: sparse, dynamic, or without anything to contract. */
function isCanonical(i: InstructionOf<'dot'>, c: Computation): boolean {
  const dynamic = i.operands.some((o) =>
    (instructionOf(c, o).shape as ArrayShape).dynamic?.includes(true),
  );
  const sides = sidesOf(i, c);
  const empty = sides[0].contracting.length === 0 || sides.some((s) => s.dims.includes(0));
  if (dynamic || empty || i.attrs.sparsity !== undefined || i.controlPredecessors.length > 0) {
    return true;
  }
  return sides.every(
    (s) => isIdentity(s.batch) && s.free.length <= 1 && s.contracting.length === 1,
  );
}

function canonical(i: InstructionOf<'dot'>, c: Computation, d: ComputationDraft): Instruction {
  const [left, right] = sidesOf(i, c);
  const operand = (n: number) => d.latest(instructionOf(c, i.operands[n]!));
  const lhs = arranged(operand(0), left, [left.free, left.contracting], d);
  const rhs = arranged(operand(1), right, [right.contracting, right.free], d);
  const rank = left.batch.length;
  const batch = left.batch.map((_, n) => n);
  const free = [left, right].filter((s) => s.free.length > 0).map((s) => product(s, s.free));
  const sizes = [...left.batch.map((b) => left.dims[b]!), ...free];
  const dot = d.add('dot', [lhs, rhs], {
    attrs: {
      ...i.attrs,
      lhs_batch_dims: batch,
      rhs_batch_dims: batch,
      lhs_contracting_dims: [rank + (left.free.length > 0 ? 1 : 0)],
      rhs_contracting_dims: [rank],
    },
    shape: arrayShape((i.shape as ArrayShape).type, sizes),
    like: i,
  });
  const { dims } = i.shape as ArrayShape;
  if (dims.length === sizes.length) return dot;
  return d.add('reshape', [dot], { shape: i.shape, like: i });
}

/** An operand as [batch…, group, group], each group of dimensions as one; empty groups left out. */
function arranged(
  x: Instruction,
  side: Side,
  groups: readonly (readonly number[])[],
  d: ComputationDraft,
): Instruction {
  const { type } = x.shape as ArrayShape;
  const dimensions = [...side.batch, ...groups.flat()];
  const transposed = isIdentity(dimensions)
    ? x
    : d.add('transpose', [x], {
        attrs: { dimensions },
        shape: arrayShape(
          type,
          dimensions.map((k) => side.dims[k]!),
        ),
      });
  const merged = groups.filter((g) => g.length > 0).map((g) => product(side, g));
  const sizes = [...side.batch.map((b) => side.dims[b]!), ...merged];
  if (sizes.length === side.dims.length) return transposed;
  return d.add('reshape', [transposed], { shape: arrayShape(type, sizes) });
}

function product(side: Side, dims: readonly number[]): number {
  return dims.reduce((n, d) => n * side.dims[d]!, 1);
}
