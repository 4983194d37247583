/**
 * A conformance report as text: failures, what is no valid input, what is not supported by reason, a
 * table of ops, totals.
 */
import type { ConformanceReport, Failure, InvalidTest, OpScore } from './report.ts';

/** Reasons that are shown with all their tests; of the rest the number. */
const shownTests = 3;

/** The whole report; `brief` leaves out the table of ops and what is not supported. */
export function formatConformance(report: ConformanceReport, brief = false): string {
  const failures = report.failures.map(({ file, test, reason }) => {
    return `FAILED  ${[file, test].filter(Boolean).join(' ')}: ${reason}`;
  });
  const invalid = report.invalidTests.map((t) => `INVALID ${placeOf(t)}: ${t.reason}`);
  const rest = brief ? [] : [...unsupported(report), ...disabled(report), ...opTable(report.perOp)];
  return [...failures, ...invalid, ...rest, totals(report)].join('\n');
}

/** file:line:column, as compilers write it, and which test of the file. */
function placeOf({ file, test, line, column }: InvalidTest): string {
  const place = [file, line, column].filter((p) => p !== null).join(':');
  return [place, test].filter(Boolean).join(' ');
}

function totals(r: ConformanceReport): string {
  const supported = r.passed + r.failed;
  const share = supported ? `${((100 * r.passed) / supported).toFixed(2)} %` : 'none';
  const invalid = r.invalid ? `, ${r.invalid} invalid` : '';
  const counts = `${r.passed} passed, ${r.failed} failed, ${r.unsupported} unsupported${invalid}`;
  const apart = r.disabled.length ? `; ${r.disabled.length} files apart` : '';
  const held = r.checked ? `; ${r.checked} elements held, ${r.undecided} undecided` : '';
  return `${r.suite}: ${r.total} tests: ${counts} (${share} of the supported)${apart}${held}`;
}

/** Not supported, the same reasons together. */
function unsupported(report: ConformanceReport): string[] {
  const byReason = new Map<string, Failure[]>();
  for (const failure of report.unsupportedTests) {
    const reason = failure.reason.replace(/^line \d+: /, '');
    const known = byReason.get(reason);
    if (known) known.push(failure);
    else byReason.set(reason, [failure]);
  }
  return [...byReason].map(([reason, tests]) => {
    const named = tests.slice(0, shownTests).map((t) => [t.file, t.test].filter(Boolean).join(' '));
    const more = tests.length > shownTests ? ` and ${tests.length - shownTests} more` : '';
    return `unsupported  ${reason}: ${named.join(', ')}${more}`;
  });
}

function disabled(report: ConformanceReport): string[] {
  return report.disabled.map(({ file, reason }) => `apart  ${file}: ${reason}`);
}

function opTable(perOp: ConformanceReport['perOp']): string[] {
  const head = ['op', 'passed', 'failed', 'unsupported', 'worst ULP'];
  const rows = Object.entries(perOp).map(([op, score]) => [op, ...cells(score)]);
  const table = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  return table.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  '),
  );
}

function cells({ passed, failed, unsupported: refused, worstUlp }: OpScore): string[] {
  return [...[passed, failed, refused].map(String), worstUlp === null ? '' : ulpText(worstUlp)];
}

/** Whole units as they are, parts of one to three digits. */
function ulpText(ulp: number): string {
  return String(Number.isInteger(ulp) || ulp > 1000 ? Math.round(ulp) : Number(ulp.toPrecision(3)));
}
