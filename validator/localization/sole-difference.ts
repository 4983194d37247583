/**
 * The same expression with one constant changed. Pairs of names that the data contradict are given
 * up, and the enclosing region may be wide enough to excuse what went wrong inside. But where both
 * sides are one expression, instruction by instruction, and differ in a single constant (or in the
 * attributes of a single op that moves or compares), no promise to compute alike explains that.
 */
import type { Numbering, ValueNumber } from '../../graphs/value-graph/numbering.ts';
import { combine } from '../verdict/verdict.ts';
import type { RegionResult } from './check-region.ts';
import type { CaseResult, PassStepResult } from './pass-step.ts';
import type { Region } from './regions.ts';

/** The two instructions that differ. */
export interface Difference {
  /** Numbers of the two instructions. */
  readonly before: ValueNumber;
  readonly after: ValueNumber;
}

/** Ops over the same operands whose attributes no reordering of arithmetic touches. */
const fixed: ReadonlySet<string> = new Set([
  ...['constant', 'iota', 'compare', 'slice', 'pad', 'broadcast', 'transpose', 'reverse'],
  ...['concatenate', 'gather', 'dynamic-slice', 'sort'],
]);

/** The same result, with what one changed constant explains counted as suspect. */
export function withSoleDifferences(result: PassStepResult, numbering: Numbering): PassStepResult {
  if (result.contradicted.length === 0) return result;
  const changed = new Map(
    result.cut.regions.map((r) => [r, soleDifference(r, numbering)] as const).filter(([, d]) => d),
  );
  if (changed.size === 0) return result;
  const cases = result.cases.map((c): CaseResult => {
    const regions = c.regions.map((r) => (changed.has(r.region) ? suspected(r) : r));
    return { ...c, regions, judgement: combine(regions.map((r) => r.judgement)) };
  });
  return { ...result, cases };
}

function suspected(result: RegionResult): RegionResult {
  const { judgement, reasons } = result;
  const { worst } = judgement;
  if (judgement.verdict !== 'within' || !worst) return result;
  const reason =
    'inside the budget, but both sides are one expression in which a single constant or attribute ' +
    'was changed';
  const element = { ...worst, verdict: 'suspect' } as const;
  const suspect = { ...judgement, verdict: 'suspect', outside: 1, worst: element } as const;
  return { ...result, judgement: suspect, reasons: [...reasons, reason] };
}

/** What alone sets the two sides of a region apart; undefined where it is not one such thing. */
export function soleDifference(region: Region, numbering: Numbering): Difference | undefined {
  const differences = new Map<string, Difference>();
  const seen = new Set<string>();
  const pending: Difference[] = [region];
  for (let pair = pending.pop(); pair; pair = pending.pop()) {
    const { before, after } = pair;
    const key = `${before}:${after}`;
    if (before === after || region.substitution.get(after) === before || seen.has(key)) continue;
    seen.add(key);
    const b = numbering.term(before);
    const a = numbering.term(after);
    if (b.operands.length !== a.operands.length) return undefined;
    if (b.local === a.local && b.operands.length > 0) {
      pending.push(...b.operands.map((o, n) => ({ before: o, after: a.operands[n]! })));
      continue;
    }
    const sameOperands = b.operands.every((o, n) => o === a.operands[n]);
    const opcode = b.instruction.opcode;
    if (!sameOperands || opcode !== a.instruction.opcode || !fixed.has(opcode)) return undefined;
    differences.set(key, { before, after });
  }
  return differences.size === 1 ? [...differences.values()][0] : undefined;
}
