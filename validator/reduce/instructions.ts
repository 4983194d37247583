/**
 * Fewer instructions: a subset of the entry's instructions is a module of its own, in which what it
 * reads from outside is a parameter with the value that the reference computed on the same inputs.
 */
import {
  type Computation,
  entryOf,
  type Instruction,
  type InstructionId,
  parametersOf,
} from '../../graphs/ir/module.ts';
import { tupleShape } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { observedRun } from './observed-run.ts';
import type { Parts } from './reducible.ts';
import { isInput, type Specimen, specimenOf } from './specimen.ts';

/**
 * Takes a specimen apart; values are those of one run of the reference. Neither parameters nor constants
 * are items, which come with what reads them, nor a tuple of results, which is made anew of what nobody
 * reads.
 *
 * @throws AssayError where the module does not run on the inputs
 */
export function partsOf(specimen: Specimen): Parts<Specimen, Instruction> {
  const entry = entryOf(specimen.module);
  const values = observedRun(specimen).values;
  return {
    items: entry.instructions.filter(({ id, opcode }) => {
      const isOutermost = id === entry.root && opcode === 'tuple';
      return opcode !== 'parameter' && opcode !== 'constant' && !isOutermost;
    }),
    of: (kept) => partOf(specimen, entry, values, new Set(kept.map(({ id }) => id))),
  };
}

type Values = ReadonlyMap<InstructionId, Value>;

function partOf(
  specimen: Specimen,
  entry: Computation,
  values: Values,
  kept: ReadonlySet<InstructionId>,
): Specimen | undefined {
  if (kept.size === 0) return undefined;
  const inside = entry.instructions.filter(({ id }) => kept.has(id));
  const read = new Set(inside.flatMap(({ operands }) => operands));
  const outside = entry.instructions.filter(({ id }) => read.has(id) && !kept.has(id));
  const cut = outside.filter(({ opcode }) => opcode !== 'constant');
  const inputs = cut.map(({ id }) => values.get(id));
  if (!inputs.every((value) => value !== undefined && isInput(value))) return undefined;
  const parameters = cut.map((i, index) => parameterFor(i, index));
  const constants = outside.filter(({ opcode }) => opcode === 'constant');
  const body = inside.map((i) => ({
    ...i,
    controlPredecessors: i.controlPredecessors.filter((id) => kept.has(id)),
  }));
  const instructions = [...parameters, ...constants, ...body];
  const roots = inside.filter(({ id }) => !read.has(id));
  const part = { ...entry, ...rooted(instructions, roots, entry) };
  return specimenOf(specimen.module, part, inputs as Value[]);
}

/** The same name and id, so that whoever reads it is left as it is. */
function parameterFor({ id, name, shape, extras }: Instruction, index: number): Instruction {
  const parts = { id, name, shape, extras, opcode: 'parameter', operands: [], attrs: { index } };
  return { ...parts, controlPredecessors: [] } as unknown as Instruction;
}

/** Several results are returned as a tuple. */
function rooted(
  instructions: readonly Instruction[],
  roots: readonly Instruction[],
  entry: Computation,
): Pick<Computation, 'instructions' | 'root'> {
  if (roots.length === 1) return { instructions, root: roots[0]!.id };
  const id = (Math.max(...entry.instructions.map((i) => i.id)) + 1) as InstructionId;
  const names = new Set(instructions.map(({ name }) => name));
  let name = 'results';
  for (let n = 1; names.has(name); n++) name = `results.${n}`;
  const tuple = {
    ...{ id, name, opcode: 'tuple', shape: tupleShape(roots.map(({ shape }) => shape)) },
    ...{ operands: roots.map((r) => r.id), attrs: {}, extras: {}, controlPredecessors: [] },
  } as unknown as Instruction;
  return { instructions: [...instructions, tuple], root: id };
}

/**
 * Computations that ran (bodies of loops, branches, fusions), each as a specimen of its own on the
 * arguments of its first and of its last run; the shortest first.
 */
export function calleesAsEntries(specimen: Specimen): readonly Specimen[] {
  const { calls } = observedRun(specimen);
  const callees = specimen.module.computations.filter(
    (c) => c.name !== specimen.module.entry && c.instructions.length > parametersOf(c).length + 1,
  );
  const sorted = [...callees].sort((a, b) => a.instructions.length - b.instructions.length);
  return sorted.flatMap((callee) => {
    const runs = calls.get(callee.name)?.runs.filter((inputs) => inputs.every(isInput)) ?? [];
    return runs.map((inputs) => specimenOf(specimen.module, callee, inputs));
  });
}
