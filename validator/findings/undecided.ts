/**
 * What is undecided, and why. The exact mode says so where it has no rule for an op; where it only
 * leaves a decision open, the ops that decide are named, and the elements of them that no sample
 * settles, with their distance from the threshold.
 */

import { isFloat } from '../../graphs/ir/element-type.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { Verdict } from '../verdict/judge-subject.ts';
import type { OpenDecision } from './finding.ts';
import { type Judged, type Naming, openDecision } from './open-decisions.ts';

/** Why elements are undecided, and the decisions that they hang on; both empty where all are decided. */
export interface Undecided {
  readonly reasons: readonly string[];
  readonly open: readonly OpenDecision[];
}

/** The verdict on a graph. */
export interface GraphVerdict extends Omit<Verdict, 'outputs'> {
  readonly region: Judged;
}

/** What these verdicts leave undecided. */
export function undecidedIn(verdicts: readonly GraphVerdict[], naming: Naming): Undecided {
  const reasons = new Set<string>();
  const open = new Map<string, OpenDecision>();
  for (const verdict of verdicts) {
    const { region, judgement, reasons: told } = verdict;
    if (judgement.decided === judgement.elements) continue;
    const own = told.length ? told : [openReason(region.beforeCone, naming)];
    for (const reason of own) reasons.add(reason);
    for (const decision of verdict.open) {
      const told = openDecision(decision, region, naming);
      open.set(`${told.instruction}[${told.index}]`, told);
    }
  }
  return { reasons: [...reasons], open: [...open.values()] };
}

const shownDecisions = 3;

function openReason(cone: readonly ValueNumber[], { numbering, name }: Naming): string {
  const decisions = cone.filter((n) => decides(n, numbering));
  if (decisions.length === 0) return 'no bound is known for the error that it may have';
  const named = decisions.slice(0, shownDecisions).map((n) => `%${name(n)}`);
  const more = decisions.length - named.length;
  const all = more ? `${named.join(', ')} and ${more} more` : named.join(', ');
  return `it rests on ${all}, whose operands lie so near a threshold that rounding may decide`;
}

/** Whether a value turns on which side of a threshold a rounded number lies. */
function decides(n: ValueNumber, numbering: Numbering): boolean {
  const { instruction, operands } = numbering.term(n);
  const steps = isIn(instruction.opcode, 'discrete');
  if (!steps && (instruction.opcode !== 'convert' || holdsFloats(n, numbering))) return false;
  return operands.some((o) => holdsFloats(o, numbering));
}

function holdsFloats(n: ValueNumber, numbering: Numbering): boolean {
  const leaves = leafShapes(numbering.term(n).instruction.shape);
  return leaves.some((s) => s.kind === 'array' && isFloat(s.type));
}
