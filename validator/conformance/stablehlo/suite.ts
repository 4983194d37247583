/** A folder of StableHLO test files, run as a suite. */
import { relative } from 'node:path';
import { isFolder, readRegular, regularFilesBelow } from '../../../golden/store/files.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ConformanceReport, type Disabled, summarise, type TestResult } from '../report.ts';
import { apartReason, runText } from './run-text.ts';

/** Runs every .mlir file below a folder; `progress` is told each file before it is run. */
export function runStablehloSuite(
  directory: string,
  progress: (file: string, done: number, total: number) => void = () => {},
): ConformanceReport {
  if (!isFolder(directory))
    fail('file/no-directory', 'there is no such directory', { file: directory });
  const files = regularFilesBelow(directory).filter((path) => path.endsWith('.mlir'));
  if (!files.length) fail('file/no-tests', 'there is no .mlir file below it', { file: directory });
  const results: TestResult[] = [];
  const disabled: Disabled[] = [];
  for (const [n, path] of files.entries()) {
    const file = relative('', path);
    progress(file, n, files.length);
    const text = new TextDecoder().decode(readRegular(path));
    const reason = apartReason(text);
    if (reason === undefined) results.push(...runText(text, file));
    else disabled.push({ file, reason });
  }
  return summarise('stablehlo', results, disabled);
}
