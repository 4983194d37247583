/** Rows of the linear algebra ops: dot, convolution, fft, solvers, batch normalisation. */
import { maybeOneOf, oneOf, optional, required, withDefault } from './attr.ts';
import { op } from './row.ts';

const dotDims = {
  lhs_batch_dims: withDefault('ints', []),
  lhs_contracting_dims: withDefault('ints', []),
  rhs_batch_dims: withDefault('ints', []),
  rhs_contracting_dims: withDefault('ints', []),
  operand_precision: withDefault('words', []),
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

export const linear = {
  dot: op({
    arity: 2,
    attrs: { ...dotDims, algorithm, sparsity: optional('raw') },
    groups: ['reduction'],
    shape: (c) => c.declared,
    example: '',
  }),
  'ragged-dot': op({
    arity: 3,
    attrs: {
      ...dotDims,
      lhs_ragged_dims: required('ints'),
      rhs_group_dims: withDefault('ints', []),
    },
    groups: ['reduction'],
    shape: (c) => c.declared,
    example: '',
  }),
  'scaled-dot': op({
    arity: 4,
    attrs: { ...dotDims, algorithm },
    groups: ['reduction'],
    shape: (c) => c.declared,
    example: '',
  }),
  convolution: op({
    arity: 2,
    attrs: {
      window: withDefault('window', []),
      dim_labels: required('convDims'),
      feature_group_count: withDefault('int', 1),
      batch_group_count: withDefault('int', 1),
      operand_precision: withDefault('words', []),
    },
    groups: ['reduction'],
    shape: (c) => c.declared,
    example: '',
  }),
  fft: op({
    arity: 1,
    attrs: { fft_type: oneOf('FFT', 'IFFT', 'RFFT', 'IRFFT'), fft_length: required('ints') },
    groups: [],
    shape: (c) => c.declared,
    example: '',
  }),
  cholesky: op({
    arity: 1,
    attrs: { lower: withDefault('bool', false) },
    groups: [],
    shape: (c) => c.declared,
    example: '',
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
    shape: (c) => c.declared,
    example: '',
  }),
  'batch-norm-training': op({
    arity: 3,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: (c) => c.declared,
    example: '',
  }),
  'batch-norm-inference': op({
    arity: 5,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: (c) => c.declared,
    example: '',
  }),
  'batch-norm-grad': op({
    arity: 5,
    attrs: { epsilon: required('float'), feature_index: required('int') },
    groups: [],
    shape: (c) => c.declared,
    example: '',
  }),
};
