/** The cache of toolchains: complete versions or none, whoever comes at once or is killed. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cacheFolder,
  installAtomically,
  installedFolder,
  installedVersions,
  isInstalled,
  recordFile,
} from '../../validator/toolchains/cache.ts';
import { compareVersions, isPrerelease, parseSpec } from '../../validator/toolchains/spec.ts';
import { temporaryFolder } from '../support/temporary.ts';

const spec = { name: 'tool', version: '1.2.3' };
const shelf = (cache: string) => readdirSync(join(cache, 'toolchains', 'tool'));

/** Fills a folder in two steps, and stops before one of them where told. */
async function fill(folder: string, by: string, stop?: number): Promise<void> {
  for (const [k, file] of ['library.js', recordFile].entries()) {
    if (stop === k) throw new Error('stopped');
    await new Promise(setImmediate);
    const content = file === recordFile ? JSON.stringify(spec) : by;
    writeFileSync(join(folder, file), content);
  }
}

describe('an installation', () => {
  it('is complete or absent, and leaves nothing else, however many are at it and stop where', async () => {
    const attempts = fc.array(fc.constantFrom(undefined, 0, 1), { minLength: 1, maxLength: 5 });
    const law = fc.asyncProperty(attempts, async (stops) => {
      const cache = temporaryFolder();
      const runs = stops.map((stop, k) =>
        installAtomically(cache, spec, (folder) => fill(folder, String(k), stop)),
      );
      const ended = await Promise.allSettled(runs);
      const done = stops.some((stop) => stop === undefined);
      expect(ended.map((e) => e.status === 'fulfilled')).toEqual(stops.map((s) => s === undefined));
      expect(isInstalled(cache, spec)).toBe(done);
      expect(shelf(cache)).toEqual(done ? ['1.2.3'] : []);
    });
    await fc.assert(law, { numRuns: 30, seed: 1 });
  });

  it('takes the place of a folder that is none, and clears what a dead process left', async () => {
    const cache = temporaryFolder();
    mkdirSync(installedFolder(cache, spec), { recursive: true });
    const left = `.${encodeURIComponent(hostname())}~999999999~a`;
    const others = '.elsewhere~999999999~a';
    for (const name of [left, others]) mkdirSync(join(cache, 'toolchains', 'tool', name));
    expect(installedVersions(cache, 'tool')).toEqual([]);
    await installAtomically(cache, spec, (folder) => fill(folder, 'a'));
    expect(installedVersions(cache, 'tool')).toEqual(['1.2.3']);
    expect(shelf(cache).sort()).toEqual([others, '1.2.3']);
    expect(existsSync(join(installedFolder(cache, spec), 'library.js'))).toBe(true);
  });
});

describe('the cache folder', () => {
  it.each<[string | undefined, Record<string, string>, string]>([
    ['/given', { ASSAY_CACHE: '/a' }, '/given'],
    [undefined, { ASSAY_CACHE: '/a', XDG_CACHE_HOME: '/x' }, '/a'],
    [undefined, { XDG_CACHE_HOME: '/x' }, '/x/assay'],
  ])('%s with %j is %s', (given, env, want) => {
    expect(cacheFolder(given, env)).toBe(want);
  });

  it('is below the home folder without all of these, or where XDG_CACHE_HOME is relative', () => {
    const plain = cacheFolder(undefined, {});
    expect(plain.startsWith(homedir())).toBe(true);
    expect(cacheFolder(undefined, { XDG_CACHE_HOME: 'x' })).toBe(plain);
  });
});

describe('versions', () => {
  it('are ordered as Semantic Versioning orders them', () => {
    const ordered = [
      ...['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11'],
      ...['1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0'],
    ];
    const law = fc.property(
      fc.shuffledSubarray(ordered, { minLength: ordered.length }),
      (mixed) => {
        expect([...mixed].sort(compareVersions)).toEqual(ordered);
      },
    );
    fc.assert(law, { numRuns: 50, seed: 1 });
    expect(ordered.filter(isPrerelease)).toEqual(ordered.slice(0, 6));
  });

  it.each([
    'tool',
    'tool@',
    'tool@latest',
    'tool@^1.2.3',
    'tool@1.2',
    'tool@../../x',
    '@scope/tool',
  ])('%s names none', (text) => {
    expect(() => parseSpec(text)).toThrow(/name one as in/);
  });

  it('may be of a package with a scope', () => {
    expect(parseSpec('@a/b@1.2.3-rc.1')).toEqual({ name: '@a/b', version: '1.2.3-rc.1' });
  });
});
