/** and, or on pred: false and true settle the result whatever the other operand is. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { mergedMarks, resultShape, stepOf, tensorOperand } from './broadcasting.ts';
import { exactOnIntegers } from './certain.ts';
import type { ExactContext } from './context.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** The operand value that settles the result. */
const dominant = { and: 0, or: 1 } as const;

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
  const certainly = (t: ExactTensor, i: number) => {
    const j = i * stepOf(t, n);
    return !t.undecided?.[j] && t.data[j] === settles;
  };
  for (let i = 0; i < n; i++) {
    const [p, q] = tensors.map((t) => t.data[i * stepOf(t, n)] as number);
    data[i] = settles === 0 ? p & q : p | q;
    if (tensors.some((t) => certainly(t, i))) {
      data[i] = settles;
      marks[i] = 0;
    }
  }
  const shape = resultShape('pred', tensors);
  return { kind: 'tensor', shape, data, ...(marks.includes(1) && { undecided: marks }) };
}
