/**
 * What the check from end to end is worth. Through many ops independent radii grow until they tell
 * nothing, and samples cost some thirty runs: so a large module is sampled only to confirm a suspicion,
 * and what has no radii that tell is said in one line. Every pass was judged at its own cut points.
 */
import type { Module } from '../../graphs/ir/module.ts';
import { isFinding, type Judgement } from '../judge/verdict.ts';
import { workOf } from '../reference/work.ts';
import type { EndToEndResult } from './end-to-end.ts';
import type { PassVerdict } from './validate-graph.ts';

/**
 * The work (about 0.1 µs a unit) up to which all samples of a module cost less than judging its passes,
 * which takes tens of milliseconds however small it is.
 */
const maxSampledWork = 2 ** 14;

/** Whether samples of a whole module are cheap against judging its passes. */
export function isCheapToSample(module: Module): boolean {
  const { total, depth } = workOf(module);
  return depth === 0 && total <= maxSampledWork;
}

/**
 * The result without the elements that have no radii that tell, and a line that says how many they
 * are; as it was for cases on which a pass itself left something undecided.
 */
export function toldWorth(
  ends: EndToEndResult,
  passes: readonly PassVerdict[],
  what: string,
): EndToEndResult {
  const open = new Set(passes.filter((p) => isPartly(p.judgement)).map((p) => p.case));
  const isTold = ({ case: name, judgement }: EndToEndResult['cases'][number]) =>
    !open.has(name) && isPartly(judgement) && judgement.worst !== null;
  const told = ends.cases.filter(isTold);
  if (told.length === 0) return ends;
  const cases = ends.cases.map((c) =>
    isTold(c) ? { ...c, judgement: decidedPart(c.judgement) } : c,
  );
  const all = told.reduce((n, c) => n + c.judgement.elements, 0);
  const inside = told.reduce((n, c) => n + c.judgement.decided, 0);
  const why =
    `${inside} of ${all} elements lie inside the radii on ${told.map((c) => c.case).join(', ')}; ` +
    'the others have none that tell, and every pass was judged in place';
  return { ...ends, cases, skipped: [...ends.skipped, { what, why }] };
}

function isPartly({ decided, elements }: Judgement): boolean {
  return decided < elements;
}

/** A judgement of what is decided alone. */
function decidedPart(judgement: Judgement): Judgement {
  if (isFinding(judgement.verdict)) return { ...judgement, elements: judgement.decided };
  const verdict = judgement.decided > 0 ? 'within' : 'identical';
  return { ...judgement, verdict, elements: judgement.decided, worst: null };
}
