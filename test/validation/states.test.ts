/**
 * The one way through a list of states: what becomes of each step, and of whole results, as records.
 * Compare, pipelines and dumps are thin over it, and so will be whatever else takes steps.
 */
import { describe, expect, it } from 'vitest';
import { exact, reassociates } from '../../graphs/ir/contract.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { LastResult, StateList, Step } from '../../validator/validation/states.ts';
import { validateStates } from '../../validator/validation/validate.ts';

const module = (body: string, n = 4) =>
  parseModule(`HloModule m\nENTRY e {\n  x = f32[${n}] parameter(0)\n  ${body}\n}\n`);

const caseOf = (name: string, ...data: number[]) => ({
  name,
  inputs: [tensorOf('f32', [data.length], data)],
  options: `--cases ${name}`,
});

const place = (pass: string, step: number) => {
  return { graph: 'g', backend: 'b', pass, step, note: '' };
};

const step = (pass: string, index: number, body: string, rest: Partial<Step> = {}): Step => ({
  ...{ module: module(body), contract: exact, place: place(pass, index) },
  replay: (c) => `again ${c?.options ?? ''}`,
  ...rest,
});

const last: LastResult = {
  ...{ what: 'g: the whole', contract: exact, place: place('(all)', -1) },
  replay: (c) => `again ${c?.options ?? ''}`,
};

const twice = 'ROOT y = f32[4] add(x, x)';
const list = (steps: readonly Step[], rest: Partial<StateList> = {}): StateList => ({
  ...{ first: module(twice), cases: [caseOf('a', 1, 2, 3, 4)], steps },
  ...rest,
});

describe('a step of a list of states', () => {
  it('is the same, judged, or the start of another way', () => {
    const doubled = 'two = f32[] constant(2)  t = f32[4] broadcast(two), dimensions={}';
    const steps = [
      step('rename', 0, 'ROOT z = f32[4] add(x, x)'),
      step('scale', 1, `${doubled}  ROOT z = f32[4] multiply(x, t)`),
      step('split', 2, '', {
        ...{ module: module('ROOT z = f32[2] add(x, x)', 2), cases: [caseOf('half', 1, 2)] },
      }),
      step('wrong', 3, '', { module: module('ROOT z = f32[2] negate(x)', 2) }),
    ];
    const record = validateStates(list(steps, { endToEnd: { last } }));
    expect(record.steps.map((s) => s.outcome)).toEqual(['same', 'judged', 'restarted', 'judged']);
    expect(record.steps.map((s) => s.cases.map((c) => c.judgement.verdict))).toEqual([
      ['identical'],
      ['identical'],
      [],
      ['beyond'],
    ]);
    expect(record.findings.map((f) => [f.pass, f.step, f.case, f.replay])).toEqual([
      ['wrong', 3, 'half', 'again --cases half'],
    ]);
    expect(record.skipped).toMatchObject([{ what: 'g: split', open: true }]);
    expect(record.wholes).toEqual([]);
    expect(record.cases.map((c) => c.name)).toEqual(['half']);
  });

  it('is read once the one before was judged', () => {
    const read: string[] = [];
    function* steps() {
      for (const pass of ['p', 'q']) {
        read.push(`${pass} begins`);
        yield step(pass, 0, twice);
        read.push(`${pass} ends`);
      }
    }
    validateStates({ ...list([]), steps: steps() });
    expect(read).toEqual(['p begins', 'p ends', 'q begins', 'q ends']);
  });

  it('that only drops an effect changes something', () => {
    const told = 't = token[] after-all()  o = token[] outfeed(x, t), outfeed_shape=f32[4]';
    const record = validateStates(
      list([step('dce', 0, twice)], { first: module(`${told}  ${twice}`), printed: true }),
    );
    expect(record.findings).toMatchObject([{ pass: 'dce', kind: 'effect', verdict: 'beyond' }]);
  });

  it('that led to no module is a finding, and the verdict', () => {
    const broken = { why: 'the pass threw', place: place('p', 0), replay: last.replay };
    const record = validateStates(list([], { broken, endToEnd: { last } }));
    expect(record.verdict).toBe('beyond');
    expect(record.findings).toMatchObject([{ pass: 'p', kind: 'broken', note: 'the pass threw' }]);
    expect(record.skipped).toEqual([{ what: 'g: the whole', why: 'a pass was blamed already' }]);
  });
});

describe('a whole result', () => {
  const source = 'metadata={op_name="jit(f)/add" source_file="model.py" source_line=12}';
  const first = module(`y = f32[4] add(x, x), ${source}  ROOT t = (f32[4], f32[4]) tuple(x, y)`);
  const [only] = [caseOf('a', 1, 2, 3, 4)];

  it('is judged, and named where the user wrote the wrong array', () => {
    const value = {
      kind: 'tuple',
      elements: [only!.inputs[0]!, tensorOf('f32', [4], [2, 4, 6, 9])],
    } as const;
    const recorded = { ...last, contract: reassociates, result: { case: only!, value } };
    const record = validateStates({
      ...{ first, cases: [only!], steps: [], endToEnd: { last, recorded } },
    });
    expect(record.wholes.map((w) => [w.of, w.judgement.verdict])).toEqual([
      ['recorded', 'beyond'],
      ['last', 'identical'],
    ]);
    expect(record.findings).toMatchObject([
      { kind: 'end-to-end', output: 1, index: [3], source: 'jit(f)/add, model.py:12' },
    ]);
  });

  it('that stays open says why, and on which decisions', () => {
    const sums = (body: string) =>
      module(`third = f32[] constant(0.1)  t = f32[4] broadcast(third), dimensions={}
        ${body}`);
    const written = sums(`s = f32[4] multiply(x, t)  f = f32[4] floor(s)
      r = f32[4] reverse(f), dimensions={0}  ROOT g = f32[4] add(f, r)`);
    const value = tensorOf('f32', [4], [0.5, 0.5, 0.5, 0.5]);
    const near = caseOf('near', 10, 20, 20, 30);
    const recorded = { ...last, contract: reassociates, result: { case: near, value } };
    const record = validateStates({
      ...{ first: written, cases: [near], steps: [], endToEnd: { last, recorded } },
    });
    const [whole] = record.wholes;
    expect(whole!.judgement.decided).toBeLessThan(whole!.judgement.elements);
    expect(whole!.reasons.join()).toContain('%f');
    expect(whole!.open.map((d) => d.instruction)).toContain('f');
    expect(whole!.open[0]).toMatchObject({ case: 'near', index: [0] });
  });
});
