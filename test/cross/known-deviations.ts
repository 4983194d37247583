/**
 * Where XLA:CPU gives what the operation semantics do not: known, explained, and printed apart.
 * Each row says which results it covers, why they differ, and where that is written. Paths are those
 * of the XLA repository.
 */
import { type ElementType, isComplex } from '../../graphs/ir/element-type.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import type { ElementVerdict } from '../../validator/judge/verdict.ts';

export interface Deviation {
  readonly opcodes: readonly Opcode[];
  /** Element types of the result that it concerns; all of them where absent. */
  readonly types?: readonly ElementType[];
  /** What else must be true of the gravest element. */
  readonly where?: (worst: ElementVerdict) => boolean;
  readonly reason: string;
  readonly source: string;
}

const complexTypes = ['c64', 'c128'] as const;
const emitter = 'xla/service/elemental_ir_emitter.cc';

/** NaN or an infinity on either side, in either part. */
const notFinite = ({ before, after }: ElementVerdict) =>
  [before, after].some((x) => /NaN|Infinity/.test(String(x)));

export const knownDeviations: readonly Deviation[] = [
  {
    opcodes: ['power'],
    types: ['s8', 's16', 's32', 's64', 'u8', 'u16', 'u32', 'u64', 's4', 'u4'],
    reason: 'six bits of an integer exponent are read, and an unsigned one as signed',
    source: `${emitter}, EmitIntegerPow`,
  },
  {
    opcodes: ['popcnt'],
    types: ['s4', 'u4'],
    reason: 'the bits of the byte are counted in which the four lie: -8 has 5',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['cbrt'],
    types: ['f32', 'bf16'],
    where: ({ after }) => Number(after) < 0 && Number(after) > -1e-15,
    reason: 'the cube root of every f32 denormal is -5.6e-16, whatever its sign',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['sine', 'cosine'],
    types: complexTypes,
    reason: 'sinh(y) as (e^y - e^-y)/2 loses its digits where y is small, and overflows early',
    source: `${emitter}, kSin of EmitComplexUnaryOp`,
  },
  {
    opcodes: ['log'],
    types: ['c128'],
    where: ({ budgetUse }) => budgetUse < 64,
    reason: 'the logarithm of the modulus is off by up to 7e-15; log(abs(z)) as two ops is not',
    source: 'measured on jax 0.10.2, 10^6 arguments',
  },
  {
    opcodes: ['batch-norm-training'],
    reason: 'the variance is E[x²] - E[x]², which cancels',
    source: 'xla/service/batchnorm_expander.cc, HandleBatchNormTraining',
  },
  {
    opcodes: ['batch-norm-inference'],
    reason: 'distributed to x·s + (offset - mean·s), which cancels where the mean is large',
    source: 'xla/service/batchnorm_expander.cc, HandleBatchNormInference',
  },
  {
    opcodes: ['logistic'],
    types: ['f16', 'bf16', 'f8e5m2', 'f8e4m3fn'],
    where: ({ budgetUse }) => budgetUse < 4,
    reason: 'expanded to 1/(1 + e^-x) before it is widened: each of three steps rounds to the type',
    source: 'xla/hlo/transforms/expanders/logistic_expander.cc',
  },
  {
    opcodes: ['all-reduce', 'reduce-scatter'],
    types: ['f32', 'bf16', 'f64'],
    where: ({ before, after }) => Math.abs(Number(before)) < 2 ** -126 && Number(after) === 0,
    reason: 'denormals are flushed though one participant has nothing to add',
    source: 'measured on jax 0.10.2',
  },
  {
    opcodes: ['triangular-solve'],
    where: notFinite,
    reason: 'diagonal blocks are inverted and multiplied, so infinities meet zeros',
    source: 'xla/hlo/transforms/expanders/triangular_solve_expander.cc',
  },
  {
    opcodes: ['fft'],
    where: notFinite,
    reason: 'a fast transform overflows elsewhere, and multiplies no infinity by zero',
    source:
      'the definition gives no order of the sums; https://openxla.org/xla/operation_semantics',
  },
  {
    opcodes: [
      'multiply',
      'divide',
      'exponential',
      'exponential-minus-one',
      'log',
      'log-plus-one',
      'logistic',
      'power',
      'rsqrt',
      'sqrt',
      'tan',
      'tanh',
      'sign',
    ],
    where: (worst) => isComplex(worst.type) && notFinite(worst),
    reason: 'complex functions at and near infinities: the semantics name no special values',
    source: 'https://openxla.org/xla/operation_semantics',
  },
];

/** The deviation that covers the gravest element of a result of an opcode. */
export function knownDeviation(opcode: Opcode, worst: ElementVerdict): Deviation | undefined {
  return knownDeviations.find(
    ({ opcodes, types, where }) =>
      opcodes.includes(opcode) &&
      (!types || types.includes(worst.type)) &&
      (!where || where(worst)),
  );
}
