/**
 * send and recv between simulated devices. Which device a message goes to is in the instruction's
 * frontend attribute _xla_send_recv_source_target_pairs, as XLA's pipeline passes write it.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { InstructionOf, Module } from '../../graphs/ir/module.ts';
import { tensorOf, token, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import { padded } from '../reference/ops/communication.ts';
import type { Grid } from './grid.ts';
import { deviceGroups, lineMode } from './groups.ts';

/** A posted recv: message number `index` of a lane, or zeros where nobody sends to the device. */
interface Receipt {
  readonly lane: string | undefined;
  readonly index: number;
  readonly nothing: Value;
}

/** Messages under way and receipts of all devices of one run. */
export class Mailbox {
  readonly messages = new Map<string, Value[]>();
  readonly receipts: Receipt[] = [];
  readonly posted = new Map<string, number>();
  private readonly shared: ReadonlySet<number | undefined>;

  constructor({ computations }: Module) {
    const all = computations.flatMap((c) => c.instructions);
    const sent = all.flatMap((i) => (i.opcode === 'send' ? [i.attrs.channel_id] : []));
    const asked = all.flatMap((i) => (i.opcode === 'recv' ? [i.attrs.channel_id] : []));
    this.shared = new Set(sent.filter((channel) => asked.includes(channel)));
  }

  /**
   * Where a message to a device queues: by its channel where a send and a recv share it; the others
   * meet in order, as XLA's pipelines on GPUs, which number each side, have it.
   */
  lane({ attrs: { channel_id } }: Transfer, target: number): string {
    return `${this.shared.has(channel_id) ? channel_id : 'any'}:${target}`;
  }
}

type Transfer = InstructionOf<'send'> | InstructionOf<'recv'>;

/** Puts the operand on its way; (data, context, token) as send gives it. */
export function send(
  i: InstructionOf<'send'>,
  operands: readonly Value[],
  device: number,
  grid: Grid,
  mailbox: Mailbox,
): Value {
  const { messages } = mailbox;
  for (const [source, target] of devicePairs(i, device, grid)) {
    if (source !== device) continue;
    const lane = mailbox.lane(i, target);
    messages.set(lane, [...(messages.get(lane) ?? []), operands[0]]);
  }
  return tupleValue([operands[0], tensorOf('u32', [], [0]), token]);
}

/** Notes that a device receives; the context of the result is the number of the receipt. */
export function postReceive(
  i: InstructionOf<'recv'>,
  device: number,
  grid: Grid,
  mailbox: Mailbox,
): Value {
  const { receipts, posted } = mailbox;
  const isTarget = devicePairs(i, device, grid).some(([, target]) => target === device);
  const lane = isTarget ? mailbox.lane(i, device) : undefined;
  const index = posted.get(lane ?? '') ?? 0;
  posted.set(lane ?? '', index + 1);
  const [nothing] = elementsOf(padded(i.shape, []));
  receipts.push({ lane, index, nothing });
  return tupleValue([nothing, tensorOf('u32', [], [receipts.length - 1]), token]);
}

/** (data, token) of a receipt; undefined while the message has not been sent. */
export function received(ticket: number, { messages, receipts }: Mailbox): Value | undefined {
  const receipt = receipts[ticket];
  if (!receipt) return fail('run/bad-operand', 'recv-done needs what a recv gave');
  const { lane, index, nothing } = receipt;
  const data = lane === undefined ? nothing : messages.get(lane)?.[index];
  return data && tupleValue([data, token]);
}

function elementsOf(value: Value): readonly Value[] {
  return value.kind === 'tuple' ? value.elements : [];
}

/**
 * Pairs of flattened ids among the devices with which this one exchanges messages: partitions of
 * its replica where the channel is above 0, replicas of its partition otherwise.
 */
function devicePairs(
  i: Transfer,
  device: number,
  grid: Grid,
): readonly (readonly [number, number])[] {
  const said = i.extras.frontend_attributes?.replaceAll(/\s/g, '') ?? '';
  const [, list] = /_xla_send_recv_source_target_pairs="?\{((?:\{\d+,\d+\},?)*)\}/.exec(said) ?? [];
  if (i.attrs.is_host_transfer || list === undefined) {
    return fail('run/unsupported', 'the other side is not in the module');
  }
  const { channel_id = 0 } = i.attrs;
  const mode = lineMode(channel_id > 0 ? { channel_id } : {});
  const line = deviceGroups('', mode, grid).find((ids) => ids.includes(device))!;
  return [...list.matchAll(/(\d+),(\d+)/g)].map(([, from, to]) => {
    const pair = [line[Number(from)], line[Number(to)]] as const;
    if (pair.every((id) => id !== undefined)) return pair;
    return fail('run/bad-groups', `{${from},${to}} names no device`);
  });
}
