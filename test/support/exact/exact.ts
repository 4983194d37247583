/** What the tests of the exact mode share: single-op modules, random data, and budget use. */

import { type ComputationBuilder, ModuleBuilder } from '../../../graphs/build/builder.ts';
import type { GivenAttrs } from '../../../graphs/build/make.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape } from '../../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../../graphs/ir/tensor.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';
import type { ExactOptions } from '../../../validator/exact/core/context.ts';
import {
  boundAt,
  defaultLambda,
  deviationAt,
  effectiveRadius,
} from '../../../validator/exact/core/radius.ts';
import type { ExactTensor, ExactValue } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';

/** A module of one instruction on parameters. */
export function single<O extends Opcode>(
  opcode: O,
  operands: readonly ArrayShape[],
  attrs: GivenAttrs<O> = {},
  shape?: Shape,
): Module {
  return new ModuleBuilder(opcode).entry((b) => {
    const given = operands.map((s, k) => b.parameter(`p${k}`, s));
    return b.op(opcode, given, attrs, shape ? { shape } : {});
  });
}

/** Adds a computation of two scalars that is one op; returns its name. */
export function scalarOp(m: ModuleBuilder, opcode: Opcode, type: ElementType): string {
  return m.computation(`${opcode}_${type}`, (b) => {
    const [x, y] = ['x', 'y'].map((n) => b.parameter(n, arrayShape(type, [])));
    return b.op(opcode, [x, y]);
  });
}

/** Reduces the last dimension of an instruction. */
export function reduceLast(
  b: ComputationBuilder,
  x: Instruction,
  init: number,
  to_apply: string,
): Instruction {
  const { type, dims } = x.shape as ArrayShape;
  const dimensions = [dims.length - 1];
  return b.op('reduce', [x, b.scalar(type, init)], { dimensions, to_apply });
}

/** Broadcasts a value of all dimensions but the last along the last. */
export function alongLast(b: ComputationBuilder, x: Instruction, n: number): Instruction {
  const { dims } = x.shape as ArrayShape;
  return b.broadcast(
    x,
    [...dims, n],
    dims.map((_, d) => d),
  );
}

/** A source of uniform numbers in [0, 1): mulberry32. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box and Muller). */
export function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** A tensor of values drawn one by one and rounded to the type. */
export function drawn(type: ElementType, dims: readonly number[], draw: () => number): Tensor {
  const round = rounder(type);
  const n = dims.reduce((a, b) => a * b, 1);
  return tensorOf(
    type,
    dims,
    Array.from({ length: n }, () => round(draw())),
  );
}

export function exactOf(
  module: Module,
  inputs: readonly Value[],
  options?: ExactOptions,
): ExactTensor {
  return only(runExact(module, inputs.map(fromPlainValue), options).value);
}

/** The tensor of a value that is one, or the first of a tuple. */
export function only(value: ExactValue): ExactTensor {
  if (value.kind === 'tensor') return value;
  if (value.kind === 'token') throw new TypeError('a token has no elements');
  return only(value.elements[0]);
}

export interface Use {
  /** Largest |result - exact| / min(worst, λ·likely); Infinity where the radius is zero. */
  readonly budget: number;
  /** Largest |result - exact| / worst. */
  readonly bound: number;
  /** Largest |result - exact| / (λ·likely). */
  readonly deviation: number;
  /** Elements of the result that are undecided. */
  readonly undecided: number;
}

/** How much of its budget a result uses; undecided elements are left out. */
export function useOf(result: Value, exact: ExactValue): Use {
  const tensors = leafTensors(exact as Value) as readonly ExactTensor[];
  const all = leafTensors(result).map((r, k) => useOfTensor(r, tensors[k]));
  return {
    budget: Math.max(...all.map((u) => u.budget)),
    bound: Math.max(...all.map((u) => u.bound)),
    deviation: Math.max(...all.map((u) => u.deviation)),
    undecided: all.reduce((n, u) => n + u.undecided, 0),
  };
}

function useOfTensor(result: Tensor, exact: ExactTensor): Use {
  let [budget, bound, deviation, undecided] = [0, 0, 0, 0];
  const marks = exact.undecided;
  const parts = marks ? result.data.length / marks.length : 1;
  for (let i = 0; i < result.data.length; i++) {
    if (marks?.[Math.floor(i / parts)]) {
      undecided++;
      continue;
    }
    const [a, v] = [Number(result.data[i]), Number(exact.data[i])];
    if (a === v || (a !== a && v !== v)) continue;
    const apart = Math.abs(a - v);
    budget = Math.max(budget, ratio(apart, effectiveRadius(exact, i)));
    bound = Math.max(bound, ratio(apart, boundAt(exact, i)));
    deviation = Math.max(deviation, ratio(apart, defaultLambda * deviationAt(exact, i)));
  }
  return { budget, bound, deviation, undecided };
}

function ratio(apart: number, radius: number): number {
  if (radius === Infinity && apart < Infinity) return 0;
  return radius > 0 && apart === apart ? apart / radius : Infinity;
}
