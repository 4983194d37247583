/**
 * constant_folding: computes at compile time what depends on constants only. Only ops whose result
 * is determined to the bit are folded, with arithmetic of its own (fold/), so that the reference
 * can disagree with it. Elided and overlong constants are left alone. Contract: exact.
 */
import { exact } from '../graphs/ir/contract.ts';
import { edit, type ModuleDraft } from '../graphs/ir/draft.ts';
import type { Computation, Instruction } from '../graphs/ir/module.ts';
import { elementCount } from '../graphs/ir/shape.ts';
import type { Tensor } from '../graphs/ir/tensor.ts';
import { type FoldTable, maxFolded } from './fold/fold.ts';
import { constantFolds } from './fold/table.ts';
import type { Pass } from './pass.ts';
import { nonFusionComputations, usersOf } from './users.ts';

export const constantFolding: Pass = constantFoldingWith(constantFolds);

/** The pass with its arithmetic. */
export function constantFoldingWith(folds: FoldTable): Pass {
  return {
    name: 'constant_folding',
    contract: exact,
    summary: 'computes what depends on constants only',
    run: (module) =>
      edit(module, (draft) => {
        for (const c of nonFusionComputations(module)) foldIn(c, folds, draft);
      }),
  };
}

function foldIn(c: Computation, folds: FoldTable, draft: ModuleDraft): void {
  const folded = foldedValues(c, folds);
  if (folded.size === 0) return;
  const users = usersOf(c);
  const d = draft.computation(c.name);
  for (const [i, literal] of folded) {
    const isNeeded = i.id === c.root || users.get(i.id)?.some((user) => !folded.has(user));
    if (!isNeeded) d.remove(i);
    else d.replace(i, d.add('constant', [], { attrs: { literal }, shape: i.shape, like: i }));
  }
}

/** The values of instructions that depend on constants only, constants themselves aside. */
function foldedValues(c: Computation, folds: FoldTable): ReadonlyMap<Instruction, Tensor> {
  const known = new Map<number, Tensor>();
  const folded = new Map<Instruction, Tensor>();
  for (const i of c.instructions) {
    if (i.opcode === 'constant') {
      if (i.attrs.literal.kind === 'tensor') known.set(i.id, i.attrs.literal);
      continue;
    }
    const value = foldOne(i, folds, known);
    if (!value) continue;
    known.set(i.id, value);
    folded.set(i, value);
  }
  return folded;
}

function foldOne(
  i: Instruction,
  folds: FoldTable,
  known: ReadonlyMap<number, Tensor>,
): Tensor | undefined {
  const fold = folds[i.opcode];
  if (fold === 'not folded' || i.shape.kind !== 'array' || i.controlPredecessors.length > 0) {
    return undefined;
  }
  if (elementCount(i.shape) > maxFolded || i.shape.dynamic?.includes(true)) return undefined;
  const operands: Tensor[] = [];
  for (const id of i.operands) {
    const operand = known.get(id);
    if (!operand) return undefined;
    operands.push(operand);
  }
  return (fold as (i: Instruction, operands: readonly Tensor[]) => Tensor | undefined)(i, operands);
}
