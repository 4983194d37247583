/**
 * Small pairs of modules with known answers, a folder each under cases/: wrong rewrites made to fool
 * the judge, which must be flagged on default cases, and right ones made to alarm it, which must be
 * silent, and decided, on all kinds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseContract } from '../../cli/options.ts';
import { defaultCases, generateCase } from '../../golden/cases.ts';
import { type CaseKind, caseKinds } from '../../golden/kinds/kinds.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { isFinding } from '../../validator/verdict/verdict.ts';

const root = fileURLToPath(new URL('cases/', import.meta.url));

interface Known {
  readonly contract: string;
  readonly expected: 'flag' | 'pass';
  readonly why: string;
}

const known = readdirSync(root)
  .sort()
  .map((name) => {
    const file = (part: string) => readFileSync(`${root}${name}/${part}`, 'utf8');
    return { name, file, ...(JSON.parse(file('case.json')) as Known) };
  });

function compared({ file, contract, expected }: (typeof known)[number]) {
  const [before, after] = ['before.hlo', 'after.hlo'].map((part) => parseModule(file(part)));
  const others = { others: [after!] };
  const all = Object.keys(caseKinds) as CaseKind[];
  const golden =
    expected === 'flag'
      ? defaultCases(before!, 1, others)
      : all.map((kind) => generateCase(before!, kind, 1, others));
  const cases = golden.map(sessionCase);
  const names = { beforeName: 'before.hlo', afterName: 'after.hlo' };
  const modules = { before: before!, after: after! };
  return compareModules({ ...names, ...modules, contract: parseContract(contract), cases });
}

describe('wrong rewrites are flagged on default cases', () => {
  it.each(known.filter((k) => k.expected === 'flag'))('$name: $why', (k) => {
    expect(isFinding(compared(k).verdict)).toBe(true);
  });
});

describe('right rewrites are silent, and decided, on all kinds', () => {
  it.each(known.filter((k) => k.expected === 'pass'))('$name: $why', (k) => {
    const { findings, decided } = compared(k);
    expect(findings).toEqual([]);
    expect(decided).toBe(1);
  });
});
