/** A module with one instruction changed, or with a conversion to a narrower type and back behind it. */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Computation, Instruction, InstructionId, Module } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Change } from './mutations.ts';

/** The module with a change made to an instruction of a computation; not verified. */
export function withChange(module: Module, c: Computation, i: Instruction, change: Change): Module {
  const changed =
    'narrowTo' in change ? narrowed(module, c, i, change.narrowTo) : replaced(c, i, change);
  return { ...module, computations: module.computations.map((x) => (x === c ? changed : x)) };
}

function replaced(c: Computation, i: Instruction, change: object): Computation {
  const instructions = c.instructions.map((x) =>
    x === i ? ({ ...x, ...change } as Instruction) : x,
  );
  return { ...c, instructions };
}

/** All users read the value as the narrower type holds it. */
function narrowed(module: Module, c: Computation, i: Instruction, type: ElementType): Computation {
  const shape = i.shape as ArrayShape;
  const id = (1 +
    Math.max(
      ...module.computations.flatMap((x) => x.instructions.map((y) => y.id)),
    )) as InstructionId;
  const bare = { attrs: {}, extras: {}, controlPredecessors: [], opcode: 'convert' as const };
  const down: Instruction = {
    ...{ ...bare, id, name: `${i.name}.narrowed`, shape: { ...shape, type }, operands: [i.id] },
  };
  const up: Instruction = {
    ...{ ...bare, id: (id + 1) as InstructionId, name: `${i.name}.widened`, shape, operands: [id] },
  };
  const rewired = (x: Instruction): Instruction =>
    x.operands.includes(i.id)
      ? ({ ...x, operands: x.operands.map((o) => (o === i.id ? up.id : o)) } as Instruction)
      : x;
  const instructions = c.instructions.flatMap((x) => (x === i ? [x, down, up] : [rewired(x)]));
  return { ...c, instructions, root: c.root === i.id ? up.id : c.root };
}

/** The same instruction in another state: by name and opcode, in the same computation or the only one. */
export function counterpart(
  module: Module,
  computation: string,
  i: Instruction,
): { readonly c: Computation; readonly i: Instruction } | undefined {
  const found = module.computations.flatMap((c) =>
    c.instructions
      .filter((x) => x.name === i.name && x.opcode === i.opcode && alike(x, i))
      .map((x) => ({ c, i: x })),
  );
  return (
    found.find(({ c }) => c.name === computation) ?? (found.length === 1 ? found[0] : undefined)
  );
}

function alike(a: Instruction, b: Instruction): boolean {
  if (a.operands.length !== b.operands.length || a.shape.kind !== b.shape.kind) return false;
  if (a.shape.kind !== 'array' || b.shape.kind !== 'array') return true;
  return a.shape.type === b.shape.type && String(a.shape.dims) === String(b.shape.dims);
}
