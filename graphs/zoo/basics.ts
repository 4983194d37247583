/**
 * Shorthand over the builder for the zoo: sizes and types of instructions, scalars against arrays,
 * reductions, dots, and the small computations that reductions call.
 */
import type { ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { ElementType } from '../ir/element-type.ts';
import type { Instruction } from '../ir/module.ts';
import { rounder } from '../ir/rounding.ts';
import { arrayShape } from '../ir/shape.ts';
import type { Opcode } from '../ops/table.ts';

/** Names of computations that combine two scalars, for `to_apply`. */
export interface Combiners {
  readonly add: string;
  readonly max: string;
}

/** Builds the sum and the maximum of two scalars of a type. */
export function combiners(m: ModuleBuilder, type: ElementType): Combiners {
  return {
    add: combiner(m, `add_${type}`, 'add', type),
    max: combiner(m, `max_${type}`, 'maximum', type),
  };
}

/** Builds a computation of two scalars: one binary op. */
export function combiner(
  m: ModuleBuilder,
  name: string,
  opcode: 'add' | 'maximum' | 'minimum',
  type: ElementType,
): string {
  return m.computation(name, (b) => {
    const scalar = arrayShape(type, []);
    return b.op(opcode, [b.parameter('a', scalar), b.parameter('b', scalar)]);
  });
}

/** Sizes of an array instruction. */
export function dimsOf(x: Instruction): readonly number[] {
  if (x.shape.kind !== 'array') throw new TypeError(`${x.name} is not an array`);
  return x.shape.dims;
}

/** Element type of an array instruction. */
export function typeOf(x: Instruction): ElementType {
  if (x.shape.kind !== 'array') throw new TypeError(`${x.name} is not an array`);
  return x.shape.type;
}

/** A parameter whose golden inputs follow `input` (the grammar of golden/annotation.ts). */
export function input(
  b: ComputationBuilder,
  name: string,
  type: ElementType,
  dims: readonly number[],
  annotation?: string,
): Instruction {
  const extras = annotation && { frontend_attributes: `{assay.input="${annotation}"}` };
  return b.parameter(name, arrayShape(type, dims), extras || {});
}

/** A scalar constant, rounded to the type, as an array of these sizes. */
export function full(
  b: ComputationBuilder,
  type: ElementType,
  dims: readonly number[],
  value: number,
): Instruction {
  const scalar = b.scalar(type, rounder(type)(value));
  return dims.length ? b.broadcast(scalar, dims) : scalar;
}

/** An array against a scalar constant. */
export function withScalar(
  b: ComputationBuilder,
  opcode: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'power',
  x: Instruction,
  value: number,
): Instruction {
  return b.op(opcode, [x, full(b, typeOf(x), dimsOf(x), value)]);
}

/** x at another element type, of the same size. */
export function convert(b: ComputationBuilder, x: Instruction, type: ElementType): Instruction {
  return b.op('convert', [x], {}, { shape: arrayShape(type, dimsOf(x)) });
}

/** x at other sizes of as many elements. */
export function reshape(
  b: ComputationBuilder,
  x: Instruction,
  dims: readonly number[],
): Instruction {
  return b.op('reshape', [x], {}, { shape: arrayShape(typeOf(x), dims) });
}

/** Dimension k of the result is dimension `dimensions[k]` of x. */
export function transpose(
  b: ComputationBuilder,
  x: Instruction,
  dimensions: readonly number[],
): Instruction {
  return b.op('transpose', [x], { dimensions });
}

/** 0, 1, … along one dimension, the same along all others. */
export function iota(
  b: ComputationBuilder,
  type: ElementType,
  dims: readonly number[],
  iota_dimension: number,
): Instruction {
  return b.op('iota', [], { iota_dimension }, { shape: arrayShape(type, dims) });
}

/** Reduces dimensions with a computation, beginning at `init`. */
export function reduce(
  b: ComputationBuilder,
  x: Instruction,
  dimensions: readonly number[],
  to_apply: string,
  init: number,
): Instruction {
  return b.op('reduce', [x, b.scalar(typeOf(x), init)], { dimensions, to_apply });
}

/** What a reduction of `dimensions` left, spread over the sizes from before it. */
export function spread(
  b: ComputationBuilder,
  reduced: Instruction,
  dims: readonly number[],
  dimensions: readonly number[],
): Instruction {
  const kept = dims.map((_, d) => d).filter((d) => !dimensions.includes(d));
  return b.broadcast(reduced, dims, kept);
}

/** A vector along the last dimension of `dims`. */
export function alongLast(
  b: ComputationBuilder,
  vector: Instruction,
  dims: readonly number[],
): Instruction {
  return b.broadcast(vector, dims, [dims.length - 1]);
}

/** A vector along the first dimension of `dims`. */
export function alongFirst(
  b: ComputationBuilder,
  vector: Instruction,
  dims: readonly number[],
): Instruction {
  return b.broadcast(vector, dims, [0]);
}

interface DotDims {
  readonly batch?: readonly [readonly number[], readonly number[]];
  readonly contract: readonly [readonly number[], readonly number[]];
  /** Result type; the operands' unless given. */
  readonly type?: ElementType;
}

/** dot with its result shape written out: batch, then what is left of x, then of y. */
export function dot(
  b: ComputationBuilder,
  x: Instruction,
  y: Instruction,
  { batch = [[], []], contract, type = typeOf(x) }: DotDims,
): Instruction {
  const free = (i: Instruction, side: 0 | 1) =>
    dimsOf(i).filter((_, d) => !batch[side].includes(d) && !contract[side].includes(d));
  const leading = batch[0].map((d) => dimsOf(x)[d]!);
  const dims = [...leading, ...free(x, 0), ...free(y, 1)];
  const attrs = {
    lhs_batch_dims: batch[0],
    rhs_batch_dims: batch[1],
    lhs_contracting_dims: contract[0],
    rhs_contracting_dims: contract[1],
  };
  return b.op('dot', [x, y], attrs, { shape: arrayShape(type, dims) });
}

/** x[..., k] · w[k, n] */
export function matmul(b: ComputationBuilder, x: Instruction, w: Instruction): Instruction {
  return dot(b, x, w, { contract: [[dimsOf(x).length - 1], [0]] });
}

/** pred; by the order of the operands' type, in which NaN equals nothing. */
export function compare(
  b: ComputationBuilder,
  x: Instruction,
  y: Instruction,
  direction: 'EQ' | 'NE' | 'GE' | 'GT' | 'LE' | 'LT',
): Instruction {
  return b.op('compare', [x, y], { direction });
}

/** Elements [start, limit) of one dimension, all of the others. */
export function sliceOf(
  b: ComputationBuilder,
  x: Instruction,
  dimension: number,
  start: number,
  limit: number,
): Instruction {
  const slice = dimsOf(x).map((size, d) =>
    d === dimension ? { start, limit, stride: 1 } : { start: 0, limit: size, stride: 1 },
  );
  return b.op('slice', [x], { slice });
}

/** Element i of a tuple. */
export function element(b: ComputationBuilder, tuple: Instruction, index: number): Instruction {
  return b.op('get-tuple-element', [tuple], { index });
}

/** A chain of unary ops. */
export function chain(
  b: ComputationBuilder,
  x: Instruction,
  ...opcodes: readonly (Opcode &
    ('exponential' | 'negate' | 'log' | 'tanh' | 'logistic' | 'sqrt' | 'rsqrt' | 'abs'))[]
): Instruction {
  return opcodes.reduce((y, opcode) => b.op(opcode, [y]), x);
}
