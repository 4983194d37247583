/** Rows of the ops that cross devices, the host or time: collectives, transfers, async pairs. */
import type { Shape } from '../ir/shape.ts';
import { maybeOneOf, optional, required, withDefault } from './attr.ts';
import { type Group, op } from './row.ts';
import {
  asyncDoneShape,
  asyncStartShape,
  asyncUpdateShape,
  copyDoneShape,
  copyStartShape,
  infeedShape,
  outfeedShape,
  recvDoneShape,
  recvShape,
  sendDoneShape,
  sendShape,
} from './shape-rules/async.ts';
import { arrayOf, type Given } from './shape-rules/checks.ts';
import {
  allGatherShape,
  allGatherStartShape,
  allReduceShape,
  allToAllShape,
  collectiveBroadcastShape,
  collectivePermuteShape,
  collectivePermuteStartShape,
  raggedAllToAllShape,
  reduceScatterShape,
  resultOfStart,
} from './shape-rules/collective.ts';

const groups = {
  replica_groups: optional('groups'),
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

/** The second half of a pair; `example` consumes the example of the first. */
const done = (shape: (c: Given) => Shape, example: string, ...more: Group[]) =>
  op({ arity: 1, attrs: {}, groups: ['async', ...more], shape, example });

const asyncAttrs = {
  calls: optional('computation'),
  async_execution_thread: optional('string'),
  output_to_operand_aliasing: optional('raw'),
};

/** Rows by opcode. */
export const communication = {
  'all-gather': op({
    arity: { min: 1 },
    attrs: allGather,
    groups: ['collective'],
    shape: allGatherShape,
    example: 'r = f32[4,3] all-gather(f32[2,3] a), replica_groups={{0,1}}, dimensions={0}',
  }),
  'all-gather-start': op({
    arity: { min: 1 },
    attrs: allGather,
    groups: ['collective', 'async'],
    shape: allGatherStartShape,
    example:
      'r = (f32[2,3], f32[4,3]) all-gather-start(f32[2,3] a), replica_groups={{0,1}}, ' +
      'dimensions={0}',
  }),
  'all-gather-done': done(
    resultOfStart('all_gather_done'),
    'r = f32[4,3] all-gather-done((f32[2,3], f32[4,3]) all-gather-start)',
    'collective',
  ),
  'all-reduce': op({
    arity: { min: 1 },
    attrs: allReduce,
    groups: ['collective', 'control'],
    shape: allReduceShape,
    example: 'r = f32[4] all-reduce(f32[4] a), replica_groups={{0,1}}, to_apply=add_f32',
  }),
  'all-reduce-start': op({
    arity: { min: 1 },
    attrs: allReduce,
    groups: ['collective', 'control', 'async'],
    shape: allReduceShape,
    example: 'r = f32[4] all-reduce-start(f32[4] a), replica_groups={{0,1}}, to_apply=add_f32',
  }),
  'all-reduce-done': done(
    (c) => c.operands[0]!,
    'r = f32[4] all-reduce-done(f32[4] all-reduce-start)',
    'collective',
  ),
  'reduce-scatter': op({
    arity: { min: 1 },
    attrs: { ...allReduce, dimensions: required('ints') },
    groups: ['collective', 'control'],
    shape: reduceScatterShape,
    example:
      'r = f32[2] reduce-scatter(f32[4] a), replica_groups={{0,1}}, dimensions={0}, ' +
      'to_apply=add_f32',
  }),
  'all-to-all': op({
    arity: { min: 1 },
    attrs: { ...groups, ...constrainLayout, dimensions: optional('ints') },
    groups: ['collective'],
    shape: allToAllShape,
    example: 'r = f32[4] all-to-all(f32[4] a), replica_groups={{0,1}}, dimensions={0}',
  }),
  'ragged-all-to-all': op({
    arity: 6,
    attrs: { ...groups, dimensions: optional('ints') },
    groups: ['collective'],
    shape: raggedAllToAllShape,
    example:
      'r = f32[8] ragged-all-to-all(f32[8] a, f32[8] b, s32[2] from, s32[2] sent, ' +
      's32[2] to, s32[2] received), replica_groups={{0,1}}',
  }),
  'collective-broadcast': op({
    arity: { min: 1 },
    attrs: { ...groups, replica_groups: required('groups') },
    groups: ['collective'],
    shape: collectiveBroadcastShape,
    example: 'r = f32[4] collective-broadcast(f32[4] a), replica_groups={{0,1}}',
  }),
  'collective-permute': op({
    arity: { min: 1 },
    attrs: permute,
    groups: ['collective'],
    shape: collectivePermuteShape,
    example: 'r = f32[4] collective-permute(f32[4] a), source_target_pairs={{0,1},{1,0}}',
  }),
  'collective-permute-start': op({
    arity: { min: 1 },
    attrs: permute,
    groups: ['collective', 'async'],
    shape: collectivePermuteStartShape,
    example:
      'r = (f32[4], f32[4]) collective-permute-start(f32[4] a), source_target_pairs={{0,1},{1,0}}',
  }),
  'collective-permute-done': done(
    resultOfStart('collective_permute_done'),
    'r = f32[4] collective-permute-done((f32[4], f32[4]) collective-permute-start)',
    'collective',
  ),
  'partition-id': op({
    arity: 0,
    attrs: {},
    groups: ['collective'],
    shape: () => arrayOf('u32', []),
    example: 'r = u32[] partition-id()',
  }),
  'replica-id': op({
    arity: 0,
    attrs: {},
    groups: ['collective'],
    shape: () => arrayOf('u32', []),
    example: 'r = u32[] replica-id()',
  }),
  send: op({
    arity: 2,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: sendShape,
    example: 'r = (f32[4], u32[], token[]) send(f32[4] a, token[] after-all), channel_id=1',
  }),
  'send-done': op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: sendDoneShape,
    example: 'r = token[] send-done((f32[4], u32[], token[]) send), channel_id=1',
  }),
  recv: op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: recvShape,
    example: 'r = (f32[4], u32[], token[]) recv(token[] after-all), channel_id=1',
  }),
  'recv-done': op({
    arity: 1,
    attrs: transfer,
    groups: ['side-effect', 'async'],
    shape: recvDoneShape,
    example: 'r = (f32[4], token[]) recv-done((f32[4], u32[], token[]) recv), channel_id=1',
  }),
  infeed: op({
    arity: 1,
    attrs: { infeed_config: optional('string') },
    groups: ['side-effect'],
    shape: infeedShape,
    example: 'r = (f32[4], token[]) infeed(token[] after-all)',
  }),
  outfeed: op({
    arity: 2,
    attrs: { outfeed_config: optional('string'), outfeed_shape: optional('shape') },
    groups: ['side-effect'],
    shape: outfeedShape,
    example: 'r = token[] outfeed(f32[4] a, token[] after-all), outfeed_shape=f32[4]',
  }),
  'copy-start': op({
    arity: 1,
    attrs: { cross_program_prefetch_index: optional('int') },
    groups: ['async', 'data-movement'],
    shape: copyStartShape,
    example: 'r = (f32[4], f32[4], u32[]) copy-start(f32[4] a)',
  }),
  'copy-done': done(
    copyDoneShape,
    'r = f32[4] copy-done((f32[4], f32[4], u32[]) copy-start)',
    'data-movement',
  ),
  'async-start': op({
    arity: { min: 0 },
    attrs: { ...asyncAttrs, calls: required('computation') },
    groups: ['async', 'control'],
    shape: asyncStartShape,
    example: 'r = ((f32[4]), f32[4], u32[]) async-start(f32[4] a), calls=negate_f32x4',
  }),
  'async-update': op({
    arity: 1,
    attrs: asyncAttrs,
    groups: ['async', 'control'],
    shape: asyncUpdateShape,
    example:
      'r = ((f32[4]), f32[4], u32[]) async-update(((f32[4]), f32[4], ' +
      'u32[]) async-start), calls=negate_f32x4',
  }),
  'async-done': op({
    arity: 1,
    attrs: asyncAttrs,
    groups: ['async', 'control'],
    shape: asyncDoneShape,
    example: 'r = f32[4] async-done(((f32[4]), f32[4], u32[]) async-start), calls=negate_f32x4',
  }),
};
