/**
 * `assay bisect auto`: from the versions to a test that is red on the bad one and green on the good one,
 * and the same again from its journals.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AutoFound } from '../../validator/bisect/auto.ts';
import { assay } from '../support/cli.ts';
import { model, node, value } from '../support/onnx-model.ts';
import { expectReplays } from '../support/replay.ts';
import { statesIn } from '../support/run-tests.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { behaving, type FakeGraph, fakeToolchain } from '../support/toolchains.ts';

const { ASSAY_CACHE } = process.env;

afterEach(() => {
  if (ASSAY_CACHE === undefined) delete process.env.ASSAY_CACHE;
  else process.env.ASSAY_CACHE = ASSAY_CACHE;
  delete process.env.ASSAY_TOOLCHAIN;
});

/** A model that is its input, on versions that do as they are told. */
function given(versions: NonNullable<FakeGraph['versions']>) {
  const folder = temporaryFolder();
  const cache = join(folder, 'cache');
  for (const version of Object.keys(versions)) fakeToolchain(cache, version);
  const file = join(folder, 'model.onnx');
  const graph = {
    name: behaving({ versions }),
    input: [value('x', [2, 3])],
    output: [value('y', [2, 3])],
    node: [node('Identity', ['x'], ['a']), node('Identity', ['a'], ['y'])],
  };
  writeFileSync(file, model(graph));
  process.env.ASSAY_CACHE = cache;
  return { file, out: join(folder, 'found') };
}

const toolchain = ['--toolchain', 'onnxruntime-node', '--offline', '--cases', 'typical'];
const spec = (version: string) => `onnxruntime-node@${version}`;

describe('assay bisect auto', () => {
  it('gives versions, the smallest model and its test', { timeout: 120_000 }, async () => {
    const wrong = { always: 'returns more' } as const;
    const { file, out } = given({ '1.19.0': {}, '1.19.2': {}, '1.20.0': wrong, '1.20.1': {} });
    const words = ['bisect', 'auto', file, ...toolchain, '--out', out, '--scan', '4'];
    const run = await assay([...words, '--json']);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const found: AutoFound = JSON.parse(run.stdout);
    expect(found.blamed).toBe(spec('1.20.0'));
    expect(found.smallest).toMatchObject({
      ...{ outcome: 'minimal', before: { elements: 6 }, after: { elements: 1, nonZero: 0 } },
      silent: [spec('1.19.2'), spec('1.20.1')],
    });
    await expectReplays([found.smallest!.finding]);
    const tests = async (version: string) => {
      process.env.ASSAY_TOOLCHAIN = spec(version);
      return (await statesIn(out)).map(([, state]) => state);
    };
    expect(await tests('1.20.0')).toEqual(['failed']);
    expect(await tests('1.20.1')).toEqual(['passed']);
    expect(await tests('1.8.0')).toEqual(['skipped']);
    const { stdout } = await assay(words);
    expect(stdout).toContain('first bad version onnxruntime-node@1.20.0, last good');
    expect(stdout).toContain('onnxruntime-node@1.20.0 cannot switch off single optimisers');
    expect(stdout).toContain('right on onnxruntime-node@1.19.2 and onnxruntime-node@1.20.1');
    expect(stdout).toContain(`test ${found.test}: red on onnxruntime-node@1.20.0`);
  });

  it('says that no version is bad, and makes nothing', async () => {
    const { file, out } = given({ '1.19.0': {}, '1.20.1': {} });
    const run = await assay(['bisect', 'auto', file, ...toolchain, '--out', out]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toContain('good throughout');
    expect(readdirSync(out)).toEqual(['versions.jsonl']);
  });
});
