/** Paths that lead to no plain file: pipes, devices, loops of links, names beyond what a system takes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRegularFile, regularFilesBelow, writeAtomic } from '../../golden/store/files.ts';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import { isHlo } from '../../validator/conformance/hlo/hlo-files.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = 'HloModule m\nENTRY e {\n  ROOT x = f32[4] parameter(0)\n}\n';

/** A folder with one module, and with everything that could stand beside it. */
function crowdedFolder(): string {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  for (const name of ['a.hlo', 'b.txt', 'c.mlir', 'module_0001.m.before_optimizations.txt']) {
    execFileSync('mkfifo', [at(name)]);
  }
  symlinkSync('loop.hlo', at('loop.hlo'));
  symlinkSync('nowhere', at('dangling.hlo'));
  symlinkSync('.', at('again'));
  symlinkSync('/dev/zero', at('zero.hlo'));
  mkdirSync(at('folder.hlo'));
  writeFileSync(at('slashes.txt'), `${'/'.repeat(50)}\n${'// '.repeat(1000)}`);
  writeFileSync(at('sound.hlo'), text);
  return folder;
}

describe.skipIf(process.platform === 'win32')(
  'a folder with pipes, devices and loops of links',
  () => {
    it('is read for what regular files it holds', async () => {
      const folder = crowdedFolder();
      const parsed = await assay(['parse', folder]);
      expect([parsed.exitCode, parsed.stdout]).toEqual([0, expect.stringContaining('sound.hlo')]);
      expect((await assay(['conformance', 'hlo', folder])).exitCode).toBe(0);
      for (const [command, code] of [
        [['dump', folder], 'dump/empty'],
        [['conformance', 'stablehlo', folder], 'file/no-tests'],
        [['conformance', 'onnx', folder], 'file/no-tests'],
      ] as const) {
        const { exitCode, stderr } = await assay(command);
        expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`[${code}]`)]);
      }
    });

    it('is listed without following a link out or round', () => {
      const names = regularFilesBelow(crowdedFolder()).map((path) => path.replace(/^.*\//, ''));
      expect(names).toEqual(['slashes.txt', 'sound.hlo']);
    });

    it('named one by one, each ends in an error about the file', async () => {
      const folder = crowdedFolder();
      const out = join(folder, 'o.safetensors');
      const loop = join(folder, 'loop.hlo');
      const long = join(folder, `${'x'.repeat(300)}.hlo`);
      for (const [path, code] of [
        [loop, 'eloop'],
        [long, 'enametoolong'],
        [join(folder, 'dangling.hlo'), 'enoent'],
        [join(folder, 'sound.hlo', 'x.hlo'), 'enotdir'],
      ] as const) {
        for (const line of [
          ['parse', path],
          ['run', path],
          ['validate', path],
          ['compare', path, path],
          ['run', join(folder, 'sound.hlo'), '--inputs', path],
          ['convert', path, join(folder, 'o.dot')],
        ]) {
          const { exitCode, stderr } = await assay(line);
          expect([line, exitCode, stderr]).toEqual([
            line,
            2,
            expect.stringContaining(`[file/${code}]`),
          ]);
        }
      }
      expect(isRegularFile(out)).toBe(false);
    });
  },
);

it('fifty slashes are a comment like any other', () => {
  const folder = temporaryFolder();
  const [banner, none] = ['banner.txt', 'none.txt'].map((name) => join(folder, name));
  writeFileSync(banner!, `${`${'/'.repeat(50)}\n`.repeat(20)}\n  // so\n${text}`);
  writeFileSync(none!, `${'//\n'.repeat(1000)}x`);
  expect(isHlo(banner!)).toBe(true);
  expect(isHlo(none!)).toBe(false);
});

it('what cannot be written leaves its own error and no other file', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'taken'));
  expect(() => writeAtomic(join(folder, 'taken'), 'x')).toThrow(AssayError);
  expect(readdirSync(folder)).toEqual(['taken']);
});

it.skipIf(process.platform !== 'linux')('a full disk is a fault, not a finding', () => {
  const script = 'import{processIo}from"./cli/io.ts";processIo().out("x".repeat(9))';
  const run = () =>
    execFileSync('sh', ['-c', `node --import tsx --input-type=module -e '${script}' > /dev/full`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  expect(run).toThrow(expect.objectContaining({ status: 3 }));
});
