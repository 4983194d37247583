/**
 * Where onnxruntime gives what the operator specification does not: known, explained, and printed
 * apart. Each row says which results it covers and why they differ; all were seen on onnxruntime 1.30.0.
 */
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import type { ElementVerdict } from '../../../validator/verdict/verdict.ts';

export interface OnnxDeviation {
  readonly ops: readonly string[];
  /** Element types of the result that it concerns; all of them where absent. */
  readonly types?: readonly ElementType[];
  /** What else must be true of the gravest element. */
  readonly where?: (worst: ElementVerdict) => boolean;
  readonly reason: string;
}

/** Within 2^-bits of the exact value, or of one where that is smaller. */
const near =
  (bits: number) =>
  ({ after, exact }: ElementVerdict): boolean =>
    Math.abs(Number(after) - Number(exact)) <= 2 ** -bits * Math.max(1, Math.abs(Number(exact)));

export const onnxDeviations: readonly OnnxDeviation[] = [
  {
    ops: [
      ...['Sigmoid', 'Tanh', 'RNN', 'GRU', 'LSTM', 'Softsign', 'Erf', 'Gelu', 'Mish', 'Swish'],
      ...['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu'].map((op) => `com.microsoft.${op}`),
      ...['FusedConv', 'FusedGemm'].map((op) => `com.microsoft.${op}`),
      'com.microsoft.nchwc.Conv',
    ],
    where: near(10),
    reason: 'MLAS approximates sigmoid, tanh and erf by quotients of polynomials, good to 1e-7',
  },
  {
    ops: [
      'Gelu',
      'HardSwish',
      'LeakyRelu',
      'Selu',
      'Celu',
      'Elu',
      'HardSigmoid',
      'Shrink',
      'Sin',
      'Cos',
    ],
    where: near(20),
    reason: 'constants of f64 ops are those of f32',
  },
  {
    ops: [
      'LeakyRelu',
      'Selu',
      'Celu',
      'Elu',
      'HardSigmoid',
      'Shrink',
      'ThresholdedRelu',
      'GlobalLpPool',
      'LpPool',
    ],
    types: ['f16'],
    where: near(9),
    reason: 'f16 is computed in f32, with attributes that are not rounded to f16 first',
  },
  {
    ops: [
      ...['BatchNormalization', 'InstanceNormalization', 'GroupNormalization'],
      ...['LayerNormalization', 'MeanVarianceNormalization'],
    ],
    where: near(12),
    reason: 'normalises as x·s + (b − m·s), which cancels, or by E x² − (E x)²',
  },
  { ops: ['DFT', 'STFT'], where: near(12), reason: 'roots of unity are f32, and ±1 is not exact' },
  { ops: ['LRN'], where: near(14), reason: 'sums of squares slide: one is added, one subtracted' },
  { ops: ['Range'], where: near(18), reason: 'the values are added up step by step' },
  {
    ops: ['AffineGrid'],
    reason: 'the grid is added up step by step; a single place is put elsewhere',
  },
  {
    ops: ['Dropout'],
    where: ({ output }) => output === 1,
    reason: 'before op set 12 the mask of inference is empty',
  },
  {
    ops: ['Sign', 'Max', 'Min', 'Relu', 'Clip'],
    where: ({ before, after }) => [before, after].some((x) => /NaN|Infinity/.test(String(x))),
    reason: 'NaN and infinities are dropped',
  },
  {
    ops: ['Shrink'],
    types: ['s64', 'u64'],
    reason: '64-bit integers are shrunk in f32',
  },
  { ops: ['Mod'], types: ['s64', 'u64'], reason: 'fmod of 64-bit integers is taken in f64' },
  {
    ops: ['Resize', 'com.microsoft.nchwc.Upsample'],
    where: near(16),
    reason: 'weights are rounded to f32 before they are summed',
  },
  {
    ops: ['com.microsoft.QLinearSoftmax'],
    types: ['u8'],
    where: ({ before, after }) => Number(before) === 255 && Number(after) === 0,
    reason: 'over a single element, a softmax of u8 gives 0 and not 1',
  },
];

/** The row that covers a result; undefined where none does. */
export function knownOnnxDeviation(
  op: string,
  worst: ElementVerdict | undefined,
): OnnxDeviation | undefined {
  return (
    worst &&
    onnxDeviations.find(({ ops, types, where = () => true }) => {
      return ops.includes(op) && (types?.includes(worst.type) ?? true) && where(worst);
    })
  );
}
