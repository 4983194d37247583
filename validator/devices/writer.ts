/** Writes the instructions of one computation, under names that are free in it. */
import { completeAttrs } from '../../graphs/build/make.ts';
import type { Attrs, Instruction, InstructionId } from '../../graphs/ir/module.ts';
import { type Shape, tupleShape } from '../../graphs/ir/shape.ts';
import type { Opcode } from '../../graphs/ops/table.ts';

/** Collects the instructions of one computation, operands first. */
export class Writer {
  readonly instructions: Instruction[] = [];
  private readonly ids: { next: number };
  private readonly names = new Set<string>();
  /** What was made of a list of instructions, to be made once. */
  readonly shared = new Map<readonly Instruction[], Instruction>();
  /** By id of a copied instruction, its copies. */
  private readonly copies = new Map<InstructionId, InstructionId[]>();

  /** `ids.next` is the next free id of the module, and counts on. */
  constructor(ids: { next: number }) {
    this.ids = ids;
  }

  op<O extends Opcode>(
    opcode: O,
    shape: Shape,
    operands: readonly Instruction[],
    attrs: Partial<Attrs<O>>,
    name: string,
    extras: Instruction['extras'] = {},
  ): Instruction {
    return this.add({
      ...{ id: this.newId(), name, opcode, shape, extras },
      operands: operands.map((o) => o.id),
      attrs: completeAttrs(opcode, attrs as Record<string, unknown>),
      controlPredecessors: [],
    } as unknown as Instruction);
  }

  /** The instruction over other operands. */
  copy(i: Instruction, operands: readonly Instruction[], name: string): Instruction {
    const id = this.newId();
    const copies = this.copies.get(i.id) ?? [];
    this.copies.set(i.id, [...copies, id]);
    const controlPredecessors = i.controlPredecessors.flatMap((p) => this.copies.get(p) ?? []);
    const over = { operands: operands.map((o) => o.id), controlPredecessors };
    return this.add({ ...i, ...over, id, name } as Instruction);
  }

  tuple(elements: readonly Instruction[], name: string): Instruction {
    return this.op('tuple', tupleShape(elements.map((e) => e.shape)), elements, {}, name);
  }

  /** Element `index` of an instruction whose shape is a tuple. */
  element(of: Instruction, index: number, name: string): Instruction {
    if (of.shape.kind !== 'tuple') throw new RangeError(`%${of.name} is no tuple`);
    return this.op('get-tuple-element', of.shape.elements[index]!, [of], { index }, name);
  }

  private newId(): InstructionId {
    return this.ids.next++ as InstructionId;
  }

  private add(made: Instruction): Instruction {
    let { name } = made;
    for (let n = 1; this.names.has(name); n++) name = `${made.name}.${n}`;
    this.names.add(name);
    const named = { ...made, name } as Instruction;
    this.instructions.push(named);
    return named;
  }
}
