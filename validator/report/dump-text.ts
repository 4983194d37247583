/** The report of a dump as text: a line for each module, then findings, what was not judged, a sum. */
import { formatDiagnostic } from '../../graphs/ir/diagnostic.ts';
import type { DumpModuleReport, DumpReport, WholeReport } from '../dump/report.ts';
import type { Skipped } from '../findings/finding.ts';
import { count, percent } from './numbers.ts';
import { formatOpen, openInDump, type TextOptions } from './open.ts';
import { formatFinding, formatSkipped, markOf, openNote, outcomeText } from './text.ts';
import { formatUnreached, unreachedNote } from './unreached.ts';

/** One line for a module of the dump. */
export function formatDumpModuleLine(m: DumpModuleReport): string {
  const open = { undecided: m.counts.checked - m.counts.decided, skipped: m.skipped };
  const bad = m.findings.length === 0 && m.errors.length > 0;
  const mark = bad ? 'BAD ' : markOf(m.findings, open);
  const states = `${m.states} states, ${m.unchanged} unchanged`.padEnd(26);
  const judged = `${m.transitions.length} transitions judged`.padEnd(24);
  const verdict = `${m.cases.length} cases${m.verdict === 'undecided' ? '' : `  ${m.verdict}`}`;
  return `${mark} ${m.module.padEnd(34)} ${states} ${judged} ${verdict}${openNote(open)}`;
}

/** What stands under the lines of the modules. */
export function formatDump(report: DumpReport, options: TextOptions = {}): string {
  const { findings, errors, skipped, unknownPasses, modules } = report;
  const blocks = findings.slice(0, shownFindings).map(formatFinding);
  if (findings.length > shownFindings) {
    blocks.push(`… and ${findings.length - shownFindings} more findings (--json has them all)`);
  }
  blocks.push(...errors.map(formatDiagnostic), ...formatOpen(openInDump(report), options));
  blocks.push(...formatSkipped(counted(skipped)));
  blocks.push(...formatUnreached(modules.map((m) => ({ of: `${m.module}: `, ...m }))));
  const notes = modules.flatMap((m) =>
    m.transitions.filter((t) => t.note).map((t) => noteOf(m, t)),
  );
  if (notes.length) blocks.push(['Notes:', ...[...new Set(notes)].slice(0, 20)].join('\n'));
  if (unknownPasses.length) {
    const held = 'Passes without a contract of their own, held to reassociates';
    blocks.push(`${held}: ${unknownPasses.join(', ')}`);
  }
  return [...blocks, summary(report)].join('\n\n');
}

const shownFindings = 10;

/** What was skipped for the same reason in several cases, once and with the count. */
function counted(skipped: readonly Skipped[]): readonly Skipped[] {
  const times = new Map<string, { skipped: Skipped; many: number }>();
  for (const s of skipped) {
    const key = `${s.what}: ${s.why}`;
    const { many = 0 } = times.get(key) ?? {};
    times.set(key, { skipped: s, many: many + 1 });
  }
  return [...times.values()].map(({ skipped: { what, why }, many }) => {
    return { what, why: many > 1 ? `${why} (${many} times)` : why };
  });
}

function noteOf({ module }: DumpModuleReport, { pass, note }: { pass: string; note: string }) {
  return `  ${module}: ${pass}: ${note}`;
}

function summary(report: DumpReport): string {
  const { modules, checked, decided, errors } = report;
  const recorded = modules.flatMap((m) => m.wholes.filter((w) => w.what === 'recorded outputs'));
  return [
    `${modules.length} modules, ${sum(modules.map((m) => m.states))} states, ` +
      `${sum(modules.map((m) => m.transitions.length))} transitions judged; ` +
      `${percent(decided)} of ${count(checked)} elements decided` +
      `${unreachedNote(modules.flatMap((m) => m.unreached))}.`,
    ...(recorded.length ? [recordedLine(recorded)] : []),
    ...(errors.length ? [`${errors.length} states could not be read.`] : []),
    outcomeText(report),
  ].join('\n');
}

function recordedLine(wholes: readonly WholeReport[]): string {
  const outside = wholes.filter(({ judgement }) => judgement.outside > 0).length;
  const all = `${wholes.length} recorded results against the exact one of before_optimizations`;
  return `${all}: ${outside === 0 ? 'all inside the budget' : `${outside} outside the budget`}.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
