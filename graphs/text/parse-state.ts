/** What the parts of the parser share: the cursor, what is known of computations, fresh names. */
import type { Computation, Instruction } from '../ir/module.ts';
import type { Shape } from '../ir/shape.ts';
import type { Signature } from '../ops/row.ts';
import { Scanner } from './scanner.ts';

/** The instructions of one computation while it is read. */
export interface Scope {
  readonly instructions: Instruction[];
  readonly byName: Map<string, Instruction>;
  readonly parameters: Set<number>;
  /** Makes a parameter of an operand that nothing defines; absent in a module. */
  readonly undefinedOperand?: (name: string, shape: Shape) => Instruction;
}

export class ParseState {
  readonly s: Scanner;
  readonly computations: Computation[] = [];
  readonly signatures = new Map<string, Signature>();
  private readonly byId: Instruction[] = [];
  private readonly names = new Map<string, { prefix: string; next: number }>();
  private ids = 0;

  constructor(text: string, file?: string, spareElements = 0) {
    this.s = new Scanner(text, file, spareElements);
  }

  /** A name that stands nowhere in the text. */
  freshName(base: string): string {
    let known = this.names.get(base);
    if (!known) {
      let prefix = `${base}.`;
      while (this.s.text.includes(prefix)) prefix = `${prefix.slice(0, -1)}_.`;
      known = { prefix, next: 0 };
      this.names.set(base, known);
    }
    return `${known.prefix}${known.next++}`;
  }

  nextId(): number {
    return this.ids++;
  }

  instruction(id: number): Instruction {
    return this.byId[id]!;
  }

  /** Enters an instruction into its computation; `at` is where its name stands. */
  addInstruction(scope: Scope, instruction: Instruction, at: number): void {
    const { name } = instruction;
    if (scope.byName.has(name)) {
      this.s.fail('parse/duplicate-name', `%${name} is already defined; choose another name`, at);
    }
    if (instruction.opcode === 'parameter') {
      const { index } = instruction.attrs;
      if (scope.parameters.has(index)) {
        this.s.fail('parse/duplicate-parameter', `there is already a parameter(${index})`, at);
      }
      scope.parameters.add(index);
    }
    scope.byName.set(name, instruction);
    scope.instructions.push(instruction);
    this.byId[instruction.id] = instruction;
  }

  /** Enters a computation that is read to its end; `at` is where its name stands. */
  addComputation(computation: Computation, at: number): void {
    const { name, instructions, root } = computation;
    if (this.signatures.has(name)) {
      const remedy = 'choose another name';
      this.s.fail('parse/duplicate-name', `computation %${name} is already defined; ${remedy}`, at);
    }
    const parameters: Shape[] = [];
    for (const i of instructions) if (i.opcode === 'parameter') parameters[i.attrs.index] = i.shape;
    this.computations.push(computation);
    this.signatures.set(name, { parameters, result: this.instruction(root).shape });
  }
}

export function newScope(undefinedOperand?: Scope['undefinedOperand']): Scope {
  const scope = { instructions: [], byName: new Map(), parameters: new Set<number>() };
  return undefinedOperand ? { ...scope, undefinedOperand } : scope;
}
