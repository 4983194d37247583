/** What `assay check` prints: the case, what is open, findings, the verdict in words. */
import type { CheckReport } from '../validation/check.ts';
import { count, percent } from './numbers.ts';
import { formatOpen, openInCompare, type TextOptions } from './open.ts';
import { caseLines, formatFinding, formatSkipped, openNote, verdictWords } from './text.ts';

/** One case, so that nothing is told per case as formatCompare does. */
export function formatCheck(report: CheckReport, options: TextOptions = {}): string {
  const { cases, skipped, findings, verdict, contract, decided, checked } = report;
  const open = verdict === 'undecided' ? '' : openNote(report).replace(/^ {2}/, '; ');
  const share = `${percent(decided)} of ${count(checked)} elements decided`;
  return [
    caseLines(cases).join('\n'),
    ...formatOpen(openInCompare(report, '(check)'), options),
    ...formatSkipped(skipped),
    ...findings.map(formatFinding),
    `${verdictWords[verdict]} (contract ${contract}); ${share}${open}.`,
  ].join('\n\n');
}
