/** cholesky by its expansion; where a matrix has no factor, what comes out is up to the target. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { cholesky as expand } from '../expansion/cholesky.ts';
import { tensorOperand, withMarks } from './broadcasting.ts';
import { byExpansion } from './by-expansion.ts';
import type { ExactContext } from './context.ts';
import type { ExactTensor, ExactValue } from './value.ts';

const rule = byExpansion(expand);

export function cholesky(
  instruction: InstructionOf<'cholesky'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const t = tensorOperand(rule(instruction, operands, context));
  const size = t.shape.dims.slice(-2).reduce((a, n) => a * n, 1);
  const parts = t.data.length / t.shape.dims.reduce((a, n) => a * n, 1);
  const marks = new Uint8Array(t.data.length / parts);
  for (let e = 0; e < t.data.length; e++) {
    if (Number.isFinite(t.data[e])) continue;
    const matrix = Math.floor(e / parts / size);
    marks.fill(1, matrix * size, (matrix + 1) * size);
  }
  return marks.includes(1) ? withMarks(t, marks) : t;
}
