/**
 * Subnormal operands taken for zero, as a processor in flush mode does in arithmetic; what only moves
 * or chooses elements, or looks at their bits, sees them as they are.
 */
import { type ElementType, isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import type { Instruction } from '../../graphs/ir/module.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';

/** Ops beside the elementwise ones that compute. */
const computing: ReadonlySet<string> = new Set([
  ...['reduce', 'reduce-window', 'dot', 'convolution', 'scatter', 'fft', 'map'],
]);

/** Exchanges operands with subnormal numbers for such with zeros, where the op computes. */
export function flushOperands(instruction: Instruction, operands: Value[]): void {
  if (!computes(instruction)) return;
  for (const [k, v] of operands.entries()) {
    if (v.kind === 'tensor' && isFloating(v.shape.type)) operands[k] = flushed(v);
  }
}

function computes(instruction: Instruction): boolean {
  const { opcode } = instruction;
  if (opcode === 'select' || opcode === 'is-finite') return false;
  if (opcode === 'compare') return instruction.attrs.type !== 'TOTALORDER';
  return computing.has(opcode) || isIn(opcode, 'elementwise');
}

function isFloating(type: ElementType): boolean {
  return isFloat(type) || isComplex(type);
}

function flushed(t: Tensor): Tensor {
  const x = t.data as Float64Array;
  const below = t.data instanceof Float64Array ? 2 ** -1022 : 2 ** -126;
  let data: Float64Array | undefined;
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!;
    if (v === 0 || !(Math.abs(v) < below)) continue;
    data ??= x.slice();
    data[i] = 0 * v;
  }
  return data ? { ...t, data } : t;
}
