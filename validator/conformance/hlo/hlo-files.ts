/**
 * The files that arguments stand for: a file is itself, a directory all HLO files below it. A `.txt`
 * file counts as HLO if it begins with `HloModule`, since XLA's dumps hold other reports as well.
 */
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../../graphs/ir/diagnostic.ts';

/** Paths of files in order of the arguments, inside a directory by name. */
export function hloFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    return isDirectory ? filesBelow(path) : [path];
  });
}

function filesBelow(directory: string): readonly string[] {
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => join(directory, name))
    .filter(isHlo);
  if (found.length) return found;
  const message = 'the directory holds no .hlo file and no .txt file that begins with HloModule';
  return fail('file/no-hlo', message, { file: directory });
}

/** True for .hlo files, and for .txt files that hold a module. */
export function isHlo(file: string): boolean {
  if (!/\.(hlo|txt)$/.test(file) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
    return false;
  }
  return file.endsWith('.hlo') || beginsWithModule(file);
}

function beginsWithModule(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4096);
    const length = readSync(handle, head);
    return /^\s*(?:\/\/[^\n]*\s*)*HloModule\b/.test(head.toString('utf8', 0, length));
  } finally {
    closeSync(handle);
  }
}
