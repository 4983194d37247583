/** Rows of the ops that combine many elements into one: reductions, windows, scatter, sort, topk. */
import { required, withDefault } from './attr.ts';
import { op } from './row.ts';
import { mapShape, reduceShape, sortShape, topkShape } from './shape-rules/reduction.ts';
import { scatterShape } from './shape-rules/scatter.ts';
import { reduceWindowShape, selectAndScatterShape } from './shape-rules/window.ts';

/** Rows by opcode. */
export const reduction = {
  map: op({
    arity: { min: 1 },
    attrs: { dimensions: withDefault('ints', []), to_apply: required('computation') },
    groups: ['control'],
    shape: mapShape,
    example: 'r = f32[4] map(f32[4] a, f32[4] b), dimensions={0}, to_apply=add_f32',
  }),
  reduce: op({
    arity: { min: 2 },
    attrs: { dimensions: required('ints'), to_apply: required('computation') },
    groups: ['reduction', 'control'],
    shape: reduceShape,
    example: 'r = f32[2] reduce(f32[2,3] a, f32[] init), dimensions={1}, to_apply=add_f32',
  }),
  'reduce-window': op({
    arity: { min: 2 },
    attrs: { window: withDefault('window', []), to_apply: required('computation') },
    groups: ['reduction', 'control'],
    shape: reduceWindowShape,
    example:
      'r = f32[2,3] reduce-window(f32[4,6] a, f32[] init), window={size=2x2 stride=2x2}, ' +
      'to_apply=max_f32',
  }),
  scatter: op({
    arity: { min: 3 },
    attrs: {
      update_window_dims: required('ints'),
      inserted_window_dims: required('ints'),
      input_batching_dims: withDefault('ints', []),
      scatter_indices_batching_dims: withDefault('ints', []),
      scatter_dims_to_operand_dims: required('ints'),
      index_vector_dim: required('int'),
      indices_are_sorted: withDefault('bool', false),
      unique_indices: withDefault('bool', false),
      to_apply: required('computation'),
    },
    groups: ['reduction', 'control'],
    shape: scatterShape,
    example:
      'r = f32[5,2] scatter(f32[5,2] a, s32[3] i, f32[3,2] updates), ' +
      'update_window_dims={1}, inserted_window_dims={0}, ' +
      'scatter_dims_to_operand_dims={0}, index_vector_dim=1, to_apply=add_f32',
  }),
  'select-and-scatter': op({
    arity: 3,
    attrs: {
      window: withDefault('window', []),
      select: required('computation'),
      scatter: required('computation'),
    },
    groups: ['reduction', 'control', 'discrete'],
    shape: selectAndScatterShape,
    example:
      'r = f32[4,6] select-and-scatter(f32[4,6] a, f32[2,3] source, f32[] init), ' +
      'window={size=2x2 stride=2x2}, select=ge_f32, scatter=add_f32',
  }),
  sort: op({
    arity: { min: 1 },
    attrs: {
      dimensions: required('ints'),
      is_stable: withDefault('bool', false),
      to_apply: required('computation'),
    },
    groups: ['control', 'discrete'],
    shape: sortShape,
    example: 'r = f32[5] sort(f32[5] a), dimensions={0}, to_apply=lt_f32',
  }),
  topk: op({
    arity: 1,
    attrs: { k: required('int'), largest: withDefault('bool', true) },
    groups: ['discrete'],
    shape: topkShape,
    example: 'r = (f32[2,3], s32[2,3]) topk(f32[2,8] a), k=3, largest=true',
  }),
};
