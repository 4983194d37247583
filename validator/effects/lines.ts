/** Instructions as the lines that a finding shows: with their configuration, without the rest. */

import type { Instruction } from '../../graphs/ir/module.ts';
import { printInstruction } from '../../graphs/text/printer.ts';
import type { ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { type PlacedInstruction, placedAt } from '../findings/source-line.ts';

/** Attributes beside those of the op that bear on what it does or promises. */
const told: ReadonlySet<string> = new Set(['backend_config', 'frontend_attributes']);

/** An instruction as a line. */
export function lineOf({ instruction, computation }: PlacedInstruction): string {
  const extras = Object.entries(instruction.extras).filter(([name]) => told.has(name));
  const shown = { ...instruction, extras: Object.fromEntries(extras) } as Instruction;
  return printInstruction(shown, computation, { layouts: false });
}

/** The instructions of a flow by number: of each the first that stands for it. */
export function placesOf({
  module,
  places,
}: ValueGraph): (number: ValueNumber) => PlacedInstruction | undefined {
  const first = new Map<ValueNumber, string>();
  for (const [place, n] of places) if (!first.has(n)) first.set(n, place);
  return (number) => {
    const place = first.get(number);
    return place === undefined ? undefined : placedAt(module, place);
  };
}
