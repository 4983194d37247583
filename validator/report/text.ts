/** Reports as text. Returns strings; cli prints them. */
import type { ElementVerdict, Shown, VerdictKind } from '../judge/verdict.ts';
import type { CompareReport } from '../session/compare.ts';
import type { Finding, Skipped } from '../session/finding.ts';
import { sweptName } from '../session/sweep.ts';
import type { ValidateReport } from '../session/validate.ts';
import type { GraphReport } from '../session/validate-graph.ts';

/** Verdicts in words, for people who have not read the design. */
const meaning: Record<VerdictKind, string> = {
  identical: 'identical to the bit',
  within: 'within the derived budget',
  tie: 'ties broken otherwise',
  undecided: 'undecided: the data do not settle it',
  suspect: 'outside the likely range of rounding',
  beyond: 'beyond what rounding can do',
};

/** One finding: pass, instruction, element, numbers, the diff of the region, the replay line. */
export function formatFinding(f: Finding): string {
  const where = f.step < 0 ? f.pass : `${f.pass} (step ${f.step})`;
  const lines = [
    `${f.verdict.toUpperCase()} ${where} on ${sweptName(f.graph, f.sizes)}, ${f.backend}, case ${f.case}`,
  ];
  const line = (label: string, text: string) => lines.push(`  ${label.padEnd(12)}${text}`);
  if (f.kind !== 'broken') {
    const output = f.output > 0 ? ` output ${f.output}` : '';
    line('instruction', `%${f.instruction}${output}[${f.index}], ${elementsOutside(f)}`);
    line('before', showNumber(f.before));
    line('after', showNumber(f.after));
    line('exact', showNumber(f.exact));
    line('budget use', `${showNumber(f.budgetUse)} under contract ${f.contract}`);
  }
  if (f.note) line('note', f.note);
  line('replay', f.replay);
  if (f.diff) lines.push('', ...shortened(f.diff).map((l) => `    ${l}`));
  return lines.join('\n');
}

/** One line for a graph on a backend. */
export function formatGraphLine(g: GraphReport): string {
  const changed = new Set(g.passes.filter((p) => p.changed).map((p) => p.step)).size;
  const steps = new Set(g.passes.map((p) => p.step)).size;
  const cases = new Set(g.passes.map((p) => p.case)).size;
  const mark = g.findings.length ? 'FAIL' : 'ok  ';
  const name = `${sweptName(g.graph, g.sizes)} × ${g.backend}`.padEnd(34);
  const passes = `${changed} of ${steps} passes changed it`.padEnd(32);
  const open = g.counts.checked - g.counts.decided;
  const verdict = g.verdict === 'undecided' ? 'within' : g.verdict;
  const rest = open ? `, ${open.toLocaleString('en')} elements undecided` : '';
  return `${mark} ${name} ${passes} ${cases} cases  ${verdict}${rest}`;
}

/** The summary under the lines of the graphs. */
export function formatValidate(report: ValidateReport): string {
  const blocks = groupFindings(report.findings).map(({ first, more }) =>
    more
      ? `${formatFinding(first)}\n  (and ${more} more of this pass on this graph)`
      : formatFinding(first),
  );
  const { checked, decided, ties, findings, skipped } = report;
  const share = `${percent(decided)} of ${checked.toLocaleString('en')} elements decided`;
  blocks.push(...formatSkipped(skipped));
  const passes = [...new Set(findings.map((f) => f.pass))];
  blocks.push(
    [
      `${report.graphs.length} graph × backend runs, ${share}${ties ? `, ${ties} ties` : ''}.`,
      findings.length
        ? `${findings.length} findings, ${meaning[report.verdict]}; blamed: ${passes.join(', ')}.`
        : 'No finding: no pass changed a result beyond what it promises.',
    ].join('\n'),
  );
  return blocks.join('\n\n');
}

export function formatCompare(report: CompareReport): string {
  const lines = report.cases.map(({ case: name, verdict, worst }) => {
    const use = worst && worst.budgetUse > 0 ? `  ${elementText(worst)}` : '';
    return `${name.padEnd(20)} ${verdict.padEnd(10)}${use}`;
  });
  const decided = `${percent(report.decided)} of ${report.checked.toLocaleString('en')} elements decided`;
  lines.push(...formatSkipped(report.skipped));
  lines.push(...report.findings.slice(0, 3).flatMap((f) => ['', formatFinding(f)]));
  const same = report.checked === 0 && report.skipped.length === 0;
  const outcome = same
    ? 'the same function of the same parameters: nothing had to be run'
    : `${meaning[report.verdict]} (contract ${report.contract}); ${decided}`;
  lines.push('', `${outcome}.`);
  return lines.join('\n');
}

export function formatSkipped(skipped: readonly Skipped[]): string[] {
  if (skipped.length === 0) return [];
  const lines = skipped.slice(0, 20).map(({ what, why }) => `  ${what}: ${why}`);
  const rest = skipped.length > 20 ? [`  … and ${skipped.length - 20} more`] : [];
  return [['Not judged:', ...lines, ...rest].join('\n')];
}

/** A share as a percentage that never rounds up to 100. */
export function percent(share: number): string {
  if (share === 1) return '100 %';
  return `${(Math.floor(share * 100_000) / 1000).toFixed(3)} %`;
}

/** A JSON document of a report: NaN and infinities as text, no module bodies. */
export function toJson(report: object): string {
  return JSON.stringify(
    report,
    (_key, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    },
    2,
  );
}

function elementText(e: ElementVerdict): string {
  const at = `output ${e.output}[${e.index}]`;
  const numbers = `before ${showNumber(e.before)}, after ${showNumber(e.after)}`;
  return `budget use ${showNumber(e.budgetUse)} at ${at}: ${numbers}, exact ${showNumber(e.exact)}`;
}

function elementsOutside({ outside }: Finding): string {
  return outside === 1 ? '1 element outside' : `${outside} elements outside`;
}

function showNumber(x: Shown): string {
  if (typeof x === 'string') return x;
  return Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(9)));
}

function shortened(diff: string): string[] {
  const lines = diff.trimEnd().split('\n');
  const cut =
    lines.length > 40 ? [...lines.slice(0, 40), `… ${lines.length - 40} more lines`] : lines;
  return cut.map((l) => (l.length > 160 ? `${l.slice(0, 157)}…` : l));
}

/** The first finding of each pass on each graph and backend, and how many there are beside it. */
function groupFindings(findings: readonly Finding[]): { first: Finding; more: number }[] {
  const groups = new Map<string, { first: Finding; more: number }>();
  for (const f of findings) {
    const key = `${sweptName(f.graph, f.sizes)} ${f.backend} ${f.pass} ${f.step}`;
    const known = groups.get(key);
    if (known) known.more++;
    else groups.set(key, { first: f, more: 0 });
  }
  return [...groups.values()];
}
