/**
 * The cache of toolchains: a folder for each name and version, complete or absent. What is written
 * there is made in a folder beside it and renamed, so a kill at any point leaves no half of one.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { isRecord } from '../../golden/store/json.ts';
import { compareVersions, isExactVersion, type Spec } from './spec.ts';

/** The file that a complete installation has at its top. */
export const recordFile = 'assay-toolchain.json';

/** The cache folder: the one given, else ASSAY_CACHE, else the platform's place for caches. */
export function cacheFolder(given?: string, env: NodeJS.ProcessEnv = process.env): string {
  if (given) return resolve(given);
  if (env.ASSAY_CACHE) return resolve(env.ASSAY_CACHE);
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = env;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'assay');
  if (process.platform === 'win32' && local) return join(local, 'assay', 'cache');
  const place = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
  return join(homedir(), ...place, 'assay');
}

const shelf = (cache: string, name: string) => join(cache, 'toolchains', name);

/** Where a version lies, or would lie. */
export function installedFolder(cache: string, { name, version }: Spec): string {
  return join(shelf(cache, name), version);
}

/** Whether a version lies complete in the cache. */
export function isInstalled(cache: string, spec: Spec): boolean {
  try {
    const text = readFileSync(join(installedFolder(cache, spec), recordFile), 'utf8');
    const record: unknown = JSON.parse(text);
    return isRecord(record) && record.name === spec.name && record.version === spec.version;
  } catch {
    return false;
  }
}

/** The complete versions of a toolchain in the cache, the oldest first. */
export function installedVersions(cache: string, name: string): readonly string[] {
  return entries(shelf(cache, name))
    .filter((version) => isExactVersion(version) && isInstalled(cache, { name, version }))
    .sort(compareVersions);
}

/** Takes a version away; false where there was none. */
export function removeInstalled(cache: string, spec: Spec): boolean {
  const folder = installedFolder(cache, spec);
  if (!existsSync(folder)) return false;
  const aside = temporaryFolder(cache, spec.name);
  renameSync(folder, aside);
  rmSync(aside, { recursive: true, force: true });
  return true;
}

/**
 * Fills a folder by `fill` and puts it into the cache as this version. Of two that do so at once one
 * comes first, and both have what it made. Where `fill` throws nothing is left.
 */
export async function installAtomically(
  cache: string,
  spec: Spec,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  clearAbandoned(cache, spec.name);
  const made = temporaryFolder(cache, spec.name);
  mkdirSync(made, { recursive: true });
  try {
    await fill(made);
    putInPlace(made, cache, spec);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function putInPlace(made: string, cache: string, spec: Spec): void {
  if (isInstalled(cache, spec)) return;
  removeInstalled(cache, spec);
  try {
    renameSync(made, installedFolder(cache, spec));
  } catch (error) {
    if (!isInstalled(cache, spec)) throw error;
  }
}

/** A name that no other process makes, and that tells who made it. */
function temporaryFolder(cache: string, name: string): string {
  const owner = `${encodeURIComponent(hostname())}~${process.pid}~${randomUUID()}`;
  return join(shelf(cache, name), `.${owner}`);
}

/** Removes what processes of this machine left that are no more. */
function clearAbandoned(cache: string, name: string): void {
  for (const entry of entries(shelf(cache, name))) {
    const [host, pid] = entry.slice(1).split('~');
    const ours = entry.startsWith('.') && host === encodeURIComponent(hostname());
    if (!ours || !Number(pid) || isAlive(Number(pid))) continue;
    rmSync(join(shelf(cache, name), entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
