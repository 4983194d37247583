/** Rows of the ops that move data without computing. */
import { optional, required, withDefault } from './attr.ts';
import { op } from './row.ts';
import { dynamicSliceShape, dynamicUpdateSliceShape, gatherShape } from './shape-rules/gather.ts';
import {
  bitcastConvertShape,
  bitcastShape,
  broadcastShape,
  concatenateShape,
  dynamicReshapeShape,
  getDimensionSizeShape,
  iotaShape,
  padShape,
  reshapeShape,
  reverseShape,
  setDimensionSizeShape,
  sliceShape,
  transposeShape,
} from './shape-rules/movement.ts';

/** Rows by opcode. */
export const movement = {
  bitcast: op({
    arity: 1,
    attrs: { result_layout: optional('raw'), source_layout: optional('raw') },
    groups: ['data-movement'],
    shape: bitcastShape,
    example: 'r = f32[6] bitcast(f32[2,3] a)',
  }),
  'bitcast-convert': op({
    arity: 1,
    attrs: {},
    groups: [],
    shape: bitcastConvertShape,
    example: 'r = u32[4] bitcast-convert(f32[4] a)',
  }),
  broadcast: op({
    arity: 1,
    attrs: { dimensions: withDefault('ints', []) },
    groups: ['data-movement'],
    shape: broadcastShape,
    example: 'r = f32[2,3] broadcast(f32[3] a), dimensions={1}',
  }),
  concatenate: op({
    arity: { min: 1 },
    attrs: { dimensions: required('ints') },
    groups: ['data-movement'],
    shape: concatenateShape,
    example: 'r = f32[2,5] concatenate(f32[2,2] a, f32[2,3] b), dimensions={1}',
  }),
  copy: op({
    arity: 1,
    attrs: {},
    groups: ['data-movement'],
    shape: (c) => c.operands[0]!,
    example: 'r = f32[2,3] copy(f32[2,3] a)',
  }),
  'dynamic-reshape': op({
    arity: { min: 1 },
    attrs: {},
    groups: ['data-movement'],
    shape: dynamicReshapeShape,
    example: 'r = f32[<=2,3] dynamic-reshape(f32[6] a, s32[] m, s32[] n)',
  }),
  'dynamic-slice': op({
    arity: { min: 1 },
    attrs: { dynamic_slice_sizes: required('ints') },
    groups: ['data-movement'],
    shape: dynamicSliceShape,
    example: 'r = f32[2,2] dynamic-slice(f32[4,5] a, s32[] i, s32[] j), dynamic_slice_sizes={2,2}',
  }),
  'dynamic-update-slice': op({
    arity: { min: 2 },
    attrs: {},
    groups: ['data-movement'],
    shape: dynamicUpdateSliceShape,
    example: 'r = f32[4,5] dynamic-update-slice(f32[4,5] a, f32[2,2] update, s32[] i, s32[] j)',
  }),
  gather: op({
    arity: 2,
    attrs: {
      offset_dims: required('ints'),
      collapsed_slice_dims: required('ints'),
      operand_batching_dims: withDefault('ints', []),
      start_indices_batching_dims: withDefault('ints', []),
      start_index_map: required('ints'),
      index_vector_dim: required('int'),
      slice_sizes: required('ints'),
      indices_are_sorted: withDefault('bool', false),
    },
    groups: ['data-movement'],
    shape: gatherShape,
    example:
      'r = f32[3,2] gather(f32[5,2] a, s32[3] i), offset_dims={1}, ' +
      'collapsed_slice_dims={0}, start_index_map={0}, index_vector_dim=1, ' +
      'slice_sizes={1,2}',
  }),
  'get-dimension-size': op({
    arity: 1,
    attrs: { dimensions: required('ints') },
    groups: [],
    shape: getDimensionSizeShape,
    example: 'r = s32[] get-dimension-size(f32[2,3] a), dimensions={1}',
  }),
  iota: op({
    arity: 0,
    attrs: { iota_dimension: required('int') },
    groups: [],
    shape: iotaShape,
    example: 'r = s32[2,3] iota(), iota_dimension=1',
  }),
  pad: op({
    arity: 2,
    attrs: { padding: required('padding') },
    groups: ['data-movement'],
    shape: padShape,
    example: 'r = f32[7,5] pad(f32[3,4] a, f32[] value), padding=1_1_1x0_1',
  }),
  reshape: op({
    arity: 1,
    attrs: { inferred_dimension: optional('int') },
    groups: ['data-movement'],
    shape: reshapeShape,
    example: 'r = f32[3,2] reshape(f32[2,3] a)',
  }),
  reverse: op({
    arity: 1,
    attrs: { dimensions: required('ints') },
    groups: ['data-movement'],
    shape: reverseShape,
    example: 'r = f32[2,3] reverse(f32[2,3] a), dimensions={1}',
  }),
  'set-dimension-size': op({
    arity: 2,
    attrs: { dimensions: required('ints') },
    groups: ['data-movement'],
    shape: setDimensionSizeShape,
    example: 'r = f32[2,<=3] set-dimension-size(f32[2,3] a, s32[] n), dimensions={1}',
  }),
  slice: op({
    arity: 1,
    attrs: { slice: required('ranges') },
    groups: ['data-movement'],
    shape: sliceShape,
    example: 'r = f32[2] slice(f32[9] a), slice={[0:4:2]}',
  }),
  transpose: op({
    arity: 1,
    attrs: { dimensions: required('ints') },
    groups: ['data-movement'],
    shape: transposeShape,
    example: 'r = f32[3,2] transpose(f32[2,3] a), dimensions={1,0}',
  }),
};
