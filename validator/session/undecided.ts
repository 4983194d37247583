/**
 * Why elements are undecided. The exact mode says so where it has no rule for an op; where it only
 * leaves a decision open, the ops of the region that decide are named.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { isFloat } from '../../graphs/ir/element-type.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { RegionResult } from '../cut/check-region.ts';

/** Why an element of a whole result is undecided, from end to end. */
export const wholeReason =
  'from end to end its error has no bound, or it rests on a decision within that error';

/** Why elements of these regions are undecided; empty where all are decided. */
export function undecidedReasons(
  regions: readonly RegionResult[],
  numbering: Numbering,
  name: (number: number) => string,
): readonly string[] {
  const reasons = new Set<string>();
  for (const { region, judgement, reasons: told } of regions) {
    if (judgement.decided === judgement.elements) continue;
    const own = told.length ? told : [openReason(region.beforeCone, numbering, name)];
    for (const reason of own) reasons.add(reason);
  }
  return [...reasons];
}

const shownDecisions = 3;

function openReason(
  cone: readonly number[],
  numbering: Numbering,
  name: (number: number) => string,
): string {
  const decisions = cone.filter((n) => decides(n, numbering));
  if (decisions.length === 0) return 'no bound is known for the error that it may have';
  const named = decisions.slice(0, shownDecisions).map((n) => `%${name(n)}`);
  const more = decisions.length - named.length;
  const all = more ? `${named.join(', ')} and ${more} more` : named.join(', ');
  return `it rests on ${all}, whose operands lie so near a threshold that rounding may decide`;
}

/** Whether a value turns on which side of a threshold a rounded number lies. */
function decides(n: number, numbering: Numbering): boolean {
  const { instruction, operands } = numbering.term(n);
  const steps = isIn(instruction.opcode, 'discrete');
  if (!steps && (instruction.opcode !== 'convert' || holdsFloats(n, numbering))) return false;
  return operands.some((o) => holdsFloats(o, numbering));
}

function holdsFloats(n: number, numbering: Numbering): boolean {
  const leaves = leafShapes(numbering.term(n).instruction.shape);
  return leaves.some((s) => s.kind === 'array' && isFloat(s.type));
}
