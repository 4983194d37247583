/**
 * Constants that XLA left out of the text (`{...}`) are given values by their names. One that a pass
 * made itself, by folding or merging others, then has nothing to do with what it was made of: what
 * depends on it cannot be judged, and is reported as not judged.
 */
import type { Flow } from '../../graphs/flow/flow.ts';
import type { Numbering } from '../../graphs/flow/numbering.ts';
import type { RegionResult } from '../cut/check-region.ts';
import type { CaseResult, TransitionResult } from '../cut/transition.ts';
import { combine, nothingJudged } from '../judge/verdict.ts';

const reason =
  'a constant that the pass made is elided in the text; dump with --xla_dump_large_constants';

/** The same result with the regions that read new elided constants set aside. */
export function withoutElided(
  result: TransitionResult,
  before: Flow,
  numbering: Numbering,
): TransitionResult {
  const made = (n: number) => isElided(n, numbering) && !before.position.has(n);
  const touched = new Set(result.cut.regions.filter((r) => r.afterCone.some(made)));
  if (touched.size === 0) return result;
  const cases = result.cases.map((c): CaseResult => {
    const regions = c.regions.map((r) => (touched.has(r.region) ? setAside(r) : r));
    const judgement = combine(regions.map((r) => r.judgement));
    return { ...c, regions, judgement, disagreements: [] };
  });
  return { ...result, cases };
}

function isElided(number: number, numbering: Numbering): boolean {
  const { instruction } = numbering.term(number);
  return instruction.opcode === 'constant' && instruction.attrs.literal.kind === 'elided';
}

function setAside({ region }: RegionResult): RegionResult {
  return { region, judgement: nothingJudged, reasons: [reason], skipped: true };
}
