/**
 * Judging one region on one case: both sides run on the same boundary values, and what the side after
 * gives is held against the side before.
 */

import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { leafShapes } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import { isIn } from '../../graphs/ops/table.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ExactOptions } from '../exact/core/context.ts';
import type { Selected } from '../verdict/approximate.ts';
import { sameBits } from '../verdict/judge.ts';
import { judgeSubject, unjudged, type Verdict } from '../verdict/judge-subject.ts';
import { selectionOf } from '../verdict/selection.ts';
import type { Subject } from '../verdict/subject.ts';
import type { ElementVerdict } from '../verdict/verdict.ts';
import type { Region } from './regions.ts';
import { relatedLeaves } from './related-leaves.ts';
import type { CaseValues } from './values.ts';

/** A verdict on a region. */
export interface RegionResult extends Omit<Verdict, 'outputs'> {
  readonly region: Region;
}

/**
 * Runs both sides and judges the after side. Where their bits agree, `values` has one value for
 * both.
 */
export function checkRegion(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions = {},
): RegionResult {
  const sides = bothSides(region, values);
  if (!('after' in sides)) return sidesFailed(region, sides, numbering);
  const { before, after, afterValues } = sides;
  if (sameBits(after, before)) values.unify(region.after, after, before);
  const selected = selectedAfter(region, afterValues, numbering);
  const result = { value: after, ...(selected && { selected }) };
  const subject = subjectOf(region, values, numbering, options);
  return { region, ...judgeSubject(subject, before, result) };
}

/** The side before as what is judged against, the side after as its other form. */
function subjectOf(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions,
): Subject {
  const { before, after, beforeCone, afterCone, substitution, contract } = region;
  return {
    ...{ numbering, values, order: beforeCone, root: before, outputs: [before] },
    ...{ contract, options, keepsDraws: !drawsAnew(region, numbering) },
    other: {
      order: afterCone,
      outputs: [after],
      partner: (n) => substitution.get(n) ?? n,
      related: () => relatedLeaves(region, numbering),
    },
  };
}

/** Whether the side after draws random numbers of its own. */
function drawsAnew({ beforeCone, afterCone }: Region, numbering: Numbering): boolean {
  const before = new Set(beforeCone);
  const opcodeOf = (n: ValueNumber) => numbering.term(n).instruction.opcode;
  return afterCone.some((n) => !before.has(n) && isIn(opcodeOf(n), 'random'));
}

/** The whole selection that the side after is a part of, with values and places. */
function selectedAfter(
  { before, after }: Region,
  afterValues: ReadonlyMap<ValueNumber, Value>,
  numbering: Numbering,
): Selected | undefined {
  if (!selectionOf(before, numbering)) return undefined;
  const of = numbering.term(after);
  const [whole] = of.instruction.opcode === 'get-tuple-element' ? of.operands : [];
  const selection = whole === undefined ? undefined : selectionOf(whole, numbering);
  const value = whole === undefined ? undefined : afterValues.get(whole);
  return selection && value && { value, selection };
}

interface Sides {
  readonly before: Value;
  readonly after: Value;
  readonly afterValues: ReadonlyMap<ValueNumber, Value>;
}

interface Failure {
  readonly failed: 'before' | 'after';
  readonly why: string;
}

/** Runs both sides; one that does not end, or grows too large, fails. */
function bothSides(
  { substitution, beforeCone, afterCone, ...root }: Region,
  values: CaseValues,
): Sides | Failure {
  let failed: Failure['failed'] = 'before';
  try {
    const given = new Map([...substitution].map(([a, b]) => [a, values.get(b)] as const));
    const before = values.run(beforeCone, new Map()).get(root.before)!;
    failed = 'after';
    const afterValues = values.run(afterCone, given);
    const after = afterValues.get(root.after) ?? values.get(root.after);
    return { before, after, afterValues };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { failed, why: error.message };
  }
}

/** A pass is to blame where the side before runs and the side after does not. */
function sidesFailed(region: Region, { failed, why }: Failure, numbering: Numbering): RegionResult {
  const { shape } = numbering.term(region.before).instruction;
  const nothing = unjudged(shape);
  const { elements } = nothing;
  const about = { region, reasons: [why], open: [] };
  if (failed === 'before' || elements === 0) {
    return { ...about, judgement: nothing, skipped: true };
  }
  const [leaf] = leafShapes(shape);
  const worst: ElementVerdict = {
    ...{ verdict: 'beyond', output: 0, index: [], budgetUse: Infinity, budget: 0 },
    ...{ type: leaf?.kind === 'array' ? leaf.type : 'pred' },
    ...{ before: 'a value', after: 'an error', exact: 'a value' },
  };
  const counts = { elements, decided: elements, ties: 0, outside: elements };
  return { ...about, judgement: { verdict: 'beyond', ...counts, worst }, skipped: false };
}
