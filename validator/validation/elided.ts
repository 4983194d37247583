/**
 * Constants that XLA left out of the text (`{...}`) are given values by their names. One that a pass
 * made itself, by folding or merging others, then has nothing to do with what it was made of: what
 * depends on it cannot be judged, and is reported as not judged.
 */

import { computationOf, type Instruction, type Module } from '../../graphs/ir/module.ts';
import { calledBy } from '../../graphs/ops/callees.ts';
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import type { ValueGraph } from '../../graphs/value-graph/value-graph.ts';
import type { RegionResult } from '../localization/check-region.ts';
import type { CaseResult, PassStepResult } from '../localization/pass-step.ts';
import { combine, nothingJudged } from '../verdict/verdict.ts';

/** Why something that depends on an elided constant is not judged. */
export const elidedReason =
  'a constant is elided in the text, its value unknown; dump with --xla_dump_large_constants';

/** Names of a module's elided constants. */
export function elidedNames(module: Module): Set<string> {
  const all = module.computations.flatMap((c) => c.instructions);
  return new Set(all.filter(isElided).map((i) => i.name));
}

/** The same result with the regions that read elided constants unknown to `before` set aside. */
export function withoutElided(
  result: PassStepResult,
  { before, after }: { readonly before: ValueGraph; readonly after: ValueGraph },
  numbering: Numbering,
): PassStepResult {
  const known = elidedNames(before.module);
  if ([...elidedNames(after.module)].every((name) => known.has(name))) return result;
  const made = (n: ValueNumber) => {
    const { instruction, module } = numbering.term(n);
    return elidedUnder(instruction, module).some((name) => !known.has(name));
  };
  const touched = new Set(result.cut.regions.filter((r) => r.afterCone.some(made)));
  if (touched.size === 0) return result;
  const cases = result.cases.map((c): CaseResult => {
    const regions = c.regions.map((r) => (touched.has(r.region) ? setAside(r) : r));
    const judgement = combine(regions.map((r) => r.judgement));
    return { ...c, regions, judgement, disagreements: [] };
  });
  return { ...result, cases };
}

/** Names of the elided constants that an instruction is or, by what it calls, holds. */
function elidedUnder(instruction: Instruction<number>, module: Module): string[] {
  if (isElided(instruction)) return [instruction.name];
  const bodies = calledBy(instruction).flatMap((c) => computationOf(module, c).instructions);
  return bodies.flatMap((i) => elidedUnder(i, module));
}

function isElided(i: Instruction<number>): boolean {
  return i.opcode === 'constant' && i.attrs.literal.kind === 'elided';
}

function setAside({ region }: RegionResult): RegionResult {
  return { region, judgement: nothingJudged, reasons: [elidedReason], open: [], skipped: true };
}
