/**
 * Evaluation of the ops that cross devices or time, on one device: a collective over one participant
 * hands its operand on, and the halves of an asynchronous pair run at the first.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { Instruction, Module } from '../../../graphs/ir/module.ts';
import { leafShapes, type Shape, sameDims } from '../../../graphs/ir/shape.ts';
import { tensorOf, token, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import type { communication as rows } from '../../../graphs/ops/communication.ts';
import { parseDeviceGroups } from '../../../graphs/ops/device-groups.ts';
import type { EvalContext, EvalRow } from '../context.ts';
import { bundled, result, storage, tensors } from '../operands.ts';
import { tupleElement } from './control.ts';
import { raggedExchange } from './ragged-exchange.ts';

type Family = { readonly [O in keyof typeof rows]: EvalRow<O> };

/** Ops that talk to the world outside. */
export const hostOpcodes = ['send', 'send-done', 'recv', 'recv-done', 'infeed', 'outfeed'] as const;

/** Why what acts outside the module is not run by itself. */
export const actsOutside = 'it talks to the host or another device';

/** By the world outside, where there is one. */
const host = (i: object, operands: readonly Value[], context: EvalContext): Value =>
  context.host
    ? context.host.act(i as Instruction, operands)
    : fail('run/unsupported', actsOutside);

const operand = (_: unknown, operands: readonly Value[]): Value => operands[0];
const element = (k: number) => (_: unknown, operands: readonly Value[]) =>
  tupleElement(operands[0], k);

/** Rows of the communication family. */
export const communication: Family = {
  'all-gather': alone,
  'all-gather-start': started,
  'all-gather-done': element(1),
  'all-reduce': alone,
  'all-reduce-start': alone,
  'all-reduce-done': operand,
  'reduce-scatter': alone,
  'all-to-all': alone,
  'ragged-all-to-all': (i, operands, context) => {
    demandOneDevice(i, context.module);
    return bundled(i, raggedExchange([tensors(operands)])[0]);
  },
  'collective-broadcast': alone,
  'collective-permute': alone,
  'collective-permute-start': started,
  'collective-permute-done': element(1),
  'partition-id': deviceNumber,
  'replica-id': deviceNumber,
  send: host,
  'send-done': host,
  recv: host,
  'recv-done': host,
  infeed: host,
  outfeed: host,
  'copy-start': (i, operands) => padded(i.shape, [operands[0], operands[0]]),
  'copy-done': element(0),
  'async-start': (i, operands, context) =>
    padded(i.shape, [tupleValue(operands), context.call(i.attrs.calls, operands)]),
  'async-update': operand,
  'async-done': element(1),
};

interface Collective {
  readonly opcode: string;
  readonly shape: Shape;
  readonly attrs: {
    readonly replica_groups?: string;
    readonly source_target_pairs?: readonly (readonly number[])[];
  };
}

/** The operands themselves, where the only participant is this device. */
function alone(i: Collective, operands: readonly Value[], context: EvalContext): Value {
  demandOneDevice(i, context.module);
  demandSameSizes(leafShapes(i.shape), operands, i.opcode);
  return i.shape.kind === 'tuple' ? tupleValue(operands) : operands[0];
}

/** (operands, result, contexts …) */
function started(i: Collective, operands: readonly Value[], context: EvalContext): Value {
  demandOneDevice(i, context.module);
  const half = leafShapes(i.shape).slice(operands.length);
  demandSameSizes(half, operands, i.opcode);
  const value = operands.length > 1 ? tupleValue(operands) : operands[0];
  return padded(i.shape, [value, value]);
}

/** This device's number; one of as many as the module tells of, where it does. */
function deviceNumber(i: Collective, _: readonly Value[], context: EvalContext): Value {
  const { device, module } = context;
  if (device === undefined) {
    demandOneDevice(i, module);
    return tensorOf('u32', [], [0]);
  }
  const [number, attribute] =
    i.opcode === 'replica-id'
      ? [device.replica, 'replica_count']
      : [device.partition, 'num_partitions'];
  const count = Number(module.attributes[attribute] ?? Number.POSITIVE_INFINITY);
  return tensorOf('u32', [], [Math.min(number, count - 1)]);
}

function demandOneDevice(i: Collective, module: Module): void {
  const { replica_count = '1', num_partitions = '1' } = module.attributes;
  const groups = parseDeviceGroups(i.attrs.replica_groups ?? '')?.list(1);
  const pairs = i.attrs.source_target_pairs ?? [[0, 0]];
  const single = groups?.length === 0 || (groups?.length === 1 && `${groups[0]}` === '0');
  const self = pairs.length === 1 && pairs[0].every((device) => device === 0);
  if (single && self && replica_count === '1' && num_partitions === '1') return;
  severalDevices(i.opcode);
}

function severalDevices(opcode: string): never {
  const remedy = 'assay run simulates them with --replicas and --partitions';
  return fail('run/unsupported', `${opcode} over several devices; ${remedy}`);
}

/** A collective that makes its operand larger or smaller has several participants. */
function demandSameSizes(
  shapes: readonly Shape[],
  operands: readonly Value[],
  opcode: string,
): void {
  const same = operands.every((value, k) => {
    const shape = shapes[k];
    return value.kind !== 'tensor' || (shape?.kind === 'array' && sameDims(shape, value.shape));
  });
  if (!same) severalDevices(opcode);
}

/** The tuple of a shape: the values given, then zeros (contexts, which nothing reads). */
export function padded(shape: Shape, values: readonly Value[]): Value {
  const rest = shape.kind === 'tuple' ? shape.elements.slice(values.length) : [];
  return tupleValue([...values, ...rest.map(zero)]);
}

function zero(shape: Shape): Value {
  const [leaf] = leafShapes(shape);
  if (shape.kind === 'tuple') return tupleValue(shape.elements.map(zero));
  return leaf.kind === 'array' ? result(leaf, storage(leaf)) : token;
}
