/** What is reduced: a module and the inputs on which it shows a fault. */
import {
  type Computation,
  type Instruction,
  type InstructionId,
  type Module,
  parametersOf,
} from '../../graphs/ir/module.ts';
import { withoutParameterCounts } from '../../graphs/ir/pin.ts';
import type { Shape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import type { Literal } from '../../graphs/ops/attr.ts';
import { orderComputations } from '../../graphs/ops/callees.ts';
import { countsOf, type Size } from './reducible.ts';

/** A module and its inputs, by parameter number. */
export interface Specimen {
  readonly module: Module;
  readonly inputs: readonly Value[];
}

/** Counts what there is to read; parameters and constants are no instructions here. */
export function sizeOf({ module, inputs }: Specimen): Size {
  const all = module.computations.flatMap((c) => c.instructions);
  const literals = all.flatMap((i) => (i.opcode === 'constant' ? [i.attrs.literal] : []));
  const tensors = [...inputs.flatMap(leafTensors), ...literals.flatMap(valuesOf)];
  const isRead = ({ opcode }: { opcode: string }) =>
    opcode !== 'parameter' && opcode !== 'constant';
  return { instructions: all.filter(isRead).length, ...countsOf(tensors) };
}

/** The tensors of a literal; an elided one has none. */
export function valuesOf(literal: Literal): readonly Tensor[] {
  return literal.kind === 'elided' ? [] : leafTensors(literal);
}

/**
 * The specimen of an entry computation, with what it reaches of a module. Parameters are arrays: a
 * tuple that is handed in is made of its elements inside.
 */
export function specimenOf(like: Module, entry: Computation, inputs: readonly Value[]): Specimen {
  const parameters = parametersOf(entry);
  if (parameters.every(({ shape }) => shape.kind !== 'tuple')) {
    return { module: moduleOf(like, entry), inputs };
  }
  let next = 1 + entry.instructions.reduce((most, { id }) => Math.max(most, id), 0);
  const leaves: Instruction[] = [];
  const made: Instruction[] = [];
  const taken = new Set(entry.instructions.map(({ name }) => name));
  const build = (like: Instruction, shape: Shape, isOwn: boolean): InstructionId => {
    const id = isOwn ? like.id : (next++ as InstructionId);
    const name = isOwn ? like.name : fresh(like.name, taken);
    const parts = { id, name, shape, extras: {}, controlPredecessors: [] };
    if (shape.kind === 'tuple') {
      const operands = shape.elements.map((element) => build(like, element, false));
      made.push({ ...parts, opcode: 'tuple', operands, attrs: {} } as unknown as Instruction);
    } else {
      const attrs = { index: leaves.length };
      leaves.push({ ...parts, opcode: 'parameter', operands: [], attrs } as unknown as Instruction);
    }
    return id;
  };
  for (const p of parameters) build(p, p.shape, true);
  const rest = entry.instructions.filter(({ opcode }) => opcode !== 'parameter');
  const flat = { ...entry, instructions: [...leaves, ...made, ...rest] };
  return { module: moduleOf(like, flat), inputs: inputs.flatMap(leafTensors) };
}

function fresh(stem: string, taken: Set<string>): string {
  let n = 0;
  while (taken.has(`${stem}.${n}`)) n++;
  taken.add(`${stem}.${n}`);
  return `${stem}.${n}`;
}

/** A module of the computations that an entry reaches; what counts parameters is gone. */
export function moduleOf(like: Module, entry: Computation): Module {
  const all = new Map(like.computations.map((c) => [c.name, c]));
  all.set(entry.name, entry);
  const attributes = withoutParameterCounts(like.attributes);
  return {
    ...like,
    ...{ attributes, computations: orderComputations(all, entry.name), entry: entry.name },
  };
}

/** Whether a value is arrays only, and so can be an input. */
export function isInput(value: Value): boolean {
  return value.kind === 'tuple' ? value.elements.every(isInput) : value.kind === 'tensor';
}
