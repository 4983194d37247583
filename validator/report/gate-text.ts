/** What `assay gate` prints: a line a graph, findings, what is known, open or not judged, the outcome. */
import type { GateFinding, GateGraph, GateRecord, GateSubject } from '../gate/record.ts';
import { formatInputs } from './inputs-text.ts';
import { count, percent, showNumber } from './numbers.ts';
import { formatFinding, formatSkipped } from './text.ts';
import { formatUnreached } from './unreached.ts';

const shownFindings = 10;

/** The report of a gate for people. */
export function formatGate(record: GateRecord): string {
  const { graphs, findings, skipped } = record;
  const failing = findings.filter((f) => f.fails);
  const others = findings.filter((f) => !f.fails);
  const blocks = [
    [titleOf(record), ...notesOf(record)].join('\n'),
    graphs.map(graphLine).join('\n'),
  ];
  blocks.push(...failing.slice(0, shownFindings).map(formatGateFinding));
  const more = failing.length - shownFindings;
  if (more > 0) blocks.push(`… and ${more} more findings (--json has them all)`);
  if (others.length) blocks.push(['No failure:', ...others.map(knownLine)].join('\n'));
  blocks.push(...openBlock(graphs), ...formatSkipped(skipped), ...formatInputs(graphs));
  blocks.push(
    ...formatUnreached(graphs.map((g) => ({ of: `${g.graph}: `, unreached: g.unreached }))),
  );
  return [...blocks.filter((b) => b !== ''), outcomeText(record)].join('\n\n');
}

/** `onnxruntime-node@1.30.0 at level all, against onnxruntime-node@1.26.0, under widens`. */
export function titleOf(record: GateRecord): string {
  const { toolchain, baseline, goldens, contract, dispatcher } = record;
  const routed = dispatcher === undefined ? [] : [`the variants of ${dispatcher}`];
  const own = toolchain ? [subjectText(toolchain)] : [];
  const what = [...routed, ...own].join(' on ') || 'recorded results';
  const against = baseline ? `, against ${baseline.spec}` : '';
  const from = goldens === null ? '' : `, on the goldens of ${goldens}`;
  return `${what}${against}${from}, under ${contract}`;
}

function subjectText({ spec, level, disabled }: GateSubject): string {
  const at = level === null ? '' : ` at level ${level}`;
  return `${spec}${at}${disabled.length ? ` without ${disabled.join(', ')}` : ''}`;
}

/** What a reader of the results must know. */
export function notesOf({ toolchain, baseline }: GateRecord): string[] {
  const subjects = [toolchain, baseline].filter((s) => s !== null);
  return subjects.flatMap((s) => s.notes.map((note) => `note: ${s.spec}: ${note}`));
}

const marks: Readonly<Record<GateGraph['state'], string>> = {
  passed: 'ok  ',
  failed: 'FAIL',
  open: 'open',
  'not judged': '??? ',
};

function graphLine(g: GateGraph): string {
  const head = `${marks[g.state]} ${g.graph.padEnd(34)}`;
  if (g.state === 'not judged') return `${head} not judged: ${g.why}`;
  return `${head} ${stateText(g)}`.trimEnd();
}

/** `12 cases  beyond (kernels)  open: 3 elements undecided`. */
export function stateText(g: GateGraph): string {
  const many = `${g.outcomes.length} ${g.outcomes.length === 1 ? 'case' : 'cases'}`;
  const bad = [...new Set(g.outcomes.map((o) => o.outcome))].filter((o) => o !== 'ok');
  const steps = g.steps.filter((s) => s.verdict === g.verdict && s.verdict !== 'identical');
  const where = steps.length ? ` (${steps.map((s) => s.step).join(', ')})` : '';
  const known = g.known && g.state !== 'failed' ? '  as the baseline' : '';
  const open = g.undecided ? `  open: ${count(g.undecided)} elements undecided` : '';
  return [many, ...bad, `${g.verdict}${where}`].join('  ') + known + open;
}

/** One finding: what failed, where, the numbers, the diff, the line that shows it again. */
export function formatGateFinding(f: GateFinding): string {
  if (f.rule === 'rewriting' && f.kind !== 'shape')
    return formatFinding(asFinding(f)).replace(' (step 0) ', ' ');
  const lines = [`${headOf(f)} on ${f.graph}, ${f.toolchain}${casesText(f)}`];
  const line = (label: string, text: string) => lines.push(`  ${label.padEnd(12)}${text}`);
  if (hasNumbers(f)) {
    line('output', `${f.name}[${f.index}]${f.outside ? `, ${outsideText(f)}` : ''}`);
    line('reference', showNumber(f.before));
    line('result', showNumber(f.after));
    line('exact', showNumber(f.exact));
    line('budget use', `${showNumber(f.budgetUse)} under contract ${f.contract}`);
  }
  if (f.baseline) line('baseline', baselineText(f.baseline));
  if (f.note) line('note', f.note);
  line('replay', f.replay);
  return lines.join('\n');
}

/** `BEYOND (kernels)`, `CRASHED (run)`. */
export function headOf(f: GateFinding): string {
  const byRule = hasNumbers(f) && f.kind !== 'growth' ? f.verdict : f.rule;
  const what = f.kind === 'shape' ? 'shape' : byRule;
  return `${what.toUpperCase()} ${f.pass}`;
}

/** Whether a finding rests on an element. */
export function hasNumbers({ kind, exact }: GateFinding): boolean {
  const wordy: readonly GateFinding['kind'][] = ['outcome', 'shape', 'golden', 'routing'];
  return !wordy.includes(kind) && exact !== '';
}

function asFinding(f: GateFinding) {
  const kind = f.kind as Parameters<typeof formatFinding>[0]['kind'];
  return { ...f, kind };
}

function outsideText({ outside }: GateFinding): string {
  return outside === 1 ? '1 element outside' : `${count(outside)} elements outside`;
}

function baselineText({ verdict, value, budgetUse }: NonNullable<GateFinding['baseline']>): string {
  const worst = value === undefined ? '' : `, at its worst element ${showNumber(value)}`;
  return `${verdict}, budget use ${showNumber(budgetUse)}${worst}`;
}

/** `, case typical-1 (and 3 others)`. */
export function casesText({ case: worst, cases = [] }: GateFinding): string {
  if (worst === '') return '';
  if (cases.length < 2) return `, case ${worst}`;
  const others = cases.length - 1;
  return `, case ${worst} (and ${others} ${others === 1 ? 'other' : 'others'})`;
}

function knownLine(f: GateFinding): string {
  const why = f.known ? 'the baseline as well' : 'suspect, which is allowed';
  const what = f.name ? ` ${f.name}` : '';
  return `  ${headOf(f)} on ${f.graph}${what}${casesText(f)}: ${why}${f.note && `; ${f.note}`}`;
}

function openBlock(graphs: readonly GateGraph[]): string[] {
  const lines = openLines(graphs);
  return lines.length ? [['Open:', ...lines.map((l) => `  ${l}`)].join('\n')] : [];
}

/** `m.onnx: 8 elements undecided on wide-1: no bound is known for the error that it may have`. */
export function openLines(graphs: readonly GateGraph[]): string[] {
  return graphs
    .filter((g) => g.undecided > 0)
    .map((g) => {
      const outputs = g.steps.filter((s) => s.step === 'result').flatMap((s) => s.outputs);
      const open = outputs.flatMap((o) => o.cases.filter((c) => c.undecided > 0));
      const names = [...new Set(open.map((c) => c.case))];
      const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
      const on = `${names.slice(0, 5).join(', ')}${more}`;
      const why = g.reasons.length ? `: ${g.reasons.join('; ')}` : '';
      return `${g.graph}: ${count(g.undecided)} elements undecided on ${on}${why}`;
    });
}

/** How the gate ended, in one sentence. */
export function outcomeText(record: GateRecord): string {
  const { graphs, checked, decided, outcome, failures } = record;
  const many = `${graphs.length} ${graphs.length === 1 ? 'graph' : 'graphs'}`;
  const share = `${many}, ${percent(decided)} of ${count(checked)} elements decided`;
  const end = { passed: 'PASSED', failed: 'FAILED', 'not judged': 'NOT JUDGED' }[outcome];
  return `${share}.\n${end}${failures.length ? `: ${failures.join('; ')}` : ''}.`;
}
