/**
 * Released versions of ONNX Runtime that computed something else: the sets of optimisers to blame are
 * those that the corpus lists, and the versions in the cache turn where it says.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OptimizersFound } from '../../validator/bisect/optimizers.ts';
import type { VersionsFound } from '../../validator/bisect/versions.ts';
import { compareVersions } from '../../validator/toolchains/spec.ts';
import { listToolchains } from '../../validator/toolchains/toolchains.ts';
import { assay } from '../support/cli.ts';
import { corpora, corpus } from '../support/corpora.ts';

const folder = corpus('ort-miscompiles');
const cached = listToolchains().filter((t) => t.name === 'onnxruntime-node' && !t.unavailable);
const hasAll = corpora !== undefined && existsSync(folder) && cached.length > 1;
if (!hasAll) {
  console.log('skipped: two versions of onnxruntime-node in $ASSAY_CACHE, and ort-miscompiles');
}

interface Case {
  readonly name: string;
  readonly graph: string;
  readonly optimizers: readonly string[] | null;
  /** Pairs of the first and the last bad version. */
  readonly bad: readonly (readonly [string, string])[];
}

const cases: readonly Case[] = hasAll
  ? readdirSync(folder).flatMap((name) => {
      const file = `${folder}/${name}/case.json`;
      if (!existsSync(file)) return [];
      const { bad, optimizers } = JSON.parse(readFileSync(file, 'utf8'));
      const ranges = [...bad.matchAll(/([\d.]+\d) to ([\d.]+\d)/g)].map(
        ([, from, to]) => [from, to] as const,
      );
      const before = [...bad.matchAll(/before ([\d.]+\d)/g)].map(
        ([, to]) => ['0.0.0', to] as const,
      );
      return [
        { name, graph: `${folder}/${name}/model.onnx`, optimizers, bad: [...ranges, ...before] },
      ];
    })
  : [];

const isBad = ({ bad }: Case, version: string) =>
  bad.some(
    ([from, to]) => compareVersions(version, from) >= 0 && compareVersions(version, to) <= 0,
  );

/** Sets as text: `A + B, both` is one of two; a list of names is one set for each. */
const setsOf = (names: readonly string[]) =>
  names
    .map((name) =>
      name
        .replace(/[,(].*/, '')
        .split(' + ')
        .map((n) => n.trim())
        .sort(),
    )
    .sort();

const withSets = cases.flatMap((c) => {
  const able = cached.filter((t) => t.capabilities.disablesOptimizers && isBad(c, t.version));
  const [toolchain] = able;
  return c.optimizers && toolchain
    ? [{ ...c, spec: toolchain.spec, sets: setsOf(c.optimizers) }]
    : [];
});

describe.skipIf(!hasAll)('ort-miscompiles', () => {
  it.each(withSets)('$name on $spec is due to $sets', { timeout: 120_000 }, async (c) => {
    const run = await assay(['bisect', 'optimizers', c.graph, '--toolchain', c.spec, '--json']);
    const found: OptimizersFound = JSON.parse(run.stdout);
    expect(found.outcome).toBe('found');
    expect(found.sets.map((set) => [...set].sort()).sort()).toEqual(c.sets);
  });

  it.each(cases)('$name turns where the corpus says', { timeout: 240_000 }, async (c) => {
    const words = ['--toolchain', 'onnxruntime-node', '--offline', '--json'];
    const run = await assay(['bisect', 'versions', c.graph, ...words]);
    const { told }: VersionsFound = JSON.parse(run.stdout);
    const wrong = told.filter(({ version, told: { kind } }) => {
      return kind !== (isBad(c, version) ? 'bad' : 'good');
    });
    expect(wrong).toEqual([]);
  });
});

describe('assay bisect', () => {
  it.each([
    [['versions', 'x.onnx', '--toolchain', 'nobody'], 'there is no toolchain "nobody"'],
    [
      ['versions', 'x.onnx', '--toolchain', 'onnxruntime-node', '--from', '1.2'],
      '"1.2" is no version',
    ],
    [
      ['versions', 'x.onnx', '--toolchain', 'onnxruntime-node', '--offline', '--cache', 'nowhere'],
      'has 0 versions there',
    ],
    [['optimizers', 'x.onnx', '--toolchain', 'onnxruntime-node'], 'the version is missing'],
  ])('%j is refused', async (words, message) => {
    const run = await assay(['bisect', ...words]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(message);
  });
});
