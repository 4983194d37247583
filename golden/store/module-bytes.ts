/**
 * The bytes of a graph as a user names it: a file, `-` for standard input, either of them gzipped, as
 * its first bytes tell. Nothing is unpacked past a limit.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import { readBytes, statOf } from './files.ts';

/** The name that stands for standard input. */
export const stdinName = '-';

/** Most bytes of standard input, and of anything unpacked. */
const defaultLimit = 2 ** 30;

/** The bytes, unpacked. @throws AssayError `file/…` */
export function moduleBytes(file: string, limit: number = defaultLimit): Uint8Array {
  return unpacked(file === stdinName ? standardInput(limit) : readBytes(file), file, limit);
}

/** The first bytes, unpacked; empty for a pipe, which can be read but once, and by its reader. */
export function moduleHead(file: string): Uint8Array {
  if (file === stdinName) return moduleBytes(file).subarray(0, headBytes);
  if (!statOf(file)?.isFile()) return new Uint8Array();
  const handle = openSync(file, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    const bytes = head.subarray(0, readSync(handle, head));
    if (!isGzip(bytes)) return bytes;
    const { constants, gunzipSync } = zlib();
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array();
  } finally {
    closeSync(handle);
  }
}

const headBytes = 4096;

/** Loaded when something is packed: it takes a while, and most files are not. */
function zlib() {
  return process.getBuiltinModule('node:zlib');
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

function unpacked(bytes: Uint8Array, file: string, limit: number): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  try {
    return zlib().gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') tooLarge(file, limit);
    const why = error instanceof Error ? error.message : String(error);
    return fail('file/gzip', `cannot be unpacked: ${why}; the file is damaged`, { file });
  }
}

function tooLarge(file: string, limit: number): never {
  return fail('file/too-large', `holds more than ${limit / 2 ** 20} MiB unpacked`, { file });
}

/** What was read of standard input, which can be read but once. */
let given: Uint8Array | undefined;

function standardInput(limit: number): Uint8Array {
  given ??= readAll(limit);
  if (given.length > 0) return given;
  return fail('file/empty', 'standard input is empty; pipe a module into it', { file: stdinName });
}

function readAll(limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const chunk = Buffer.alloc(2 ** 16);
    const length = readSome(chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, length));
    total += length;
    if (total > limit) tooLarge(stdinName, limit);
  }
}

/** Bytes of standard input; waits where it does not block by itself. */
function readSome(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') {
        throw new AssayError({ code: 'file/stdin', message, file: stdinName });
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
