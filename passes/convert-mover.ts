/**
 * convert-mover: moves narrowing conversions up and widening ones down through data movement, so
 * that less is moved and conversions come to stand next to each other. Contract: exact.
 */

import { type DraftResult, edit, type ModuleDraft } from '../graphs/build/draft.ts';
import type { ComputationDraft } from '../graphs/build/draft-computation.ts';
import { exact } from '../graphs/ir/contract.ts';
import { type ElementType, elementTypes } from '../graphs/ir/element-type.ts';
import {
  type Computation,
  type Instruction,
  type InstructionId,
  instructionOf,
  type Module,
} from '../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../graphs/ir/shape.ts';
import type { Opcode } from '../graphs/ops/table.ts';
import { fixpoint } from './pipeline/fixpoint.ts';
import type { Pass } from './pipeline/pass.ts';
import { nonFusionComputations, retypes, usersOf } from './users.ts';

/** The pass. */
export const convertMover: Pass = {
  name: 'convert-mover',
  contract: exact,
  summary: 'moves narrowing conversions up and widening ones down through data movement',
  run: (module) => fixpoint(module, sweep),
};

/** Ops that move the elements of their first operand; further operands are positions. */
const movers: ReadonlySet<Opcode> = new Set<Opcode>([
  'reshape',
  'transpose',
  'broadcast',
  'slice',
  'reverse',
  'dynamic-slice',
]);

function sweep(module: Module): DraftResult {
  return edit(module, (draft) => {
    for (const c of nonFusionComputations(module)) moveIn(c, draft);
  });
}

function moveIn(c: Computation, draft: ModuleDraft): void {
  const users = usersOf(c);
  const taken = new Set<InstructionId>();
  for (const i of c.instructions) {
    if (i.controlPredecessors.length > 0 || i.operands.length === 0) continue;
    const inner = instructionOf(c, i.operands[0]!);
    const [outerType, innerType] = [typeOf(i), typeOf(inner)];
    if (!outerType || !innerType || taken.has(inner.id)) continue;
    const isOnly = inner.id !== c.root && users.get(inner.id)!.length === 1;
    if (!isOnly || inner.controlPredecessors.length > 0) continue;
    if (retypes(i, c) || retypes(inner, c)) continue;
    const goesUp =
      i.opcode === 'convert' && movers.has(inner.opcode) && widens(outerType, innerType);
    if (!goesUp && !goesDown(i, inner, c)) continue;
    taken.add(i.id);
    const d = draft.computation(c.name);
    d.replace(i, goesUp ? raised(i, inner, c, d) : lowered(i, inner, c, d));
  }
}

/** True if converting from `narrow` to `wide` makes elements larger. */
function widens(narrow: ElementType, wide: ElementType): boolean {
  return elementTypes[wide].bits > elementTypes[narrow].bits;
}

function goesDown(i: Instruction, inner: Instruction, c: Computation): boolean {
  if (!movers.has(i.opcode) || inner.opcode !== 'convert') return false;
  const from = typeOf(instructionOf(c, inner.operands[0]!));
  return from !== undefined && widens(from, typeOf(inner)!);
}

/** convert(move(x)) → move(convert(x)) */
function raised(
  i: Instruction,
  mover: Instruction,
  c: Computation,
  d: ComputationDraft,
): Instruction {
  const [x, ...positions] = mover.operands.map((o) => d.latest(instructionOf(c, o)));
  const shape = arrayShape(typeOf(i)!, (x!.shape as ArrayShape).dims);
  const narrow = d.add('convert', [x!], { shape, like: i });
  return move(mover, [narrow, ...positions], i, d);
}

/** move(convert(x)) → convert(move(x)) */
function lowered(
  i: Instruction,
  convert: Instruction,
  c: Computation,
  d: ComputationDraft,
): Instruction {
  const x = d.latest(instructionOf(c, convert.operands[0]!));
  const positions = i.operands.slice(1).map((o) => d.latest(instructionOf(c, o)));
  const shape = arrayShape(typeOf(x)!, (i.shape as ArrayShape).dims);
  const moved = move(i, [x, ...positions], { ...i, shape }, d);
  return d.add('convert', [moved], { shape: i.shape, like: convert });
}

function move(
  mover: Instruction,
  operands: readonly Instruction[],
  { shape }: Instruction,
  d: ComputationDraft,
): Instruction {
  const opcode: string = mover.opcode;
  return d.add(opcode as 'reshape', operands, { attrs: mover.attrs as object, shape, like: mover });
}

/** Element type of a static array. */
function typeOf(i: Instruction): ElementType | undefined {
  return i.shape.kind === 'array' && !i.shape.dynamic?.includes(true) ? i.shape.type : undefined;
}
