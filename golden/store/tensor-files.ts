/**
 * Tensors that somebody else wrote: a safetensors file, or .npy files, one an array. A .npy file has
 * no names: it is `prefix` and its position (`arg0`, `arg1` …), or the name that is given with it.
 */
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { isRegularFile, readBytes } from './files.ts';
import { isNpy, readNpy } from './npy.ts';
import { readSafetensors } from './safetensors.ts';

/**
 * The tensors of files by name. An argument is a file, or `NAME=FILE.npy`.
 *
 * @throws AssayError with the file where one cannot be read, or a name comes twice
 */
export function readTensorFiles(args: readonly string[], prefix: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let position = 0;
  for (const arg of args) {
    const { name, file } = namedFile(arg);
    const bytes = readBytes(file);
    const isArray = isNpy(bytes) || /\.npy$/i.test(file);
    if (!isArray && name !== undefined) {
      fail('usage', `${arg}: a name goes with a .npy file; safetensors have names of their own`);
    }
    const found: Iterable<readonly [string, Tensor]> = isArray
      ? [[name ?? `${prefix}${position++}`, readNpy(bytes, file)]]
      : readSafetensors(bytes, file).tensors;
    for (const [key, t] of found) {
      if (tensors.has(key)) fail('golden/twice', `${file}: there are two tensors ${key}`, { file });
      tensors.set(key, t);
    }
  }
  return tensors;
}

/** `x=a.npy` as a name and a file, unless there is a file of the whole name. */
function namedFile(arg: string): { readonly name?: string; readonly file: string } {
  const at = arg.indexOf('=');
  if (at <= 0 || isRegularFile(arg)) return { file: arg };
  return { name: arg.slice(0, at), file: arg.slice(at + 1) };
}
