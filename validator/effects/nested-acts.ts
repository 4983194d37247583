/** The acts inside loops and branches as their text has them, whether a run comes there or not. */

import { calledBy } from '../../graphs/ops/callees.ts';
import type { Opcode } from '../../graphs/ops/table.ts';
import { type Act, actsOf } from '../../graphs/value-graph/acts.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { flowOf, type ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { PlacedInstruction } from '../findings/source-line.ts';
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

/** Whether what a branch or the first turn of a loop hangs on is more than constants. */
function restsOnParameters(act: Act, numbering: Numbering): boolean {
  const pending = new Set(decidersOf(act, numbering));
  for (const n of pending) {
    const { instruction, operands } = numbering.term(n);
    if (given.has(instruction.opcode)) return true;
    for (const o of operands) pending.add(o);
  }
  return false;
}

/** What comes from outside of a computation. */
const given: ReadonlySet<Opcode> = new Set<Opcode>([
  ...(['parameter', 'infeed', 'recv', 'partition-id', 'replica-id', 'custom-call'] as const),
  ...(['rng', 'rng-bit-generator', 'rng-get-and-update-state'] as const),
]);

/** The numbers that decide: the predicate, or the parts of a loop's first state that its condition reads. */
function decidersOf({ number }: Act, numbering: Numbering): readonly ValueNumber[] {
  const { instruction, operands, module } = numbering.term(number);
  const [first] = operands;
  if (first === undefined || instruction.opcode !== 'while') return operands.slice(0, 1);
  const state = numbering.term(first);
  const condition = flowOf({ ...module, entry: instruction.attrs.condition }, numbering).root;
  const parts = partsRead(condition, numbering);
  if (!parts || state.instruction.opcode !== 'tuple') return [first];
  return [...parts].map((k) => state.operands[k]!);
}

/** Which elements of the one parameter a value rests on; undefined where on all, or on more than it. */
function partsRead(value: ValueNumber, numbering: Numbering): ReadonlySet<number> | undefined {
  const parts = new Set<number>();
  const pending = new Set([value]);
  for (const n of pending) {
    const { instruction: i, operands } = numbering.term(n);
    if (given.has(i.opcode)) return undefined;
    const isPart =
      i.opcode === 'get-tuple-element' &&
      numbering.term(operands[0]!).instruction.opcode === 'parameter';
    if (isPart) parts.add(i.attrs.index);
    else for (const o of operands) pending.add(o);
  }
  return parts;
}
