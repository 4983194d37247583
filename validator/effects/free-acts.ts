/**
 * Acts that a pass may add or take away: what calls the compiler's own runtime, and transfers between
 * devices where collective-permutes are taken apart into them or joined out of them.
 */
import type { Instruction, Module } from '../../graphs/ir/module.ts';

/** Whether an act that only one side has is the compiler's own affair. */
export function freeActs(before: Module, after: Module): (i: Instruction<number>) => boolean {
  const movesPermutes = permutesIn(before) !== permutesIn(after);
  return (i) => {
    switch (i.opcode) {
      case 'custom-call':
        return i.attrs.custom_call_target.startsWith('__');
      case 'send':
      case 'recv':
      case 'send-done':
      case 'recv-done':
        return movesPermutes && !i.attrs.is_host_transfer;
      default:
        return false;
    }
  };
}

function permutesIn({ computations }: Module): number {
  const opcodes = computations.flatMap((c) => c.instructions.map((i) => i.opcode));
  return opcodes.filter((o) => o === 'collective-permute' || o === 'collective-permute-start')
    .length;
}
