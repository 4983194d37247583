/** Runs of a toolchain: whatever the library does is told as what it is, and the rest goes on. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { cacheFolder } from '../../validator/toolchains/cache.ts';
import type { FailedOutcome, Knobs } from '../../validator/toolchains/toolchain.ts';
import { listToolchains, openToolchain } from '../../validator/toolchains/toolchains.ts';
import { model, node, value } from '../support/onnx-model.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type Behaviour, type FakeGraph, fakeToolchain } from '../support/toolchains.ts';

/** What fills the memory may take its time on a busy machine; what waits for ever need not. */
const limits = { seconds: 40, memory: 400 * 2 ** 20 };
const short = { ...limits, seconds: 5 };
const endless = ['hangs', 'waits'];

function run(
  graph: FakeGraph,
  knobs: Knobs = {},
  version = '1.22.0',
  n = graph.cases?.length ?? 1,
) {
  const cache = temporaryFolder();
  fakeToolchain(cache, version);
  const cases = Array.from({ length: n }, (_, k) => ({
    name: `case-${k}`,
    inputs: new Map([['x', tensorOf('f32', [2], [k, 0.5])]]),
  }));
  const bytes = new TextEncoder().encode(JSON.stringify(graph));
  return openToolchain(`onnxruntime-node@${version}`, { cache }).run(
    bytes,
    cases,
    knobs,
    isEndless(graph) ? short : limits,
  );
}

function isEndless({ load, cases = [] }: FakeGraph): boolean {
  return [load, ...cases].some((act) => endless.includes(act ?? ''));
}

const misdeeds: readonly [Behaviour, FailedOutcome, RegExp][] = [
  ['throws', 'error', /no kernel for op 7/],
  ['throws bad_alloc', 'out of memory', /bad_alloc/],
  ['segfaults', 'crashed', /SIGSEGV/],
  ['hangs', 'timed out', /no result after 5 s/],
  ['waits', 'timed out', /no result after 5 s/],
  ['exits', 'crashed', /exit code 0 before it had a result/],
  ['allocates', 'out of memory', /more than 400 MiB/],
  ['fills the heap', 'out of memory', /./],
];

describe('a library', () => {
  it.each(misdeeds)(
    'that %s in one case: %s, and the cases around it run',
    async (act, outcome, why) => {
      const { results } = await run({ cases: ['returns', act, 'returns'] });
      expect(results.map((r) => r.outcome)).toEqual(['ok', outcome, 'ok']);
      expect(results[1]).toMatchObject({ case: 'case-1', reason: expect.stringMatching(why) });
    },
  );

  it.each(misdeeds)('that %s as it loads: %s in every case', async (act, outcome, why) => {
    const { results } = await run({ load: act, cases: ['returns', 'returns'] });
    expect(results.map((r) => r.outcome)).toEqual([outcome, outcome]);
    expect(results[0]).toMatchObject({ reason: expect.stringMatching(why) });
  });

  it.each<[Behaviour, RegExp]>([
    ['returns nothing', /returned no output y/],
    ['returns junk', /7/],
  ])('that %s: an error', async (act, why) => {
    const { results } = await run({ cases: [act, 'returns'] });
    expect(results.map((r) => r.outcome)).toEqual(['error', 'ok']);
    expect(results[0]).toMatchObject({ reason: expect.stringMatching(why) });
  });

  it('that names the file that it was given: the reason is the same in every run', async () => {
    const { results } = await run({ load: 'throws its path' });
    expect(results).toMatchObject([{ at: 'load', reason: 'Load model from graph.onnx failed' }]);
  });

  it('that floods stdout with what looks like the protocol gives its outputs all the same', async () => {
    const { results, stdout, stderr } = await run({ cases: ['floods', 'returns NaN'] });
    expect(results.map((r) => r.outcome)).toEqual(['ok', 'ok']);
    expect(results[1]).toMatchObject({
      outputs: new Map([['y', tensorOf('f32', [2], [NaN, NaN])]]),
    });
    expect(stdout.length).toBeGreaterThan(2 ** 10);
    expect(stdout.length + stderr.length).toBeLessThan(2 ** 20);
  });
});

describe('what comes back', () => {
  it('is one result a case in their order, whatever happens in which', async () => {
    const acts = fc.constantFrom<Behaviour>('returns', 'throws', 'segfaults', 'exits');
    const outcomes = { returns: 'ok', throws: 'error', segfaults: 'crashed', exits: 'crashed' };
    const law = fc.asyncProperty(fc.array(acts, { maxLength: 3 }), async (cases) => {
      const { results } = await run({ cases });
      const want = cases.map((act, k) => [`case-${k}`, outcomes[act as 'returns']]);
      expect(results.map((r) => [r.case, r.outcome])).toEqual(want);
    });
    await fc.assert(law, { numRuns: 5, seed: 1 });
  });

  it('leaves no folder behind', async () => {
    vi.stubEnv('TMPDIR', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    await run({ cases: ['segfaults'] });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('assay-run-'))).toEqual([]);
  });

  it('removes what a killed run left, and nothing of one that lives', async () => {
    const parent = temporaryFolder();
    vi.stubEnv('TMPDIR', parent);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    const [dead, alive] = [`assay-run-${pid}-x`, `assay-run-${process.ppid}-x`];
    for (const name of [dead, alive, 'assay-running']) mkdirSync(join(parent, name));
    await run({});
    const left = readdirSync(parent).filter((name) => name.startsWith('assay-run'));
    expect(left.sort()).toEqual([alive, 'assay-running']);
  });

  it('tells what optimisers did once, however many children it took', async () => {
    const cases = ['segfaults', 'segfaults', 'returns'] as const;
    const { optimizers } = await run({ cases }, { logOptimizers: true });
    expect(optimizers).toEqual([{ name: 'Pad_Fusion', modified: true }]);
  });

  it('has the optimised graph and the log of optimisers where they were asked for', async () => {
    const asked = await run({}, { saveOptimized: true, logOptimizers: true });
    expect(Buffer.from(asked.optimized!).toString()).toBe('optimised');
    expect(asked.optimizers).toEqual([{ name: 'Pad_Fusion', modified: true }]);
    const plain = await run({});
    expect([plain.optimized, plain.optimizers]).toEqual([undefined, undefined]);
  });

  it('was made with the knobs that were turned', async () => {
    const knobs = { level: 'basic', disabledOptimizers: ['A', 'B'] };
    const { results } = await run({ options: true }, knobs);
    const [result] = results;
    const seen = result?.outcome === 'ok' ? result.outputs.get('y')!.data : [];
    expect(JSON.parse(Buffer.from(seen as Uint8Array).toString())).toMatchObject({
      graphOptimizationLevel: 'basic',
      extra: { optimization: { disable_specified_optimizers: 'A;B' } },
    });
  });
});

describe('a version', () => {
  it('that ignores the level says so in every run', async () => {
    const { notes, results } = await run({}, { level: 'disabled' }, '1.16.0');
    expect(results[0]!.outcome).toBe('ok');
    expect(notes).toEqual([expect.stringMatching(/ignores the level/)]);
    expect((await run({}, { level: 'disabled' }, '1.16.3')).notes).toEqual([]);
  });

  it.each<[Knobs, RegExp]>([
    [{ disabledOptimizers: ['A'] }, /cannot switch off/],
    [{ saveOptimized: true }, /cannot save/],
  ])('that would ignore a knob is unavailable with it: %j', async (knobs, why) => {
    const { results } = await run({}, knobs, '1.20.1');
    const reason = expect.stringMatching(why);
    expect(results).toEqual([{ case: 'case-0', outcome: 'unavailable', reason }]);
  });

  it('refuses a level that it does not have', async () => {
    await expect(run({}, { level: 'layout' }, '1.20.1')).rejects.toThrow(/disabled, basic/);
  });

  it('without a library for this machine is unavailable, with the reason', async () => {
    const cache = temporaryFolder();
    fakeToolchain(cache, '1.9.0', false);
    const toolchain = openToolchain('onnxruntime-node@1.9.0', { cache });
    const { results } = await toolchain.run(new Uint8Array(), [{ name: 'a', inputs: new Map() }]);
    const reason = expect.stringMatching(/holds no library for/);
    expect(results).toEqual([{ case: 'a', outcome: 'unavailable', reason }]);
  });
});

/** y = Relu(x) of f32[2]: what any version takes. */
const relu = model(
  {
    node: [node('Relu', ['x'], ['y'])],
    input: [value('x', [2])],
    output: [value('y', [2])],
  },
  11,
);
const real = listToolchains({ cache: cacheFolder() }).filter((t) => t.unavailable === undefined);
if (real.length === 0) console.log('skipped: no toolchain in $ASSAY_CACHE');

describe.skipIf(real.length === 0)(
  'the versions in the cache of this machine (none: skipped)',
  () => {
    it.each(real.map((t) => [t.spec, t] as const))('%s runs a graph', async (_, toolchain) => {
      const inputs = new Map([['x', tensorOf('f32', [2], [-1, 2])]]);
      const { results } = await toolchain.run(relu, [{ name: 'a', inputs }]);
      const outputs = new Map([['y', tensorOf('f32', [2], [0, 2])]]);
      expect(results).toEqual([{ case: 'a', outcome: 'ok', outputs }]);
    });
  },
);
