/**
 * Judging one region on one case: both sides run on the same boundary values; if they differ, the
 * before side's exact value and radii decide whether the difference can be rounding.
 */
import type { Numbering } from '../../graphs/flow/numbering.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { elementCount, leafShapes } from '../../graphs/ir/shape.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { ExactOptions } from '../exact/context.ts';
import { judgeApproximate } from '../judge/approximate.ts';
import { judge, judgeBits, sameBits } from '../judge/judge.ts';
import { tieTest } from '../judge/meaning.ts';
import { settleSuspects } from '../judge/monte-carlo.ts';
import { selectionOf } from '../judge/selection.ts';
import { type ElementVerdict, type Judgement, nothingJudged } from '../judge/verdict.ts';
import { exactRegion } from './exact-region.ts';
import type { Region } from './regions.ts';
import type { CaseValues } from './values.ts';

export interface RegionResult {
  readonly region: Region;
  readonly judgement: Judgement;
  /** Why there is no judgement, or why part of it is undecided. */
  readonly reasons: readonly string[];
  readonly skipped: boolean;
}

export function checkRegion(
  region: Region,
  values: CaseValues,
  numbering: Numbering,
  options: ExactOptions = {},
): RegionResult {
  const sides = bothSides(region, values);
  if (!('after' in sides)) return sidesFailed(region, sides, numbering);
  const { before, after } = sides;
  const done = (judgement: Judgement, reasons: readonly string[] = []): RegionResult => ({
    region,
    judgement,
    reasons,
    skipped: false,
  });
  if (sameBits(after, before)) {
    values.unify(region.after, after, before);
    return done(judgeBits(before, before));
  }
  const opaque = [...region.beforeCone, ...region.afterCone].find((n) => values.opaque.has(n));
  if (opaque !== undefined) {
    const reasons = [values.opaque.get(opaque)!];
    return { region, judgement: unjudged(region, numbering), reasons, skipped: true };
  }
  if (region.contract.kind === 'exact') return done(judgeBits(after, before));
  const { exactOf, leaves, reasons } = exactRegion(region, values, numbering, options);
  const exact = exactOf(region.before);
  const selected = selections(region, sides, numbering);
  const from = selected && exactOf(selected.before.selection.from);
  if (region.contract.kind === 'approximates' && selected && from?.kind === 'tensor') {
    const { recall } = region.contract;
    return done(judgeApproximate({ ...selected, from, recall }), reasons);
  }
  const isTie = tieTest(region.before, numbering, { after, before, valueOf: exactOf });
  const first = judge(after, before, exact, isTie);
  if (first.verdict !== 'suspect') return done(first, reasons);
  const settled = settleSuspects(
    first,
    { after, before, exact, isTie },
    (seed) =>
      values.with({ rounding: { seed } }).run(region.beforeCone, leaves).get(region.before)!,
  );
  return done(settled, reasons);
}

/** Both sides as selections of the k best, if that is what they are. */
function selections({ before, after }: Region, sides: Sides, numbering: Numbering) {
  const selection = selectionOf(before, numbering);
  if (!selection) return undefined;
  const part = { value: sides.after, selection };
  const of = numbering.term(after);
  const [whole] = of.instruction.opcode === 'get-tuple-element' ? of.operands : [];
  const bothParts = whole === undefined ? undefined : selectionOf(whole, numbering);
  const value = whole === undefined ? undefined : sides.afterValues.get(whole);
  return {
    before: { value: sides.before, selection },
    after: bothParts && value ? { value, selection: bothParts } : part,
  };
}

interface Sides {
  readonly before: Value;
  readonly after: Value;
  readonly afterValues: ReadonlyMap<number, Value>;
}

interface Failure {
  readonly failed: 'before' | 'after';
  readonly why: string;
}

/** Runs both sides; one that does not end, or grows too large, fails. */
function bothSides(
  { stands, beforeCone, afterCone, ...root }: Region,
  values: CaseValues,
): Sides | Failure {
  let failed: Failure['failed'] = 'before';
  try {
    const given = new Map([...stands].map(([a, b]) => [a, values.get(b)] as const));
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
  const nothing = unjudged(region, numbering);
  const { elements } = nothing;
  if (failed === 'before' || elements === 0) {
    return { region, judgement: nothing, reasons: [why], skipped: true };
  }
  const [leaf] = leafShapes(numbering.term(region.before).instruction.shape);
  const worst: ElementVerdict = {
    ...{ verdict: 'beyond', output: 0, index: [], budgetUse: Infinity, budget: 0 },
    ...{ type: leaf?.kind === 'array' ? leaf.type : 'pred' },
    ...{ before: 'a value', after: 'an error', exact: 'a value' },
  };
  const counts = { elements, decided: elements, ties: 0, outside: elements };
  const judgement: Judgement = { verdict: 'beyond', ...counts, worst };
  return { region, judgement, reasons: [why], skipped: false };
}

/** Nothing could be said: all elements count as undecided. */
function unjudged({ before }: Region, numbering: Numbering): Judgement {
  const leaves = leafShapes(numbering.term(before).instruction.shape);
  const elements = leaves.reduce((n, s) => n + (s.kind === 'array' ? elementCount(s) : 0), 0);
  return { ...nothingJudged, verdict: 'undecided', elements };
}
