/**
 * Files that a model names: weight shards and external data. Only what lies in the model's own
 * folder is read, whatever the name says: no absolute path, no `..`, no URL, no link that leads out.
 */
import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { readRegular, statOf } from '../golden/store/files.ts';
import { fail } from '../graphs/ir/diagnostic.ts';

/** Largest file of weights that is read, in bytes: what one buffer holds. */
const maxBytes = 2 ** 31;

/**
 * The bytes of a file named by the model in `modelFile`.
 *
 * @throws AssayError `file/outside` where the name leads out of the model's folder.
 */
export function readBeside(modelFile: string, name: string): Uint8Array {
  const folder = dirname(resolve(modelFile));
  const segments = name.split(/[\\/]/);
  if (name === '' || isAbsolute(name) || /^[a-z][a-z0-9+.-]*:/i.test(name))
    outside(modelFile, name);
  if (segments.includes('..') || name.includes('\0')) outside(modelFile, name);
  const path = resolve(folder, ...segments);
  const stat = statOf(path);
  if (stat) {
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) outside(modelFile, name);
    if (!stat.isFile()) fail('file/unusable', `${name} is no regular file`, { file: modelFile });
    if (stat.size > maxBytes) {
      const most = `${maxBytes / 2 ** 30} GiB`;
      fail('file/too-large', `${name} holds more than ${most}`, { file: modelFile });
    }
  }
  return readRegular(path);
}

function outside(file: string, name: string): never {
  const message = `the model names "${name}", which does not lie in its folder; put the file there`;
  return fail('file/outside', message, { file });
}
