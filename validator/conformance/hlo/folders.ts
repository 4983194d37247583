/**
 * What a folder of HLO texts holds, told by its form: a dump with the results that XLA recorded, two
 * modules that are to agree, or texts that stand for themselves.
 */

import { basename, join } from 'node:path';
import { isFolder } from '../../../golden/store/files.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';
import { type DumpFolder, readFolders } from '../../dump/read.ts';
import { modulesOf } from '../../dump/states.ts';
import type { Disabled } from '../report.ts';
import { isHlo } from './hlo-files.ts';

/** One exam: what it reads, files as they can be opened. */
export type Exam =
  | { readonly kind: 'recorded'; readonly file: string; readonly folder: DumpFolder }
  | {
      readonly kind: 'pair';
      readonly file: string;
      readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'text'; readonly file: string };

/** What is to be examined, and what stands apart with the reason. */
export interface Plan {
  readonly exams: readonly Exam[];
  readonly apart: readonly Disabled[];
}

/** Names of the two modules of a pair, the one whose budget counts first. */
const pairs = [
  ['a.hlo', 'b.hlo'],
  ['before.hlo', 'after.hlo'],
] as const;

/** All exams in a folder and below it; throws an AssayError where there is none. */
export function planOf(directory: string): Plan {
  if (!isFolder(directory))
    fail('file/no-directory', 'there is no such directory', { file: directory });
  const plans = readFolders(directory).map(planOfFolder);
  const exams = plans.flatMap((p) => p.exams);
  if (exams.length > 0) return { exams, apart: plans.flatMap((p) => p.apart) };
  const message = 'there is no .hlo file, and no .txt file that begins with HloModule, below it';
  return fail('file/no-tests', message, { file: directory });
}

function planOfFolder(folder: DumpFolder): Plan {
  const { path, files } = folder;
  const texts = files.filter((name) => isHlo(join(path, name)));
  const first = files.includes('outputs.safetensors') ? beforeOptimizations(folder) : [];
  if (first.length > 0) return recordedPlan(folder, first, texts.length - first.length);
  const pair = pairs.find((p) => texts.length === 2 && p.every((name) => texts.includes(name)));
  if (pair) {
    const [before, after] = pair.map((name) => join(path, name));
    return { exams: [{ kind: 'pair', file: path, before: before!, after: after! }], apart: [] };
  }
  return { exams: texts.map((name) => ({ kind: 'text', file: join(path, name) })), apart: [] };
}

function beforeOptimizations(folder: DumpFolder): string[] {
  const states = modulesOf(folder).flatMap((module) => module.states);
  return states.filter((s) => s.stage.kind === 'before-optimizations').map((s) => s.file);
}

function recordedPlan(folder: DumpFolder, first: readonly string[], others: number): Plan {
  const { path } = folder;
  const exams = first.map((name): Exam => ({ kind: 'recorded', file: join(path, name), folder }));
  const reason = `${others} later states of ${basename(path)}: \`assay dump\` judges them`;
  return { exams, apart: others > 0 ? [{ file: path, reason }] : [] };
}
