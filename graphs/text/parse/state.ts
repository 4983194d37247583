/** What the parts of the parser share: the cursor, what is known of computations, fresh names. */
import type { Computation, Instruction, InstructionId } from '../../ir/module.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Signature } from '../../ops/row.ts';
import { Scanner } from '../scanner.ts';

/** The instructions of one computation while it is read. */
export interface Scope {
  readonly instructions: Instruction[];
  readonly byName: Map<string, Instruction>;
  readonly parameters: Set<number>;
  /** Makes a parameter of an operand that nothing defines; absent in a module. */
  readonly undefinedOperand?: (name: string, shape: Shape) => Instruction;
}

/** State of one parse; ids are unique in the module. */
export class ParseState {
  readonly s: Scanner;
  readonly computations: Computation[] = [];
  readonly signatures = new Map<string, Signature>();
  readonly computationsByName = new Map<string, Computation>();
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

  nextId(): InstructionId {
    return this.ids++ as InstructionId;
  }

  instruction(id: InstructionId): Instruction {
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
    const { name, root } = computation;
    if (this.signatures.has(name)) {
      const remedy = 'choose another name';
      this.s.fail('parse/duplicate-name', `computation %${name} is already defined; ${remedy}`, at);
    }
    const parameters = this.parameterShapes(computation, at);
    this.computations.push(computation);
    this.computationsByName.set(name, computation);
    this.signatures.set(name, { parameters, result: this.instruction(root).shape });
  }

  private parameterShapes({ name, instructions }: Computation, at: number): Shape[] {
    const parameters = instructions.filter((i) => i.opcode === 'parameter');
    const shapes: Shape[] = [];
    for (const { attrs, shape } of parameters) {
      if (attrs.index < 0 || attrs.index >= parameters.length) {
        const count = `%${name} has ${parameters.length} parameters; number them from 0`;
        this.s.fail(
          'parse/parameter-number',
          `there is a parameter(${attrs.index}), but ${count}`,
          at,
        );
      }
      shapes[attrs.index] = shape;
    }
    return shapes;
  }
}

/**
 * A computation that has no instructions yet; `undefinedOperand` answers for names that it lacks.
 */
export function newScope(undefinedOperand?: Scope['undefinedOperand']): Scope {
  const scope = { instructions: [], byName: new Map(), parameters: new Set<number>() };
  return undefinedOperand ? { ...scope, undefinedOperand } : scope;
}
