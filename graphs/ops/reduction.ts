/** Rows of the ops that combine many elements into one: reductions, windows, scatter, sort, topk. */
import { required, withDefault } from './attr.ts';
import { op } from './row.ts';

export const reduction = {
  map: op({
    arity: { min: 1 },
    attrs: { dimensions: withDefault('ints', []), to_apply: required('computation') },
    groups: ['control'],
    shape: (c) => c.declared,
    example: '',
  }),
  reduce: op({
    arity: { min: 2 },
    attrs: { dimensions: required('ints'), to_apply: required('computation') },
    groups: ['reduction', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'reduce-window': op({
    arity: { min: 2 },
    attrs: { window: withDefault('window', []), to_apply: required('computation') },
    groups: ['reduction', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  scatter: op({
    arity: { min: 3 },
    attrs: {
      update_window_dims: required('ints'),
      inserted_window_dims: withDefault('ints', []),
      input_batching_dims: withDefault('ints', []),
      scatter_indices_batching_dims: withDefault('ints', []),
      scatter_dims_to_operand_dims: required('ints'),
      index_vector_dim: required('int'),
      indices_are_sorted: withDefault('bool', false),
      unique_indices: withDefault('bool', false),
      to_apply: required('computation'),
    },
    groups: ['reduction', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'select-and-scatter': op({
    arity: 3,
    attrs: {
      window: withDefault('window', []),
      select: required('computation'),
      scatter: required('computation'),
    },
    groups: ['reduction', 'control', 'discrete'],
    shape: (c) => c.declared,
    example: '',
  }),
  sort: op({
    arity: { min: 1 },
    attrs: {
      dimensions: required('ints'),
      is_stable: withDefault('bool', false),
      to_apply: required('computation'),
    },
    groups: ['control', 'discrete'],
    shape: (c) => c.declared,
    example: '',
  }),
  topk: op({
    arity: 1,
    attrs: { k: required('int'), largest: withDefault('bool', false) },
    groups: ['discrete'],
    shape: (c) => c.declared,
    example: '',
  }),
};
