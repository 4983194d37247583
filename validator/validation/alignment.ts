/** How two states were aligned: region by region, or as wholes where nothing in between corresponds. */

import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { PassStepResult } from '../localization/pass-step.ts';
import type { Region } from '../localization/regions.ts';
import { outputsOf } from '../verdict/subject.ts';

/** How the two sides of a transition were put beside each other. */
export interface Alignment {
  /** Changed regions, cut out. */
  readonly regions: number;
  /** Inferred pairs of values that the data contradict, and that were not used. */
  readonly contradicted: number;
  /** Whether every region reaches from a result down to the parameters. */
  readonly whole: boolean;
}

/** Of sides that are the same. */
export const nothingAligned: Alignment = { regions: 0, contradicted: 0, whole: false };

/** How the sides of a transition were aligned; `before`: the state that it starts from. */
export function alignmentOf(
  { cut, contradicted }: PassStepResult,
  before: ValueGraph,
  numbering: Numbering,
): Alignment {
  const results = new Set([before.root, ...outputsOf(before.root, numbering)]);
  const isWhole = (r: Region) => results.has(r.before) && reachesParameters(r, numbering);
  const { regions } = cut;
  const whole = regions.length > 0 && regions.every(isWhole);
  return { regions: regions.length, contradicted: contradicted.length, whole };
}

function reachesParameters({ beforeCone, substitution }: Region, numbering: Numbering): boolean {
  const inside = new Set(beforeCone);
  const isLeaf = (n: ValueNumber) => numbering.term(n).operands.length === 0;
  const read = beforeCone.flatMap((n) => numbering.term(n).operands);
  return substitution.size === 0 && read.every((o) => inside.has(o) || isLeaf(o));
}
