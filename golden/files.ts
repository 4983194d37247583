/**
 * Files of goldens: read with errors that name the file and the remedy, written atomically (a
 * reader sees the old file or the new one, never half of one).
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Diagnostic, fail } from '../graphs/ir/diagnostic.ts';
import type { Tensor } from '../graphs/ir/tensor.ts';
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

/** The bytes of a file. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (e) {
    return ioError(file, e);
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
  const temporary = join(dirname(file), `.assay-${randomUUID()}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content);
    if (mode !== undefined) chmodSync(temporary, mode & 0o7777);
    renameSync(temporary, file);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw e;
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
