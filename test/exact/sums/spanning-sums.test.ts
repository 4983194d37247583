/**
 * Sums that span instructions: every form of a sum against every other one is right under
 * `reassociates` and `widens` on all kinds of cases, and one with a term lost, doubled or of the wrong
 * sign is wrong against any.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../../golden/cases.ts';
import { caseKinds } from '../../../golden/kinds/kinds.ts';
import { randomOf } from '../../../golden/kinds/random.ts';
import { reassociates, widens } from '../../../graphs/ir/contract.ts';
import { parseModule } from '../../../graphs/text/parser.ts';
import { sessionCase } from '../../../validator/validation/case.ts';
import { compareModules } from '../../../validator/validation/compare.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import { type Family, families } from '../../support/exact/spanning-sums.ts';
import { sumTree } from '../../support/exact/sum-trees.ts';

function moduleOf({ parameters, called = '' }: Family, body: string, type: string) {
  const add = 'add { a = T[] parameter(0)  b = T[] parameter(1)  ROOT s = T[] add(a, b) }';
  return parseModule(
    `HloModule m\n${add}\n${called}\nENTRY e { ${parameters}\n${body} }`.replaceAll(
      'T[',
      `${type}[`,
    ),
  );
}

function compared(
  family: Family,
  bodies: readonly string[],
  type: string,
  contract = reassociates,
) {
  const [before, after] = bodies.map((body) => moduleOf(family, body, type));
  const cases = Object.keys(caseKinds).map((k) =>
    sessionCase(generateCase(before!, k as never, 1)),
  );
  const names = { beforeName: 'before', afterName: 'after' };
  return compareModules({ ...names, before: before!, after: after!, contract, cases });
}

describe.each(families)('$name', (family) => {
  const forms = Object.entries(family.forms);
  const pairs = forms.flatMap(([b, before], n) => {
    const others = [1, 3, 7].map((step) => forms[(n + step) % forms.length]!);
    return others.map(([a, after]) => [b, a, before, after] as const);
  });

  it.each(pairs)('%s as %s', (_b, _a, before, after) => {
    for (const contract of [reassociates, widens]) {
      const { cases, findings } = compared(family, [before, after], 'f32', contract);
      expect(findings).toEqual([]);
      expect(cases.filter((c) => isFinding(c.verdict))).toEqual([]);
    }
  });

  const wrong = Object.entries(family.wrong).flatMap(([w, after], n) =>
    [0, 5, 11].map((step) => {
      const [b, before] = forms[(n + step) % forms.length]!;
      return [b, w, before, after] as const;
    }),
  );

  it.each(wrong)('%s against %s', (_b, _w, before, after) => {
    const { findings } = compared(family, [before, after], 'f32');
    expect(findings.length).toBeGreaterThan(0);
  });
});

/** Two arrangements, of all columns and of those that the second one has. */
function trees(seed: number, ends: readonly [number, number], size: readonly [number, number]) {
  const [rows, columns] = size;
  const texts = [
    sumTree(randomOf(seed, 'before'), rows, columns),
    sumTree(randomOf(seed, 'after'), rows, columns, ends),
  ];
  const [before, after] = texts.map((text) => parseModule(text.replaceAll('T[', 'f32[')));
  const kinds = ['lattice', 'typical', 'ties'] as const;
  const cases = kinds.map((k) => sessionCase(generateCase(before!, k, seed)));
  const names = { beforeName: 'before', afterName: 'after' };
  return compareModules({
    ...names,
    before: before!,
    after: after!,
    contract: reassociates,
    cases,
  });
}

it('two arrangements of the same terms are the same sum', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 12 }), (seed, columns) => {
      const { verdict, decided } = trees(seed, [0, columns], [5, columns]);
      expect(['identical', 'within']).toContain(verdict);
      expect(decided).toBe(1);
    }),
    { numRuns: 60 },
  );
});

it('an arrangement that lacks a term is another sum', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 3, max: 12 }), fc.boolean(), (seed, columns, first) => {
      const ends = first ? ([1, columns] as const) : ([0, columns - 1] as const);
      expect(isFinding(trees(seed, ends, [5, columns]).verdict)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
