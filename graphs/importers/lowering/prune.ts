/** Dropping what the result does not need: values that only shape arithmetic used. */
import {
  type Computation,
  type Instruction,
  instructionsById,
  type Module,
} from '../../ir/module.ts';

/** The module without unused instructions (parameters stay) and uncalled computations. */
export function prune(module: Module): Module {
  const byName = new Map(module.computations.map((c) => [c.name, c]));
  const kept = new Map<string, Computation>();
  const pending = [module.entry];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const computation = byName.get(name);
    if (kept.has(name) || !computation) continue;
    const live = liveInstructions(computation);
    kept.set(name, { ...computation, instructions: live });
    for (const i of live) pending.push(...calleesOf(i, byName));
  }
  return { ...module, computations: module.computations.flatMap((c) => kept.get(c.name) ?? []) };
}

function liveInstructions(computation: Computation): readonly Instruction[] {
  const byId = instructionsById(computation);
  const live = new Set<number>();
  const pending = [computation.root];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (live.has(id)) continue;
    live.add(id);
    pending.push(...byId.get(id)!.operands);
  }
  return computation.instructions.filter((i) => live.has(i.id) || i.opcode === 'parameter');
}

/** Names of computations among an instruction's attributes. */
function calleesOf(i: Instruction, names: ReadonlyMap<string, unknown>): readonly string[] {
  const values = Object.values(i.attrs as Record<string, unknown>).flat();
  return values.filter((v): v is string => typeof v === 'string' && names.has(v));
}
