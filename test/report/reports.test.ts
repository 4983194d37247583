/** What a report may say: "ok" only of what was decided, numbers and reasons of what was not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultCases } from '../../golden/cases.ts';
import { writeTensorFile } from '../../golden/store/files.ts';
import { nameTensors } from '../../golden/values.ts';
import { reassociates } from '../../graphs/ir/contract.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { DumpReport } from '../../validator/dump/report.ts';
import type { Finding, JudgedCase, OpenDecision } from '../../validator/findings/finding.ts';
import { groupFindings } from '../../validator/findings/group-findings.ts';
import { formatDump, formatDumpModuleLine } from '../../validator/report/dump-text.ts';
import { formatOpen, type OpenPlace } from '../../validator/report/open.ts';
import {
  formatCompare,
  formatFinding,
  formatGraphLine,
  formatValidate,
  toJson,
} from '../../validator/report/text.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import type { GraphReport } from '../../validator/validation/validate-graph.ts';
import { summarise } from '../../validator/validation/validate-graphs.ts';
import { isFinding, nothingJudged } from '../../validator/verdict/verdict.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const passes = 'No finding: no pass changed a result beyond what it promises.';

const half: JudgedCase = {
  case: 'ties-1',
  verdict: 'undecided',
  worst: {
    ...{ verdict: 'undecided', output: 0, type: 'f32', index: [3], budgetUse: 0, budget: 0 },
    ...{ before: 1, after: 'NaN', exact: -0 },
  },
  elements: 8,
  decided: 6,
  reasons: ['it rests on %keep'],
};
const whole: JudgedCase = {
  ...half,
  case: 'lattice-1',
  verdict: 'identical',
  decided: 8,
  reasons: [],
};

const near: OpenDecision = {
  ...{ instruction: 'keep', index: [3], margin: -0.002, spread: 0.001 },
  ...{ case: 'ties-1', why: 'p >= max(p) may be either' },
};

const judgement = { ...nothingJudged, verdict: 'undecided', elements: 8, decided: 6 } as const;

const graph: GraphReport = {
  ...{ graph: 'g', backend: 'cpu', verdict: 'undecided', findings: [], unreached: [], skipped: [] },
  counts: { checked: 8, decided: 6, ties: 0 },
  kinds: [],
  passes: [
    {
      ...{ pass: 'algsimp', step: 2, case: 'ties-1', contract: 'reassociates', changed: true },
      ...{ regions: 1, judgement: { ...judgement, worst: half.worst }, reasons: half.reasons },
      open: [near],
    },
  ],
  endToEnd: [],
};

const dumped: DumpReport = {
  ...{ verdict: 'undecided', checked: 8, decided: 0.75, undecided: 2, ties: 0 },
  ...{ skipped: [], findings: [], errors: [], unknownPasses: [] },
  modules: [
    {
      ...{ module: 'm', folder: 'd', cases: ['ties-1'], states: 2, unchanged: 0, wholes: [] },
      ...{ verdict: 'undecided', findings: [], unreached: [], skipped: [], errors: [] },
      unknownPasses: [],
      counts: { checked: 8, decided: 6, ties: 0 },
      transitions: [
        {
          ...{ pass: 'algsimp', step: 2, file: 'f', contract: 'reassociates', note: '' },
          ...{ verdict: 'undecided', regions: 1, contradicted: 0, cases: [half, whole] },
          counts: { checked: 16, decided: 14, ties: 0 },
        },
      ],
    },
  ],
};

describe('"ok" and "No finding"', () => {
  const settled = {
    ...graph,
    verdict: 'within',
    counts: { checked: 8, decided: 8, ties: 0 },
  } as const;

  it('are said where all was decided', () => {
    const decided = { ...settled, passes: [] };
    expect(formatGraphLine(decided)).toMatch(/^ok /);
    expect(formatValidate(summarise([decided]))).toContain(passes);
  });

  it('are not said of a graph in which an element stayed undecided', () => {
    expect(formatGraphLine(graph)).toMatch(/^open .*open: 2 elements undecided$/);
    const text = formatValidate(summarise([graph]));
    expect(text).not.toContain(passes);
    expect(text).toContain('No finding, but open: 2 elements undecided.');
    expect(text).toMatch(/algsimp \(step 2\): 2 of 8 elements undecided on ties-1\n/);
    expect(text).toContain('it rests on %keep');
    expect(text).toContain('before 1, after NaN, exact -0');
  });

  it('are not said of a dump in which an element stayed undecided', () => {
    expect(formatDumpModuleLine(dumped.modules[0]!)).toMatch(/^open .*open: 2 elements undecided$/);
    const text = formatDump(dumped);
    expect(text).not.toContain(passes);
    expect(text).toMatch(/m: algsimp \(step 2\): 2 of 8 elements undecided on ties-1\n/);
  });

  it('are not said where a change was not judged', () => {
    const skipped = [{ what: 'g: algsimp', why: 'it cannot be run', open: true }] as const;
    expect(formatGraphLine({ ...settled, skipped })).toMatch(/^open .*1 change not judged$/);
    expect(formatValidate(summarise([{ ...settled, skipped }]))).not.toContain(passes);
  });
});

describe('--explain', () => {
  const explained = (place: Partial<OpenPlace>) =>
    formatOpen([{ what: 'x', cases: [half, whole], decisions: [near], ...place }], {
      explain: true,
    }).join('\n');

  it('names the decision, its distance in spreads and the case that decides it', () => {
    const text = explained({});
    expect(text).toContain('%keep[3] on ties-1: margin -0.002, 2 of its spreads (0.001)');
    expect(text).toContain('p >= max(p) may be either');
    expect(text).toMatch(/decided by +lattice-1$/);
  });

  it('says what to run where no case decides it', () => {
    expect(explained({ cases: [half] })).toMatch(/decided by +none of the cases.*--cases all/);
  });

  it.each([
    ['a margin of zero', { margin: 0, spread: 0.5 }, 'on the threshold itself'],
    ['no spread', { margin: 0.5, spread: 0 }, 'margin 0.5, which no rounding moves'],
  ])('%s', (_, numbers, says) => {
    expect(explained({ decisions: [{ ...near, ...numbers }] })).toContain(says);
  });

  it('is left out unless asked for', () => {
    const text = formatOpen([{ what: 'x', cases: [half], decisions: [near] }], {}).join('\n');
    expect(text).not.toContain('decision');
  });
});

/** A module of one parameter x: f32[n] whose root is the given text. */
function module(n: number, body: string): string {
  return `HloModule m\nENTRY e {\n  x = f32[${n}] parameter(0)\n${body}\n}\n`;
}

describe('assay compare on a decision within rounding', () => {
  /** Floors of x + y + z, two added up, in one of two orders; where a sum is all but 1 they differ. */
  const added = (...body: readonly string[]) => `HloModule m
ENTRY e {
  x = f32[4] parameter(0)
  y = f32[4] parameter(1)
  z = f32[4] parameter(2)
  ${body.join('\n  ')}
}
`;
  const before = added(
    'p = f32[4] add(x, y)',
    's = f32[4] add(p, z)',
    'f = f32[4] floor(s)',
    'r = f32[4] reverse(f), dimensions={0}',
    'ROOT g = f32[4] add(f, r)',
  );
  const after = added(
    'q = f32[4] add(y, z)',
    'n = f32[4] negate(q)',
    't = f32[4] subtract(x, n)',
    'k = f32[4] floor(t)',
    'v = f32[4] reverse(k), dimensions={0}',
    'ROOT h = f32[4] add(v, k)',
  );
  const quarters = (...n: number[]) =>
    tensorOf(
      'f32',
      [4],
      n.map((k) => Math.fround(k / 40)),
    );
  const inputs = [quarters(1, 10, 10, 2), quarters(3, 10, 10, 5), quarters(36, 10, 10, 33)];

  it('is open, with its reason and its numbers, in text and in JSON', () => {
    const report = compareModules({
      ...{ before: parseModule(before), after: parseModule(after), contract: reassociates },
      ...{ beforeName: 'a', afterName: 'b' },
      cases: [{ name: 'whole', inputs, options: '--inputs x' }],
    });
    expect(report).toMatchObject({ undecided: 2, checked: 4, findings: [] });
    const [one] = report.cases;
    expect(one).toMatchObject({ verdict: 'undecided', decided: 2, elements: 4 });
    expect(one!.reasons.join()).toContain('%f');
    expect(one!.worst).toMatchObject({ verdict: 'undecided', index: [0] });
    const text = formatCompare(report);
    expect(text).toMatch(
      /^whole +open +2 of 4 elements undecided, at output 0\[0\]: before \d, after/,
    );
    expect(text).toMatch(/why +it rests on %f/);
  });

  it('tells which decisions are open, and how near', () => {
    const { open = [], ...report } = compareModules({
      ...{ before: parseModule(before), after: parseModule(after), contract: reassociates },
      ...{ beforeName: 'a', afterName: 'b' },
      cases: [{ name: 'whole', inputs, options: '--inputs x' }],
    });
    expect(open.map((d) => [d.instruction, d.index, d.case])).toEqual([
      ['f', [0], 'whole'],
      ['f', [3], 'whole'],
    ]);
    for (const { margin, spread } of open) expect(Math.abs(margin)).toBeLessThan(spread);
    const text = formatCompare({ ...report, open }, { explain: true });
    expect(text).toMatch(/decision +%f\[0\] on whole: margin .* of its spreads/);
    expect(text).toContain('%h depends on it');
  });

  it('says how the two were aligned', () => {
    const job = { beforeName: 'a', afterName: 'b', contract: reassociates };
    const cases = [{ name: 'whole', inputs, options: '--inputs x' }];
    const [a, b] = [before, after].map((text) => parseModule(text));
    const whole = compareModules({ ...job, before: a!, after: b!, cases });
    expect(whole.aligned).toEqual({ regions: 1, contradicted: 0, whole: true });
    expect(formatCompare(whole)).toContain('judged as wholes');
    const renamed = parseModule(after.replaceAll(/\bk\b/g, 'f'));
    const parts = compareModules({ ...job, before: a!, after: renamed, cases });
    expect(parts.aligned).toMatchObject({ regions: 2, whole: false });
    expect(formatCompare(parts)).toContain('judged region by region: 2 regions');
  });

  it('exits 1 where more is undecided than --max-undecided allows, else 0', async () => {
    const folder = temporaryFolder();
    const [a, b, recorded] = ['a.hlo', 'b.hlo', 'in.safetensors'].map((f) => join(folder, f));
    writeFileSync(a!, before);
    writeFileSync(b!, after);
    writeTensorFile(recorded!, nameTensors('arg', inputs));
    const compare = (...options: string[]) =>
      assay(['compare', a!, b!, '--inputs', recorded!, '--json', ...options]);
    expect((await compare()).exitCode).toBe(0);
    expect((await compare('--max-undecided', '100')).exitCode).toBe(0);
    expect((await compare('--max-undecided', '50')).exitCode).toBe(0);
    const over = await compare('--max-undecided', '49.9');
    expect(over.exitCode).toBe(1);
    expect(over.stderr).toMatch(/50 % of what the change touched is undecided, more than/);
    expect(JSON.parse(over.stdout)).toMatchObject({ verdict: 'undecided', undecided: 2 });
  });
});

describe('--max-undecided', () => {
  it.each(
    ['compare a b', 'validate', 'dump d'].flatMap((command) =>
      ['NaN', '-1', '', 'five', '100.5', 'Infinity'].map((limit) => ({ command, limit })),
    ),
  )('$command refuses "$limit"', async ({ command, limit }) => {
    const argv = [...command.split(' '), '--max-undecided', limit];
    expect((await assay(argv)).exitCode).toBe(2);
  });
});

describe('negative zero', () => {
  it('is shown as such in text and JSON', () => {
    const side = (sign: string) =>
      parseModule(module(2, `  ROOT c = f32[2] constant({1, ${sign}0})`));
    const report = compareModules({
      ...{ before: side(''), after: side('-'), beforeName: 'a', afterName: 'b' },
      contract: { kind: 'exact' },
      cases: [{ name: 'one', inputs: [tensorOf('f32', [2], [0, 0])], options: '' }],
    });
    expect(report.findings).toMatchObject([{ index: [1], before: 0, after: -0 }]);
    expect(formatCompare(report)).toMatch(/before +0\n +after +-0\n/);
    expect(JSON.parse(toJson(report)).findings[0]).toMatchObject({ before: 0, after: '-0' });
  });
});

describe('one fault on several cases', () => {
  const finding: Finding = {
    ...{ graph: 'g', backend: 'b', pass: 'p', step: 1, case: 'a', instruction: 'r', output: 0 },
    ...{ index: [0], before: 1, after: 2, exact: 1, budgetUse: 10, verdict: 'suspect' },
    ...{
      replay: 'assay a',
      kind: 'region',
      contract: 'reassociates',
      outside: 1,
      diff: '',
      note: '',
    },
  };
  const worse = {
    ...finding,
    case: 'b',
    verdict: 'beyond',
    budgetUse: 3,
    replay: 'assay b',
  } as const;
  const most = { ...worse, case: 'c', budgetUse: 'Infinity', replay: 'assay c' };

  it('is one finding with its cases, the worst of them first', () => {
    const [one, ...others] = groupFindings([finding, most, worse]);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ case: 'c', verdict: 'beyond', replay: 'assay c' });
    expect(one!.cases).toEqual([
      { case: 'c', verdict: 'beyond', outside: 1, budgetUse: 'Infinity' },
      { case: 'b', verdict: 'beyond', outside: 1, budgetUse: 3 },
      { case: 'a', verdict: 'suspect', outside: 1, budgetUse: 10 },
    ]);
    expect(formatFinding(one!)).toMatch(/^BEYOND p \(step 1\) on g, b, case c \(and 2 others\)\n/);
  });

  it.each([
    ['pass', 'q'],
    ['step', 2],
    ['output', 1],
    ['instruction', 's'],
    ['graph', 'h'],
    ['backend', 'c'],
  ])('is told apart from one at another %s', (field, value) => {
    expect(groupFindings([finding, { ...finding, [field]: value }])).toHaveLength(2);
  });

  it('stays one where groups are grouped again', () => {
    const once = groupFindings([finding, most, worse]);
    expect(groupFindings(once)).toEqual(once);
  });

  it('is so in compare', () => {
    const side = (op: string) => parseModule(module(4, `  ROOT r = f32[4] ${op}(x)`));
    const before = side('negate');
    const cases = defaultCases(before, 1).map(sessionCase);
    const report = compareModules({
      ...{ before, after: side('abs'), beforeName: 'a', afterName: 'b', cases },
      contract: reassociates,
    });
    expect(report.findings).toHaveLength(1);
    const wrong = report.cases.filter((c) => isFinding(c.verdict)).map((c) => c.case);
    expect(wrong.length).toBeGreaterThan(1);
    expect(report.findings[0]!.cases!.map((c) => c.case).sort()).toEqual(wrong.sort());
  });
});
