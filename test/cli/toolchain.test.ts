/** `assay toolchain`: with an npm that is a script, so that no test asks a registry. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openToolchain } from '../../validator/toolchains/toolchains.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { fakeNpm, writeFakePackage } from '../support/toolchains.ts';

const spec = 'onnxruntime-node@1.22.0';

/** A folder with a cache and an npm that copies a package, and notes what it was asked. */
function place({ version = '1.22.0', binary = true } = {}) {
  const integrity = 'sha512-abc';
  const folder = temporaryFolder();
  const [cache, source, log] = ['cache', 'source', 'log'].map((n) => join(folder, n));
  mkdirSync(source!);
  writeFakePackage(source!, version, binary);
  const packages = { '': {}, 'node_modules/onnxruntime-node': { version, integrity } };
  writeFileSync(join(source!, 'package-lock.json'), JSON.stringify({ packages }));
  fakeNpm(join(folder, 'bin'), `echo "$@" >> ${log}; cp -r ${source}/. .`);
  return { cache: cache!, log: log!, folder, bin: join(folder, 'bin') };
}

const call = (cache: string, ...args: string[]) => assay(['toolchain', ...args, '--cache', cache]);

describe('assay toolchain', () => {
  it('adds a version once, lists it without npm, opens it, removes it', async () => {
    const { cache, bin } = place();
    const added = await call(cache, 'add', spec);
    expect(added).toMatchObject({ exitCode: 0, stdout: `${spec}  added\n` });
    fakeNpm(bin, 'exit 9');
    expect((await call(cache, 'add', spec)).stdout).toBe(`${spec}  is there\n`);
    const { toolchains } = JSON.parse((await call(cache, 'list', '--json')).stdout);
    expect(toolchains).toMatchObject([{ toolchain: spec, version: '1.22.0', unavailable: null }]);
    expect(openToolchain(spec, { cache }).unavailable).toBeUndefined();
    expect((await call(cache, 'remove', spec)).exitCode).toBe(0);
    expect((await call(cache, 'list')).stdout).toMatch(/nothing in .*; assay toolchain add/);
    expect((await call(cache, 'remove', spec)).exitCode).toBe(2);
  });

  it('tells why a version without a library cannot run, at once and later: exit code 3', async () => {
    const { cache } = place({ version: '1.9.0', binary: false });
    for (const _ of [1, 2]) {
      const { exitCode, stdout } = await call(cache, 'add', 'onnxruntime-node@1.9.0');
      expect(exitCode).toBe(3);
      expect(stdout).toMatch(/unavailable: .* holds no library for/);
    }
  });

  it('tells of a version that ignores the level', async () => {
    const { cache } = place({ version: '1.16.0' });
    const { stdout } = await call(cache, 'add', 'onnxruntime-node@1.16.0');
    expect(stdout).toMatch(/note: this version ignores the level/);
  });

  it('lists the versions of the registry, releases only unless told otherwise', async () => {
    const { cache, bin } = place();
    await call(cache, 'add', spec);
    fakeNpm(bin, `echo '["1.22.0","1.9.0","1.23.0-dev.1"]'`);
    const { stdout } = await call(cache, 'versions', 'onnxruntime-node');
    expect(stdout).toBe('1.9.0\n1.22.0  in the cache\n');
    const all = await call(cache, 'versions', 'onnxruntime-node', '--all', '--json');
    expect(JSON.parse(all.stdout).versions.at(-1)).toEqual({
      version: '1.23.0-dev.1',
      installed: false,
    });
  });

  it.each<[string, number, string, RegExp]>([
    ['a version that never was', 2, 'npm error code ETARGET', /never published; assay toolchain/],
    ['no network', 3, 'npm error code EAI_AGAIN', /cannot be reached.*toolchain list/],
    ['another archive', 3, 'npm error code EINTEGRITY', /is not what the registry promised/],
    ['anything else', 3, 'npm error code ENOSPC', /npm failed .*ENOSPC/],
  ])('%s: exit code %i, what to do, and nothing left', async (_, exitCode, said, told) => {
    const { cache, bin } = place();
    fakeNpm(bin, `mkdir node_modules; echo '${said}' >&2; exit 1`);
    const run = await call(cache, 'add', spec);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toMatch(told);
    expect(readdirSync(join(cache, 'toolchains', 'onnxruntime-node'))).toEqual([]);
  });

  it('refuses what npm gave no hash for, or another version than asked for', async () => {
    const { cache, bin } = place({ version: '1.21.0' });
    expect((await call(cache, 'add', spec)).stderr).toMatch(/another version/);
    const lock = `{"packages":{"node_modules/onnxruntime-node":{"version":"1.22.0"}}}`;
    fakeNpm(bin, `echo '${lock}' > package-lock.json`);
    expect((await call(cache, 'add', spec)).stderr).toMatch(/no hash/);
    expect(existsSync(join(cache, 'toolchains', 'onnxruntime-node', '1.22.0'))).toBe(false);
  });

  it.each([
    ['onnxruntime-node', /the version is missing/],
    ['onnxruntime-node@latest', /no exact version/],
    ['left-pad@1.0.0', /no toolchain "left-pad"; known are onnxruntime-node/],
  ])('add %s is bad usage', async (text, told) => {
    const { exitCode, stderr } = await call(temporaryFolder(), 'add', text);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(told);
  });

  it('runs no scripts of packages', async () => {
    const { cache, log } = place();
    await call(cache, 'add', spec);
    expect(readFileSync(log, 'utf8')).toMatch(
      /^install --ignore-scripts .*onnxruntime-node@1.22.0$/m,
    );
  });

  it('names what to add where a toolchain is opened that is not there', () => {
    const open = () => openToolchain(spec, { cache: temporaryFolder() });
    expect(open).toThrow(/is not in the cache .*assay toolchain add onnxruntime-node@1.22.0/);
  });
});
