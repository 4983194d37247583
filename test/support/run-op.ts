/** Runs one HLO instruction on tensors through the reference: p0, p1 … are its operands. */

import type { Module } from '../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { type RunOptions, runReference } from '../../validator/reference/run.ts';

/** Computations that instructions under test may call. */
export const callees = `
add_f32 { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT r = f32[] add(a, b) }
add_s32 { a = s32[] parameter(0)
  b = s32[] parameter(1)
  ROOT r = s32[] add(a, b) }
second_f32 { a = f32[] parameter(0)
  ROOT b = f32[] parameter(1) }
mix_s32 { a = s32[] parameter(0)
  b = s32[] parameter(1)
  three = s32[] constant(3)
  t = s32[] multiply(a, three)
  ROOT r = s32[] subtract(t, b) }
ge_f32 { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT r = pred[] compare(a, b), direction=GE }
lt_f32 { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT r = pred[] compare(a, b), direction=LT }
first_lt { a = s32[] parameter(0)
  b = s32[] parameter(1)
  c = s32[] parameter(2)
  d = s32[] parameter(3)
  ROOT r = pred[] compare(a, b), direction=LT }
`;

export function shapeText({ type, dims }: ArrayShape): string {
  return `${type}[${dims}]`;
}

/** The module of one instruction, written without its name: `f32[2] add(p0, p1)`. */
export function opModule(shapes: readonly ArrayShape[], instruction: string, more = ''): Module {
  const parameters = shapes.map((s, k) => `p${k} = ${shapeText(s)} parameter(${k})`);
  const entry = `ENTRY main {\n${parameters.join('\n')}\nROOT r = ${instruction}\n}`;
  return parseModule(`HloModule test\n${callees}\n${more}\n${entry}\n`);
}

export function runOp(
  inputs: readonly Tensor[],
  instruction: string,
  options: RunOptions = {},
  more = '',
): Value {
  const shapes = inputs.map((t) => arrayShape(t.shape.type, t.shape.dims));
  return runReference(opModule(shapes, instruction, more), inputs, options);
}

/** The numbers of the only (or first) tensor of a result. */
export function numbers(value: Value, leaf = 0): (number | bigint)[] {
  return Array.from<number | bigint>(leafTensors(value)[leaf].data as never);
}
