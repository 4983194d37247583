/**
 * Ops whose values the target draws. A uniform draw lies between its ends whatever the generator, so
 * it has a radius; of a normal one, and of hidden state, nothing is certain.
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import { boundAt } from '../core/radius.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { undecidedOf } from '../core/without-error.ts';

/**
 * A draw is no rounding: what it does to a result may exceed any multiple of root sums of squares,
 * so its likely radius is so wide that the bound decides, up to 2^20 uses of one draw.
 */
const drawsPerBound = 2 ** 10;

/** Elements halfway between the ends of a uniform distribution; undecided for any other. */
export function rng(
  instruction: InstructionOf<'rng'>,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const shape = instruction.shape as ArrayShape;
  const [a, b] = operands.map(tensorOperand);
  const [low, high] = [Number(a.data[0]) - boundAt(a, 0), Number(b.data[0]) + boundAt(b, 0)];
  const bounded = instruction.attrs.distribution === 'rng_uniform' && isFloat(shape.type);
  if (!bounded || a.undecided || b.undecided || !(low < high && high - low < Infinity)) {
    context.explainUndecided(
      `${instruction.opcode}: its values depend on the target and on what ran before`,
    );
    return undecidedOf(shape);
  }
  const middle = low / 2 + high / 2;
  const radius = Math.max(high - middle, middle - low);
  const value = undecidedOf(shape) as ExactTensor;
  const all = (x: number) => new Float64Array(value.data.length).fill(x);
  const deviation = all(radius * drawsPerBound);
  return { kind: 'tensor', shape: value.shape, data: all(middle), bound: all(radius), deviation };
}
