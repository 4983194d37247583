/** and, or on pred: false and true settle the result whatever the other operand is. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { mergedMarks, resultShape, stepOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { exactOnIntegers } from '../core/without-error.ts';

/** The operand value that settles the result. */
const dominant = { and: 0, or: 1 } as const;

/** and, or: open only where an open operand could decide. */
export function logic(
  instruction: InstructionOf<'and' | 'or'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactTensor {
  const tensors = operands.map(tensorOperand);
  const marks = mergedMarks(
    tensors,
    resultShape('pred', tensors).dims.reduce((a, b) => a * b, 1),
  );
  if (!marks || tensors[0].shape.type !== 'pred') {
    return exactOnIntegers(instruction, operands, context);
  }
  const settles = dominant[instruction.opcode];
  const n = marks.length;
  const data = new Uint8Array(n);
  const [a, b] = tensors;
  const [x, y] = [a.data as Uint8Array, b.data as Uint8Array];
  const [stepX, stepY] = [stepOf(a, n), stepOf(b, n)];
  const certain = new Uint8Array(1);
  const [openX, openY] = [a.undecided ?? certain, b.undecided ?? certain];
  const [stepOpenX, stepOpenY] = [a.undecided ? stepX : 0, b.undecided ? stepY : 0];
  for (let i = 0; i < n; i++) {
    const p = x[i * stepX];
    const q = y[i * stepY];
    data[i] = settles === 0 ? p & q : p | q;
    const isSettled =
      (p === settles && openX[i * stepOpenX] === 0) ||
      (q === settles && openY[i * stepOpenY] === 0);
    if (!isSettled) continue;
    data[i] = settles;
    marks[i] = 0;
  }
  const shape = resultShape('pred', tensors);
  return { kind: 'tensor', shape, data, ...(marks.includes(1) && { undecided: marks }) };
}
