/** What a dot's `algorithm` demands: the precision of operands and of the accumulator. */
import { type ElementType, elementTypes } from '../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { formatRounder, type Rounder, rounder } from '../../graphs/ir/rounding.ts';

type Algorithm = NonNullable<InstructionOf<'dot'>['attrs']['algorithm']>;

export interface DotAlgorithm {
  /** Type that sums are rounded to after every step. */
  readonly accumulator: ElementType;
  /** Rounds operands before they are multiplied; absent: they are taken as they are. */
  readonly operand?: Rounder;
}

/** TensorFloat-32: the range of f32 with 11 bits of significand. */
const tf32 = formatRounder({
  precision: 11,
  minExponent: -126,
  maxFinite: (2 - 2 ** -10) * 2 ** 127,
  overflow: 'inf',
  signedZero: true,
  signed: true,
  hasNaN: true,
});

const f32: DotAlgorithm = { accumulator: 'f32' };

/** Algorithms that split operands into several terms (x3, x6, x9) come to f32. */
const algorithms: Readonly<Record<Algorithm, DotAlgorithm>> = {
  dot_any_f8_any_f8_f32: f32,
  dot_any_f8_any_f8_f32_fast_accum: f32,
  dot_any_f8_any_f8_any: f32,
  dot_any_f8_any_f8_any_fast_accum: f32,
  dot_f16_f16_f16: { accumulator: 'f16', operand: rounder('f16') },
  dot_f16_f16_f32: { accumulator: 'f32', operand: rounder('f16') },
  dot_bf16_bf16_bf16: { accumulator: 'bf16', operand: rounder('bf16') },
  dot_bf16_bf16_f32: { accumulator: 'f32', operand: rounder('bf16') },
  dot_bf16_bf16_f32_x3: f32,
  dot_bf16_bf16_f32_x6: f32,
  dot_bf16_bf16_f32_x9: f32,
  dot_tf32_tf32_f32: { accumulator: 'f32', operand: tf32 },
  dot_tf32_tf32_f32_x3: f32,
  dot_f32_f32_f32: f32,
  dot_f64_f64_f64: { accumulator: 'f64' },
};

/**
 * Without an algorithm: f32 for float types of up to 32 bits, the wider of operands and result
 * beyond (f64, c128); integers accumulate in the result type.
 */
export function dotAlgorithm(
  types: readonly ElementType[],
  result: ElementType,
  algorithm?: Algorithm,
): DotAlgorithm {
  if (algorithm) return algorithms[algorithm];
  const { kind } = elementTypes[result];
  if (kind !== 'float' && kind !== 'complex') return { accumulator: result };
  const isDouble = (t: ElementType) => t === 'f64' || t === 'c128';
  return [...types, result].some(isDouble) ? { accumulator: 'f64' } : f32;
}
