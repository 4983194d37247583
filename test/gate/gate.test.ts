/** The gate's engine: what fails, what is known, what is not judged, and what an outcome is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssayError } from '../../graphs/ir/diagnostic.ts';
import type { Rule } from '../../validator/gate/record.ts';
import { fakeGate, other, own, roundTrip } from '../support/gate/fake-gate.ts';
import { model, node, value } from '../support/onnx-model.ts';
import type { Behaviour } from '../support/toolchains.ts';

const told = (r: Awaited<ReturnType<typeof fakeGate>>) =>
  r.findings.map((f) => [f.rule, f.fails, f.cases?.map((c) => c.case)]);

describe('without a baseline', () => {
  it.each<[Behaviour, Rule, RegExp]>([
    ['returns NaN', 'result', /^$/],
    ['returns more', 'result', /^$/],
    ['throws', 'error', /error as it runs: no kernel for op 7/],
    ['segfaults', 'crashed', /crashed as it runs: .*SIGSEGV/],
    ['exits', 'crashed', /exit code 0 before/],
    ['throws bad_alloc', 'out-of-memory', /bad_alloc/],
    ['reshapes', 'shape', /output y is f32\[2,1\]; the graph gives f32\[2\]/],
    ['returns nothing', 'error', /returned no output y/],
  ])('%s in one case: a finding %s of that case', async (act, rule, why) => {
    const record = await fakeGate({ graph: { g: { cases: ['returns', act] } } });
    expect(record.outcome).toBe('failed');
    expect(told(record)).toEqual([[rule, true, ['case-1']]]);
    expect(record.findings[0]).toMatchObject({
      note: expect.stringMatching(why),
      replay: 'assay gate g --cases typical --seed 1',
    });
    expect(record.graphs[0]!.outcomes[0]!.outcome).toBe('ok');
  });

  it('a hang is a timeout', async () => {
    const runLimits = { seconds: 5, memory: 2 ** 30 };
    const record = await fakeGate({ graph: { g: { cases: ['hangs', 'returns'] } }, runLimits });
    const [finding] = record.findings;
    expect(finding).toMatchObject({ rule: 'timed-out', fails: true, case: 'case-0' });
  });

  it('a graph that crashes as it loads, or that nobody can read, ends no other', async () => {
    const graph = { a: { load: 'segfaults' }, b: {}, c: { load: 'throws' } } as const;
    const record = await fakeGate({ graph });
    expect(record.graphs.map((g) => g.state)).toEqual(['failed', 'passed', 'failed']);
    expect(told(record)).toEqual([
      ['crashed', true, ['case-0', 'case-1']],
      ['error', true, ['case-0', 'case-1']],
    ]);
    const load = () =>
      Promise.reject(new AssayError({ code: 'run/unsupported', message: 'no such op' }));
    const unread = await fakeGate({ graph: {}, graphs: [{ graph: 'd', load }] });
    expect(unread).toMatchObject({ outcome: 'not judged', graphs: [{ state: 'not judged' }] });
    expect(unread.failures).toEqual(['d was not judged: no such op [run/unsupported]']);
  });

  it('what is right passes', async () => {
    const record = await fakeGate({ graph: { g: {} } });
    expect(record).toMatchObject({
      outcome: 'passed',
      verdict: 'identical',
      failures: [],
      checked: 4,
    });
  });

  it('a finding has the element, the budget and a map of where it differs', async () => {
    const record = await fakeGate({ graph: { g: { always: 'returns more' } }, text: roundTrip });
    const [finding] = record.findings;
    expect(finding).toMatchObject({
      ...{ rule: 'result', name: 'y', verdict: 'beyond', known: false, outside: 2 },
      ...{ toolchain: `onnxruntime-node@${own}`, before: expect.any(Number) },
      map: { dims: [2], rows: 1, columns: 2 },
    });
    expect(finding!.map!.cells.every((use) => use > 1)).toBe(true);
  });

  it('what cannot run here is not judged, with the reason', async () => {
    const record = await fakeGate({ graph: { g: {} }, knobs: { disabledOptimizers: ['A'] } });
    expect(record).toMatchObject({ outcome: 'not judged', findings: [] });
    expect(record.failures[0]).toMatch(/cannot switch off single optimisers/);
  });

  it('cases that the reference cannot run leave it open, all of them not judged', async () => {
    const endless = (least: number) => `HloModule g
      c { p = (f32[2], f32[]) parameter(0) n = f32[] get-tuple-element(p), index=1
        l = f32[] constant(${least}) ROOT r = pred[] compare(n, l), direction=GE }
      b { p = (f32[2], f32[]) parameter(0) v = f32[2] get-tuple-element(p), index=0
        n = f32[] get-tuple-element(p), index=1 ROOT t = (f32[2], f32[]) tuple(v, n) }
      ENTRY e { x = f32[2] parameter(0) s = f32[1] slice(x), slice={[0:1]} n = f32[] reshape(s)
        t = (f32[2], f32[]) tuple(x, n) w = (f32[2], f32[]) while(t), condition=c, body=b
        ROOT y = f32[2] get-tuple-element(w), index=0 }`;
    const limits = { maxIterations: 10, maxElements: 100 };
    const some = await fakeGate({ graph: { g: {} }, text: endless(1), limits });
    expect(some).toMatchObject({ outcome: 'passed', graphs: [{ state: 'open' }], checked: 2 });
    expect(some.skipped).toMatchObject([{ what: 'g, case-1', open: true }]);
    const none = await fakeGate({ graph: { g: {} }, text: endless(0), limits });
    expect(none).toMatchObject({ outcome: 'not judged', graphs: [{ state: 'not judged' }] });
  });

  it('positions out of range may be refused, and no other case', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ always: 'throws' }));
    const record = await fakeGate({ graph: { g: { always: 'throws' } } });
    const [first, second] = ['out-of-range', 'typical'].map((kind, k) => ({
      ...{ name: `case-${k}`, kind, options: '' },
      inputs: record.graphs.length ? caseInputs : [],
    }));
    const both = await fakeGate({ graph: { g: {} }, input: { bytes, cases: [first!, second!] } });
    expect(told(both)).toEqual([['error', true, ['case-1']]]);
    expect(both.skipped.map((s) => s.why)).toEqual([
      expect.stringMatching(/inputs that ONNX does not define are refused/),
    ]);
  });
});

describe('what ONNX does not define, and the runtime says it refuses', () => {
  it.each<[Behaviour, string]>([
    ['throws of an index', 'not judged'],
    ['throws of a divisor', 'not judged'],
    ['throws of lengths', 'not judged'],
    ['throws', 'failed'],
  ])('%s: %s, and never passed', async (always, outcome) => {
    expect((await fakeGate({ graph: { g: { always } } })).outcome).toBe(outcome);
    const some = await fakeGate({ graph: { g: { cases: ['returns', always] } } });
    expect(some.graphs[0]!.state).toBe(outcome === 'failed' ? 'failed' : 'open');
  });
});

const caseInputs = [
  { kind: 'tensor', shape: { kind: 'array', type: 'f32', dims: [2] }, data: new Float32Array(2) },
] as never;

describe('against a baseline', () => {
  const versions = (a: Behaviour, b: Behaviour) => ({
    versions: { [own]: { always: a }, [other]: { always: b } },
  });

  it.each<[Behaviour, Behaviour, boolean]>([
    ['returns more', 'returns', true],
    ['returns more', 'returns more', false],
    ['returns more', 'returns NaN', false],
    ['returns', 'returns more', false],
    ['returns more', 'throws', true],
    ['throws', 'throws', false],
    ['throws', 'segfaults', true],
    ['segfaults', 'segfaults', false],
    ['segfaults', 'returns', true],
    ['reshapes', 'reshapes', false],
    ['reshapes', 'returns', true],
  ])('%s where it %s before: fails %s', async (now, before, fails) => {
    const record = await fakeGate({ graph: { g: versions(now, before) }, base: other });
    expect(record.outcome).toBe(fails ? 'failed' : 'passed');
    const isBad = now !== 'returns';
    expect(record.findings.map((f) => [f.known, f.fails])).toEqual(isBad ? [[!fails, fails]] : []);
  });

  it('fails exactly where some case is wrong that was right, whatever the others do', async () => {
    const acts = fc.constantFrom<Behaviour>('returns', 'returns more', 'throws');
    const pair = fc.tuple(acts, acts);
    const law = fc.asyncProperty(fc.array(pair, { minLength: 1, maxLength: 4 }), async (cases) => {
      const [now, before] = [cases.map(([a]) => a), cases.map(([, b]) => b)];
      const graph = { versions: { [own]: { cases: now }, [other]: { cases: before } } };
      const record = await fakeGate({ graph: { g: graph }, base: other });
      const isNew = cases.some(([a, b]) => a !== 'returns' && a !== b);
      expect(record.outcome).toBe(isNew ? 'failed' : 'passed');
      const wrong = new Set(record.findings.flatMap((f) => f.cases!.map((c) => c.case)));
      const want = now.flatMap((a, k) => (a === 'returns' ? [] : [`case-${k}`]));
      expect([...wrong].sort()).toEqual(want);
    });
    await fc.assert(law, { numRuns: 5, seed: 1 });
  });

  it.each<[number | null, Behaviour, boolean]>([
    [null, 'is off by an ulp', false],
    [1.5, 'is off by an ulp', true],
    [1e6, 'is off by an ulp', false],
    [1.5, 'returns', false],
  ])('with growth of %s, and %s: fails %s', async (maxGrowth, act, fails) => {
    const record = await fakeGate({
      ...{ graph: { g: versions(act, 'returns') }, base: other, text: roundTrip },
      allowed: { maxUndecided: 1, maxGrowth, suspect: false },
    });
    expect(record.outcome).toBe(fails ? 'failed' : 'passed');
    expect(record.verdict).not.toBe('beyond');
    if (!fails) return;
    expect(record.findings).toMatchObject([{ rule: 'growth', name: 'y', fails: true }]);
    expect(record.findings[0]!.note).toMatch(/the error grew [\d.]+ times .* over 2 cases/);
  });
});

describe('a toolchain that shows its optimised graph', () => {
  const saved = (op: string) => {
    const bytes = model(
      { node: [node(op, ['x'], ['y'])], input: [value('x', [2])], output: [value('y', [2])] },
      17,
    );
    return Buffer.from(bytes).toString('base64');
  };
  const shown = (graph: object, more = {}) =>
    fakeGate({ graph: { g: graph }, version: '1.22.0', ...more });

  it.each<[string, Behaviour, readonly string[]]>([
    ['Identity', 'returns', []],
    ['Identity', 'returns more', ['kernels']],
    ['Neg', 'returns', ['rewriting', 'kernels']],
    ['Abs', 'returns more', ['kernels']],
  ])('%s, and %s: %j at fault', async (op, always, rules) => {
    const record = await shown({ optimized: saved(op), always });
    expect(record.findings.map((f) => f.rule)).toEqual(rules);
    expect(record.graphs[0]!.steps.map((s) => s.step)).toEqual(['rewriting', 'kernels', 'result']);
  });

  it('rewrites: the finding has the diff of the graph', async () => {
    const { findings } = await shown({ optimized: saved('Neg') });
    expect(findings[0]).toMatchObject({
      rule: 'rewriting',
      pass: '(rewriting)',
      verdict: 'beyond',
    });
    expect(findings[0]!.diff).toMatch(/^\+.*negate/m);
  });

  it('that cannot be read is said, and the outputs are judged all the same', async () => {
    const record = await shown({ always: 'returns more' });
    expect(record.findings.map((f) => f.rule)).toEqual(['result']);
    expect(record.skipped[0]!.why).toMatch(
      /cannot be read, so rewriting and kernels are judged together/,
    );
  });

  it('with a fault of the rewriting that the baseline has as well: known', async () => {
    const optimized = saved('Neg');
    const both = await shown({ optimized }, { base: '1.21.0' });
    expect(both.findings.map((f) => [f.rule, f.known])).toEqual([
      ['rewriting', true],
      ['kernels', true],
    ]);
    expect(both.outcome).toBe('passed');
    const versions = { '1.21.0': { optimized: saved('Identity') } };
    const now = await shown({ optimized, versions }, { base: '1.21.0' });
    expect(now.outcome).toBe('failed');
  });
});
