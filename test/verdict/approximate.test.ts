/** The contract `approximates`: what an approximate top-k may leave out, and what it may not. */
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { approximates } from '../../graphs/ir/contract.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import type { Pass } from '../../passes/pipeline/pass.ts';
import { sessionCase } from '../../validator/validation/case.ts';
import { compareModules } from '../../validator/validation/compare.ts';
import { validateGraph } from '../../validator/validation/validate-graph.ts';

/** Forms of selecting the k best of each row of x: f32[4,16], k of them, as v and i: [4,k]. */
const forms: Readonly<Record<string, { readonly head: string; select(k: number): string }>> = {
  'the largest': { head: '', select: (k) => topk(k, true) },
  'the smallest': { head: '', select: (k) => topk(k, false) },
  'the first of a sort': {
    head: `gt { p = f32[] parameter(0)  q = f32[] parameter(1)  i = s32[] parameter(2)
      j = s32[] parameter(3)  ROOT r = pred[] compare(p, q), direction=GT, type=TOTALORDER }\n`,
    select: (k) => `places = s32[4,16] iota(), iota_dimension=1
      t = (f32[4,16], s32[4,16]) sort(x, places), dimensions={1}, to_apply=gt
      tv = f32[4,16] get-tuple-element(t), index=0  ti = s32[4,16] get-tuple-element(t), index=1
      v = f32[4,${k}] slice(tv), slice={[0:4], [0:${k}]}  i = s32[4,${k}] slice(ti), slice={[0:4], [0:${k}]}`,
  },
};

function topk(k: number, largest: boolean): string {
  return `t = (f32[4,${k}], s32[4,${k}]) topk(x), k=${k}, largest=${largest}
    v = f32[4,${k}] get-tuple-element(t), index=0  i = s32[4,${k}] get-tuple-element(t), index=1`;
}

const result = (v: string, i: string) => `ROOT r = (f32[4,3], s32[4,3]) tuple(${v}, ${i})`;

/** Of four returned elements, the three at these places. */
function chosen(places: readonly number[]): string {
  const pick = (type: string, from: string) =>
    places
      .map((p, n) => `${from}${n} = ${type}[4,1] slice(${from}), slice={[0:4], [${p}:${p + 1}]}`)
      .join('\n');
  const join = (type: string, from: string) =>
    `${from}c = ${type}[4,3] concatenate(${from}0, ${from}1, ${from}2), dimensions={1}`;
  return [
    pick('f32', 'v'),
    pick('s32', 'i'),
    join('f32', 'v'),
    join('s32', 'i'),
    result('vc', 'ic'),
  ].join('\n');
}

const parse = (head: string, body: string) =>
  parseModule(`HloModule m\n${head}ENTRY e { x = f32[4,16] parameter(0)  ${body} }`);

const allowed: readonly (readonly [string, number, readonly number[]])[] = [
  ['another order', 1, [2, 0, 1]],
  ['the third for the fourth at a recall of 0.6', 0.6, [0, 1, 3]],
];

const forbidden: readonly (readonly [string, number, readonly number[]])[] = [
  ['losing the best, whatever the recall', 0.3, [1, 2, 3]],
  ['an element returned twice', 0.3, [0, 1, 1]],
];

describe.each(Object.entries(forms))('approximate selection of %s', (_, { head, select }) => {
  const before = parse(head, `${select(3)}  ${result('v', 'i')}`);
  const kinds = ['typical', 'extremes'] as const;
  const cases = kinds.map((kind) => sessionCase(generateCase(before, kind, 1)));
  const judged = (body: string, recall: number, over = cases) => {
    const after = parse(head, body);
    const names = { beforeName: 'before', afterName: 'after' };
    return compareModules({ ...names, before, after, contract: approximates(recall), cases: over });
  };

  it.each(allowed)('allows %s', (_name, recall, places) => {
    expect(judged(`${select(4)}  ${chosen(places)}`, recall).findings).toEqual([]);
  });

  it.each(forbidden)('forbids %s', (_name, recall, places) => {
    expect(judged(`${select(4)}  ${chosen(places)}`, recall).verdict).toBe('beyond');
  });

  it('a recall that is missed on and on is suspect, now and then it is not', () => {
    const seeds = Array.from({ length: 16 }, (_, n) => n + 1);
    const many = seeds.map((seed) => sessionCase(generateCase(before, 'typical', seed)));
    const body = `${select(4)}  ${chosen([0, 1, 3])}`;
    const report = judged(body, 0.9, many);
    expect(report.verdict).toBe('suspect');
    expect(report.findings[0]).toMatchObject({
      before: 'recall 0.9',
      after: 'recall 0.6667 (128 of 192)',
    });
    expect(judged(body, 0.9, many.slice(0, 2)).findings).toEqual([]);
    expect(judged(body, 0.6, many).findings).toEqual([]);
    expect(judged(body, 1, many.slice(0, 1)).verdict).toBe('beyond');
  });

  it('forbids values that do not occur', () => {
    const doubled = `${select(3)}  vv = f32[4,3] add(v, v)  ${result('vv', 'i')}`;
    expect(judged(doubled, 0.3).verdict).toBe('beyond');
  });

  it('knows where NaN and infinities rank', () => {
    const specials = [sessionCase(generateCase(before, 'specials', 1))];
    const body = (places: readonly number[]) => `${select(4)}  ${chosen(places)}`;
    expect(judged(body([2, 1, 0]), 1, specials).findings).toEqual([]);
    expect(judged(body([1, 2, 3]), 0.3, specials).verdict).toBe('beyond');
  });

  it('is no finding from end to end', () => {
    const after = parse(head, `${select(4)}  ${chosen([0, 1, 3])}`);
    const run = () => ({ module: after, changed: true, replacements: [] });
    const pass: Pass = { name: 'approximate', contract: approximates(0.6), summary: '', run };
    const backend = { name: 'b', summary: '', pipeline: { name: 'p', passes: [pass] } };
    expect(validateGraph({ graph: 'g', module: before, backend, cases }).findings).toEqual([]);
  });
});

it.each([true, false])('values must stand at their indices (largest=%s)', (largest) => {
  const before = parse('', `${topk(3, largest)}  ${result('v', 'i')}`);
  const turned = `${topk(3, largest)}  ir = s32[4,3] reverse(i), dimensions={1}`;
  const after = parse('', `${turned}  ${result('v', 'ir')}`);
  const cases = [sessionCase(generateCase(before, 'typical', 1))];
  const names = { beforeName: 'before', afterName: 'after' };
  const report = compareModules({ ...names, before, after, contract: approximates(0.3), cases });
  expect(report.verdict).toBe('beyond');
});
