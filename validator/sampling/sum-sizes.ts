/**
 * How large the terms of a sum are in all: Σ|x| over every term, however many instructions the sum is
 * spread over. In another order other partial sums round, and none is larger than that.
 */

import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { evaluateInstruction, makeContext } from '../reference/run.ts';

/** Follows the sizes of sums through one run. */
export class SumSizes {
  private readonly sizes = new WeakMap<Value, Tensor>();

  /** The size of the sum that an instruction of one makes of its operands; undefined where it has none. */
  of(instruction: Instruction, operands: readonly Value[], module: Module): Tensor | undefined {
    const { shape } = instruction;
    if (shape.kind !== 'array' || !isFloat(shape.type)) return undefined;
    const sizes = operands.map((v) => this.sizeOf(v));
    const { opcode } = instruction;
    if (opcode === 'negate') return sizes[0] as Tensor;
    const summed: Instruction = opcode === 'subtract' ? asAddition(instruction) : instruction;
    try {
      const size = evaluateInstruction(summed, sizes, makeContext(module));
      return size.kind === 'tensor' ? size : undefined;
    } catch (error) {
      if (error instanceof AssayError) return undefined;
      throw error;
    }
  }

  /** From now on a value is a sum of terms of that size. */
  set(value: Value, size: Tensor): void {
    this.sizes.set(value, size);
  }

  private sizeOf(v: Value): Value {
    const known = this.sizes.get(v);
    if (known || v.kind !== 'tensor' || !isFloat(v.shape.type)) return known ?? v;
    return { ...v, data: (v.data as Float64Array).map(Math.abs) };
  }
}

function asAddition(instruction: Instruction): Instruction {
  return { ...instruction, opcode: 'add' } as Instruction;
}

/** A sum moved by a rounding of its size. */
export function movedBySize(
  result: Tensor,
  size: Tensor,
  unit: number,
  error: () => number,
  round: (x: number) => number,
): Tensor {
  const data = (result.data as Float64Array).slice();
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    const moved = round(v + unit * (size.data[i] as number) * error());
    if (v - v === 0 && moved - moved === 0) data[i] = moved;
  }
  return { ...result, data };
}
