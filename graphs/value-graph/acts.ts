/**
 * What a module does to the world outside, as a normal form: one act for each instruction that talks
 * to the host or another device, in program order, by what it does and not by its name. A loop or
 * branch that holds such instructions is one act of its own.
 */

import type { Instruction } from '../ir/module.ts';
import { calledBy } from '../ops/callees.ts';
import { isCallOutside } from '../ops/custom-targets.ts';
import { localKey, type Numbering, shapeKey, type ValueNumber } from './numbering.ts';
import type { ValueGraph } from './value-graph.ts';

/** One act: an instruction on the world outside, or a loop or branch with some inside. */
export interface Act {
  readonly number: ValueNumber;
  /** What it does: opcode, channel, target, configuration and what it is given the shapes of. */
  readonly key: string;
  /** The numbers of the values that it sends; tokens only order. */
  readonly operands: readonly ValueNumber[];
  /** True for a loop or branch, which does what is inside it. */
  readonly isCompound: boolean;
}

/** The acts of a flow, in program order. */
export function actsOf(valueGraph: ValueGraph, numbering: Numbering): readonly Act[] {
  return valueGraph.effects.flatMap((number): Act[] => {
    const { instruction, operands } = numbering.term(number);
    const isCall = instruction.opcode === 'custom-call';
    if (isCall && !isCallOutside(instruction.attrs)) return [];
    const isCompound = !isCall && calledBy(instruction).length > 0;
    const shapeOf = (n: ValueNumber) => numbering.term(n).instruction.shape;
    const sent = operands.filter((o) => shapeOf(o).kind !== 'token');
    const key = isCompound
      ? instruction.opcode
      : actKey(
          instruction,
          sent.map((o) => shapeKey(shapeOf(o))),
        );
    return [{ number, key, operands: sent, isCompound }];
  });
}

/** What an instruction does to the world outside, given values of these shapes (tokens aside). */
export function actKey(i: Instruction<number>, shapes: readonly string[]): string {
  return `${plainKey(i)} (${shapes})`;
}

function plainKey(i: Instruction<number>): string {
  switch (i.opcode) {
    case 'send-done':
    case 'recv-done':
      return i.opcode;
    case 'outfeed':
      return `outfeed ${i.attrs.outfeed_config ?? ''}`;
    case 'custom-call':
      return localKey(i);
    default:
      return `${localKey(i)} ${rendezvous(i)}`;
  }
}

/** Where a transfer goes, which XLA keeps beside its channel. */
function rendezvous({ extras }: Instruction<number>): string {
  const fields = [
    '_xla_host_transfer_rendezvous',
    '_xla_host_transfer_handler_name',
    '_xla_send_recv_source_target_pairs',
  ];
  const told = extras.frontend_attributes ?? '';
  return fields.map((f) => new RegExp(`\\b${f}="([^"]*)"`).exec(told)?.[1] ?? '').join('|');
}

/** Acts of two flows that are one and the same, and those that only one of them has. */
export interface MatchedActs {
  readonly pairs: readonly (readonly [before: Act, after: Act])[];
  readonly gone: readonly Act[];
  readonly made: readonly Act[];
}

/**
 * Matches acts that do the same: first those over the same operands, then, in the order in which they
 * stand, those that are given other values, which have to correspond.
 */
export function matchActs(before: readonly Act[], after: readonly Act[]): MatchedActs {
  const pairs: (readonly [Act, Act])[] = [];
  let [gone, made] = [before, after];
  for (const keyOf of [
    (act: Act) => `${act.number}`,
    (act: Act) => `${act.key} ${act.operands}`,
    (act: Act) => act.key,
  ]) {
    const open = new Map<string, Act[]>();
    for (const act of made) open.set(keyOf(act), [...(open.get(keyOf(act)) ?? []), act]);
    const found = gone.flatMap((act) => {
      const partner = open.get(keyOf(act))?.shift();
      return partner ? [[act, partner] as const] : [];
    });
    const used = new Set(found.flat());
    pairs.push(...found);
    gone = gone.filter((act) => !used.has(act));
    made = made.filter((act) => !used.has(act));
  }
  return { pairs, gone, made };
}
