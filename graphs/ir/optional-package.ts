/**
 * Packages that only some uses need: they are peers that nobody has to install, loaded when they are
 * used. One that is not there is told with the command that installs it.
 */
import { AssayError } from './diagnostic.ts';

/**
 * What an import of an optional package gives.
 *
 * @param what the use that needs it, for the message
 * @param packages what is to be installed, by exact version
 * @throws AssayError `package/missing`, a missing tool, where one of them is not installed
 */
export async function optionalPackage<T>(
  load: () => Promise<T>,
  what: string,
  packages: readonly string[],
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const missing = packages.map((p) => p.replace(/(?<=.)@.*/, '')).find((p) => lacks(error, p));
    if (missing === undefined) throw error;
    const message = `${what} needs ${missing}, which is not installed; npm install --save-dev ${packages.join(' ')} installs it`;
    throw new AssayError({ code: 'package/missing', message }, 'toolchain');
  }
}

function lacks(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`);
}
