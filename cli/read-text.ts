/**
 * Text files as the parser wants them: UTF-8, of a bounded size. What is missing, a directory, too
 * large or not text is an AssayError that names the file and the remedy.
 */
import { readStream, statOf } from '../golden/store/files.ts';
import { moduleBytes } from '../golden/store/module-bytes.ts';
import { fail } from '../graphs/ir/diagnostic.ts';

/** Largest file that is read, in bytes. */
export const maxTextBytes = 2 ** 28;

/** The text of a file; a pipe or a device is read up to the limit. */
export function readText(file: string, limit: number = maxTextBytes): string {
  const stat = statOf(file);
  if (stat && !stat.isFile() && !stat.isDirectory()) return decode(readStream(file, limit), file);
  if (stat?.isFile() && stat.size > limit) tooLarge(file, limit);
  return decode(moduleBytes(file, limit), file);
}

function tooLarge(file: string, limit: number): never {
  const most = `${limit / 2 ** 20} MiB`;
  return fail('file/too-large', `holds more than ${most}; is this HLO text?`, { file });
}

function decode(bytes: Uint8Array, file: string): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0) notText(file, bytes, zero);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return notText(file, bytes, firstBadByte(bytes));
  }
}

function notText(file: string, bytes: Uint8Array, at: number): never {
  const before = bytes.subarray(0, at);
  const line = before.reduce((n, byte) => n + (byte === 10 ? 1 : 0), 1);
  const position = { line, column: at - before.lastIndexOf(10) };
  const what = `byte 0x${bytes[at]!.toString(16).padStart(2, '0')} at offset ${at} is not text`;
  return fail('file/not-text', `${what}; HLO text in UTF-8 is expected`, { file, position });
}

/** Offset of the first byte that does not belong to valid UTF-8. */
function firstBadByte(bytes: Uint8Array): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isPrefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return Math.min(low, bytes.length - 1);
}

/** True for valid UTF-8 that may end inside a character. */
function isPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
