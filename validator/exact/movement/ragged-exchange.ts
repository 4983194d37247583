/** ragged-all-to-all on one device: values, radii and marks lie where the reference lays rows. */
import type { Instruction, InstructionOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData } from '../../../graphs/ir/tensor.ts';
import { raggedExchange } from '../../reference/ops/ragged-exchange.ts';
import { evaluateInstruction } from '../../reference/run.ts';
import { exactTensor, sizeOf, tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { toPlain, undecidedOf } from '../core/without-error.ts';

/**
 * Each radius goes where its value goes; undecided where an offset or size is. @throws what the
 * reference throws.
 */
export function raggedAllToAll(
  instruction: InstructionOf<'ragged-all-to-all'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const [input, output, ...tables] = operands.map(tensorOperand);
  if (tables.some((t) => t.undecided)) return undecidedOf(instruction.shape);
  evaluateInstruction(instruction as Instruction, operands.map(toPlain), context.reference);
  const laid = <A extends TensorData>(
    of: (t: ExactTensor) => A | undefined,
    zero: (t: ExactTensor) => A,
  ): A => {
    const side = (t: ExactTensor): Tensor => ({ ...t, data: of(t) ?? zero(t) });
    return raggedExchange([[side(input), side(output), ...tables]])[0][0].data as A;
  };
  const floats = (of: (t: ExactTensor) => Float64Array | undefined) =>
    of(input) || of(output) ? laid(of, (t) => new Float64Array(t.data.length)) : undefined;
  const marks = input.undecided ?? output.undecided;
  const zeros = (t: ExactTensor) => new Uint8Array(sizeOf(t));
  const shape = arrayShape(output.shape.type, output.shape.dims);
  const arrays = {
    data: laid(
      (t) => t.data,
      () => output.data,
    ),
    bound: floats((t) => t.bound),
    deviation: floats((t) => t.deviation),
    radius: floats((t) => t.correlated?.radius),
    undecided: marks && laid((t) => t.undecided, zeros),
  };
  const along = shape.dims.map(() => true);
  return exactTensor(shape, arrays, along);
}
