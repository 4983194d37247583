/** Running log(Σ exp x) with a combiner that is written out: decided in any tree, and faults are seen. */
import { describe, expect, it } from 'vitest';
import { type CaseKind, caseKinds, defaultKinds } from '../../../golden/kinds/kinds.ts';
import { reassociates } from '../../../graphs/ir/contract.ts';
import { isFinding } from '../../../validator/verdict/verdict.ts';
import { compared } from '../../support/compared.ts';

/** The combiner as jax writes it, and as max + log(1 + exp(min - max)). */
const combiners = {
  'by log-plus-one': `m = f32[] maximum(x, y)
  d = f32[] subtract(x, y)
  n = pred[] compare(d, d), direction=NE
  s = f32[] add(x, y)
  a = f32[] abs(d)
  g = f32[] negate(a)
  e = f32[] exponential(g)
  l = f32[] log-plus-one(e)
  t = f32[] add(m, l)
  ROOT r = f32[] select(n, s, t)`,
  'by log': `m = f32[] maximum(x, y)
  w = f32[] minimum(x, y)
  d = f32[] subtract(w, m)
  n = pred[] compare(d, d), direction=NE
  e = f32[] exponential(d)
  o = f32[] constant(1)
  p = f32[] add(e, o)
  l = f32[] log(p)
  t = f32[] add(m, l)
  s = f32[] add(x, y)
  ROOT r = f32[] select(n, s, t)`,
};

const parameters = 'x = f32[] parameter(0)\n  y = f32[] parameter(1)';

describe.each(Object.entries(combiners))('%s', (_, combiner) => {
  const module = (body: string, other = combiner) => `HloModule m
lae {
  ${parameters}
  ${combiner}
}
other {
  ${parameters}
  ${other}
}
ENTRY main {
  x = f32[4,16] parameter(0)
  i = f32[] constant(-inf)
  ${body}
}`;
  const running = 'reduce-window(x, i), window={size=1x16 pad=0_0x15_0}, to_apply=lae';
  const before = module(`ROOT r = f32[4,16] ${running}`);
  /** Windows of half the length, then pairs of them. */
  const inParts = (to_apply: string, from: number) =>
    `h = f32[4,32] pad(x, i), padding=0_0x16_0
  w = f32[4,25] reduce-window(h, i), window={size=1x8}, to_apply=lae
  p = f32[4,16] slice(w), slice={[0:4], [9:25]}
  q = f32[4,16] slice(w), slice={[0:4], [${from}:${from + 16}]}
  ROOT r = f32[4,16] map(p, q), dimensions={0,1}, to_apply=${to_apply}`;
  const report = (after: string, kinds: readonly CaseKind[]) =>
    compared(before, after, reassociates, kinds);

  it('is decided and silent in another tree, on every kind', () => {
    const { cases, decided } = report(
      module(inParts('lae', 1)),
      Object.keys(caseKinds) as CaseKind[],
    );
    expect(cases.filter((c) => !['identical', 'within'].includes(c.verdict))).toEqual([]);
    expect(decided).toBe(1);
  });

  it.each([
    ['a term that is left out', module(inParts('lae', 0))],
    ['terms that count twice', module(inParts('lae', 2))],
    [
      'a combiner that takes the maximum',
      module(inParts('other', 1), 'ROOT m = f32[] maximum(x, y)'),
    ],
    [
      'a combiner with another sign',
      module(inParts('other', 1), combiner.replace(/add\(m, l\)/, 'subtract(m, l)')),
    ],
  ])('%s is flagged', (_name, after) => {
    expect(isFinding(report(after, defaultKinds).verdict)).toBe(true);
  });
});
