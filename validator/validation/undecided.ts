/**
 * What is undecided, and why. The exact mode says so where it has no rule for an op; where it only
 * leaves a decision open, the ops that decide are named, and the elements of them that no sample
 * settles, with their distance from the threshold.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { isFloat } from '../../graphs/ir/element-type.ts';
import { elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import { isIn } from '../../graphs/ops/table.ts';
import { unravel } from '../judge/judge.ts';
import type { OpenDecision } from '../session/finding.ts';
import type { Verdict } from '../verdict/judge-subject.ts';

/** Why elements are undecided, and the decisions that they hang on; both empty where all are decided. */
export interface Undecided {
  readonly reasons: readonly string[];
  readonly open: readonly OpenDecision[];
}

/** Where verdicts were found, for the words. */
export interface Naming {
  readonly numbering: Numbering;
  readonly name: (number: number) => string;
  /** Name of the case. */
  readonly case: string;
}

/** The verdict on a graph: the numbers that were run before, operands first, and its result after. */
export interface GraphVerdict extends Verdict {
  readonly region: { readonly beforeCone: readonly number[]; readonly after: number };
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
    for (const d of openDecisions(verdict, naming)) open.set(`${d.instruction}[${d.index}]`, d);
  }
  return { reasons: [...reasons], open: [...open.values()] };
}

const shownDecisions = 3;

function openReason(cone: readonly number[], { numbering, name }: Naming): string {
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

/** The decisions of a verdict that samples leave open, by the names and indices of the report. */
function openDecisions({ region, open }: GraphVerdict, naming: Naming): OpenDecision[] {
  const { numbering, name } = naming;
  const numbers = new Map<string, number>();
  for (const n of region.beforeCone) numbers.set(numbering.term(n).instruction.name, n);
  return open.map(({ instruction, position, mean, spread }): OpenDecision => {
    const n = numbers.get(instruction);
    return {
      instruction: n === undefined ? instruction : name(n),
      index: n === undefined ? [position] : indexIn(n, position, numbering),
      ...{ margin: mean, spread, case: naming.case },
      why: `%${name(region.after)} depends on it, and rounding may take it either way`,
    };
  });
}

/** The index of a position, where it is one of the first array of a value. */
function indexIn(n: number, position: number, numbering: Numbering): readonly number[] {
  const [leaf] = leafShapes(numbering.term(n).instruction.shape);
  const isPlace = leaf?.kind === 'array' && position < elementCount(leaf);
  return isPlace ? unravel(position, leaf.dims) : [position];
}
