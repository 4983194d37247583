/**
 * The life of values: a run holds no more than what is still to be read. Every array here takes one
 * unit of memory or next to none, and what the run holds at once is counted, callees included.
 */
import { describe, expect, it } from 'vitest';
import { leafTensors, type Tensor, tensorOf, type Value } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';

const unit = 64;
const x = tensorOf('f32', [unit], new Float32Array(unit).fill(2));
const chain = (name: string, from: string) => `${name} { p = f32[64] parameter(0) ${from}
  b = f32[64] multiply(a, a)  c = f32[64] negate(b)  ROOT d = f32[64] abs(c) }`;
const steps = chain('steps', 'a = f32[64] sqrt(p)');
const other = chain('other', 'a = f32[64] cosine(p)');

/** What each module needs at its peak, in units: no evaluation can do with less. */
const cases: readonly (readonly [what: string, peak: number, hlo: string])[] = [
  [
    'a chain',
    2,
    `ENTRY e { p = f32[64] parameter(0)  a = f32[64] sqrt(p)  b = f32[64] negate(a)
      c = f32[64] abs(b)  ROOT d = f32[64] sine(c) }`,
  ],
  [
    'a value read again later',
    3,
    `ENTRY e { p = f32[64] parameter(0)  a = f32[64] sqrt(p)  b = f32[64] negate(a)
      c = f32[64] abs(b)  ROOT d = f32[64] add(c, a) }`,
  ],
  [
    'a result that nothing reads',
    2,
    `ENTRY e { p = f32[64] parameter(0)  a = f32[64] sqrt(p)  dead = f32[64] negate(a)
      c = f32[64] abs(a)  ROOT d = f32[64] sine(c) }`,
  ],
  [
    'the argument of a call',
    2,
    `${steps}\nENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)
      ROOT r = f32[64] call(a), to_apply=steps }`,
  ],
  [
    'the argument of a call within a call',
    2,
    `${steps}\nouter { p = f32[64] parameter(0)  ROOT r = f32[64] call(p), to_apply=steps }
     ENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)
      ROOT r = f32[64] call(a), to_apply=outer }`,
  ],
  [
    'the operand of a fusion',
    2,
    `${steps}\nENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)
      ROOT r = f32[64] fusion(a), kind=kLoop, calls=steps }`,
  ],
  [
    'an argument that the caller needs later',
    3,
    `${steps}\nENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)
      b = f32[64] call(a), to_apply=steps  ROOT r = f32[64] add(a, b) }`,
  ],
  [
    'the operand of the branch that is not taken',
    3,
    `${steps}\n${other}\nENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)
      b = f32[64] abs(p)  yes = pred[] constant(true)
      ROOT r = f32[64] conditional(yes, a, b), true_computation=steps, false_computation=other }`,
  ],
  [
    'the state of a loop',
    2,
    `more { t = (s32[], f32[64]) parameter(0)  n = s32[] get-tuple-element(t), index=0
      three = s32[] constant(3)  ROOT r = pred[] compare(n, three), direction=LT }
     body { t = (s32[], f32[64]) parameter(0)  n = s32[] get-tuple-element(t), index=0
      v = f32[64] get-tuple-element(t), index=1  one = s32[] constant(1)  m = s32[] add(n, one)
      a = f32[64] sqrt(v)  b = f32[64] multiply(a, a)  c = f32[64] negate(b)  d = f32[64] abs(c)
      ROOT r = (s32[], f32[64]) tuple(m, d) }
     ENTRY e { p = f32[64] parameter(0)  v = f32[64] negate(p)  n = s32[] constant(0)
      s = (s32[], f32[64]) tuple(n, v)  w = (s32[], f32[64]) while(s), condition=more, body=body
      ROOT r = f32[64] get-tuple-element(w), index=1 }`,
  ],
  [
    'elements of a tuple, each by itself',
    3,
    `ENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)  b = f32[64] abs(p)
      t = (f32[64], f32[64]) tuple(a, b)  c = f32[64] get-tuple-element(t), index=0
      d = f32[64] sqrt(c)  f = f32[64] negate(d)  g = f32[64] abs(f)
      h = f32[64] get-tuple-element(t), index=1  ROOT r = f32[64] add(g, h) }`,
  ],
  [
    'an element of a tuple that nothing reads',
    3,
    `ENTRY e { p = f32[64] parameter(0)  a = f32[64] negate(p)  b = f32[64] abs(p)
      t = (f32[64], f32[64]) tuple(a, b)  c = f32[64] get-tuple-element(t), index=0
      d = f32[64] sqrt(c)  f = f32[64] multiply(d, d)  ROOT g = f32[64] add(f, d) }`,
  ],
];

/** Most units that a run holds at once: each array once, whoever holds it. */
function peakOf(run: (watch: (held: readonly unknown[]) => void) => unknown): number {
  let peak = 0;
  run((held) => {
    const arrays = new Set((held as Value[]).flatMap(leafTensors).map((t) => t.data));
    peak = Math.max(peak, [...arrays].filter((a) => a.length === unit).length);
  });
  return peak;
}

describe('a run of the reference holds no more than it needs:', () => {
  it.each(cases)('%s', (_, peak, hlo) => {
    const module = parseModule(`HloModule m\n${hlo}`);
    expect(peakOf((watch) => runReference(module, [x], { watch }))).toBe(peak);
  });
});

describe('a run of the exact mode holds no more than it needs:', () => {
  it.each(cases)('%s', (_, peak, hlo) => {
    const module = parseModule(`HloModule m\n${hlo}`);
    expect(peakOf((watch) => runExact(module, [fromPlainValue(x)], { watch }))).toBe(peak);
  });
});

it('leaves the inputs and their tuples to the caller', () => {
  const module = parseModule(`HloModule m\nENTRY e { t = (f32[64], f32[64]) parameter(0)
    a = f32[64] get-tuple-element(t), index=0  ROOT r = f32[64] negate(a) }`);
  const inputs: Value[] = [{ kind: 'tuple', elements: [x, x] }];
  runReference(module, inputs);
  expect(leafTensors(inputs[0]!).map((t: Tensor) => t.data)).toEqual([x.data, x.data]);
});
