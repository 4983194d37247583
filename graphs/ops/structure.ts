/** Rows of the ops that structure a module: parameters, tuples, calls, loops, custom calls. */

import { tupleShape } from '../ir/shape.ts';
import { manyOf, maybeOneOf, oneOf, optional, required, withDefault } from './attr.ts';
import { op } from './row.ts';
import { arrayOf } from './shape-rules/checks.ts';
import {
  addDependencyShape,
  afterAllShape,
  callShape,
  conditionalShape,
  constantShape,
  customCallShape,
  fusionShape,
  getTupleElementShape,
  rngBitGeneratorShape,
  rngShape,
  whileShape,
} from './shape-rules/structure.ts';

/** Rows by opcode. */
export const structure = {
  parameter: op({
    arity: 0,
    attrs: { index: required('int'), parameter_replication: optional('raw') },
    argument: 'index',
    groups: [],
    shape: (c) => c.declared,
    example: 'r = f32[2,3] parameter(0)',
  }),
  constant: op({
    arity: 0,
    attrs: { literal: required('literal') },
    argument: 'literal',
    groups: [],
    shape: constantShape,
    example: 'r = f32[3] constant({1, 2.5, -3})',
  }),
  tuple: op({
    arity: { min: 0 },
    attrs: {},
    groups: ['data-movement'],
    shape: (c) => tupleShape(c.operands),
    example: 'r = (f32[2], s32[]) tuple(f32[2] a, s32[] b)',
  }),
  'get-tuple-element': op({
    arity: 1,
    attrs: { index: required('int') },
    groups: ['data-movement'],
    shape: getTupleElementShape,
    example: 'r = f32[2] get-tuple-element((s32[], f32[2]) a), index=1',
  }),
  call: op({
    arity: { min: 0 },
    attrs: {
      to_apply: required('computation'),
      is_composite: withDefault('bool', false),
      output_to_operand_aliasing: optional('raw'),
    },
    groups: ['control'],
    shape: callShape,
    example: 'r = f32[] call(f32[] a, f32[] b), to_apply=add_f32',
  }),
  fusion: op({
    arity: { min: 0 },
    attrs: {
      kind: oneOf('kLoop', 'kInput', 'kOutput', 'kCustom'),
      calls: required('computation'),
      output_to_operand_aliasing: optional('raw'),
    },
    groups: ['control'],
    shape: fusionShape,
    example: 'r = f32[4] fusion(f32[4] a, f32[4] b), kind=kLoop, calls=fused_multiply_add',
  }),
  while: op({
    arity: 1,
    attrs: { condition: required('computation'), body: required('computation') },
    groups: ['control'],
    shape: whileShape,
    example:
      'r = (s32[], f32[4]) while((s32[], f32[4]) init), condition=below_10, body=double_and_count',
  }),
  conditional: op({
    arity: { min: 2 },
    attrs: {
      branch_computations: optional('computations'),
      true_computation: optional('computation'),
      false_computation: optional('computation'),
    },
    groups: ['control', 'discrete'],
    shape: conditionalShape,
    example:
      'r = f32[4] conditional(pred[] p, f32[4] a, f32[4] b), ' +
      'true_computation=negate_f32x4, false_computation=double_f32x4',
  }),
  'custom-call': op({
    arity: { min: 0 },
    attrs: {
      custom_call_target: required('string'),
      window: optional('window'),
      dim_labels: optional('convDims'),
      feature_group_count: withDefault('int', 1),
      batch_group_count: withDefault('int', 1),
      operand_layout_constraints: optional('shapes'),
      custom_call_has_side_effect: withDefault('bool', false),
      to_apply: optional('computation'),
      called_computations: withDefault('computations', []),
      output_to_operand_aliasing: optional('raw'),
      padding_type: maybeOneOf('PADDING_INVALID', 'PADDING_VALID', 'PADDING_SAME'),
      literal: optional('literal'),
      operand_precision: manyOf('default', 'high', 'highest'),
      schedule: maybeOneOf('SCHEDULE_NONE', 'SCHEDULE_LATEST', 'SCHEDULE_EARLIEST'),
      api_version: maybeOneOf(
        'API_VERSION_ORIGINAL',
        'API_VERSION_STATUS_RETURNING',
        'API_VERSION_STATUS_RETURNING_UNIFIED',
        'API_VERSION_TYPED_FFI',
      ),
    },
    groups: ['control'],
    shape: customCallShape,
    example:
      'r = (f32[2,3], s32[2,3]) custom-call(f32[2,8] a), custom_call_target="TopK", ' +
      'called_computations={gt_topk_f32}',
  }),
  domain: op({
    arity: 1,
    attrs: { domain: required('raw') },
    groups: ['data-movement'],
    shape: (c) => c.operands[0]!,
    example:
      'r = f32[4] domain(f32[4] a), domain={kind="sharding", entry={maximal device=0}, ' +
      'exit={maximal device=1}}',
  }),
  'opt-barrier': op({
    arity: 1,
    attrs: {},
    groups: ['data-movement'],
    shape: (c) => c.operands[0]!,
    example: 'r = (f32[4], s32[]) opt-barrier((f32[4], s32[]) a)',
  }),
  'after-all': op({
    arity: { min: 0 },
    attrs: {},
    groups: ['side-effect'],
    shape: afterAllShape,
    example: 'r = token[] after-all()',
  }),
  'add-dependency': op({
    arity: 2,
    attrs: {},
    groups: ['data-movement'],
    shape: addDependencyShape,
    example: 'r = f32[4] add-dependency(f32[4] a, token[] after-all)',
  }),
  rng: op({
    arity: { min: 1 },
    attrs: { distribution: oneOf('rng_uniform', 'rng_normal') },
    groups: ['random'],
    shape: rngShape,
    example: 'r = f32[4] rng(f32[] low, f32[] high), distribution=rng_uniform',
  }),
  'rng-bit-generator': op({
    arity: 1,
    attrs: { algorithm: oneOf('rng_default', 'rng_philox', 'rng_three_fry') },
    groups: ['random'],
    shape: rngBitGeneratorShape,
    example: 'r = (u64[2], u32[4]) rng-bit-generator(u64[2] state), algorithm=rng_three_fry',
  }),
  'rng-get-and-update-state': op({
    arity: 0,
    attrs: { delta: required('int') },
    groups: ['random', 'side-effect'],
    shape: () => arrayOf('u64', [2]),
    example: 'r = u64[2] rng-get-and-update-state(), delta=1',
  }),
};
