/**
 * Values of dynamic shapes (`f32[<=10]`) have the sizes that they have: a tensor holds its valid
 * elements and no padding. Before an op runs on them it is fitted to these sizes, and then runs as
 * the static op that it is at that moment; so no op's evaluation knows of dynamic sizes.
 */

import { signatureOf } from '../../../graphs/build/make.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { hasDynamic } from '../../../graphs/ir/dynamic-sizes.ts';
import type { Instruction, InstructionId, Module } from '../../../graphs/ir/module.ts';
import {
  type ArrayShape,
  arrayShape,
  leafShapes,
  type Shape,
  tupleShape,
} from '../../../graphs/ir/shape.ts';
import { customTargetOf } from '../../../graphs/ops/custom-targets.ts';
import { rowOf } from '../../../graphs/ops/table.ts';
import { type Fit, type Sized, sizeRuleOf } from './rules.ts';

/** What fitting asks of a way of running a module, whose values are of type V. */
export interface ShapeAccess<V> {
  readonly module: Module;
  /** The shape with the sizes of a value; undefined for tuples and tokens. */
  shapeOf(value: V): ArrayShape | undefined;
  /** The number that a scalar holds. */
  integer(value: V): number;
  /** Evaluates a static instruction. */
  evaluate(instruction: Instruction, operands: readonly V[]): V;
}

/** An instruction with static shapes, and its operands cut to the sizes on which it runs. */
export interface Fitted<V> {
  readonly instruction: Instruction;
  readonly operands: readonly V[];
}

/** The instruction as it runs on these operands; itself where nothing about it is dynamic. */
export function fitted<V>(
  instruction: Instruction,
  operands: readonly V[],
  by: ShapeAccess<V>,
): Fitted<V> {
  const declared = declaredShapes(by.module, instruction);
  if (!hasBounds(instruction.shape)) {
    return fail('run/unsupported', 'sizes without a bound are not modelled');
  }
  const sized = operands.map((v, k) => sizedOf(v, declared[k], by));
  const isStatic = !declared.some(hasDynamic) && !hasDynamic(instruction.shape);
  if (isStatic && !sized.some(isSmaller) && sizeOperands(instruction).length === 0) {
    return { instruction, operands };
  }
  const rule = sizeRuleOf(instruction.opcode);
  if (!rule) return fail('run/unsupported', 'dynamic sizes do not go through this op');
  const fit = rule(instruction as never, sized);
  if (fit === 'passes') return { instruction, operands };
  const cut = operands.map((v, k) => resized(v, fit.operands?.[k], by));
  return { instruction: fittedInstruction(instruction, cut, fit, by), operands: cut };
}

/** Operands that say how large something is, by number. */
export function sizeOperands({ opcode, attrs, operands }: Instruction): readonly number[] {
  const after = operands.map((_, k) => k).slice(1);
  if (opcode === 'set-dimension-size' || opcode === 'dynamic-reshape') return after;
  if (opcode !== 'custom-call') return [];
  return customTargetOf(attrs.custom_call_target)?.sizes === 'told-by-operands' ? after : [];
}

const known = new WeakMap<Module, ReadonlyMap<InstructionId, Shape>>();

/** The shapes that a module declares for the operands of one of its instructions. */
function declaredShapes(module: Module, { operands }: Instruction): readonly Shape[] {
  let byId = known.get(module);
  if (!byId) {
    const all = module.computations.flatMap((c) => c.instructions);
    byId = new Map(all.map((i) => [i.id, i.shape]));
    known.set(module, byId);
  }
  return operands.map((id) => byId.get(id) ?? { kind: 'token' });
}

function hasBounds(shape: Shape): boolean {
  return leafShapes(shape).every((s) => s.kind !== 'array' || !s.dims.includes(-1));
}

function sizedOf<V>(value: V, declared: Shape, by: ShapeAccess<V>): Sized {
  const shape = by.shapeOf(value);
  const integer = () => by.integer(value);
  if (!shape) return { declared: arrayShape('pred', []), dims: [], integer };
  return { declared: declared.kind === 'array' ? declared : shape, dims: shape.dims, integer };
}

function isSmaller({ declared, dims }: Sized): boolean {
  return dims.some((n, d) => n !== declared.dims[d]);
}

/** The first elements along each dimension; where there is one, it is repeated. */
function resized<V>(value: V, dims: readonly number[] | undefined, by: ShapeAccess<V>): V {
  const shape = by.shapeOf(value);
  if (!dims || !shape || shape.dims.every((n, d) => n === dims[d])) return value;
  const least = shape.dims.map((n, d) => Math.min(n, dims[d]));
  const ranges = least.map((limit) => ({ start: 0, limit, stride: 1 }));
  const run = (
    opcode: 'slice' | 'reshape' | 'broadcast',
    attrs: object,
    to: readonly number[],
    v: V,
  ) => by.evaluate(bare(opcode, attrs, arrayShape(shape.type, to)), [v]);
  const first = run('slice', { slice: ranges }, least, value);
  if (least.every((n, d) => n === dims[d])) return first;
  const kept = dims.map((_, d) => d).filter((d) => least[d] === dims[d]);
  const one = kept.map((d) => dims[d]);
  return run('broadcast', { dimensions: kept }, dims, run('reshape', {}, one, first));
}

function bare(opcode: string, attrs: object, shape: Shape): Instruction {
  const nowhere = { id: -1, name: opcode, operands: [], extras: {}, controlPredecessors: [] };
  return { ...nowhere, opcode, attrs, shape } as unknown as Instruction;
}

function fittedInstruction<V>(
  instruction: Instruction,
  operands: readonly V[],
  fit: Fit,
  by: ShapeAccess<V>,
): Instruction {
  const attrs = { ...instruction.attrs, ...fit.attrs };
  const { shape } = instruction;
  if (fit.dims) {
    return { ...instruction, attrs, shape: withDims(shape, fit.dims) } as Instruction;
  }
  const inferred = rowOf(instruction.opcode).shape({
    operands: operands.map((v) => by.shapeOf(v) ?? ({ kind: 'token' } as const)),
    attrs: attrs as never,
    declared: shape,
    signature: (name) => signatureOf(by.module, name),
    check(holds, _, message): asserts holds {
      if (!holds) fail('run/bad-operand', message);
    },
  });
  return { ...instruction, attrs, shape: sizedLike(shape, inferred) } as Instruction;
}

/** The declared shape with the inferred sizes. */
function sizedLike(declared: Shape, inferred: Shape): Shape {
  if (declared.kind === 'tuple' && inferred.kind === 'tuple') {
    return tupleShape(declared.elements.map((s, k) => sizedLike(s, inferred.elements[k])));
  }
  return inferred.kind === 'array' ? withDims(declared, inferred.dims) : declared;
}

/** A static array of these sizes, for which there must be room. */
function withDims(declared: Shape, dims: readonly number[]): Shape {
  if (declared.kind !== 'array') return declared;
  const bad = dims.findIndex((n, d) => n < 0 || n > declared.dims[d]);
  if (bad >= 0) {
    const bound = declared.dims[bad];
    fail('run/bad-operand', `the size ${dims[bad]} of dimension ${bad} is not in 0 … ${bound}`);
  }
  return arrayShape(declared.type, dims);
}
