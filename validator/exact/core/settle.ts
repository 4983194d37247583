/**
 * Where the exact mode asks what samples have settled: elements that a decision leaves undecided get
 * the outcome that every faithful execution takes, if that is also what real arithmetic gives.
 */
import type { Instruction } from '../../../graphs/ir/module.ts';
import { markUndecided } from './broadcasting.ts';
import type { Decide, ExactContext } from './context.ts';
import type { ExactTensor, ExactValue } from './value.ts';

/** The result of a decision with the marks of settled elements taken off (sampling/decisions.ts). */
export function settleElements(
  instruction: Instruction,
  result: ExactTensor,
  decision: Decide,
  { settled }: ExactContext,
): ExactTensor {
  const { undecided } = result;
  if (!settled || !undecided) return result;
  const marks = undecided.slice();
  const sets = settled.isForced && !settled.isWide;
  const data = sets ? result.data.slice() : result.data;
  for (let i = 0; i < undecided.length; i++) {
    if (undecided[i] === 0) continue;
    const outcome = settled.outcome(instruction, i, decision);
    if (outcome === undefined) continue;
    if (sets) data[i] = (typeof data[i] === 'bigint' ? BigInt(outcome) : outcome) as never;
    else if (!settled.isWide && outcome !== Number(data[i])) continue;
    marks[i] = 0;
  }
  const { undecided: _, ...certain } = result;
  return markUndecided({ ...certain, data }, marks);
}

/** Whether one element leads all others: there is but one outcome. */
const leads: Decide = { outcomeAt: () => Number.NaN, side: Math.sign };

/** Where a reduction tells the place of an extremum: the places, settled. */
export function settlePlaces(
  instruction: Instruction,
  value: ExactValue,
  context: ExactContext,
): ExactValue {
  if (instruction.opcode !== 'reduce' || value.kind !== 'tuple' || value.elements.length !== 2) {
    return value;
  }
  const [best, place] = value.elements;
  if (place?.kind !== 'tensor' || place.data instanceof Float64Array) return value;
  const settled = settleElements(instruction, place, leads, context);
  return { kind: 'tuple', elements: [best!, settled] };
}
