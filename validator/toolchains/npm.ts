/**
 * Packages from npm's registry by exact version, with scripts off. npm checks every archive against
 * the hash that the registry gives, and writes it into the lock; a lock without one is refused.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../golden/store/json.ts';
import { AssayError, fail } from '../../graphs/ir/diagnostic.ts';
import { installAtomically, recordFile } from './cache.ts';
import { compareVersions, isExactVersion, type Spec } from './spec.ts';

const installOptions = [
  ...['--ignore-scripts', '--save-exact', '--package-lock=true', '--global=false'],
  ...['--omit=dev', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'],
];

/** Installs a package of the same name and version as the toolchain into the cache. */
export function installFromNpm(cache: string, spec: Spec): Promise<void> {
  return installAtomically(cache, spec, async (folder) => {
    const manifest = { private: true, description: 'a toolchain under test, kept by assay' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    await npm(['install', ...installOptions, `${spec.name}@${spec.version}`], spec, folder);
    const packages = lockedPackages(folder, spec);
    const record = { name: spec.name, version: spec.version, packages };
    writeFileSync(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
  });
}

/** All published versions, pre-releases among them, the oldest first. */
export async function npmVersions(name: string): Promise<readonly string[]> {
  const text = await npm(['view', name, 'versions', '--json', '--loglevel=error'], { name });
  const parsed = parse(text);
  const list = typeof parsed === 'string' ? [parsed] : parsed;
  if (!Array.isArray(list)) return broken(`npm view ${name} gave no list of versions`);
  return list.filter((v) => typeof v === 'string' && isExactVersion(v)).sort(compareVersions);
}

/** Version and hash of each package of the lock, by its path. */
function lockedPackages(folder: string, { name, version }: Spec): Readonly<Record<string, string>> {
  const lock = parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  const packages = isRecord(lock) && isRecord(lock.packages) ? lock.packages : {};
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  const own = packages[`node_modules/${name}`];
  if (!isRecord(own) || own.version !== version) {
    return broken(`npm did not install ${name}@${version}; its lock names another version`);
  }
  return Object.fromEntries(
    entries.map(([path, entry]) => {
      if (isRecord(entry) && typeof entry.integrity === 'string') {
        return [path, `${entry.version} ${entry.integrity}`];
      }
      return broken(`npm's lock has no hash for ${path}; a registry that gives none is not used`);
    }),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What npm prints, or an error that says what to do. */
function npm(args: readonly string[], wanted: Partial<Spec>, cwd?: string): Promise<string> {
  const windows = process.platform === 'win32';
  const child = spawn(windows ? 'npm.cmd' : 'npm', args, {
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: windows,
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(npmMissing(error)));
    child.on('close', (code) => {
      const text = Buffer.concat(out).toString();
      if (code === 0) return resolve(text);
      reject(npmFailure(`${Buffer.concat(err)}\n${text}`, wanted));
    });
  });
}

function npmMissing({ message }: Error): AssayError {
  const remedy = 'npm comes with Node and must be on PATH to add toolchains';
  return toolchainError('npm', `npm cannot be started (${message}); ${remedy}`);
}

const offline =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;

/** npm's own error codes, told as what to do. */
function npmFailure(text: string, { name, version }: Partial<Spec>): AssayError {
  const what = version === undefined ? name : `${name}@${version}`;
  if (/\b(ETARGET|E404)\b/.test(text)) {
    const message = `${what} was never published; assay toolchain versions ${name} lists what there is`;
    return new AssayError({ code: 'toolchain/no-version', message });
  }
  if (offline.test(text)) {
    const message = `the registry cannot be reached for ${what}; what is in the cache runs without it (assay toolchain list)`;
    return toolchainError('offline', message);
  }
  if (/\bEINTEGRITY\b/.test(text)) {
    const message = `what arrived of ${what} is not what the registry promised; run npm cache verify and try again`;
    return toolchainError('integrity', message);
  }
  const lines = text.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  return toolchainError('npm', `npm failed for ${what}: ${lines.slice(0, 3).join(' | ') || text}`);
}

function broken(message: string): never {
  throw toolchainError('npm', message);
}

/** A missing or broken tool: exit code 3. */
export function toolchainError(code: string, message: string): AssayError {
  return new AssayError({ code: `toolchain/${code}`, message }, 'toolchain');
}

/** Refuses a name that no toolchain has. */
export function unknownToolchain(name: string, known: readonly string[]): never {
  return fail(
    'toolchain/unknown',
    `there is no toolchain "${name}"; known are ${known.join(', ')}`,
  );
}
