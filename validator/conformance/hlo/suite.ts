/**
 * Any folder of HLO texts as an exam of the reference. Where XLA's own results are recorded beside a
 * module they must lie inside its budget; two modules that belong together must agree; any other module
 * must be sound, survive printing, and the reference must lie inside the radii of the exact mode.
 */
import { relative } from 'node:path';
import { type ConformanceReport, type Disabled, summarise, type TestResult } from '../report.ts';
import type { SuiteProgress } from '../suites.ts';
import { defaultBounds } from './examine.ts';
import { planOf } from './folders.ts';
import { type ExamOptions, runExam } from './run-exam.ts';
import { suiteIndex } from './suite-index.ts';

/** Runs every exam below a folder; `progress` is told each before it is run. */
export function runHloSuite(
  directory: string,
  progress: SuiteProgress = () => {},
  options: Partial<ExamOptions> = {},
): ConformanceReport {
  const { exams, apart } = planOf(directory);
  const invalid = suiteIndex();
  const all = { seed: 1, ...defaultBounds, ...options };
  const results: TestResult[] = [];
  const disabled: Disabled[] = [...apart];
  for (const [n, exam] of exams.entries()) {
    progress(exam.file, n, exams.length);
    const found = runExam(exam, all, invalid);
    results.push(...found.results);
    disabled.push(...found.apart);
  }
  const named = <T extends { readonly file: string }>(entry: T) => ({
    ...entry,
    file: relative('', entry.file),
  });
  return summarise('hlo', results.map(named), disabled.map(named));
}
