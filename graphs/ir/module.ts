/**
 * Modules as values. An instruction names its operands by id, a computation is a list of
 * instructions in an order in which operands precede users, a module a list of computations.
 * Nothing here is ever changed in place: passes go through build/draft.ts.
 */
import type { AttrsOf } from '../ops/attr.ts';
import type { Opcode, OpTable } from '../ops/table.ts';
import type { Position } from './diagnostic.ts';
import type { Shape } from './shape.ts';

declare const instructionId: unique symbol;

/** What an instruction is told by: unique within its module; a number that is no other number. */
export type InstructionId = number & { readonly [instructionId]: true };

/** Attributes of an opcode, typed by its row in the op table. */
export type Attrs<O extends Opcode> = AttrsOf<OpTable[O]['attrs']>;

/** One instruction of a given opcode; `Operand` is what names its operands. */
export interface InstructionOf<O extends Opcode, Operand extends number = InstructionId> {
  /** Unique within the module, and kept by passes that leave the instruction as it is. */
  readonly id: InstructionId;
  /** Unique within the computation, without '%'. */
  readonly name: string;
  readonly opcode: O;
  readonly shape: Shape;
  /** Ids of operands, all of the same computation. */
  readonly operands: readonly Operand[];
  readonly attrs: Attrs<O>;
  /**
   * Attributes that any instruction may carry and that do not change its value, verbatim by name:
   * metadata, sharding, backend_config, frontend_attributes, statistics, origin …
   */
  readonly extras: Readonly<Record<string, string>>;
  readonly controlPredecessors: readonly InstructionId[];
  /** Where it stood in the text it was parsed from; no part of its value. */
  readonly position?: Position;
}

/**
 * An instruction; comparing `opcode` narrows its attributes. `Instruction<number>` is one whose
 * operands may be named by anything (ids, value numbers) and are not looked up.
 */
export type Instruction<Operand extends number = InstructionId> = {
  [O in Opcode]: InstructionOf<O, Operand>;
}[Opcode];

/** A function of its parameters: instructions in an order in which they can run. */
export interface Computation {
  /** Unique within the module, without '%'. */
  readonly name: string;
  /** Operands precede users. */
  readonly instructions: readonly Instruction[];
  /** Id of the root. */
  readonly root: InstructionId;
  /** Attributes after the closing brace (execution_thread), verbatim. */
  readonly extras: Readonly<Record<string, string>>;
}

/** What is compiled, as a value: it never changes. */
export interface Module {
  readonly name: string;
  /** Header attributes in order, verbatim (entry_computation_layout, is_scheduled …). */
  readonly attributes: Readonly<Record<string, string>>;
  /** Callees precede callers, as XLA prints them. */
  readonly computations: readonly Computation[];
  /** Name of the entry computation. */
  readonly entry: string;
  /** The debug tables after the header (FileNames, StackFrames …), verbatim; empty if none. */
  readonly debugTables: string;
}

const computationIndex = new WeakMap<Module, ReadonlyMap<string, Computation>>();
const instructionIndex = new WeakMap<Computation, ReadonlyMap<InstructionId, Instruction>>();

/** The computation of a name; throws if there is none. */
export function computationOf(module: Module, name: string): Computation {
  let index = computationIndex.get(module);
  if (!index) {
    index = new Map(module.computations.map((c) => [c.name, c]));
    computationIndex.set(module, index);
  }
  const found = index.get(name);
  if (!found) throw new RangeError(`module ${module.name} has no computation ${name}`);
  return found;
}

/** The computation that the module runs. */
export function entryOf(module: Module): Computation {
  return computationOf(module, module.entry);
}

/** Instructions of a computation by id. */
export function instructionsById(
  computation: Computation,
): ReadonlyMap<InstructionId, Instruction> {
  let index = instructionIndex.get(computation);
  if (!index) {
    index = new Map(computation.instructions.map((i) => [i.id, i]));
    instructionIndex.set(computation, index);
  }
  return index;
}

/** The instruction of an id; throws if there is none. */
export function instructionOf(computation: Computation, id: InstructionId): Instruction {
  const found = instructionsById(computation).get(id);
  if (!found) throw new RangeError(`computation ${computation.name} has no instruction #${id}`);
  return found;
}

/** The instruction whose value a computation returns. */
export function rootOf(computation: Computation): Instruction {
  return instructionOf(computation, computation.root);
}

/** The parameters of a computation in order of their numbers. */
export function parametersOf(computation: Computation): readonly InstructionOf<'parameter'>[] {
  return computation.instructions
    .filter((i): i is InstructionOf<'parameter'> => i.opcode === 'parameter')
    .sort((a, b) => a.attrs.index - b.attrs.index);
}
