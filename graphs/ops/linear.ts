/** Rows of the linear algebra ops: dot, convolution, fft, solvers, batch normalisation. */
import { manyOf, maybeOneOf, oneOf, optional, required, withDefault } from './attr.ts';
import { op } from './row.ts';
import { convolutionShape } from './shape-rules/convolution.ts';
import { dotShape, raggedDotShape, scaledDotShape } from './shape-rules/dot.ts';
import {
  batchNormGradShape,
  batchNormInferenceShape,
  batchNormTrainingShape,
  choleskyShape,
  fftShape,
  triangularSolveShape,
} from './shape-rules/linear.ts';

const dotDims = {
  lhs_batch_dims: withDefault('ints', []),
  lhs_contracting_dims: withDefault('ints', []),
  rhs_batch_dims: withDefault('ints', []),
  rhs_contracting_dims: withDefault('ints', []),
  operand_precision: manyOf('default', 'high', 'highest'),
};

const algorithm = maybeOneOf(
  'dot_any_f8_any_f8_f32',
  'dot_any_f8_any_f8_f32_fast_accum',
  'dot_any_f8_any_f8_any',
  'dot_any_f8_any_f8_any_fast_accum',
  'dot_f16_f16_f16',
  'dot_f16_f16_f32',
  'dot_bf16_bf16_bf16',
  'dot_bf16_bf16_f32',
  'dot_bf16_bf16_f32_x3',
  'dot_bf16_bf16_f32_x6',
  'dot_bf16_bf16_f32_x9',
  'dot_tf32_tf32_f32',
  'dot_tf32_tf32_f32_x3',
  'dot_f32_f32_f32',
  'dot_f64_f64_f64',
);

/** Rows by opcode. */
export const linear = {
  dot: op({
    arity: 2,
    attrs: { ...dotDims, algorithm, sparsity: optional('raw') },
    groups: ['reduction'],
    shape: dotShape,
    example:
      'r = f32[2,4] dot(f32[2,3] a, f32[3,4] b), lhs_contracting_dims={1}, ' +
      'rhs_contracting_dims={0}',
  }),
  'ragged-dot': op({
    arity: 3,
    attrs: {
      ...dotDims,
      lhs_ragged_dims: withDefault('ints', []),
      rhs_group_dims: withDefault('ints', []),
    },
    groups: ['reduction'],
    shape: raggedDotShape,
    example:
      'r = f32[6,4] ragged-dot(f32[6,3] a, f32[2,3,4] b, s32[2] sizes), ' +
      'lhs_contracting_dims={1}, rhs_contracting_dims={1}, lhs_ragged_dims={0}, ' +
      'rhs_group_dims={0}',
  }),
  'scaled-dot': op({
    arity: 4,
    attrs: { ...dotDims, algorithm },
    groups: ['reduction'],
    shape: scaledDotShape,
    example:
      'r = f32[2,2] scaled-dot(f32[2,4] a, f32[4,2] b, f32[2,2] a_scale, ' +
      'f32[2,2] b_scale), lhs_contracting_dims={1}, rhs_contracting_dims={0}',
  }),
  convolution: op({
    arity: 2,
    attrs: {
      window: withDefault('window', []),
      dim_labels: required('convDims'),
      feature_group_count: withDefault('int', 1),
      batch_group_count: withDefault('int', 1),
      operand_precision: manyOf('default', 'high', 'highest'),
    },
    groups: ['reduction'],
    shape: convolutionShape,
    example:
      'r = f32[1,3,3,2] convolution(f32[1,5,5,3] a, f32[3,3,3,2] kernel), ' +
      'window={size=3x3}, dim_labels=b01f_01io->b01f',
  }),
  fft: op({
    arity: 1,
    attrs: { fft_type: oneOf('FFT', 'IFFT', 'RFFT', 'IRFFT'), fft_length: required('ints') },
    groups: [],
    shape: fftShape,
    example: 'r = c64[4] fft(c64[4] a), fft_type=FFT, fft_length={4}',
  }),
  cholesky: op({
    arity: 1,
    attrs: { lower: withDefault('bool', false) },
    groups: [],
    shape: choleskyShape,
    example: 'r = f32[3,3] cholesky(f32[3,3] a), lower=true',
  }),
  'triangular-solve': op({
    arity: 2,
    attrs: {
      left_side: withDefault('bool', false),
      lower: withDefault('bool', false),
      unit_diagonal: withDefault('bool', false),
      transpose_a: oneOf('NO_TRANSPOSE', 'TRANSPOSE', 'ADJOINT'),
    },
    groups: [],
    shape: triangularSolveShape,
    example:
      'r = f32[3,2] triangular-solve(f32[3,3] a, f32[3,2] b), left_side=true, ' +
      'lower=true, transpose_a=NO_TRANSPOSE',
  }),
  'batch-norm-training': op({
    arity: 3,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: batchNormTrainingShape,
    example:
      'r = (f32[4,3], f32[3], f32[3]) batch-norm-training(f32[4,3] a, f32[3] scale, ' +
      'f32[3] offset), epsilon=0.001, feature_index=1',
  }),
  'batch-norm-inference': op({
    arity: 5,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: batchNormInferenceShape,
    example:
      'r = f32[4,3] batch-norm-inference(f32[4,3] a, f32[3] scale, f32[3] offset, ' +
      'f32[3] mean, f32[3] variance), epsilon=0.001, feature_index=1',
  }),
  'batch-norm-grad': op({
    arity: 5,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: batchNormGradShape,
    example:
      'r = (f32[4,3], f32[3], f32[3]) batch-norm-grad(f32[4,3] a, f32[3] scale, ' +
      'f32[3] mean, f32[3] variance, f32[4,3] gradient), epsilon=0.001, feature_index=1',
  }),
};
