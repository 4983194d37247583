/**
 * Files of goldens: read with errors that name the file and the remedy, written atomically (a
 * reader sees the old file or the new one, never half of one).
 */
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AssayError, type Diagnostic, fail } from '../../graphs/ir/diagnostic.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { readSafetensors, type TensorFile, writeSafetensors } from './safetensors.ts';

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EISDIR: 'is a directory; name a file in it',
  EACCES: 'may not be opened; check its permissions',
  ENOTDIR: 'lies below something that is not a directory; check the path',
  ENOSPC: 'cannot be written: the disk is full',
  EROFS: 'cannot be written: the file system is read-only',
  ENAMETOOLONG: 'has a name that is too long',
  ELOOP: 'is a loop of symbolic links; check the path',
};

/** Largest file that is read, in bytes: what one buffer holds. */
const maxBytes = 2 ** 31;

/** Most bytes that are read of a pipe or device, whose size nobody knows. */
const maxStreamed = 2 ** 28;

/** The bytes of a file; a pipe or a device is read up to a limit. */
export function readBytes(file: string): Uint8Array {
  const stat = statOf(file);
  try {
    if (stat && !stat.isFile() && !stat.isDirectory()) return readStream(file, maxStreamed);
    if (stat && stat.size > maxBytes) tooLarge(file, maxBytes);
    return readFileSync(file);
  } catch (e) {
    if (e instanceof AssayError) throw e;
    return ioError(file, e);
  }
}

/** The bytes of a file of a folder, where nothing but regular files is read. */
export function readRegular(file: string): Uint8Array {
  const stat = statOf(file);
  if (stat && !stat.isFile()) fail('file/unusable', `${file} is no regular file`, { file });
  return readBytes(file);
}

/** All that a pipe or device gives, up to a limit. */
export function readStream(file: string, limit: number): Uint8Array {
  const handle = openSync(file, 'r');
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for (;;) {
      const chunk = Buffer.alloc(2 ** 16);
      const length = readSync(handle, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      total += length;
      if (total > limit) tooLarge(file, limit);
    }
  } finally {
    closeSync(handle);
  }
}

function tooLarge(file: string, limit: number): never {
  return fail('file/too-large', `${file} holds more than ${limit / 2 ** 20} MiB`, { file });
}

/** Whether a path leads to a regular file: no pipe, no device, no link that leads nowhere. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

/** Whether a path leads to a folder. */
export function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

/** Paths of the regular files below a folder, by name; links to folders are not followed. */
export function regularFilesBelow(folder: string): readonly string[] {
  return pathsBelow(folder).filter(isRegularFile).sort();
}

function pathsBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsBelow(path) : [path];
    });
  } catch (e) {
    if (e instanceof AssayError) throw e;
    return ioError(folder, e);
  }
}

/** What a path leads to; undefined where there is nothing. */
export function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (e) {
    return ioError(file, e);
  }
}

/**
 * Writes a file by way of a temporary one beside it; folders are made as needed. A symbolic link
 * stays, and what it leads to is written; devices and pipes are written through.
 */
export function writeAtomic(file: string, content: Uint8Array | string): void {
  const known = statOf(file);
  try {
    if (known && isWrittenThrough(file, known)) writeFileSync(file, content);
    else replaceFile(targetOf(file), content, known?.mode);
  } catch (e) {
    ioError(file, e);
  }
}

/** Devices, pipes and sockets; and the process's own streams, which others hold open. */
function isWrittenThrough(file: string, stat: Stats): boolean {
  if (!stat.isFile() && !stat.isDirectory()) return true;
  return /^\/(dev|proc)\//.test(resolve(file)) && lstatSync(file).isSymbolicLink();
}

function replaceFile(file: string, content: Uint8Array | string, mode: number | undefined): void {
  const temporary = join(dirname(file), `.assay-${crypto.randomUUID()}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content);
    if (mode !== undefined) chmodSync(temporary, mode & 0o7777);
    renameSync(temporary, file);
  } catch (e) {
    removeQuietly(temporary);
    throw e;
  }
}

/** What cannot be cleaned away must not hide why. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The first error is the one to tell.
  }
}

/** The file at the end of a chain of links, which need not exist; it ends, or statOf had refused it. */
function targetOf(file: string): string {
  let at = file;
  while (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) {
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

/** Tensors and metadata of a safetensors file. */
export function readTensorFile(file: string): TensorFile {
  return readSafetensors(readBytes(file), file);
}

/** Writes tensors as a safetensors file. */
export function writeTensorFile(
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata?: Readonly<Record<string, string>>,
): void {
  writeAtomic(file, writeSafetensors(tensors, metadata));
}

function ioError(file: string, e: unknown): never {
  const { code, message } = fileDiagnostic(file, e as NodeJS.ErrnoException);
  return fail(code, message, { file });
}

/** What the system says of a file, with what to do about it. */
export function fileDiagnostic(
  file: string,
  { code = 'unknown', message }: NodeJS.ErrnoException,
): Diagnostic {
  const why = remedies[code] ?? `cannot be used (${message})`;
  return { code: `file/${code.toLowerCase()}`, message: `${file} ${why}`, file };
}
