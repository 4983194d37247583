/**
 * `index.jsonl` beside a suite's files: where each module was taken from, one JSON object a line. The
 * tests of a parser or a verifier hold modules that are wrong on purpose: that such a module is refused
 * is what its test wants.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readText } from '../../dump/read.ts';

interface Entry {
  readonly source: string;
  readonly line: number | undefined;
  readonly test: string | undefined;
}

/** Answers for a file why a refusal of its text is no failure; undefined where it is one. */
export type InvalidOnPurpose = (file: string) => string | undefined;

/** Sources whose tests are about what must be refused. */
const refusing = /(?:verifier|parser)_test\b/;

/** Reads the index of each folder when a file of it is first asked for. */
export function suiteIndex(): InvalidOnPurpose {
  const folders = new Map<string, ReadonlyMap<string, Entry>>();
  return (file) => {
    const folder = dirname(file);
    let index = folders.get(folder);
    if (!index) {
      index = readIndex(folder);
      folders.set(folder, index);
    }
    const entry = index.get(file);
    if (!entry || !refusing.test(entry.source)) return undefined;
    const place = entry.line === undefined ? entry.source : `${entry.source}:${entry.line}`;
    return `invalid on purpose, from ${[place, entry.test].filter(Boolean).join(' ')}`;
  };
}

function readIndex(folder: string): ReadonlyMap<string, Entry> {
  const path = join(folder, 'index.jsonl');
  if (!existsSync(path)) return new Map();
  const entries = readText(path).split('\n').flatMap(parseLine);
  return new Map(entries.map(({ file, ...entry }) => [join(folder, file), entry]));
}

/** One line; what is no such object is no entry. */
function parseLine(text: string): (Entry & { readonly file: string })[] {
  try {
    const { file, source, line, test } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof file !== 'string' || typeof source !== 'string') return [];
    const known = <T>(value: unknown, type: string) =>
      typeof value === type ? (value as T) : undefined;
    return [{ file, source, line: known<number>(line, 'number'), test: known(test, 'string') }];
  } catch {
    return [];
  }
}
