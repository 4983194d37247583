/**
 * Ops whose meaning is plain HLO: a module over their operands, which the reference runs, and from
 * whose roundings the exact mode takes the op's budget.
 */
import { type ComputationBuilder, ModuleBuilder } from '../../../graphs/build/builder.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { Instruction, InstructionOf, Module } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, type Shape } from '../../../graphs/ir/shape.ts';
import type { Opcode } from '../../../graphs/ops/table.ts';

/** The module whose entry computes the instruction from its operands, all of them arrays. */
export type Expansion<O extends Opcode> = (
  instruction: InstructionOf<O>,
  operands: readonly ArrayShape[],
) => Module;

/** Builds what an op means, on the parameters of the module. */
export type Body = (b: ComputationBuilder, operands: readonly Instruction[]) => Instruction;

/** A module over these operands. */
export function expansion(name: string, operands: readonly ArrayShape[], body: Body): Module {
  return withParameters(new ModuleBuilder(name), operands, body);
}

/** The same with an addition of scalars of a type at hand, named `add`. */
export function expansionWithSum(
  name: string,
  operands: readonly ArrayShape[],
  type: ElementType,
  body: Body,
): Module {
  const module = new ModuleBuilder(name);
  module.computation('add', (b) => {
    const [x, y] = ['x', 'y'].map((p) => b.parameter(p, arrayShape(type, [])));
    return b.op('add', [x, y]);
  });
  return withParameters(module, operands, body);
}

function withParameters(module: ModuleBuilder, operands: readonly ArrayShape[], body: Body) {
  return module.entry((b) => {
    const given = operands.map(({ type, dims }, k) =>
      b.parameter(`operand${k}`, arrayShape(type, dims)),
    );
    return body(b, given);
  });
}

/** Type and sizes of an instruction that gives an array. */
export function arrayOf({ shape }: { readonly shape: Shape }): ArrayShape {
  if (shape.kind === 'array') return arrayShape(shape.type, shape.dims);
  return fail('run/bad-operand', `an array is needed, not a ${shape.kind}`);
}

/** x at another type. */
export function converted(b: ComputationBuilder, x: Instruction, type: ElementType): Instruction {
  const { type: from, dims } = arrayOf(x);
  return from === type ? x : b.op('convert', [x], {}, { shape: arrayShape(type, dims) });
}

/** A number repeated; it must be one of the type. */
export function filled(
  b: ComputationBuilder,
  type: ElementType,
  dims: readonly number[],
  value: number,
): Instruction {
  return b.broadcast(b.scalar(type, value), dims);
}

/** x[…, from:to, …] along one dimension. */
export function sliced(
  b: ComputationBuilder,
  x: Instruction,
  along: number,
  from: number,
  to: number,
): Instruction {
  const { type, dims } = arrayOf(x);
  const slice = dims.map((n, d) => ({
    start: d === along ? from : 0,
    limit: d === along ? to : n,
    stride: 1,
  }));
  const sizes = dims.map((n, d) => (d === along ? to - from : n));
  return b.op('slice', [x], { slice }, { shape: arrayShape(type, sizes) });
}

/** Elements of x in order, under other sizes. */
export function reshaped(
  b: ComputationBuilder,
  x: Instruction,
  dims: readonly number[],
): Instruction {
  return b.op('reshape', [x], {}, { shape: arrayShape(arrayOf(x).type, dims) });
}
