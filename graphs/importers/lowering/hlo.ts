/**
 * Emitting HLO for importers: the op builder with the conveniences that lowering needs, such as
 * numpy's broadcasting, constants of any type, reductions by an opcode, and values known early.
 */

import type { ComputationBuilder, ModuleBuilder } from '../../build/builder.ts';
import type { GivenAttrs } from '../../build/make.ts';
import { knownValue } from '../../evaluate/constant-evaluator.ts';
import { fail } from '../../ir/diagnostic.ts';
import { type ElementType, elementTypes, isFloat, isWide } from '../../ir/element-type.ts';
import type { Instruction, InstructionId } from '../../ir/module.ts';
import { rounder } from '../../ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape } from '../../ir/shape.ts';
import { emptyTensor, type Tensor, tensorOf } from '../../ir/tensor.ts';
import type { Opcode } from '../../ops/table.ts';
import { type BinaryOpcode, neutral } from './neutral.ts';

/** Sizes, outermost first. */
export type Dims = readonly number[];

/** What all computations of a module under construction share. */
export interface SharedState {
  readonly module: ModuleBuilder;
  /** Names of computations, taken. */
  readonly names: Set<string>;
  /** Computations of one binary op, by name. */
  readonly reducers: Map<string, Opcode>;
  /** Elements computed while importing, over all computations. */
  readonly spent: { elements: number };
}

/** XLA's names for the six comparisons; EQ, GE, GT, LE and LT are false on NaN, NE is true. */
export type Direction = 'EQ' | 'NE' | 'GE' | 'GT' | 'LE' | 'LT';

/** The shape of an array. @throws AssayError `lowering/unsupported-type` for a tuple or token. */
export function shapeOf(x: Instruction): ArrayShape {
  if (x.shape.kind === 'array') return x.shape;
  return fail('lowering/unsupported-type', 'a sequence stands where only a tensor is supported');
}

/** Sizes of an array. @throws AssayError `lowering/unsupported-type` for a tuple or token. */
export function dimsOf(x: Instruction): Dims {
  return shapeOf(x).dims;
}

/** Element type of an array. @throws AssayError as shapeOf does. */
export function typeOf(x: Instruction): ElementType {
  return shapeOf(x).type;
}

/** Number of dimensions; 0 for a scalar. @throws AssayError as shapeOf does. */
export function rankOf(x: Instruction): number {
  return dimsOf(x).length;
}

/** Elements of an array of these sizes; 1 for a scalar. */
export function product(dims: Dims): number {
  return dims.reduce((n, d) => n * d, 1);
}

/** Longest list of numbers that is made while importing. */
const maxListed = 2 ** 24;

/** from, from + 1, … n numbers; refuses lengths that only a hostile model asks for. */
export function range(n: number, from = 0): number[] {
  if (n > maxListed) fail('lowering/too-large', `a list of ${n} numbers; at most ${maxListed}`);
  return Array.from({ length: n }, (_, i) => from + i);
}

/** numpy's broadcast of sizes, aligned at the right. */
export function broadcastDims(...all: readonly Dims[]): number[] {
  const rank = Math.max(0, ...all.map((d) => d.length));
  return range(rank).map((k) => {
    const sizes = all.map((d) => d[k - rank + d.length] ?? 1).filter((s) => s !== 1);
    const size = sizes[0] ?? 1;
    if (sizes.some((s) => s !== size)) {
      fail(
        'lowering/shape',
        `the shapes ${all.map((d) => `[${d}]`).join(' and ')} do not broadcast`,
      );
    }
    return size;
  });
}

/** A builder of one computation, with the shorthand that lowering needs. */
export class Hlo {
  readonly shared: SharedState;
  readonly builder: ComputationBuilder;
  /** Verbatim attributes of every instruction that is made from here on. */
  extras: Readonly<Record<string, string>> = {};
  private readonly instructions = new Map<InstructionId, Instruction>();
  private readonly cache = new Map<InstructionId, Tensor | undefined>();

  constructor(shared: SharedState, builder: ComputationBuilder) {
    this.shared = shared;
    this.builder = builder;
  }

  op<O extends Opcode>(
    opcode: O,
    operands: readonly Instruction[],
    attrs: GivenAttrs<O> = {},
    shape?: Shape,
  ): Instruction {
    const options = { extras: this.extras, ...(shape && { shape }) };
    return this.note(this.builder.op(opcode, operands, attrs, options));
  }

  parameter(name: string, shape: Shape): Instruction {
    return this.note(this.builder.parameter(name, shape));
  }

  constant(value: Tensor, name?: string): Instruction {
    return this.note(this.builder.constant(value, name));
  }

  private note(i: Instruction): Instruction {
    this.instructions.set(i.id, i);
    return i;
  }

  /** The value of an instruction where it follows from constants. */
  known(x: Instruction): Tensor | undefined {
    const { cache } = this;
    const definition = (id: InstructionId) => this.instructions.get(id);
    const reducer = (name: string) => this.shared.reducers.get(name);
    return knownValue(x, { definition, cache, reducer, spent: this.shared.spent });
  }

  /** Ids of the parameters that an instruction depends on. */
  parametersUnder(x: Instruction): readonly InstructionId[] {
    const seen = new Set([x.id]);
    const found: InstructionId[] = [];
    for (const id of seen) {
      const i = this.instructions.get(id)!;
      if (i.opcode === 'parameter') found.push(id);
      for (const o of i.operands) seen.add(o);
    }
    return found;
  }

  instruction(id: InstructionId): Instruction {
    return this.instructions.get(id)!;
  }

  /** What leads from any of `from` to `to`, users before operands. */
  between(from: readonly Instruction[], to: Instruction): readonly Instruction[] {
    const leads = new Set(from.map((x) => x.id));
    for (const i of this.instructions.values()) {
      if (i.operands.some((o) => leads.has(o))) leads.add(i.id);
    }
    return [...this.instructions.values()]
      .filter((i) => leads.has(i.id) && i.id <= to.id)
      .reverse();
  }

  /** Builds a computation under a fresh name. */
  computation(stem: string, body: (h: Hlo) => Instruction): string {
    const { names, module } = this.shared;
    let name = stem;
    for (let n = 1; names.has(name); n++) name = `${stem}.${n}`;
    names.add(name);
    return module.computation(name, (b) => body(new Hlo(this.shared, b)));
  }

  /** A computation of two scalars and one op. */
  reducer(opcode: Opcode, type: ElementType): string {
    const name = `${opcode}.${type}`;
    if (this.shared.reducers.has(name)) return name;
    this.shared.names.add(name);
    this.shared.module.computation(name, (b) => {
      const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arrayShape(type, [])));
      return b.op(opcode as 'add', [x!, y!]);
    });
    this.shared.reducers.set(name, opcode);
    return name;
  }

  /** A scalar, rounded to its type. */
  scalar(type: ElementType, value: number | bigint): Instruction {
    const wide = isWide(type);
    if (elementTypes[type].kind === 'complex') {
      const t = emptyTensor(type, []);
      t.data[0] = Number(value) as never;
      return this.constant(t);
    }
    const rounded = wide
      ? BigInt(typeof value === 'bigint' ? value : Math.trunc(value))
      : rounder(type)(Number(value));
    return this.constant(tensorOf(type, [], [rounded]));
  }

  /** All elements one value. */
  full(type: ElementType, dims: Dims, value: number | bigint): Instruction {
    return this.broadcast(this.scalar(type, value), dims);
  }

  /** A value of the type and sizes of x. */
  fullLike(x: Instruction, value: number | bigint): Instruction {
    return this.full(typeOf(x), dimsOf(x), value);
  }

  /** s64 numbers. */
  integers(values: readonly (number | bigint)[], type: ElementType = 's64'): Instruction {
    return this.constant(tensorOf(type, [values.length], values));
  }

  /** Broadcast with dimension i of x going to dimension dimensions[i]. */
  broadcastInDim(x: Instruction, dims: Dims, dimensions: Dims): Instruction {
    return this.op('broadcast', [x], { dimensions }, arrayShape(typeOf(x), dims));
  }

  /** numpy's broadcast_to. */
  broadcast(x: Instruction, dims: Dims): Instruction {
    const from = dimsOf(x);
    const offset = dims.length - from.length;
    if (offset < 0 || from.some((d, k) => d !== 1 && d !== dims[k + offset])) {
      fail('lowering/shape', `[${from}] does not broadcast to [${dims}]`);
    }
    if (offset === 0 && from.every((d, k) => d === dims[k])) return x;
    const kept = range(from.length).filter((k) => from[k] === dims[k + offset]);
    const squeezed = this.reshape(
      x,
      kept.map((k) => from[k]!),
    );
    return this.broadcastInDim(
      squeezed,
      dims,
      kept.map((k) => k + offset),
    );
  }

  reshape(x: Instruction, dims: Dims): Instruction {
    const from = dimsOf(x);
    if (from.length === dims.length && from.every((d, k) => d === dims[k])) return x;
    if (product(from) !== product(dims))
      fail('lowering/shape', `[${from}] does not reshape to [${dims}]`);
    return this.op('reshape', [x], {}, arrayShape(typeOf(x), dims));
  }

  transpose(x: Instruction, dimensions: Dims): Instruction {
    return dimensions.every((d, k) => d === k) ? x : this.op('transpose', [x], { dimensions });
  }

  /** Dimension `from` moved to place `to`. */
  moveDim(x: Instruction, from: number, to: number): Instruction {
    const order = range(rankOf(x)).filter((d) => d !== from);
    order.splice(to, 0, from);
    return this.transpose(x, order);
  }

  convert(x: Instruction, type: ElementType): Instruction {
    return typeOf(x) === type ? x : this.op('convert', [x], {}, arrayShape(type, dimsOf(x)));
  }

  unary<O extends Opcode>(opcode: O, x: Instruction): Instruction {
    return this.op(opcode, [x], {} as GivenAttrs<O>);
  }

  /** A binary op after numpy's broadcasting; numbers become constants of the other's type. */
  binary(opcode: BinaryOpcode, a: Instruction | number, b: Instruction | number): Instruction {
    const [x, y] = this.pair(a, b);
    return this.op(opcode as 'add', [x, y]);
  }

  add(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('add', a, b);
  }

  sub(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('subtract', a, b);
  }

  mul(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('multiply', a, b);
  }

  div(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('divide', a, b);
  }

  max(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('maximum', a, b);
  }

  min(a: Instruction | number, b: Instruction | number): Instruction {
    return this.binary('minimum', a, b);
  }

  and(a: Instruction, b: Instruction): Instruction {
    return this.binary('and', a, b);
  }

  compare(direction: Direction, a: Instruction | number, b: Instruction | number): Instruction {
    const [x, y] = this.pair(a, b);
    return this.op('compare', [x, y], { direction });
  }

  select(p: Instruction, a: Instruction | number, b: Instruction | number): Instruction {
    const [x, y] = this.operandPair(a, b);
    const dims = broadcastDims(dimsOf(p), dimsOf(x), dimsOf(y));
    return this.op(
      'select',
      [p, x, y].map((v) => this.broadcast(v, dims)),
    );
  }

  private operandPair(a: Instruction | number, b: Instruction | number) {
    const type = typeof a === 'number' ? typeOf(b as Instruction) : typeOf(a);
    const value = (v: Instruction | number) => (typeof v === 'number' ? this.scalar(type, v) : v);
    return [value(a), value(b)] as const;
  }

  private pair(a: Instruction | number, b: Instruction | number) {
    const [x, y] = this.operandPair(a, b);
    const dims = broadcastDims(dimsOf(x), dimsOf(y));
    return [this.broadcast(x, dims), this.broadcast(y, dims)] as const;
  }

  /** Elements start, start + stride, … below limit in every dimension. */
  slice(x: Instruction, starts: Dims, limits: Dims, strides?: Dims): Instruction {
    const dims = dimsOf(x);
    const whole = dims.every((d, k) => !starts[k] && limits[k] === d && (strides?.[k] ?? 1) === 1);
    if (whole) return x;
    const slice = dims.map((_, k) => ({
      start: starts[k]!,
      limit: limits[k]!,
      stride: strides?.[k] ?? 1,
    }));
    return this.op('slice', [x], { slice });
  }

  /** A range of one dimension. */
  sliceDim(x: Instruction, dim: number, start: number, limit: number): Instruction {
    const dims = dimsOf(x);
    return this.slice(
      x,
      dims.map((_, k) => (k === dim ? start : 0)),
      dims.map((d, k) => (k === dim ? limit : d)),
    );
  }

  concat(parts: readonly Instruction[], dim: number): Instruction {
    return parts.length === 1 ? parts[0]! : this.op('concatenate', parts, { dimensions: [dim] });
  }

  reverse(x: Instruction, dimensions: Dims): Instruction {
    return dimensions.length === 0 ? x : this.op('reverse', [x], { dimensions });
  }

  pad(
    x: Instruction,
    value: Instruction | number | bigint,
    low: Dims,
    high: Dims,
    interior?: Dims,
  ): Instruction {
    const padding = low.map((l, k) => ({ low: l, high: high[k]!, interior: interior?.[k] ?? 0 }));
    if (padding.every((p) => !p.low && !p.high && !p.interior)) return x;
    const fill = typeof value === 'object' ? value : this.scalar(typeOf(x), value);
    return this.op('pad', [x, fill], { padding });
  }

  iota(type: ElementType, dims: Dims, dim: number): Instruction {
    return this.op('iota', [], { iota_dimension: dim }, arrayShape(type, dims));
  }

  /** Reduces dimensions away with a binary op; sums of narrow floats accumulate in f32. */
  reduce(opcode: BinaryOpcode, x: Instruction, dimensions: Dims): Instruction {
    const type = typeOf(x);
    if (opcode === 'add' && isFloat(type) && elementTypes[type].bits < 32) {
      return this.convert(this.reduce(opcode, this.convert(x, 'f32'), dimensions), type);
    }
    const init = this.scalar(type, neutral(opcode, type));
    return this.op('reduce', [x, init], { dimensions, to_apply: this.reducer(opcode, type) });
  }

  /** As `reduce`, with the dimensions kept at size 1. */
  reduceKeep(opcode: BinaryOpcode, x: Instruction, dimensions: Dims): Instruction {
    const dims = dimsOf(x).map((d, k) => (dimensions.includes(k) ? 1 : d));
    return this.reshape(this.reduce(opcode, x, dimensions), dims);
  }

  /** Mean over dimensions, kept at size 1. */
  meanKeep(x: Instruction, dimensions: Dims): Instruction {
    const n = product(dimensions.map((d) => dimsOf(x)[d]!));
    return this.div(this.reduceKeep('add', x, dimensions), n);
  }

  tuple(parts: readonly Instruction[]): Instruction {
    return this.op('tuple', parts);
  }

  element(x: Instruction, index: number): Instruction {
    return this.op('get-tuple-element', [x], { index });
  }
}
