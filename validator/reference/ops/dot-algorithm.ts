/** What a dot's `algorithm` demands: the precision of operands and of the accumulator. */
import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { formatRounder, type Rounder, rounder } from '../../../graphs/ir/rounding.ts';

type Algorithm = NonNullable<InstructionOf<'dot'>['attrs']['algorithm']>;

/** How a dot rounds. */
export interface DotAlgorithm {
  /** Type that sums are rounded to after every step. */
  readonly accumulator: ElementType;
  /** Significand bits that sums may be carried with, where they are fewer than the type's. */
  readonly bits?: number;
  /** Rounds operands before they are multiplied; absent: they are taken as they are. */
  readonly operand?: Rounder;
  /** Operands are sums of parts of fewer digits, and small products of parts are left out. */
  readonly split?: Split;
}

/** How an operand is split, and what that leaves out of a product x·y, relative to it. */
export interface Split {
  /** Rounds to the first part. */
  readonly part: Rounder;
  /** At most, parts being truncated. */
  readonly most: number;
  /** One radius, parts being rounded to nearest. */
  readonly typical: number;
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

/**
 * x = x₁ + x₂ + … in parts of p digits: what is left after n parts is at most sⁿ·|x|, s = 2^(1-p) where
 * they are truncated (as XLA's Triton emitter does), 2^-p where they are rounded. x3 takes two parts of
 * each operand and leaves out x₂y₂ and two remainders, each s²·|xy| at most; x6 takes three parts, which
 * hold 24 digits, and leaves out x₂y₃ and x₃y₂ (s³) and x₃y₃ (s⁴); x9 leaves out nothing.
 */
function split(part: Rounder, p: number, products: 3 | 6 | 9): Split {
  const left = (s: number, all: (n: number, of: number) => number) =>
    products === 3 ? all(3, s ** 2) : products === 6 ? all(2, s ** 3) + s ** 4 : 0;
  return {
    part,
    most: left(2 ** (1 - p), (n, of) => n * of),
    typical: left(2 ** -p, (n, of) => Math.sqrt(n) * of),
  };
}

const bf16 = rounder('bf16');

/** Tensor cores that accumulate products of f8 fast keep 14 digits (DeepSeek-V3, 2024, 3.3.2). */
const fast: DotAlgorithm = { accumulator: 'f32', bits: 14 };

const algorithms: Readonly<Record<Algorithm, DotAlgorithm>> = {
  dot_any_f8_any_f8_f32: f32,
  dot_any_f8_any_f8_f32_fast_accum: fast,
  dot_any_f8_any_f8_any: f32,
  dot_any_f8_any_f8_any_fast_accum: fast,
  dot_f16_f16_f16: { accumulator: 'f16', operand: rounder('f16') },
  dot_f16_f16_f32: { accumulator: 'f32', operand: rounder('f16') },
  dot_bf16_bf16_bf16: { accumulator: 'bf16', operand: rounder('bf16') },
  dot_bf16_bf16_f32: { accumulator: 'f32', operand: rounder('bf16') },
  dot_bf16_bf16_f32_x3: { accumulator: 'f32', split: split(bf16, 8, 3) },
  dot_bf16_bf16_f32_x6: { accumulator: 'f32', split: split(bf16, 8, 6) },
  dot_bf16_bf16_f32_x9: { accumulator: 'f32', split: split(bf16, 8, 9) },
  dot_tf32_tf32_f32: { accumulator: 'f32', operand: tf32 },
  dot_tf32_tf32_f32_x3: { accumulator: 'f32', split: split(tf32, 11, 3) },
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
