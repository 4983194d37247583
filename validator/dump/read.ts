/** The only place where a dump's folder is read: names of files, texts and recorded tensors. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isRegularFile, readTensorFile, statOf } from '../../golden/store/files.ts';
import { moduleBytes } from '../../golden/store/module-bytes.ts';
import { hloProtoText } from '../../graphs/importers/hlo-proto/import.ts';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';

/** One folder of a dump. */
export interface DumpFolder {
  readonly path: string;
  /** Names of the files in it, sorted. */
  readonly files: readonly string[];
}

/** A folder and the folders below it, as far as they hold files; sorted by path. */
export function readFolders(path: string): DumpFolder[] {
  const entries = listing(path);
  const files = entries.map((e) => e.name).filter((name) => isRegularFile(join(path, name)));
  const below = entries.filter((e) => e.isDirectory()).map((e) => join(path, e.name));
  const own = files.length > 0 ? [{ path, files: files.sort() }] : [];
  return [...own, ...below.sort().flatMap(readFolders)];
}

/** A dump may be named by its folder or by one of its files. */
export function folderOf(path: string): string {
  const state = statOf(path);
  if (!state) fail('file/enoent', `${path} does not exist; check the path`, { file: path });
  return state.isDirectory() ? path : dirname(path);
}

/** A state as text: of a proto what XLA would print; else UTF-8, unpacked where it is gzipped; bytes that are none become U+FFFD. @throws AssayError `file/…`. */
export function readText(file: string): string {
  const bytes = moduleBytes(file);
  if (/\.(?:hlo\.pb|hlo_proto)(?:\.gz)?$/.test(file)) {
    return hloProtoText(bytes);
  }
  return new TextDecoder().decode(bytes);
}

/** Tensors of `NAME.safetensors` in a folder, by the numbers in their names; undefined if absent. */
export function readRecorded(folder: DumpFolder, name: string): Tensor[] | undefined {
  const file = `${name}.safetensors`;
  return folder.files.includes(file) ? readTensors(join(folder.path, file)) : undefined;
}

/** Tensors in order of the numbers that their names end in: arg0, arg1 … arg10. */
export function readTensors(file: string): Tensor[] {
  const tensors = [...readTensorFile(file).tensors];
  const number = (name: string) => Number(name.match(/\d+$/)?.[0] ?? Infinity);
  const order = ([a]: [string, Tensor], [b]: [string, Tensor]) => {
    const by = number(a) - number(b);
    return Number.isNaN(by) ? 0 : by;
  };
  return tensors.sort(order).map(([, tensor]) => tensor);
}

function listing(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    const why = (error as Error).message;
    return fail('file/folder', `${basename(path)} cannot be listed: ${why}`, { file: path });
  }
}
