/**
 * What the check from end to end is worth. Where every pass was judged in place and decided, it can
 * find no more than a fault of the judging itself, and it costs more than all the passes: radii of a
 * whole module take some ten runs of it, samples thirty. So a large module is judged whole on its
 * first case and on those that a pass left open, and on others where the bits are the same; it is
 * sampled only to confirm a suspicion. Through many ops independent radii grow until they tell nothing:
 * what that leaves open is said in one line.
 */
import type { Module } from '../../graphs/ir/module.ts';
import type { Skipped } from '../findings/finding.ts';
import { workOf } from '../limits/work.ts';
import type { Judgement } from '../verdict/verdict.ts';
import type { SessionCase } from './case.ts';
import type { EndToEndRequest, WholeRecord } from './end-to-end.ts';

/**
 * The work (about 0.1 µs a unit) up to which all samples of a module cost less than judging its passes,
 * which takes tens of milliseconds however small it is.
 */
const maxSampledWork = 2 ** 14;

/** Below this share of its elements that radii decide, they tell nothing of a module. */
const tellingShare = 1 / 16;

/** Whether samples of a whole module are cheap against judging its passes. */
export function isCheapToSample(module: Module): boolean {
  const { total, depth } = workOf(module);
  return depth === 0 && total <= maxSampledWork;
}

/** Whether a large module is judged whole on a case, whatever that costs. */
export function isJudgedWhole(
  { name }: SessionCase,
  { cases, open }: Pick<EndToEndRequest, 'cases' | 'open'>,
): boolean {
  return name === cases[0]?.name || open.has(name);
}

/**
 * Whether radii told nothing of a whole result, as they do behind the first layers of a network that
 * may round at every value: on other cases they would cost as much, and tell as little.
 */
export function toldNothing({ decided, elements, outside }: Judgement): boolean {
  return outside === 0 && decided < tellingShare * elements;
}

/**
 * The results without the elements that have no radii that tell, and a line that says how many they
 * are. Cases that are `kept`, as they did not run or a pass itself left something undecided, stay.
 */
export function toldWorth(
  wholes: readonly WholeRecord[],
  kept: ReadonlySet<string>,
  what: string,
): { readonly wholes: readonly WholeRecord[]; readonly skipped: readonly Skipped[] } {
  const told = wholes.filter((w) => w.of === 'last' && !kept.has(w.case) && isPartly(w.judgement));
  if (told.length === 0) return { wholes, skipped: [] };
  const all = told.reduce((n, w) => n + w.judgement.elements, 0);
  const inside = told.reduce((n, w) => n + w.judgement.decided, 0);
  const why =
    `${inside} of ${all} elements lie inside the radii on ${told.map((w) => w.case).join(', ')}; ` +
    'the others have none that tell, and every pass was judged in place';
  const judged = wholes.flatMap((w) => {
    if (!told.includes(w)) return [w];
    const part = { ...w, judgement: decidedPart(w.judgement), reasons: [], open: [] };
    return w.judgement.decided > 0 ? [part] : [];
  });
  return { wholes: judged, skipped: [{ what, why }] };
}

/** Whether some of a judgement is undecided. */
export function isPartly({ decided, elements }: Judgement): boolean {
  return decided < elements;
}

/** A judgement of what is decided alone. */
function decidedPart(judgement: Judgement): Judgement {
  const { decided: elements } = judgement;
  if (judgement.verdict !== 'undecided') return { ...judgement, elements };
  return { ...judgement, verdict: 'within', elements, worst: null };
}
