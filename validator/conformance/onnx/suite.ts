/** A folder of ONNX backend tests, run as a suite: every folder below it that holds a model.onnx. */

import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { isFolder, isRegularFile } from '../../../golden/store/files.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type ConformanceReport, summarise } from '../report.ts';
import { runTest } from './test-case.ts';

/** Runs every test below a folder; `progress` is told each test before it is run. */
export function runOnnxSuite(
  directory: string,
  progress: (file: string, done: number, total: number) => void = () => {},
): ConformanceReport {
  const folders = findTests(directory);
  const results = folders.map((folder, n) => {
    progress(basename(folder), n, folders.length);
    return { ...runTest(folder), file: relative('', folder) };
  });
  return summarise('onnx', results);
}

/** Folders that hold a model.onnx, in order; throws an AssayError where there is none. */
export function findTests(directory: string): readonly string[] {
  if (!isFolder(directory))
    fail('file/no-directory', 'there is no such directory', { file: directory });
  const found = testsBelow(directory);
  if (!found.length) fail('file/no-tests', 'there is no model.onnx below it', { file: directory });
  return found;
}

function testsBelow(directory: string): readonly string[] {
  if (isRegularFile(join(directory, 'model.onnx'))) return [directory];
  const entries = readdirSync(directory, { withFileTypes: true }).filter((e) => e.isDirectory());
  const names = entries.map((e) => e.name).sort();
  return names.flatMap((name) => testsBelow(join(directory, name)));
}
