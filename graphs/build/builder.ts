/**
 * Building modules in code: the zoo, importers and tests. Shapes are inferred from the op table;
 * a builder hands out instructions, which are the references for later operands.
 */

import { fail } from '../ir/diagnostic.ts';
import type { ElementType } from '../ir/element-type.ts';
import type { Computation, Instruction, InstructionId, Module } from '../ir/module.ts';
import { arrayShape, type Shape } from '../ir/shape.ts';
import { type Tensor, tensorOf, type Value } from '../ir/tensor.ts';
import type { Opcode } from '../ops/table.ts';
import { type GivenAttrs, makeInstruction, signatureOf } from './make.ts';

/** What an added op may be given besides its operands. */
export interface OpOptions {
  /** Result shape, for ops whose operands do not determine it. */
  readonly shape?: Shape;
  readonly name?: string;
  /** Attributes that do not change the value, verbatim by name. */
  readonly extras?: Readonly<Record<string, string>>;
}

/** What a module of generous size holds: a model that needs more asks for it by mistake, or on purpose. */
const maxInstructions = 2 ** 18;

/** Builds a module computation by computation; ids are unique within it. */
export class ModuleBuilder {
  readonly name: string;
  private readonly done: Computation[] = [];
  private nextId = 1;

  constructor(name: string) {
    this.name = name;
  }

  /** Builds a computation that others may call; returns its name. */
  computation(name: string, body: (b: ComputationBuilder) => Instruction): string {
    const builder = new ComputationBuilder(name, this);
    const root = body(builder);
    this.done.push({ name, instructions: builder.instructions, root: root.id, extras: {} });
    return name;
  }

  /** Builds the entry computation and returns the module. */
  entry(body: (b: ComputationBuilder) => Instruction, name = 'main'): Module {
    this.computation(name, body);
    return this.partial(name);
  }

  /** The module of what has been built so far. */
  partial(entry = ''): Module {
    const { name, done } = this;
    return { name, attributes: {}, computations: [...done], entry, debugTables: '' };
  }

  newId(): InstructionId {
    if (this.nextId > maxInstructions) {
      fail('lowering/too-large', `the module would have more than ${maxInstructions} instructions`);
    }
    return this.nextId++ as InstructionId;
  }
}

/** Builds one computation; shapes follow from operands, and what does not verify is an AssayError. */
export class ComputationBuilder {
  readonly name: string;
  readonly instructions: Instruction[] = [];
  private readonly module: ModuleBuilder;
  private readonly names = new Set<string>();
  /** By stem: the suffix to try next, so that many of one name take linear time. */
  private readonly suffixes = new Map<string, number>();
  private parameters = 0;

  constructor(name: string, module: ModuleBuilder) {
    this.name = name;
    this.module = module;
  }

  /** Appends an instruction. */
  op<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    attrs: GivenAttrs<O> = {},
    options: OpOptions = {},
  ): Instruction {
    const made = makeInstruction({
      id: this.module.newId(),
      name: this.freshName(options.name ?? opcode),
      opcode,
      operands,
      attrs,
      ...(options.shape && { shape: options.shape }),
      ...(options.extras && { extras: options.extras }),
      signature: (callee) => signatureOf(this.module.partial(), callee),
    });
    this.instructions.push(made);
    return made;
  }

  /** The next parameter. */
  parameter(name: string, shape: Shape, extras: OpOptions['extras'] = {}): Instruction {
    return this.op('parameter', [], { index: this.parameters++ }, { shape, name, extras });
  }

  constant(literal: Value, name = 'constant'): Instruction {
    if (literal.kind !== 'tensor') throw new TypeError('constant() takes a tensor');
    return this.op('constant', [], { literal }, { shape: literal.shape, name });
  }

  /** A scalar constant, rounded by the caller where the type needs it. */
  scalar(type: ElementType, value: number | bigint): Instruction {
    return this.constant(tensorOf(type, [], [value]) as Tensor);
  }

  /** A broadcast to `dims`, operand dimension i going to result dimension `dimensions[i]`. */
  broadcast(
    x: Instruction,
    dims: readonly number[],
    dimensions: readonly number[] = [],
  ): Instruction {
    if (x.shape.kind !== 'array') throw new TypeError('broadcast() takes an array');
    return this.op('broadcast', [x], { dimensions }, { shape: arrayShape(x.shape.type, dims) });
  }

  private freshName(stem: string): string {
    let name = stem;
    let n = this.suffixes.get(stem) ?? 1;
    for (; this.names.has(name); n++) name = `${stem}.${n}`;
    this.suffixes.set(stem, n);
    this.names.add(name);
    return name;
  }
}
