/** A folder of StableHLO test files, run as a suite. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ConformanceReport, type Disabled, summarise, type TestResult } from '../report.ts';
import { apartReason, runText } from './run-text.ts';

/** Runs every .mlir file below a folder; `progress` is told each file before it is run. */
export function runStablehloSuite(
  directory: string,
  progress: (file: string, done: number, total: number) => void = () => {},
): ConformanceReport {
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory();
  if (!isDirectory) fail('file/no-directory', 'there is no such directory', { file: directory });
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mlir'))
    .sort();
  if (!files.length) fail('file/no-tests', 'there is no .mlir file below it', { file: directory });
  const results: TestResult[] = [];
  const disabled: Disabled[] = [];
  for (const [n, name] of files.entries()) {
    const file = relative('', join(directory, name));
    progress(file, n, files.length);
    const text = readFileSync(join(directory, name), 'utf8');
    const reason = apartReason(text);
    if (reason === undefined) results.push(...runText(text, file));
    else disabled.push({ file, reason });
  }
  return summarise('stablehlo', results, disabled);
}
