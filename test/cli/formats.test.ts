/**
 * How a graph may be given: on standard input, gzipped, under a name that lies about its format; and
 * what is refused with the command that helps.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { moduleBytes } from '../../golden/store/module-bytes.ts';
import { assay } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary.ts';

const program = resolve(import.meta.dirname, '../../dist/bin/assay.js');
const hlo = 'HloModule m\nENTRY e {\n  a = f32[4] parameter(0)\n  ROOT b = f32[4] add(a, a)\n}\n';
const mlir = `module {
  func.func @main(%a: tensor<4xf32>) -> tensor<4xf32> {
    %0 = stablehlo.add %a, %a : tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
`;

function written(name: string, content: string | Uint8Array): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

describe('standard input', () => {
  it.each([
    ['parse', ['parse', '-'], hlo],
    ['parse, StableHLO', ['parse', '-'], mlir],
    ['parse, gzipped', ['parse', '-'], gzipSync(hlo)],
    ['run', ['run', '-'], mlir],
    ['validate', ['validate', '-', '--backend', 'cpu', '--cases', 'typical'], hlo],
    ['compare with itself', ['compare', '-', '-', '--cases', 'typical'], hlo],
    ['reduce', ['reduce', '-', '--backend', 'cpu', '--out', 'unused'], ''],
  ])('%s', (_, argv, input) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...argv], { input });
    const told = String(stderr);
    if (input === '') expect([status, told]).toEqual([2, expect.stringContaining('[file/empty]')]);
    else expect([status, told]).toEqual([0, '']);
  });
});

describe('what a file holds counts, not what it is called', () => {
  it.each([
    ['StableHLO as .hlo', 'm.hlo', mlir],
    ['HLO as .mlir', 'm.mlir', hlo],
    ['gzipped HLO', 'm.hlo.gz', gzipSync(hlo)],
    ['gzipped under a plain name', 'm.hlo', gzipSync(hlo)],
    ['gzipped StableHLO as .hlo', 'm.hlo', gzipSync(mlir)],
  ])('%s', async (_, name, content) => {
    const { exitCode, stderr } = await assay(['run', written(name, content)]);
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it.each(['m.mlir', 'm.hlo', 'm.mlirbc'])(
    'MLIR bytecode in %s is refused by name',
    async (name) => {
      const bytes = Uint8Array.from([0x4d, 0x4c, 0xef, 0x52, 1, 2, 3]);
      const { exitCode, stderr } = await assay(['run', written(name, bytes)]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/MLIR bytecode; stablehlo-opt .*\[format\/mlir-bytecode\]/);
    },
  );
});

describe('gzip', () => {
  it('is read in a dump', async () => {
    const folder = temporaryFolder();
    const name = (stage: string) => join(folder, `module_0001.m.${stage}.txt`);
    writeFileSync(name('before_optimizations'), gzipSync(hlo));
    writeFileSync(name('after_optimizations'), gzipSync(hlo.replace('add(a, a)', 'add(a, a)')));
    const { exitCode, stdout } = await assay(['dump', folder]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 modules, 2 states')]);
  });

  it('that is damaged, or too large unpacked, is told with the file', async () => {
    const cut = written('m.hlo', gzipSync(hlo).subarray(0, 40));
    const { exitCode, stderr } = await assay(['parse', cut]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('[file/gzip]');
    const zeros = written('zeros.hlo', gzipSync(Buffer.alloc(2 ** 20)));
    expect(() => moduleBytes(zeros, 1000)).toThrow('unpacked');
  });
});
