/**
 * One finding for each pass, step and output: what one fault does on many cases is one thing to look
 * at. The worst case gives the numbers and the replay line; the others are listed.
 */
import { isGraver, type Shown } from '../verdict/verdict.ts';
import type { Finding, FindingCase } from './finding.ts';

/** Findings of the same pass, step and output as one each, in the order of their first ones. */
export function groupFindings(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const f of findings) {
    const { graph, backend, pass, step, kind, instruction, output } = f;
    const broken = kind === 'broken' || kind === 'effect' || kind === 'promise' ? f.note : '';
    const key = JSON.stringify([graph, backend, pass, step, instruction, output, broken]);
    const group = groups.get(key);
    if (group) group.push(f);
    else groups.set(key, [f]);
  }
  return [...groups.values()].map(asOne);
}

function asOne(group: readonly Finding[]): Finding {
  const [worst] = [...group].sort(worstFirst);
  const cases = group.flatMap(casesOf).sort(worstFirst);
  const byName = new Map<string, FindingCase>();
  for (const c of cases) if (!byName.has(c.case)) byName.set(c.case, c);
  return { ...worst!, cases: [...byName.values()] };
}

/** The cases that show a finding, grouped or not. */
export function casesOf(f: Finding): readonly FindingCase[] {
  const { case: name, verdict, outside, budgetUse } = f;
  return f.cases ?? [{ case: name, verdict, outside, budgetUse }];
}

type Ranked = Pick<FindingCase, 'verdict' | 'outside' | 'budgetUse'>;

function worstFirst(a: Ranked, b: Ranked): number {
  if (a.verdict !== b.verdict) return isGraver(a.verdict, b.verdict) ? -1 : 1;
  const [left, right] = [use(a.budgetUse), use(b.budgetUse)];
  if (left !== right) return right > left ? 1 : -1;
  return b.outside - a.outside;
}

/** A budget use as a number; what no number tells is the worst. */
function use(shown: Shown): number {
  const x = Number(shown);
  return Number.isNaN(x) ? Infinity : x;
}
