/** Value numbers: what a compiler may move about without changing what is computed. */
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../graphs/text/parser.ts';
import { Numbering } from '../../graphs/value-graph/numbering.ts';
import { flowOf } from '../../graphs/value-graph/value-graph.ts';

const add = `add { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] add(a, b) }`;
const max = `max { a = f32[] parameter(0)  b = f32[] parameter(1)  ROOT r = f32[] maximum(a, b) }`;

function roots(...texts: string[]): number[] {
  const numbering = new Numbering();
  return texts.map((t) => flowOf(parseModule(`HloModule m\n${t}`), numbering).root);
}

const parameters = 'x = f32[4,3] parameter(0)  y = f32[4,3] parameter(1)';

const same: readonly (readonly [string, string, string])[] = [
  [
    'a fusion is its body',
    `f { p = f32[4,3] parameter(0)  q = f32[4,3] parameter(1)  ROOT s = f32[4,3] add(p, q) }
     ENTRY e { ${parameters}  ROOT r = f32[4,3] fusion(x, y), kind=kLoop, calls=f }`,
    `ENTRY e { ${parameters}  ROOT other = f32[4,3] add(x, y) }`,
  ],
  [
    'a call of a call is the innermost body',
    `g { p = f32[4,3] parameter(0)  ROOT s = f32[4,3] negate(p) }
     f { p = f32[4,3] parameter(0)  ROOT s = f32[4,3] call(p), to_apply=g }
     ENTRY e { ${parameters}  ROOT r = f32[4,3] call(y), to_apply=f }`,
    `ENTRY e { ${parameters}  ROOT r = f32[4,3] negate(y) }`,
  ],
  [
    'common subexpressions are one value',
    `ENTRY e { ${parameters}  a = f32[4,3] add(x, y)  b = f32[4,3] add(x, y)  ROOT r = f32[4,3] multiply(a, b) }`,
    `ENTRY e { ${parameters}  a = f32[4,3] add(x, y)  ROOT r = f32[4,3] multiply(a, a) }`,
  ],
  [
    'tuples are seen through both ways',
    `ENTRY e { ${parameters}  t = (f32[4,3], f32[4,3]) tuple(x, y)  a = f32[4,3] get-tuple-element(t), index=1
       b = f32[4,3] get-tuple-element(t), index=0  ROOT r = f32[4,3] add(a, b) }`,
    `ENTRY e { ${parameters}  ROOT r = f32[4,3] add(y, x) }`,
  ],
  [
    'copies, barriers and layouts do not matter',
    `ENTRY e { ${parameters}  c = f32[4,3]{0,1} copy(x)  ROOT r = f32[4,3]{0,1} add(c, y) }`,
    `ENTRY e { ${parameters}  ROOT r = f32[4,3] add(x, y) }`,
  ],
  [
    'a bitcast between default layouts is a reshape',
    `ENTRY e { ${parameters}  ROOT r = f32[12] bitcast(x) }`,
    `ENTRY e { ${parameters}  ROOT r = f32[12] reshape(x) }`,
  ],
  [
    'names of called computations do not matter',
    `${add}\nENTRY e { ${parameters}  z = f32[] constant(0)  ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=add }`,
    `${add.replace('add {', 'sum {')}\nENTRY e { ${parameters}  zero = f32[] constant(0)
       ROOT r = f32[4] reduce(x, zero), dimensions={1}, to_apply=sum }`,
  ],
];

const different: readonly (readonly [string, string, string])[] = [
  [
    'another reduction',
    `${add}\nENTRY e { ${parameters}  z = f32[] constant(0)  ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=add }`,
    `${max}\nENTRY e { ${parameters}  z = f32[] constant(0)  ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=max }`,
  ],
  [
    'zeros of another sign',
    `${add}\nENTRY e { ${parameters}  z = f32[] constant(0)  ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=add }`,
    `${add}\nENTRY e { ${parameters}  z = f32[] constant(-0)  ROOT r = f32[4] reduce(x, z), dimensions={1}, to_apply=add }`,
  ],
  [
    'operands the other way round',
    `ENTRY e { ${parameters}  ROOT r = f32[4,3] subtract(x, y) }`,
    `ENTRY e { ${parameters}  ROOT r = f32[4,3] subtract(y, x) }`,
  ],
  [
    'another dimension order',
    `ENTRY e { v = f32[3,3] parameter(0)  ROOT r = f32[3,3] broadcast(v), dimensions={0,1} }`,
    `ENTRY e { v = f32[3,3] parameter(0)  ROOT r = f32[3,3] broadcast(v), dimensions={1,0} }`,
  ],
  [
    'a bitcast that reinterprets a layout',
    `ENTRY e { x = f32[4,3]{0,1} parameter(0)  ROOT r = f32[12] bitcast(x) }`,
    `ENTRY e { x = f32[4,3] parameter(0)  ROOT r = f32[12] bitcast(x) }`,
  ],
];

describe('value numbers', () => {
  it.each(same)('%s', (_, a, b) => {
    const [left, right] = roots(a, b);
    expect(left).toBe(right);
  });

  it.each(different)('are told apart: %s', (_, a, b) => {
    const [left, right] = roots(a, b);
    expect(left).not.toBe(right);
  });

  it('do not see through an exploding chain of calls for ever', () => {
    const levels = 40;
    const level = (n: number) =>
      `f${n} { p = f32[] parameter(0)  a = f32[] call(p), to_apply=f${n - 1}
         b = f32[] call(a), to_apply=f${n - 1}  ROOT r = f32[] add(a, b) }`;
    const text = Array.from({ length: levels }, (_, n) => level(n + 1)).join('\n');
    const leaf = 'f0 { p = f32[] parameter(0)  ROOT r = f32[] negate(p) }';
    const entry = `ENTRY e { x = f32[] parameter(0)  ROOT r = f32[] call(x), to_apply=f${levels} }`;
    const module = parseModule(`HloModule m\n${leaf}\n${text}\n${entry}`);
    const valueGraph = flowOf(module, new Numbering());
    expect(valueGraph.order.length).toBeLessThan(1_000_000);
  }, 60_000);

  it('number a chain of ten thousand calls without running out of stack', () => {
    const level = (n: number) =>
      `f${n} { p = f32[] parameter(0)  ROOT r = f32[] call(p), to_apply=f${n - 1} }`;
    const chain = Array.from({ length: 10_000 }, (_, n) => level(n + 1)).join('\n');
    const leaf = 'f0 { p = f32[] parameter(0)  ROOT r = f32[] negate(p) }';
    const entry = 'ENTRY e { x = f32[] parameter(0)  ROOT r = f32[] call(x), to_apply=f10000 }';
    const module = parseModule(`HloModule m\n${leaf}\n${chain}\n${entry}`);
    expect(flowOf(module, new Numbering()).order.length).toBeGreaterThan(0);
  });
});
