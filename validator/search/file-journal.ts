/**
 * A journal in a file: one JSON object a line, on the disk before `append` returns. A process that
 * was killed while writing leaves a last line without its end; it is cut off, and asked again.
 */
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Journal, JournalEntry } from './journal.ts';

/** A file that is no journal, or a damaged one; it is left as it is. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly path: string;
  /** From 1. */
  readonly line: number;

  constructor(path: string, line: number) {
    super(`${path}:${line}: not an entry of a journal`);
    this.path = path;
    this.line = line;
  }
}

/**
 * Opens a journal, or begins one. It has one writer at a time.
 *
 * @throws JournalError for a complete line that is no entry, and for a last line that begins none.
 */
export async function fileJournal<A>(path: string): Promise<Journal<A>> {
  const bytes = await contentsOf(path);
  let end = bytes.lastIndexOf('\n') + 1;
  const lines = bytes.subarray(0, end).toString().split('\n').slice(0, -1);
  const entries = lines.map((line, at) => parseEntry<A>(line) ?? fail(path, at + 1));
  if (!isBegun(bytes.subarray(end).toString())) fail(path, lines.length + 1);
  return {
    read: () => entries,
    append: async (entry) => {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`);
      await writeAt(path, line, end);
      end += line.length;
      entries.push(entry);
    },
  };
}

async function contentsOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await (await open(path, 'wx')).close();
    await syncFolder(dirname(path));
    return Buffer.alloc(0);
  }
}

/** A new file's name is safe when its folder is. Windows cannot open folders, and needs it not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a line in place of what follows the last complete one. */
async function writeAt(path: string, line: Buffer, end: number): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.truncate(end);
    for (let done = 0; done < line.length; ) {
      done += (await handle.write(line, done, line.length - done, end + done)).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseEntry<A>(line: string): JournalEntry<A> | undefined {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.question === 'string' && 'answer' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a text may be the beginning of an entry; after a power cut it may end in zeros. */
function isBegun(text: string): boolean {
  const opening = '{"question":"';
  const written = text.replace(/\0+$/, '');
  return written.startsWith(opening) || opening.startsWith(written);
}

function fail(path: string, line: number): never {
  throw new JournalError(path, line);
}
