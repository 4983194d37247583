/**
 * reshape-mover: moves reshapes and transposes from the operands of an elementwise op to its
 * result, f(reshape(x), reshape(y)) → reshape(f(x, y)), where that leaves fewer of them; operands
 * that are one known scalar everywhere take any shape. Contract: exact.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import { exact } from '../graphs/ir/contract.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionOf,
} from '../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../graphs/ir/shape.ts';
import { isIn } from '../graphs/ops/table.ts';
import { equalLists } from './algsimp/rule.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations, retypes, usersOf } from './users.ts';

/** The pass. */
export const reshapeMover: Pass = {
  name: 'reshape-mover',
  contract: exact,
  summary: 'moves reshapes and transposes from operands of elementwise ops to their results',
  run: (module) =>
    edit(module, (draft) => {
      for (const c of nonFusionComputations(module)) moveIn(c, draft);
    }),
};

/** A value that is `source` moved into another shape by `mover`. */
interface Moved {
  readonly source: Instruction;
  readonly mover: Instruction & { readonly opcode: 'reshape' | 'transpose' };
}

function moveIn(c: Computation, draft: ModuleDraft): void {
  const users = usersOf(c);
  const moved = new Map<InstructionId, Moved>();
  const latest = (i: Instruction) => draft.computation(c.name).latest(i);
  const usedOnce = (id: InstructionId) => id !== c.root && users.get(id)?.length === 1;
  for (const i of c.instructions) {
    if ((i.opcode === 'reshape' || i.opcode === 'transpose') && isStatic(i) && !retypes(i, c)) {
      moved.set(i.id, { source: latest(instructionOf(c, i.operands[0]!)), mover: i });
    }
    if (!isIn(i.opcode, 'elementwise') || !isStatic(i) || i.controlPredecessors.length > 0)
      continue;
    const parts = i.operands.map((id) => (usedOnce(id) ? moved.get(id) : undefined));
    const first = parts.find((p) => p !== undefined);
    const operands = i.operands.map((id) => instructionOf(c, id));
    if (!first || !operands.every((o, n) => isSame(parts[n], first) || isSplat(o, c))) continue;
    const d = draft.computation(c.name);
    const same = parts.map((p) => (isSame(p, first) ? p : undefined));
    const inner = operands.map((o, n) => same[n]?.source ?? splatLike(o, i, first.source, c, d));
    const source = rebuilt(i, inner, first.source, d);
    const { mover } = first;
    const result = d.add(mover.opcode, [source], {
      attrs: mover.attrs as object,
      shape: i.shape,
      like: mover,
    });
    d.replace(i, result);
    moved.set(i.id, { source, mover });
  }
}

function isStatic(i: Instruction): boolean {
  return i.shape.kind === 'array' && !i.shape.dynamic?.includes(true);
}

/** Whether two values were moved from the same sizes in the same way. */
function isSame(a: Moved | undefined, b: Moved): boolean {
  if (!a || a.mover.opcode !== b.mover.opcode) return false;
  const [x, y] = [a, b].map((m) => (m.source.shape as ArrayShape).dims);
  if (!equalLists(x!, y!)) return false;
  if (a.mover.opcode === 'reshape' || b.mover.opcode === 'reshape') return true;
  return equalLists(a.mover.attrs.dimensions, b.mover.attrs.dimensions);
}

/** A scalar, or one broadcast. */
function isSplat(i: Instruction, c: Computation): boolean {
  if (i.shape.kind !== 'array') return false;
  return i.shape.dims.length === 0 || (i.opcode === 'broadcast' && isSplat(only(i, c), c));
}

/** A scalar operand in the sizes of `like`; the scalar of an op on arrays (select) as it is. */
function splatLike(
  o: Instruction,
  i: Instruction,
  like: Instruction,
  c: Computation,
  d: ComputationDraft,
): Instruction {
  let scalar = o;
  while (scalar.opcode === 'broadcast') scalar = only(scalar, c);
  const { dims } = like.shape as ArrayShape;
  const staysScalar = o === scalar && (i.shape as ArrayShape).dims.length > 0;
  if (staysScalar || dims.length === 0) return d.latest(scalar);
  const shape = arrayShape((o.shape as ArrayShape).type, dims);
  return d.add('broadcast', [d.latest(scalar)], { shape });
}

function only(i: Instruction, c: Computation): Instruction {
  return instructionOf(c, i.operands[0]!);
}

function rebuilt(
  i: Instruction,
  operands: readonly Instruction[],
  like: Instruction,
  d: ComputationDraft,
): Instruction {
  const shape = arrayShape((i.shape as ArrayShape).type, (like.shape as ArrayShape).dims);
  const opcode: string = i.opcode;
  return d.add(opcode as 'add', operands, { attrs: i.attrs as object, shape, like: i });
}
