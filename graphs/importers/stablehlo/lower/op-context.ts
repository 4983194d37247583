/**
 * What the lowering of one op sees: its operands as instructions, its attributes by name and kind,
 * its regions as computations, and the builder.
 */
import type { OpOptions } from '../../../build/builder.ts';
import type { GivenAttrs } from '../../../build/make.ts';
import { fail } from '../../../ir/diagnostic.ts';
import type { ElementType } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { type ArrayShape, elementCount, type Shape } from '../../../ir/shape.ts';
import { allocate, type Tensor, tensor } from '../../../ir/tensor.ts';
import type { Opcode } from '../../../ops/table.ts';
import type { Attr, DenseAttr, Op, QuantizedType, Region, TensorType } from '../parse/ast.ts';
import { wordsKey } from '../parse/parse-ops.ts';
import { captureInto } from './regions.ts';
import type { Scope } from './scope.ts';
import { shapeOfType, typeText } from './shapes.ts';

/** Lowers one op: its results in order. */
export type Lower = (o: OpContext) => Instruction | readonly Instruction[] | undefined;

/** One row an op, by name with its dialect. */
export type LoweringRows = Readonly<Record<string, Lower>>;

/** Splats of up to so many elements become constants, larger ones broadcasts. */
const smallSplat = 4096;

/** One op while its row lowers it; its errors carry the op's place in the text. */
export class OpContext {
  readonly op: Op;
  readonly scope: Scope;
  /** The name that chooses the row: that of the op, or of what a custom call checks. */
  readonly name: string;
  readonly operands: readonly Instruction[];

  constructor(op: Op, scope: Scope, operands?: readonly Instruction[]) {
    this.op = op;
    this.scope = scope;
    this.operands = operands ?? op.operands.map((ref) => scope.resolve(ref, op.position));
    const target =
      op.name === 'stablehlo.custom_call' ? this.symbol(['callee', 'call_target_name']) : '';
    this.name = target.startsWith('check.') ? target : op.name;
  }

  /** The same op on other operands, or with other parts. */
  with(operands: readonly Instruction[], op: Op = this.op): OpContext {
    return new OpContext(op, this.scope, operands);
  }

  /** Operand i; missing ones are the text's fault. */
  x(i = 0): Instruction {
    return this.operands[i] ?? this.fail('operands', `operand ${i} is missing`);
  }

  /** Shape of an array operand. */
  shape(i = 0): ArrayShape {
    return arrayOf(this.x(i)) ?? this.fail('operands', `operand ${i} must be a tensor`);
  }

  emit<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    attrs: GivenAttrs<O> = {},
    options: OpOptions = {},
  ): Instruction {
    return this.scope.emit(opcode, operands, attrs, options);
  }

  /** The parts of a tuple. */
  untuple(value: Instruction): readonly Instruction[] {
    if (value.shape.kind !== 'tuple') return [value];
    return value.shape.elements.map((_, index) =>
      this.emit('get-tuple-element', [value], { index }),
    );
  }

  /** The declared type of a result. */
  resultType(i = 0): TensorType {
    const type = this.op.resultTypes[i];
    if (type?.kind === 'tensor') return type;
    return this.fail('result-type', `result ${i} must have a tensor type`);
  }

  /** The declared shape of a result; undefined where it is dynamic or not told. */
  declared(i = 0): Shape | undefined {
    const type = this.op.resultTypes[i];
    return type && shapeOfType(type);
  }

  /** The declared shape of a tensor result, which must be static. */
  declaredArray(i = 0): ArrayShape {
    const shape = this.declared(i);
    if (shape?.kind === 'array') return shape;
    const type = this.op.resultTypes[i];
    const remedy = 'shapes must be static; fix the arguments with --refine';
    return this.fail(
      'unsupported-dynamic-shape',
      `${type ? typeText(type) : 'no type'}: ${remedy}`,
    );
  }

  /** The first attribute of these names. */
  attr(...names: readonly string[]): Attr | undefined {
    for (const name of names) {
      const found = this.op.attrs.get(name);
      if (found) return found;
    }
    return undefined;
  }

  /** Parts of a pretty form that have no key. */
  words(): readonly Attr[] {
    const found = this.op.attrs.get(wordsKey);
    return found?.kind === 'array' ? found.items : [];
  }

  /** An attribute whose value is a list of names and values. */
  struct(...names: readonly string[]): StructReader {
    const found = this.attr(...names);
    if (found?.kind === 'dict') return new StructReader(found.entries, this);
    return this.fail('attribute', `${names[0]} is missing or malformed`);
  }

  ints(names: readonly string[], fallback?: readonly number[]): readonly number[] {
    return this.need(
      names,
      intsOf(this.attr(...names)) ?? (this.attr(...names) ? undefined : fallback),
    );
  }

  int(names: readonly string[], fallback?: number): number {
    const found = this.attr(...names);
    return this.need(names, intsOf(found)?.[0] ?? (found ? undefined : fallback));
  }

  float(names: readonly string[]): number {
    const found = this.attr(...names);
    const value = found?.kind === 'float' ? found.value : intsOf(found)?.[0];
    return this.need(names, value);
  }

  bool(names: readonly string[], fallback: boolean): boolean {
    const found = this.attr(...names);
    return this.need(names, found ? boolOf(found) : fallback);
  }

  bools(names: readonly string[]): readonly boolean[] | undefined {
    const found = this.attr(...names);
    return found && this.need(names, intsOf(found)).map((n) => n !== 0);
  }

  word(names: readonly string[], fallback?: string): string {
    const found = this.attr(...names);
    const value = found?.kind === 'word' || found?.kind === 'string' ? found.value : undefined;
    return this.need(names, value ?? (found ? undefined : fallback));
  }

  symbol(names: readonly string[]): string {
    const found = this.attr(...names);
    const named = found?.kind === 'symbol' || found?.kind === 'string';
    return this.need(names, named ? found.value : undefined);
  }

  private need<T>(names: readonly string[], value: T | undefined): T {
    return value ?? this.fail('attribute', `${names[0]} is missing or malformed`);
  }

  fail(code: string, message: string): never {
    const { name, position } = this.op;
    return fail(`stablehlo/${code}`, `${name}: ${message}`, { position });
  }

  /** A constant; a large splat is a broadcast. */
  constant(value: DenseAttr): Instruction {
    const { type, dims } = value.type;
    const count = elementCount({ kind: 'array', type, dims });
    if (!value.splat) return this.literal(value.values);
    if (dims.length === 0) return this.literal(value.values);
    if (count > smallSplat) return this.spread(this.literal(value.values), dims);
    const data = allocate(type, count);
    const lanes = value.values.data.length;
    for (let i = 0; i < data.length; i++) data[i] = value.values.data[i % lanes]! as never;
    return this.literal(tensor({ kind: 'array', type, dims }, data));
  }

  literal(value: Tensor): Instruction {
    return this.emit('constant', [], { literal: value }, { shape: value.shape });
  }

  /** A broadcast, operand dimension i going to result dimension `dimensions[i]`. */
  spread(x: Instruction, dims: readonly number[], dimensions: readonly number[] = []): Instruction {
    const { type } = arrayOf(x)!;
    return this.emit('broadcast', [x], { dimensions }, { shape: { kind: 'array', type, dims } });
  }

  reshape(x: Instruction, dims: readonly number[]): Instruction {
    const shape = arrayOf(x)!;
    if (shape.dims.length === dims.length && shape.dims.every((d, i) => d === dims[i])) return x;
    return this.emit('reshape', [x], {}, { shape: { kind: 'array', type: shape.type, dims } });
  }

  convert(x: Instruction, type: ElementType): Instruction {
    const shape = arrayOf(x)!;
    if (shape.type === type) return x;
    return this.emit('convert', [x], {}, { shape: { kind: 'array', type, dims: shape.dims } });
  }

  region(i = 0): Region {
    return this.op.regions[i] ?? this.fail('regions', `region ${i} is missing`);
  }

  /**
   * A region as a computation of its own arguments; what it uses from outside must be constant and
   * is copied into it.
   */
  closed(region: Region, stem: string): string {
    const { program } = this.scope;
    const name = program.freshName(stem);
    return program.computation(name, (b) => {
      const inner: Scope = this.scope.child(b, (outer) => captureInto(inner, this.scope, outer));
      for (const arg of region.args) {
        const shape =
          shapeOfType(arg.type) ?? this.fail('unsupported-dynamic-shape', 'in a region');
        const parameter = inner.parameter(arg.name, shape);
        if (arg.type.kind === 'tensor') inner.quantize(parameter, arg.type.quantized);
        inner.bind(arg.name, [parameter], this.op.position);
      }
      const results = inner.lowerBlock(region.ops, this.op.position);
      return results.length === 1 ? results[0]! : inner.emit('tuple', results);
    });
  }

  /** Calls a function of the module; its results. */
  call(name: string, args: readonly Instruction[]): readonly Instruction[] {
    const { scope, op } = this;
    const callee = scope.program.callee(name, args, scope, op.position);
    scope.countCall(callee.cost);
    const made = this.emit('call', args, { to_apply: callee.computation });
    const values = callee.results === 1 ? [made] : this.untuple(made);
    values.forEach((value, i) => {
      scope.setOrigin(value, callee.origins[i]);
      scope.quantize(value, callee.quantized[i]);
      const numbers = callee.numbers[i];
      if (numbers) scope.numbers.set(value.id, numbers);
    });
    return values;
  }

  quantized(i = 0): QuantizedType | undefined {
    return this.scope.quantizedOf(this.x(i));
  }
}

/** Attributes inside an attribute. */
export class StructReader {
  private readonly entries: ReadonlyMap<string, Attr>;
  private readonly owner: OpContext;

  constructor(entries: ReadonlyMap<string, Attr>, owner: OpContext) {
    this.entries = entries;
    this.owner = owner;
  }

  ints(name: string): readonly number[] {
    const found = this.entries.get(name);
    if (!found) return [];
    return intsOf(found) ?? this.owner.fail('attribute', `${name} must be a list of numbers`);
  }

  int(name: string, fallback: number): number {
    return this.ints(name)[0] ?? fallback;
  }

  /** The text of a word, a type or a number. */
  text(name: string): string {
    const found = this.entries.get(name);
    if (found?.kind === 'type' && 'text' in found.type) return found.type.text;
    return found && 'value' in found ? String(found.value) : '';
  }
}

/** The array shape of a value, if it is one. */
export function arrayOf(x: Instruction): ArrayShape | undefined {
  return x.shape.kind === 'array' ? x.shape : undefined;
}

function boolOf(attr: Attr): boolean | undefined {
  if (attr.kind === 'bool') return attr.value;
  return attr.kind === 'int' ? attr.value !== 0n : undefined;
}

/** Whole numbers of a number, an array or a dense constant. */
export function intsOf(attr: Attr | undefined): readonly number[] | undefined {
  if (!attr) return undefined;
  if (attr.kind === 'int') return [Number(attr.value)];
  if (attr.kind === 'bool') return [attr.value ? 1 : 0];
  if (attr.kind === 'dense') return denseNumbers(attr);
  if (attr.kind !== 'array') return undefined;
  const numbers: number[] = [];
  for (const item of attr.items) {
    const inner =
      item.kind === 'array' && item.items.some((i) => i.kind === 'array')
        ? undefined
        : intsOf(item);
    if (!inner) return undefined;
    numbers.push(...inner);
  }
  return numbers;
}

function denseNumbers({ type, splat, values }: DenseAttr): readonly number[] | undefined {
  const count = type.dims.reduce((n, d) => n * d, 1);
  if (count > 1_000_000) return undefined;
  const numbers = Array.from(values.data, Number);
  return splat ? new Array<number>(count).fill(numbers[0]!) : numbers;
}
