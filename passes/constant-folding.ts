/**
 * constant_folding: computes at compile time what depends on constants only. Only ops whose result
 * is determined to the bit are folded, with arithmetic of its own (fold/), so that the reference
 * can disagree with it. Elided and overlong constants are left alone. Contract: exact.
 */

import { edit, type ModuleDraft } from '../graphs/build/draft.ts';
import { exact } from '../graphs/ir/contract.ts';
import type { Computation, Instruction, InstructionId } from '../graphs/ir/module.ts';
import { elementCount } from '../graphs/ir/shape.ts';
import type { Tensor } from '../graphs/ir/tensor.ts';
import type { Literal } from '../graphs/ops/attr.ts';
import { type FoldTable, maxFolded, maxSpelledOut } from './fold/fold.ts';
import { constantFolds } from './fold/table.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations, usersOf } from './users.ts';

/** The pass with the arithmetic of fold/table.ts. */
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

/** What is known of an instruction that depends on constants only. */
interface Known {
  /** True where the module has the value as a constant, or shall have it. */
  readonly isStored: boolean;
  readonly size: number;
  readonly value: () => Tensor | undefined;
}

/**
 * The values of instructions that become constants. A result that is larger than the constants it
 * is made from (a broadcast, an iota) is computed only where something smaller is made of it.
 */
function foldedValues(c: Computation, folds: FoldTable): ReadonlyMap<Instruction, Tensor> {
  const known = new Map<InstructionId, Known>();
  const folded = new Map<Instruction, Tensor>();
  for (const i of c.instructions) {
    const found = i.opcode === 'constant' ? stored(i.attrs.literal) : derived(i, folds, known);
    if (!found) continue;
    if (i.opcode === 'constant' || !found.isStored) {
      known.set(i.id, found);
      continue;
    }
    const value = found.value();
    if (!value) continue;
    known.set(i.id, found);
    folded.set(i, value);
  }
  return folded;
}

function stored(literal: Literal): Known | undefined {
  if (literal.kind !== 'tensor') return undefined;
  return { isStored: true, size: elementCount(literal.shape), value: () => literal };
}

function derived(
  i: Instruction,
  folds: FoldTable,
  known: ReadonlyMap<InstructionId, Known>,
): Known | undefined {
  const fold = folds[i.opcode];
  if (fold === 'not folded' || i.shape.kind !== 'array') return undefined;
  const size = elementCount(i.shape);
  const isFixed = !i.shape.dynamic?.includes(true) && i.controlPredecessors.length === 0;
  if (size > maxFolded || !isFixed) return undefined;
  const operands: Known[] = [];
  for (const id of i.operands) {
    const operand = known.get(id);
    if (!operand) return undefined;
    operands.push(operand);
  }
  const isStored = size <= maxSpelledOut || operands.some((o) => o.isStored && o.size >= size);
  return { isStored, size, value: once(() => evaluate(i, fold as AnyFold, operands)) };
}

type AnyFold = (i: Instruction, operands: readonly Tensor[]) => Tensor | undefined;

function evaluate(i: Instruction, fold: AnyFold, operands: readonly Known[]): Tensor | undefined {
  const values: Tensor[] = [];
  for (const operand of operands) {
    const value = operand.value();
    if (!value) return undefined;
    values.push(value);
  }
  return fold(i, values);
}

/** The function, run when it is first asked for. */
function once<T>(f: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: f() };
    return result.value;
  };
}
