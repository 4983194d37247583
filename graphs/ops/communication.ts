/** Rows of the ops that cross devices, the host or time: collectives, transfers, async pairs. */
import { maybeOneOf, optional, required, withDefault } from './attr.ts';
import { type Group, op } from './row.ts';

const groups = {
  replica_groups: optional('raw'),
  channel_id: optional('int'),
  use_global_device_ids: withDefault('bool', false),
};
const constrainLayout = { constrain_layout: withDefault('bool', false) };
const allReduce = {
  ...groups,
  ...constrainLayout,
  to_apply: required('computation'),
  mode: maybeOneOf('unset', 'standard', 'strong'),
};
const allGather = { ...groups, ...constrainLayout, dimensions: required('ints') };
const permute = {
  source_target_pairs: required('intLists'),
  channel_id: optional('int'),
  slice_sizes: optional('intLists'),
};
const transfer = {
  channel_id: optional('int'),
  is_host_transfer: withDefault('bool', false),
};

const done = (...more: Group[]) =>
  op({ arity: 1, attrs: {}, groups: ['async', ...more], shape: (c) => c.declared, example: '' });

const asyncAttrs = {
  calls: optional('computation'),
  async_execution_thread: optional('string'),
  output_to_operand_aliasing: optional('raw'),
};

export const communication = {
  'all-gather': op({
    arity: { min: 1 },
    attrs: allGather,
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'all-gather-start': op({
    arity: { min: 1 },
    attrs: allGather,
    groups: ['collective', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  'all-gather-done': done('collective'),
  'all-reduce': op({
    arity: { min: 1 },
    attrs: allReduce,
    groups: ['collective', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'all-reduce-start': op({
    arity: { min: 1 },
    attrs: allReduce,
    groups: ['collective', 'control', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  'all-reduce-done': done('collective'),
  'reduce-scatter': op({
    arity: { min: 1 },
    attrs: { ...allReduce, dimensions: required('ints') },
    groups: ['collective', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'all-to-all': op({
    arity: { min: 1 },
    attrs: { ...groups, ...constrainLayout, dimensions: optional('ints') },
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'ragged-all-to-all': op({
    arity: 6,
    attrs: { ...groups, dimensions: optional('ints') },
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'collective-broadcast': op({
    arity: { min: 1 },
    attrs: groups,
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'collective-permute': op({
    arity: { min: 1 },
    attrs: permute,
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'collective-permute-start': op({
    arity: { min: 1 },
    attrs: permute,
    groups: ['collective', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  'collective-permute-done': done('collective'),
  'partition-id': op({
    arity: 0,
    attrs: {},
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  'replica-id': op({
    arity: 0,
    attrs: {},
    groups: ['collective'],
    shape: (c) => c.declared,
    example: '',
  }),
  send: op({
    arity: 2,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  'send-done': op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  recv: op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  'recv-done': op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: (c) => c.declared,
    example: '',
  }),
  infeed: op({
    arity: { min: 0 },
    attrs: { infeed_config: optional('string') },
    groups: ['side-effect'],
    shape: (c) => c.declared,
    example: '',
  }),
  outfeed: op({
    arity: { min: 1 },
    attrs: { outfeed_config: optional('string'), outfeed_shape: optional('shape') },
    groups: ['side-effect'],
    shape: (c) => c.declared,
    example: '',
  }),
  'copy-start': op({
    arity: 1,
    attrs: { cross_program_prefetch_index: optional('int') },
    groups: ['async', 'data-movement'],
    shape: (c) => c.declared,
    example: '',
  }),
  'copy-done': done('data-movement'),
  'async-start': op({
    arity: { min: 0 },
    attrs: { ...asyncAttrs, calls: required('computation') },
    groups: ['async', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'async-update': op({
    arity: 1,
    attrs: asyncAttrs,
    groups: ['async', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
  'async-done': op({
    arity: 1,
    attrs: asyncAttrs,
    groups: ['async', 'control'],
    shape: (c) => c.declared,
    example: '',
  }),
};
