/** Reports as text. Returns strings; cli prints them. */
import { visibleJson } from '../../graphs/text/visible.ts';
import type { Finding, JudgedCase, Skipped } from '../findings/finding.ts';
import type { Alignment } from '../validation/alignment.ts';
import type { CompareReport } from '../validation/compare.ts';
import { sweptName } from '../validation/sweep.ts';
import type { GraphReport } from '../validation/validate-graph.ts';
import type { ValidateReport } from '../validation/validate-graphs.ts';
import type { VerdictKind } from '../verdict/verdict.ts';
import { formatInputs } from './inputs-text.ts';
import { count, percent, showNumber } from './numbers.ts';
import {
  elementText,
  formatOpen,
  isOpen,
  openInCompare,
  openInValidate,
  type TextOptions,
} from './open.ts';
import { formatUnreached, unreachedNote } from './unreached.ts';

/** Verdicts in words, for people who have not read the design. */
export const verdictWords: Record<VerdictKind, string> = {
  identical: 'identical to the bit',
  within: 'within the derived budget',
  tie: 'ties broken otherwise',
  undecided: 'open: the data do not settle it',
  suspect: 'outside the likely range of rounding',
  beyond: 'beyond what rounding can do',
};

/** One finding: pass, instruction, element, numbers, the diff of the region, the replay line. */
export function formatFinding(f: Finding): string {
  const where = f.step < 0 ? f.pass : `${f.pass} (step ${f.step})`;
  const on = `${sweptName(f.graph, f.sizes)}, ${f.backend}, ${casesText(f)}`;
  const lines = [`${f.verdict.toUpperCase()} ${where} on ${on}`];
  const line = (label: string, text: string) => lines.push(`  ${label.padEnd(12)}${text}`);
  if (isOfLines(f)) {
    line('instruction', `%${f.instruction}`);
    line('before', String(f.before || '(none)'));
    line('after', String(f.after || '(none)'));
  } else if (f.kind !== 'broken') {
    const output = f.output > 0 ? ` output ${f.output}` : '';
    const at = `${output}[${f.index}]`;
    const place = f.instruction.includes('/')
      ? `, seen in the result at${output || ' '}[${f.index}]`
      : at;
    line('instruction', `%${f.instruction}${place}, ${elementsOutside(f)}`);
    line('before', showNumber(f.before));
    line('after', showNumber(f.after));
    line('exact', showNumber(f.exact));
    line('budget use', `${showNumber(f.budgetUse)} under contract ${f.contract}`);
  }
  if (f.source) line('source', f.source);
  if (f.note) line('note', f.note);
  line('replay', f.replay);
  if (f.diff && !isOfLines(f)) lines.push('', ...shortened(f.diff).map((l) => `    ${l}`));
  return lines.join('\n');
}

/** Whether a finding rests on lines of the modules rather than on values. */
function isOfLines({ kind, exact }: Finding): boolean {
  return (kind === 'effect' || kind === 'promise') && exact === '';
}

/** `case typical-1`, and how many others show it. */
function casesText({ case: worst, cases = [] }: Finding): string {
  if (cases.length < 2) return `case ${worst}`;
  const others = cases.length - 1;
  return `case ${worst} (and ${others} ${others === 1 ? 'other' : 'others'})`;
}

/** One line for a graph on a backend. */
export function formatGraphLine(g: GraphReport): string {
  const changed = new Set(g.passes.filter((p) => p.changed).map((p) => p.step)).size;
  const steps = new Set(g.passes.map((p) => p.step)).size;
  const cases = new Set(g.passes.map((p) => p.case)).size;
  const open = { undecided: g.counts.checked - g.counts.decided, skipped: g.skipped };
  const name = `${sweptName(g.graph, g.sizes)} × ${g.backend}`.padEnd(34);
  const passes = `${changed} of ${steps} passes changed it`.padEnd(32);
  const verdict = g.verdict === 'undecided' ? '' : `  ${g.verdict}`;
  return `${markOf(g.findings, open)} ${name} ${passes} ${cases} cases${verdict}${openNote(open)}`;
}

/** What of a report stayed open. */
export interface Openness {
  readonly undecided: number;
  readonly skipped: readonly Skipped[];
}

/** The word in front of a line: `ok` only where everything that was touched was decided. */
export function markOf(findings: readonly Finding[], open: Openness): string {
  if (findings.length) return 'FAIL';
  return openText(open) ? 'open' : 'ok  ';
}

/** What stayed open, to stand behind a line. */
export function openNote(open: Openness): string {
  const text = openText(open);
  return text && `  open: ${text}`;
}

function openText({ undecided, skipped }: Openness): string {
  const unjudged = new Set(skipped.filter((s) => s.open).map((s) => s.what)).size;
  const parts = [
    ...(undecided
      ? [`${count(undecided)} ${undecided === 1 ? 'element' : 'elements'} undecided`]
      : []),
    ...(unjudged ? [`${unjudged} ${unjudged === 1 ? 'change' : 'changes'} not judged`] : []),
  ];
  return parts.join(', ');
}

/** How a run of many passes ended, in one sentence; it is no pass while something is open. */
export function outcomeText(
  report: Openness & { readonly checked: number; readonly findings: readonly Finding[] },
): string {
  const open = openText(report);
  const { findings, checked } = report;
  if (findings.length) {
    const passes = [...new Set(findings.map((f) => f.pass))].join(', ');
    const found = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`;
    return `${found}; blamed: ${passes}.${open && ` Open beside: ${open}.`}`;
  }
  if (open) return `No finding, but open: ${open}.`;
  if (checked === 0) return 'No finding, but nothing was compared either.';
  return 'No finding: no pass changed a result beyond what it promises.';
}

/** What stands under the lines of the graphs. */
export function formatValidate(report: ValidateReport, options: TextOptions = {}): string {
  const blocks = byPass(report.findings).map(({ first, more }) =>
    more
      ? `${formatFinding(first)}\n  (and ${more} more of this pass on this graph)`
      : formatFinding(first),
  );
  const { checked, decided, ties, skipped } = report;
  blocks.push(...formatInputs(report.graphs));
  const never = unreachedNote(report.graphs.flatMap((g) => g.unreached));
  const share = `${percent(decided)} of ${count(checked)} elements decided${never}`;
  blocks.push(...formatOpen(openInValidate(report), options), ...formatSkipped(skipped));
  const { graphs } = report;
  blocks.push(...formatUnreached(graphs.map((g) => ({ of: `${g.graph}: `, ...g }))));
  const runs = `${report.graphs.length} graph × backend runs`;
  const tied = ties ? `, ${ties} ties` : '';
  blocks.push(`${runs}, ${share}${tied}${wholesText(report)}.\n${outcomeText(report)}`);
  return blocks.join('\n\n');
}

/** `; 61 of 144 whole results judged beside the passes`. */
function wholesText({ graphs }: ValidateReport): string {
  const cases = graphs.reduce((n, g) => n + new Set(g.passes.map((p) => p.case)).size, 0);
  const judged = graphs.reduce((n, g) => n + g.endToEnd.length, 0);
  return judged === cases ? '' : `; ${judged} of ${cases} whole results judged beside the passes`;
}

/** A comparison: a line a case, what is open, what was skipped, findings, the outcome. */
export function formatCompare(report: CompareReport, options: TextOptions = {}): string {
  const blocks = [caseLines(report.cases).join('\n'), ...formatInputs([report])];
  blocks.push(...formatOpen(openInCompare(report), options), ...formatSkipped(report.skipped));
  blocks.push(...formatUnreached([{ of: '', ...report }]));
  blocks.push(...report.findings.slice(0, shownFindings).map(formatFinding));
  const more = report.findings.length - shownFindings;
  if (more > 0) blocks.push(`… and ${more} more findings (--json has them all)`);
  return [...blocks, compareOutcome(report)].join('\n\n');
}

/** Findings that are printed in full; --json has them all. */
export const shownFindings = 3;

function compareOutcome(report: CompareReport): string {
  if (report.checked === 0 && report.skipped.length + report.findings.length === 0) {
    return 'the same function of the same parameters: nothing had to be run.';
  }
  const never = unreachedNote(report.unreached);
  const share = `${percent(report.decided)} of ${count(report.checked)} elements decided${never}`;
  const open = report.verdict === 'undecided' ? '' : openNote(report).replace(/^ {2}/, '; ');
  const outcome = `${verdictWords[report.verdict]} (contract ${report.contract}); ${share}${open}.`;
  return `${outcome}\n${alignmentText(report.aligned)}`;
}

/** `judged region by region: 12 regions`. */
function alignmentText({ regions, contradicted, whole }: Alignment): string {
  const many = `${regions} ${regions === 1 ? 'region' : 'regions'}`;
  const how = whole ? 'judged as wholes' : `judged region by region: ${many}`;
  const pairs = `${contradicted} inferred ${contradicted === 1 ? 'pair' : 'pairs'} of values`;
  return contradicted ? `${how}; the data contradict ${pairs}` : how;
}

/** A line a case; successive seeds of a kind of which nothing is to be told share one. */
export function caseLines(cases: readonly JudgedCase[]): string[] {
  const lines: { text: string; kind: string; verdict: string; first: string; last: string }[] = [];
  for (const c of cases) {
    const [, kind = c.case, seed = ''] = /^(.*)-(\d+)$/.exec(c.case) ?? [];
    const isPlain = c.verdict === 'identical' && !isOpen(c);
    const before = lines.at(-1);
    if (before && isPlain && before.kind === kind && before.verdict === c.verdict) {
      before.last = seed;
      before.text = caseLine({ ...c, case: `${kind}-${before.first} to ${seed}` });
    } else {
      const verdict = isPlain ? c.verdict : '';
      lines.push({ text: caseLine(c), kind, verdict, first: seed, last: seed });
    }
  }
  return lines.map((l) => l.text);
}

function caseLine(c: JudgedCase): string {
  const { worst, verdict } = c;
  const name = c.case.padEnd(20);
  const open = `${count(c.elements - c.decided)} of ${count(c.elements)} elements undecided`;
  if (verdict === 'undecided') {
    return `${name} ${'open'.padEnd(10)}  ${open}${worst ? `, at ${elementText(worst)}` : ''}`;
  }
  const used = worst && worst.budgetUse > 0;
  const use = used ? `  budget use ${showNumber(worst.budgetUse)} at ${elementText(worst)}` : '';
  return `${name} ${verdict.padEnd(10)}${use}${isOpen(c) ? `  (${open})` : ''}`.trimEnd();
}

/** What was not judged, at most 20 lines of it; empty where all was. */
export function formatSkipped(skipped: readonly Skipped[]): string[] {
  if (skipped.length === 0) return [];
  const lines = skipped.slice(0, 20).map(({ what, why }) => `  ${what}: ${why}`);
  const rest = skipped.length > 20 ? [`  … and ${skipped.length - 20} more`] : [];
  return [['Not judged:', ...lines, ...rest].join('\n')];
}

/** A JSON document of a report: NaN, infinities and negative zero as text, no module bodies. */
export function toJson(report: object): string {
  const text = JSON.stringify(
    report,
    (_key, value: unknown) => {
      if (typeof value === 'bigint') return String(value);
      if (Object.is(value, -0)) return '-0';
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    },
    2,
  );
  return visibleJson(text);
}

function elementsOutside({ outside }: Finding): string {
  return outside === 1 ? '1 element outside' : `${outside} elements outside`;
}

function shortened(diff: string): string[] {
  const lines = diff.trimEnd().split('\n');
  const cut =
    lines.length > 40 ? [...lines.slice(0, 40), `… ${lines.length - 40} more lines`] : lines;
  return cut.map((l) => (l.length > 160 ? `${l.slice(0, 157)}…` : l));
}

/** The first finding of each pass on each graph and backend, and how many there are beside it. */
function byPass(findings: readonly Finding[]): { first: Finding; more: number }[] {
  const groups = new Map<string, { first: Finding; more: number }>();
  for (const f of findings) {
    const key = `${sweptName(f.graph, f.sizes)} ${f.backend} ${f.pass} ${f.step}`;
    const known = groups.get(key);
    if (known) known.more++;
    else groups.set(key, { first: f, more: 0 });
  }
  return [...groups.values()];
}
