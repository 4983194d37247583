/**
 * The end of a build: makes the program executable and links it where `npx assay` looks first. Left
 * to itself, npx links a checkout into its own cache once, and a later build (a new file, not
 * executable) makes that link fail. On Windows npx manages by itself.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const program = `${root}/dist/bin/assay.js`;

chmodSync(program, 0o755);
if (process.platform !== 'win32') {
  const link = `${root}/node_modules/.bin/assay`;
  mkdirSync(`${root}/node_modules/.bin`, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../dist/bin/assay.js', link);
}
