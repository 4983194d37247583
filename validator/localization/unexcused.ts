/**
 * Pairs that the data contradict, and that nothing excuses. An inferred pair of values may be a wrong
 * pair of names; it is one for certain only where the region without it is decided, and within. Where
 * that region stays open, the contradiction is all that is known, and it counts: the pass is suspect,
 * at the contradicted instruction that comes first, with its numbers. Which names are wrong does not
 * depend on the data: where names may be equal by chance, one case that excuses a pair excuses it in all.
 * Where a region is open only since the form after leaves its range, and both are one function over the
 * reals, a value on the way may be another one (exp(x) for exp(x - max x)), but no op may have become
 * another one over the same operands.
 */

import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import { openThoughRight } from '../exact/core/form-element.ts';
import { combine } from '../verdict/verdict.ts';
import type { RegionResult } from './check-region.ts';
import { pairKey } from './correspondences.ts';
import type { CaseResult, PassStepResult } from './pass-step.ts';
import type { Region } from './regions.ts';

/** The same result, in which open regions count as suspect where a pair inside was contradicted. */
export function withUnexcused(
  result: PassStepResult,
  parted: readonly (readonly RegionResult[])[],
  { after, weakNames }: { readonly after: ValueGraph; readonly weakNames?: true },
  numbering: Numbering,
): PassStepResult {
  const excused = weakNames ? excusedPairs(result, parted, numbering) : new Set<string>();
  const position = (r: RegionResult) => after.position.get(r.region.after) ?? 0;
  const cases = result.cases.map((found, n): CaseResult => {
    const refuted = (parted[n] ?? [])
      .filter((r) => !excused.has(pairKey(r.region)))
      .sort((x, y) => position(x) - position(y));
    const firsts = new Set<RegionResult>();
    for (const open of found.regions.filter(isOpen)) {
      const inside = insideOf(open.region);
      const counts = isRightOverReals(open)
        ? (r: RegionResult) => isOneOpChanged(r.region, numbering)
        : () => true;
      const first = refuted.find((r) => inside.has(r.region.after) && counts(r));
      if (first) firsts.add(first);
    }
    if (firsts.size === 0) return found;
    const blamed = [...firsts].map(suspected);
    const judgement = combine([found.judgement, ...blamed.map(asFinding)]);
    return { ...found, regions: [...found.regions, ...blamed], judgement };
  });
  return { ...result, cases };
}

/** Pairs contradicted in a case in which every region that holds them is decided, and within. */
function excusedPairs(
  { cases }: PassStepResult,
  parted: readonly (readonly RegionResult[])[],
  numbering: Numbering,
): ReadonlySet<string> {
  const excused = new Set<string>();
  for (const [n, { regions }] of cases.entries()) {
    for (const { region } of parted[n] ?? []) {
      if (isOneOpChanged(region, numbering)) continue;
      const around = regions.filter((r) => insideOf(r.region).has(region.after));
      const holds = around.every(({ judgement, skipped }) => {
        return !skipped && judgement.decided === judgement.elements && judgement.outside === 0;
      });
      if (around.length > 0 && holds) excused.add(pairKey(region));
    }
  }
  return excused;
}

function isOpen({ judgement, skipped }: RegionResult): boolean {
  return !skipped && judgement.decided < judgement.elements && judgement.outside === 0;
}

/** Whether algebra excuses what is open: both forms are one function, and only a range is left. */
function isRightOverReals({ reasons }: RegionResult): boolean {
  return reasons.length > 0 && reasons.every((r) => openThoughRight.has(r));
}

/** One op over the same operands that is another one after: no algebra makes a minimum of a maximum. */
function isOneOpChanged({ before, after }: Region, numbering: Numbering): boolean {
  const [b, a] = [numbering.term(before), numbering.term(after)];
  const { operands } = b;
  if (b.local === a.local || b.instruction.opcode !== a.instruction.opcode) return false;
  if (operands.length === 0 || operands.length !== a.operands.length) return false;
  const isConstant = (n: ValueNumber) => numbering.term(n).instruction.opcode === 'constant';
  return operands.every(
    (o, n) => o === a.operands[n] || (isConstant(o) && isConstant(a.operands[n]!)),
  );
}

function insideOf({ after, afterCone }: Region): ReadonlySet<ValueNumber> {
  return new Set([...afterCone, after]);
}

/** No more than a suspicion, since names are no proof. */
function suspected(result: RegionResult): RegionResult {
  const { judgement } = result;
  const worst = judgement.worst && ({ ...judgement.worst, verdict: 'suspect' } as const);
  const reason =
    'the pair was inferred and the data contradict it; the region without it stays open, so nothing excuses it';
  return {
    ...result,
    judgement: { ...judgement, verdict: 'suspect', worst },
    reasons: [...result.reasons, reason],
  };
}

function asFinding({ judgement }: RegionResult): RegionResult['judgement'] {
  const { outside } = judgement;
  return { ...judgement, elements: 0, decided: 0, ties: 0, outside };
}
