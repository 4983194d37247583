/**
 * Equivalent pairs in ONNX's suite: `X_expanded` is the function that defines X written out in
 * simpler ops. Both are compared as two modules on the test's own data, like `assay compare`, as two
 * formulas of one function: the variance of a layer normalization is E[(x−E[x])²] in one of them, and
 * E[x²]−E[x]² in the other.
 */
import { existsSync } from 'node:fs';
import { declaring, reassociates } from '../../../graphs/ir/contract.ts';
import { AssayError } from '../../../graphs/ir/diagnostic.ts';
import { type CompareReport, compareModules } from '../../validation/compare.ts';
import { importFor, loadTest } from './test-case.ts';

/** Two models by the names of their folders, and what comparing them gave. */
export interface PairResult {
  readonly before: string;
  readonly after: string;
  /** Undefined where one of the two is not supported. */
  readonly report: CompareReport | undefined;
  /** Why there is no report. */
  readonly reason?: string;
}

const contract = declaring(reassociates, 'algebra');

/** The pairs among test folders: each folder `X` for which an `X_expanded` (or `_ver18`) exists. */
export function findPairs(folders: readonly string[]): readonly (readonly [string, string])[] {
  return folders.flatMap((after) => {
    const before = after.replace(/_expanded(_ver\d+)?$/, '');
    return before !== after && existsSync(before) ? [[before, after] as const] : [];
  });
}

/** Compares a pair on its first data set; inputs that either must know are fixed in both. */
export function comparePair(beforeFolder: string, afterFolder: string): PairResult {
  const names = { before: beforeFolder, after: afterFolder };
  try {
    const [x, y] = [loadTest(beforeFolder), loadTest(afterFolder)];
    const set = x.dataSets[0]!;
    const first = [importFor(x, set), importFor(y, set)];
    const all = Object.keys(first[0]!.given);
    const fixed = all.filter((name) => first.some((m) => !m.inputs.includes(name)));
    const [before, after] = [importFor(x, set, fixed), importFor(y, set, fixed)];
    const inputs = before.inputs.map((name) => before.given[name]!);
    const report = compareModules({
      beforeName: beforeFolder,
      afterName: afterFolder,
      before: before.module,
      after: after.module,
      contract,
      cases: [{ name: 'test_data_set_0', inputs, options: '' }],
    });
    return { ...names, report };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { ...names, report: undefined, reason: error.message };
  }
}
