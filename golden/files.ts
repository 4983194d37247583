/**
 * Files of goldens: read with errors that name the file and the remedy, written atomically (a
 * reader sees the old file or the new one, never half of one).
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '../graphs/ir/diagnostic.ts';
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
};

/** The bytes of a file. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (e) {
    return ioError(file, e);
  }
}

/** Writes a file by way of a temporary one beside it; folders are made as needed. */
export function writeAtomic(file: string, content: Uint8Array | string): void {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (e) {
    rmSync(temporary, { force: true });
    ioError(file, e);
  }
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
  const code = (e as NodeJS.ErrnoException).code ?? 'unknown';
  const why = remedies[code] ?? `cannot be used (${(e as Error).message})`;
  return fail(`file/${code.toLowerCase()}`, `${file} ${why}`, { file });
}
