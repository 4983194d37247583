/**
 * What the check from end to end is worth. Through many ops independent radii grow until they tell
 * nothing, and samples cost some thirty runs: so a large module is sampled only to confirm a
 * suspicion, one that skips or adds roundings everywhere is only compared by bits, and what that
 * leaves open is said in one line. Every pass was judged at its own cut points.
 */
import type { Contract } from '../../graphs/ir/contract.ts';
import { entryOf, type Module } from '../../graphs/ir/module.ts';
import type { Judgement } from '../judge/verdict.ts';
import { workOf } from '../reference/work.ts';
import type { Skipped } from '../session/finding.ts';
import type { WholeContract } from '../session/judge-result.ts';
import type { WholeRecord } from './end-to-end.ts';

/**
 * The work (about 0.1 µs a unit) up to which all samples of a module cost less than judging its passes,
 * which takes tens of milliseconds however small it is.
 */
const maxSampledWork = 2 ** 14;

/**
 * Where every value may be rounded anew: the work from which on radii cost more than all passes
 * together, and from a lower one on where so many products follow one another that behind them no
 * radius tells anything.
 */
const maxRoundedWork = 2 ** 22;
const maxDeepWork = 2 ** 19;
const deepFrom = 8;

/** How a whole module is judged: what costs more than judging its passes is left out. */
export function worthOf(
  module: Module,
  { kind }: Contract,
): Pick<WholeContract, 'mustDecide' | 'bitsOnly'> {
  const { total, depth } = workOf(module);
  const rounds = kind === 'narrows' || kind === 'widens';
  return {
    mustDecide: depth === 0 && total <= maxSampledWork,
    bitsOnly: rounds && total > (productsInARow(module) < deepFrom ? maxRoundedWork : maxDeepWork),
  };
}

/** The longest chain of dots and convolutions of the entry, each of which depends on the one before. */
function productsInARow(module: Module): number {
  const rows = new Map<number, number>();
  let longest = 0;
  for (const { id, opcode, operands } of entryOf(module).instructions) {
    const own = opcode === 'dot' || opcode === 'convolution' ? 1 : 0;
    const row = operands.reduce((n, o) => Math.max(n, rows.get(o) ?? 0), 0) + own;
    rows.set(id, row);
    longest = Math.max(longest, row);
  }
  return longest;
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
  const told = wholes.filter((w) => !kept.has(w.case) && isPartly(w.judgement));
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
