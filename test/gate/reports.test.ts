/** Reports of one record: each is what its language wants, whatever the names are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GateRecord } from '../../validator/gate/record.ts';
import { gateAnnotations, gateSummary } from '../../validator/report/gate-github.ts';
import { gateHtml } from '../../validator/report/gate-html.ts';
import { gateJunit } from '../../validator/report/gate-junit.ts';
import { shade } from '../../validator/report/gate-plots.ts';
import { gateSarif } from '../../validator/report/gate-sarif.ts';
import { formatGate } from '../../validator/report/gate-text.ts';
import { recordOf, rules } from '../support/gate/records.ts';
import { sarifComplaints } from '../support/sarif.ts';
import { type Element, elements, parseXml } from '../support/xml.ts';

/** Names that mean harm in one language or another. */
const hostile = [
  'm.onnx',
  '</pre><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "a' onload='x",
  ']]><!--&amp;&bogus;',
  '::error file=x::y\n::set-output name=a::b',
  'a,b:c%0A::warning::z\r\n',
  '| x | `y` | [z](k:l) ![i](j) **b** <b>\n\n# h',
  '\u0000\u001b[2J\u202e\ufffe\ud800',
  '@everyone #1 ~~~\n```',
  'C:\\models\\ä ö #?.onnx',
  '/abs/ü%.onnx',
] as const;

const each = hostile.map((name) => [JSON.stringify(name), name] as const);
const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });

/** Holds of the names listed, and of any. */
function holds(law: (record: GateRecord, name: string) => void): void {
  for (const name of hostile) law(recordOf(name), name);
  fc.assert(
    fc.property(anything, (name) => {
      law(recordOf(name), name);
    }),
    { numRuns: 60, seed: 1 },
  );
}

describe('JUnit', () => {
  it.each(each)('is read back, with every failure in it: %s', (_, name) => {
    const record = recordOf(name);
    const root = parseXml(gateJunit(record));
    const [cases, failures] = ['testcase', 'failure'].map((n) => elements(root, n));
    expect(Number(root.attributes.tests)).toBe(cases!.length);
    expect(Number(root.attributes.failures)).toBe(failures!.length);
    expect(new Set(failures!.map((f) => f.attributes.type))).toEqual(
      new Set([...rules, 'undecided']),
    );
    expect(elements(root, 'error')).toHaveLength(1);
    const names = elements(root, 'testsuite').map((s) => s.attributes.name);
    expect(names).toHaveLength(record.graphs.length + 1);
  });

  it('is well-formed, whatever the names', () => {
    holds((record) => void parseXml(gateJunit(record)));
  });

  it('of what passed has no failure', () => {
    const passed = { ...recordOf('m'), outcome: 'passed' as const, failures: [], findings: [] };
    const graphs = passed.graphs.filter((g) => g.state === 'passed');
    const root = parseXml(gateJunit({ ...passed, graphs }));
    expect(root.attributes).toMatchObject({ tests: '4', failures: '0', errors: '0' });
  });
});

describe('SARIF', () => {
  const parsed = (record: GateRecord) => JSON.parse(gateSarif(record));

  it.each(each)('keeps the rules of the schema, and has a result a finding: %s', (_, name) => {
    const log = parsed(recordOf(name));
    expect(sarifComplaints(log)).toEqual([]);
    const { results } = log.runs[0];
    expect(results.map((r: { ruleId: string }) => r.ruleId)).toEqual(
      rules.flatMap((rule) => [`assay/${rule}`, `assay/${rule}`]),
    );
  });

  it('keeps them whatever the names', () => {
    holds((record) => expect(sarifComplaints(parsed(record))).toEqual([]));
  });

  it('has fingerprints of what a finding is about: not of its version, numbers or case', () => {
    const print = (change: object) => {
      const record = recordOf('m');
      const [finding] = record.findings;
      const log = parsed({ ...record, findings: [{ ...finding!, rule: 'kernels', ...change }] });
      return log.runs[0].results[0].partialFingerprints['assayGateFinding/v1'];
    };
    const same = [{}, { after: 7, budgetUse: 2, case: 'other', toolchain: 'x@2.0.0', known: true }];
    expect(new Set(same.map(print)).size).toBe(1);
    const others = [
      {},
      { graph: 'n' },
      { name: 'z' },
      { output: 1 },
      { rule: 'result', pass: '(result)' },
    ];
    expect(new Set(others.map(print)).size).toBe(others.length);
  });
});

describe('GitHub', () => {
  it('gets commands of one line each, from which the texts are read back', () => {
    holds((record, name) => {
      const lines = gateAnnotations(record).split('\n').slice(0, -1);
      expect(lines).toHaveLength(record.findings.length + 2);
      for (const line of lines) {
        const [, kind, properties, data] = /^::(error|warning|notice) ((?:[^:]|%3A)*?)::(.*)$/.exec(
          line,
        )!;
        expect([kind, properties!.split(',').length <= 2]).toEqual([kind, true]);
        expect(data).not.toMatch(/\r|%(?!25|0D|0A)/);
      }
      const first = lines[0]!.split('::')[2]!;
      const text = first.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
      if (/^[\w.]+$/.test(name)) expect(text).toContain(name);
    });
  });

  it('gets a summary in which no name is markup', () => {
    holds((record, name) => {
      const summary = gateSummary(record);
      const rows = summary.split('\n').filter((l) => l.startsWith('|'));
      expect(rows.map((r) => r.split('|').length)).toEqual(rows.map(() => 5));
      const tags = new Set([...summary.matchAll(/<[^>]*>/g)].map(([tag]) => tag));
      const own = ['<details>', '<summary>', '</summary>', '<pre>', '<br>', '</pre>', '</details>'];
      expect([...tags].filter((t) => !own.includes(t))).toEqual([]);
      if (/[`*[\]@]/.test(name)) expect(summary.replaceAll(/&#\d+;/g, '')).not.toMatch(/[`*[\]@]/);
    });
  });
});

describe('the page', () => {
  const safe = [
    'html',
    'head',
    'meta',
    'title',
    'style',
    'body',
    'main',
    'header',
    'h1',
    'h2',
    'h3',
    'p',
    'span',
  ];
  const more = [
    'div',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
    'b',
    'section',
    'dl',
    'dt',
    'dd',
    'figure',
  ];
  const rest = [
    'figcaption',
    'svg',
    'rect',
    'circle',
    'line',
    'text',
    'title',
    'pre',
    'details',
    'summary',
    'ul',
    'li',
    'i',
  ];
  const known = new Set([...safe, ...more, ...rest]);
  const all = (e: Element): Element[] => [e, ...e.children.flatMap(all)];

  it('is well-formed, and has nothing but what it may have, whatever the names', () => {
    holds((record) => {
      for (const e of all(parseXml(gateHtml(record)))) {
        expect(known).toContain(e.name);
        expect(Object.keys(e.attributes).filter((a) => /^on|^src$|^href$/.test(a))).toEqual([]);
      }
    });
  });

  it('loads nothing', () => {
    expect(gateHtml(recordOf('m.onnx'))).not.toMatch(/http|url\(|@import|<script|<link|<img/i);
  });

  it('shows verdicts, findings, maps, diffs, errors, coverage and the lines that replay', () => {
    const root = parseXml(gateHtml(recordOf('m.onnx')));
    const text = root.text.replace(/\s+/g, ' ');
    for (const what of ['Verdicts', 'Findings', 'Errors by case', 'Coverage', 'Never executed']) {
      expect(text).toContain(what);
    }
    const classes = all(root).map((e) => e.attributes.class ?? '');
    expect(classes.filter((c) => c === 'map')).toHaveLength(2 * rules.length);
    expect(classes.filter((c) => c === 'diff')).toHaveLength(2 * rules.length);
    expect(classes.filter((c) => c === 'replay')).toHaveLength(2 * rules.length);
    expect(elements(root, 'circle').length).toBeGreaterThan(8);
  });

  it('has shades that begin at the limit to be warm', () => {
    expect([0, 0.05, 0.5, 1, 1.01, 50, Infinity].map(shade)).toEqual([0, 1, 2, 2, 3, 4, 5]);
  });
});

describe('the text', () => {
  it('tells every failing finding with its replay line, and those that the baseline has', () => {
    const text = formatGate(recordOf('m.onnx'));
    expect(text.match(/^ {2}replay {6}m\.onnx$/gm)).toHaveLength(rules.length);
    expect(text.match(/the baseline as well/g)).toHaveLength(rules.length);
    expect(text).toMatch(/FAILED: m\.onnx; more than 1 %/);
  });
});
