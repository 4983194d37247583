/**
 * The files that arguments stand for: a file is itself, a directory all HLO files below it. A `.txt`
 * file counts as HLO if it begins with `HloModule`, since XLA's dumps hold other reports as well.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { isFolder, isRegularFile, regularFilesBelow } from '../../../golden/store/files.ts';
import { fail } from '../../../graphs/ir/diagnostic.ts';

/** Paths of files in order of the arguments, inside a directory by name. */
export function hloFiles(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => (isFolder(path) ? filesBelow(path) : [path]));
}

function filesBelow(directory: string): readonly string[] {
  const found = regularFilesBelow(directory).filter(isHlo);
  if (found.length) return found;
  const message = 'the directory holds no .hlo file and no .txt file that begins with HloModule';
  return fail('file/no-hlo', message, { file: directory });
}

/** True for .hlo files, and for .txt files that hold a module. */
export function isHlo(file: string): boolean {
  if (!/\.(hlo|txt)$/.test(file) || !isRegularFile(file)) return false;
  return file.endsWith('.hlo') || beginsWithModule(file);
}

/** Whether the first that is neither white space nor a comment is `HloModule`. */
const moduleHead = /^(?:\s|\/\/[^\n]*(?:\n|$))*HloModule\b/;

function beginsWithModule(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4096);
    const length = readSync(handle, head);
    return moduleHead.test(head.toString('utf8', 0, length));
  } finally {
    closeSync(handle);
  }
}
