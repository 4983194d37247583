/**
 * Another order of a sum, as a sample draws it: terms of reductions and dots are taken in a random
 * order, and a sum is off by a rounding of the size of all its terms (sum-sizes.ts), since in another
 * order other partial sums round.
 */

import { isFloat } from '../../graphs/ir/element-type.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  type Module,
} from '../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { reductionKindOf } from '../exact/folds/reduction-kind.ts';
import { chainLinks } from '../exact/sums/sum-links.ts';
import { stridedIndices } from '../semantics/loops/strides.ts';

/** Parts of sums that are spread over several instructions: what adds, and what hands them on. */
export type SumOrders = ReadonlyMap<Instruction<number>, 'add' | 'move'>;

/** The parts among numbers, and in what they call. */
export function sumsAmong(order: readonly ValueNumber[], numbering: Numbering): SumOrders {
  const found = new Map<Instruction<number>, 'add' | 'move'>();
  for (const { role, link } of chainLinks(order.map((m) => numbering.link(m))).values()) {
    if (role !== 'product') found.set(link.instruction, role === 'add' ? role : 'move');
  }
  const seen = new Set<string>();
  for (const n of order) {
    const { instruction, module } = numbering.term(n);
    if (instruction.opcode === 'while') addCarried(instruction, module, found, seen);
    else if (sumsAll(instruction, module)) found.set(instruction, 'add');
  }
  return found;
}

/** An op that adds up many terms: no order of its dimensions by itself has all the orders of them. */
function sumsAll(instruction: Instruction<number>, module: Module): boolean {
  const combiner = combinerOf(instruction);
  return combiner !== undefined && reductionKindOf(module, combiner)?.opcode === 'add';
}

function combinerOf(instruction: Instruction<number>): string | undefined {
  const { opcode, operands, attrs } = instruction;
  if (opcode === 'select-and-scatter') return attrs.scatter;
  if (opcode === 'scatter') return operands.length === 3 ? attrs.to_apply : undefined;
  if (opcode !== 'reduce' && opcode !== 'reduce-window') return undefined;
  return operands.length === 2 ? attrs.to_apply : undefined;
}

/** In the body of a loop any addition may be one of a sum that is carried from turn to turn. */
function addCarried(
  loop: InstructionOf<'while', number>,
  module: Module,
  found: Map<Instruction<number>, 'add' | 'move'>,
  seen: Set<string>,
): void {
  const pending = [loop.attrs.body];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const i of computationOf(module, name).instructions) {
      pending.push(...calledBy(i));
      if (i.opcode === 'add' || i.opcode === 'subtract') found.set(i, 'add');
    }
  }
}

/** Whether an op takes a value from itself: x - x is zero in every order. */
export function cancels({ opcode, operands }: Instruction<number>): boolean {
  return opcode === 'subtract' && operands[0] === operands[1];
}

/** Operands whose terms stand in another order, where an op sums them all. */
export function withOtherOrder(
  instruction: Instruction<number>,
  operands: Value[],
  module: Module,
  uniform: () => number,
): void {
  const [a, b] = operands;
  if (a?.kind !== 'tensor') return;
  if (instruction.opcode === 'reduce') {
    const isSum =
      operands.length === 2 &&
      reductionKindOf(module, instruction.attrs.to_apply)?.opcode === 'add';
    if (isSum && isFloat(a.shape.type)) {
      for (const d of instruction.attrs.dimensions)
        operands[0] = permuted(operands[0] as Tensor, d, orderOf(a, d, uniform));
    }
  } else if (instruction.opcode === 'dot' && b?.kind === 'tensor' && operands.length === 2) {
    const { lhs_contracting_dims: left, rhs_contracting_dims: right } = instruction.attrs;
    left.forEach((d, k) => {
      const order = orderOf(a, d, uniform);
      operands[0] = permuted(operands[0] as Tensor, d, order);
      operands[1] = permuted(operands[1] as Tensor, right[k]!, order);
    });
  }
}

/** A random order of the places along a dimension (Fisher and Yates). */
function orderOf({ shape }: Tensor, dimension: number, uniform: () => number): Int32Array {
  const order = Int32Array.from({ length: shape.dims[dimension] ?? 1 }, (_, k) => k);
  for (let k = order.length - 1; k > 0; k--) {
    const j = Math.floor(uniform() * (k + 1));
    [order[k], order[j]] = [order[j]!, order[k]!];
  }
  return order;
}

function permuted(t: Tensor, dimension: number, order: Int32Array): Tensor {
  const { dims, type } = t.shape;
  const width = type === 'c64' || type === 'c128' ? 2 : 1;
  const strides = rowMajorStrides(dims);
  const stride = strides[dimension]!;
  const data = t.data.slice();
  const others = dims.map((n, d) => (d === dimension ? Math.min(n, 1) : n));
  for (const start of stridedIndices(others, strides)) {
    for (let k = 0; k < order.length; k++) {
      for (let p = 0; p < width; p++) {
        const [to, from] = [start + k * stride, start + order[k]! * stride];
        data[to * width + p] = t.data[from * width + p]!;
      }
    }
  }
  return { ...t, data };
}
