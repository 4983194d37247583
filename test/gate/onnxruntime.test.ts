/**
 * Released versions of ONNX Runtime that computed something else, each from the graph alone: a gate
 * fails on the oldest bad version that the cache holds, and is silent on the newest good one.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GateRecord } from '../../validator/gate/record.ts';
import { compareVersions } from '../../validator/toolchains/spec.ts';
import { listToolchains } from '../../validator/toolchains/toolchains.ts';
import { assay } from '../support/cli.ts';
import { corpora, corpus } from '../support/corpora.ts';
import { blocksOf, commandsOf } from '../support/readme.ts';
import { temporaryFolder } from '../support/temporary.ts';

const folder = corpus('ort-miscompiles');
const versions = listToolchains()
  .filter((t) => t.name === 'onnxruntime-node' && t.unavailable === undefined)
  .map((t) => t.version);
const hasAll = corpora !== undefined && existsSync(folder) && versions.length > 0;
if (!hasAll)
  console.log('skipped: onnxruntime-node in $ASSAY_CACHE, and ort-miscompiles of the corpora');

interface Case {
  readonly name: string;
  readonly bad: string | undefined;
  readonly good: string | undefined;
}

const cases = hasAll ? readdirSync(folder).flatMap(caseOf) : [];

/** The versions of a case that the cache holds, by what its case.json says of them. */
function caseOf(name: string): Case[] {
  const file = `${folder}/${name}/case.json`;
  if (!existsSync(file)) return [];
  const told = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly bad: string;
    readonly good: string;
  };
  const ranges = [...told.bad.matchAll(/([\d.]+\d) to ([\d.]+\d)/g)];
  const isBad = (v: string) =>
    ranges.some(([, from, to]) => compareVersions(v, from!) >= 0 && compareVersions(v, to!) <= 0);
  const parts = [...told.good.matchAll(/([\d.]+\d)( and before)?/g)];
  const isGood = (v: string) =>
    parts.some(([, at, before]) =>
      before ? compareVersions(v, at!) <= 0 : compareVersions(v, at!) >= 0,
    );
  return [{ name, bad: versions.find(isBad), good: versions.filter(isGood).at(-1) }];
}

async function gate(version: string, ...args: readonly string[]): Promise<GateRecord> {
  const spec = ['--toolchain', `onnxruntime-node@${version}`, '--max-undecided', '100'];
  return JSON.parse((await assay(['gate', ...args, ...spec, '--json', '--quiet'])).stdout);
}

/** What the fault is of, where the version shows its optimised graph. */
const rewritten = new Set(['gemm_identT_matmuladd', 'reshape_allowzero']);

describe.skipIf(!hasAll)('ort-miscompiles', () => {
  it.each(cases.filter((c) => c.bad))('$name fails on $bad', async ({ name, bad }) => {
    const record = await gate(bad!, `${folder}/${name}/model.onnx`);
    expect(record.outcome).toBe('failed');
    for (const f of record.findings)
      expect(f.replay).toMatch(/^assay gate .*model\.onnx --toolchain/);
  });

  it.each(cases.filter((c) => c.good))('$name is silent on $good', async ({ name, good }) => {
    const record = await gate(good!, `${folder}/${name}/model.onnx`);
    expect([record.outcome, record.findings]).toEqual(['passed', []]);
  });

  it.each(cases.filter(() => versions.includes('1.26.0')))(
    '$name, where 1.26.0 gets it wrong: the rewriting or the kernels, not both',
    async ({ name }) => {
      const record = await gate('1.26.0', `${folder}/${name}/model.onnx`);
      const rules = new Set(record.findings.map((f) => f.rule));
      if (rules.size === 0 || rules.has('error')) return;
      expect([...rules]).toEqual([rewritten.has(name) ? 'rewriting' : 'kernels']);
    },
  );
});

describe.skipIf(!hasAll || !versions.includes('1.26.0'))('README.md', () => {
  it('shows what a gate prints', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const [shown] = commandsOf(blocksOf(text)).filter((c) =>
      c.line.startsWith('assay gate model.onnx'),
    );
    const place = temporaryFolder();
    copyFileSync(`${folder}/gemm_identT_matmuladd/model.onnx`, join(place, 'model.onnx'));
    const before = process.cwd();
    process.chdir(place);
    onTestFinished(() => process.chdir(before));
    const run = await assay(shown!.argv);
    expect([run.exitCode, run.stdout.trim()]).toEqual([1, shown!.output]);
  });
});

/** Controls that ONNX Runtime does get wrong on special values, and how. */
const wrong: Readonly<Record<string, string>> = {
  'k_lstm.onnx': 'its LSTM takes a NaN for a large number',
  'k_einsum_3op.onnx': 'it sums a lone axis before it multiplies: −∞ · 0 is lost',
};

/** The controls were found silent from here on; older versions get some of them wrong. */
const firstSilent = '1.27.0';
const newest = versions.at(-1) ?? '0.0.0';

describe.skipIf(!hasAll || compareVersions(newest, firstSilent) < 0)('controls', () => {
  const all = hasAll ? readdirSync(`${folder}/controls`).map((f) => `${folder}/controls/${f}`) : [];

  it(`are silent on ${newest}, but for those known to be wrong`, { timeout: 300_000 }, async () => {
    const record = await gate(newest, ...all, '--cases', 'lattice,typical,extremes,specials');
    expect(record.graphs.filter((g) => g.state === 'not judged')).toEqual([]);
    const found = record.findings.map((f) => f.graph.split('/').at(-1)!);
    expect(found.filter((name) => !Object.hasOwn(wrong, name))).toEqual([]);
  });

  it('a rounding that is skipped is allowed, unless bits must be kept', async () => {
    const file = `${folder}/controls/f16_mul_cast_double.onnx`;
    expect((await gate(newest, file)).outcome).toBe('passed');
    expect((await gate(newest, file, '--contract', 'exact')).outcome).toBe('failed');
  });
});
