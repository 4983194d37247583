/**
 * One computation while it is lowered: names to values, ops to instructions by their rows, and the
 * place of each op on its instructions and its errors.
 */
import type { ComputationBuilder, OpOptions } from '../../../build/builder.ts';
import type { GivenAttrs } from '../../../build/make.ts';
import { AssayError, fail, type Position } from '../../../ir/diagnostic.ts';
import type { Instruction, InstructionId } from '../../../ir/module.ts';
import { type Shape, sameShape } from '../../../ir/shape.ts';
import type { Tensor } from '../../../ir/tensor.ts';
import { type Opcode, rowOf } from '../../../ops/table.ts';
import { nearest } from '../../../text/nearest.ts';
import { printShape } from '../../../text/shape-text.ts';
import type { Op, QuantizedType, ValueRef } from '../parse/ast.ts';
import { checkSignature } from '../parse/signatures.ts';
import { OpContext } from './op-context.ts';
import type { Program } from './program.ts';
import { shapeOfType } from './shapes.ts';

/** Instructions of one computation. */
const maxInstructions = 1_000_000;

/** The values and numbers of one computation that is being lowered into HLO. */
export class Scope {
  readonly program: Program;
  readonly isEntry: boolean;
  readonly b: ComputationBuilder;
  private readonly values = new Map<string, readonly Instruction[]>();
  private readonly definitions = new Map<number, Instruction>();
  private readonly origins = new Map<number, string | undefined>();
  private readonly quantized = new Map<number, QuantizedType>();
  /** Integers that callers know of arguments, and callees of their results. */
  readonly numbers = new Map<InstructionId, readonly number[]>();
  /** Integers that constants and static sizes decide, as far as they were asked for. */
  readonly known = new Map<InstructionId, Tensor | undefined>();
  private called = 0;
  /** What a name means that is not defined here: constants of the enclosing scope. */
  private readonly outer: ((name: string) => readonly Instruction[] | undefined) | undefined;

  constructor(
    program: Program,
    b: ComputationBuilder,
    isEntry = false,
    outer?: (name: string) => readonly Instruction[] | undefined,
  ) {
    this.program = program;
    this.b = b;
    this.isEntry = isEntry;
    this.outer = outer;
  }

  /** Counts the instructions that a call executes. */
  countCall(cost: number): void {
    this.called += cost;
  }

  /** Instructions of this computation and, once for each call, of its callees. */
  get cost(): number {
    return this.b.instructions.length + this.called;
  }

  /** The scope of another computation; `outer` tells what names mean that it does not define. */
  child(
    b: ComputationBuilder,
    outer?: (name: string) => readonly Instruction[] | undefined,
  ): Scope {
    return new Scope(this.program, b, false, outer);
  }

  parameter(name: string, shape: Shape): Instruction {
    const stem = name.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^(?![A-Za-z_])/, 'arg_');
    return this.define(this.b.parameter(stem, shape));
  }

  emit<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    attrs: GivenAttrs<O> = {},
    options: OpOptions = {},
  ): Instruction {
    if (this.b.instructions.length > maxInstructions) {
      fail('stablehlo/too-large', `a function of more than ${maxInstructions} instructions`);
    }
    const { arity } = rowOf(opcode);
    const least = typeof arity === 'number' ? arity : arity.min;
    if (operands.length < least) {
      fail(
        'stablehlo/operands',
        `${opcode} takes ${least} operands or more, not ${operands.length}`,
      );
    }
    return this.define(this.b.op(opcode, operands, attrs, options));
  }

  define(instruction: Instruction): Instruction {
    this.definitions.set(instruction.id, instruction);
    return instruction;
  }

  /** An instruction of this computation by its id. */
  definition(id: number): Instruction | undefined {
    return this.definitions.get(id);
  }

  originOf(value: Instruction): string | undefined {
    return this.origins.get(value.id);
  }

  setOrigin(value: Instruction, origin: string | undefined): void {
    this.origins.set(value.id, origin);
  }

  quantizedOf(value: Instruction): QuantizedType | undefined {
    return this.quantized.get(value.id);
  }

  quantize(value: Instruction, type: QuantizedType | undefined): void {
    if (type) this.quantized.set(value.id, type);
  }

  bind(name: string, values: readonly Instruction[], position: Position): void {
    if (this.values.has(name)) {
      fail('stablehlo/redefinition', `%${name} is defined twice`, { position });
    }
    this.values.set(name, values);
  }

  /** All values of a name, or undefined. */
  lookup(name: string): readonly Instruction[] | undefined {
    const found = this.values.get(name) ?? this.outer?.(name);
    if (found && !this.values.has(name)) this.values.set(name, found);
    return found;
  }

  resolve({ name, index }: ValueRef, position: Position): Instruction {
    const found = this.lookup(name)?.[index];
    if (found) return found;
    const near = nearest(name, this.values.keys());
    const hint = near && near !== name ? `; did you mean %${near}?` : '';
    const which = index ? `%${name}#${index}` : `%${name}`;
    return fail('stablehlo/undefined', `${which} is not defined before this${hint}`, { position });
  }

  /** Lowers ops in order; gives what the terminator returns. */
  lowerBlock(ops: readonly Op[], position: Position): readonly Instruction[] {
    const last = ops.at(-1);
    if (!last || !/\.return$/.test(last.name)) {
      fail('stablehlo/no-return', 'a region or function must end in a return', { position });
    }
    for (const op of ops.slice(0, -1)) this.lowerOp(op);
    return last.operands.map((ref) => this.resolve(ref, last.position));
  }

  /** Lowers one op and binds its results. */
  lowerOp(op: Op): void {
    const context = new OpContext(op, this);
    const first = this.b.instructions.length;
    const row = this.program.rows[context.name];
    if (!row) {
      const near = nearest(context.name, Object.keys(this.program.rows));
      const hint = near ? `; did you mean ${near}?` : '';
      const message = `${context.name} is not supported${hint}`;
      fail('stablehlo/unsupported-op', message, { position: op.position });
    }
    try {
      checkSignature(op, context.operands);
      const made = row(context);
      this.place(first, op.position);
      this.bindResults(op, made === undefined ? [] : 'opcode' in made ? [made] : made);
    } catch (error) {
      throw placed(error, op);
    }
  }

  /** Binds the results of an op that was lowered elsewhere. */
  complete(op: Op, values: readonly Instruction[]): void {
    try {
      this.bindResults(op, values);
    } catch (error) {
      throw placed(error, op);
    }
  }

  /** Gives the instructions from an index on their place in the text. */
  private place(from: number, position: Position): void {
    const { instructions } = this.b;
    for (let i = from; i < instructions.length; i++) {
      if (!instructions[i]!.position) instructions[i] = { ...instructions[i]!, position };
    }
  }

  private bindResults(op: Op, values: readonly Instruction[]): void {
    const count = op.results.reduce((n, r) => n + r.count, 0);
    const told = op.resultTypes.length;
    if (told > 0 && values.length > 0 && told !== values.length) {
      fail('stablehlo/results', `${op.name} has ${values.length} results, but types for ${told}`);
    }
    if (count > 0 && count !== values.length) {
      fail('stablehlo/results', `${op.name} has ${values.length} results, not ${count}`);
    }
    values.forEach((value, i) => {
      const type = op.resultTypes[i];
      const declared = type && shapeOfType(type);
      if (declared && !sameShape(declared, value.shape)) {
        const shapes = `${printShape(value.shape, false)}, not ${printShape(declared, false)}`;
        fail('stablehlo/result-type', `${op.name} gives ${shapes}`);
      }
      if (type?.kind === 'tensor') this.quantize(value, type.quantized);
      if (!this.origins.has(value.id)) this.origins.set(value.id, op.name);
    });
    let next = 0;
    for (const { name, count: n } of op.results) {
      this.bind(name, values.slice(next, next + n), op.position);
      next += n;
    }
  }
}

/** The same error at the place of an op, unless it has one. */
function placed(error: unknown, { name, position }: Op): unknown {
  if (!(error instanceof AssayError) || error.diagnostic.position) return error;
  const { diagnostic, blame } = error;
  const message = diagnostic.message.includes(name)
    ? diagnostic.message
    : `${name}: ${diagnostic.message}`;
  return new AssayError({ ...diagnostic, message, position }, blame);
}
