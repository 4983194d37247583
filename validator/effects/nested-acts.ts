/** The acts inside loops and branches as their text has them, whether a run comes there or not. */

import { calledBy } from '../../graphs/ir/order.ts';
import type { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf, type ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';
import { type Act, actsOf } from './acts.ts';
import { placesOf } from './lines.ts';

/** An act at some depth. */
export interface NestedAct {
  readonly key: string;
  readonly placed: PlacedInstruction | undefined;
  /** True where what the caller gives decides whether it happens, as far as can be told. */
  readonly isReachable: boolean;
}

/** The flows of what a loop or branch of a flow runs, as that flow's module has it. */
export function bodiesOf(
  placed: PlacedInstruction | undefined,
  { module }: ValueGraph,
  numbering: Numbering,
): ValueGraph[] {
  const called = placed ? calledBy(placed.instruction) : [];
  return called.map((entry) => flowOf({ ...module, entry }, numbering));
}

/** All acts of a flow that are no loops or branches, those inside of these included. */
export function nestedActs(
  valueGraph: ValueGraph,
  numbering: Numbering,
  isReachable = true,
): NestedAct[] {
  const placeOf = placesOf(valueGraph);
  return actsOf(valueGraph, numbering).flatMap((act): NestedAct[] => {
    if (!act.isCompound) return [{ key: act.key, placed: placeOf(act.number), isReachable }];
    const isOpen = isReachable && restsOnParameters(act, numbering);
    return bodiesOf(placeOf(act.number), valueGraph, numbering).flatMap((body) =>
      nestedActs(body, numbering, isOpen),
    );
  });
}

/** Whether what a loop or branch starts from is more than constants. */
function restsOnParameters({ number }: Act, numbering: Numbering): boolean {
  const pending = new Set(numbering.term(number).operands.slice(0, 1));
  for (const n of pending) {
    const { instruction, operands } = numbering.term(n);
    if (instruction.opcode === 'parameter') return true;
    for (const o of operands) pending.add(o);
  }
  return false;
}
