/** Acts inside loops and branches, as they are, unrolled, written otherwise and never run. */
import { describe, expect, it } from 'vitest';
import { exact, reassociates } from '../../graphs/ir/contract.ts';
import {
  branch,
  type EffectRow,
  feed,
  loop,
  out,
  outcomeOf,
  print,
  saidOfSame,
  send,
} from '../support/effect-modules.ts';

/** A branch that is taken where x begins with a number that is hardly ever met. */
const rarely = (body: string, first = 'reshape(g)') => `HloModule m
on { v = f32[4] parameter(0)  t = token[] after-all()
  ${body}
  ROOT w = f32[4] add(v, v) }
off { v = f32[4] parameter(0)  ROOT w = f32[4] add(v, v) }
ENTRY e { a = f32[4] parameter(0)  g = f32[1] slice(a), slice={[0:1]}  f = f32[] ${first}
  k = f32[] constant(0.7324219)  p = pred[] compare(f, k), direction=EQ
  ROOT r = f32[4] conditional(p, a, a), true_computation=on, false_computation=off }`;

/** A loop that hands a token on, so that what its trips tell is in order. */
const threaded = `HloModule m
below { st = (s32[], f32[4], token[]) parameter(0)  i = s32[] get-tuple-element(st), index=0
  n = s32[] constant(3)  ROOT c = pred[] compare(i, n), direction=LT }
body { st = (s32[], f32[4], token[]) parameter(0)  i = s32[] get-tuple-element(st), index=0
  v = f32[4] get-tuple-element(st), index=1  t = token[] get-tuple-element(st), index=2
  k = s32[] constant(1)  j = s32[] add(i, k)  h = f32[] constant(0.5)
  half = f32[4] broadcast(h), dimensions={}  o = token[] outfeed(v, t)
  w = f32[4] multiply(v, half)  ROOT q = (s32[], f32[4], token[]) tuple(j, w, o) }
ENTRY e { x = f32[4] parameter(0)  z = s32[] constant(0)  t = token[] after-all()
  s = (s32[], f32[4], token[]) tuple(z, x, t)
  l = (s32[], f32[4], token[]) while(s), condition=below, body=body
  a = s32[] get-tuple-element(l), index=0  b = f32[4] get-tuple-element(l), index=1
  ROOT r = (s32[], f32[4]) tuple(a, b) }`;

/** A loop that runs where the host has fed a number that is hardly ever met. */
const fedLoop = (body: string) => `HloModule m
more { st = (f32[], f32[4]) parameter(0)  f = f32[] get-tuple-element(st), index=0
  k = f32[] constant(0.7324219)  ROOT c = pred[] compare(f, k), direction=EQ }
body { st = (f32[], f32[4]) parameter(0)  v = f32[4] get-tuple-element(st), index=1
  n = f32[] constant(0)  t = token[] after-all()
  ${body}
  ROOT q = (f32[], f32[4]) tuple(n, v) }
ENTRY e { x = f32[4] parameter(0)  t = token[] after-all()
  i = (f32[], token[]) infeed(t)  f = f32[] get-tuple-element(i), index=0
  s = (f32[], f32[4]) tuple(f, x)  l = (f32[], f32[4]) while(s), condition=more, body=body
  ROOT r = f32[4] get-tuple-element(l), index=1 }`;

const inside: readonly EffectRow[] = [
  [
    'a loop, its body written otherwise',
    reassociates,
    'silent',
    loop(3, out('o', 'v')),
    loop(3, `b = f32[4] copy(v)  ${out('p', 'b')}`, { step: 'multiply(half, v)' }),
  ],
  [
    'a loop of which the outfeed is lost',
    reassociates,
    'beyond',
    loop(3, out('o', 'v')),
    loop(3, ''),
  ],
  [
    'a loop that tells twice',
    reassociates,
    'beyond',
    loop(3, out('o', 'v')),
    loop(3, `${out('o', 'v')}  ${out('p', 'v')}`),
  ],
  [
    'a loop that tells another value',
    reassociates,
    'beyond',
    loop(3, out('o', 'v')),
    loop(3, out('o', 'half')),
  ],
  [
    'a loop that tells a value computed otherwise',
    reassociates,
    'silent',
    loop(3, `a = f32[4] add(v, half)  b = f32[4] add(a, v)  ${out('o', 'b')}`),
    loop(3, `a = f32[4] add(v, v)  b = f32[4] add(a, half)  ${out('o', 'b')}`),
  ],
  [
    'the same by a pass that is exact',
    exact,
    'beyond',
    loop(3, `a = f32[4] add(v, half)  b = f32[4] add(a, v)  ${out('o', 'b')}`),
    loop(3, `a = f32[4] add(v, v)  b = f32[4] add(a, half)  ${out('o', 'b')}`),
  ],
  [
    'a loop in which an order is lost',
    reassociates,
    'beyond',
    loop(3, `${out('o', 'v')}  ${out('p', 'half', 'o')}`),
    loop(3, `${out('o', 'v')}  ${out('p', 'half')}`),
  ],
  [
    'a loop unrolled',
    exact,
    'silent',
    loop(2, out('o', 'v')),
    `HloModule m
     ENTRY e { x = f32[4] parameter(0)  h = f32[] constant(0.5)  b = f32[4] broadcast(h), dimensions={}  t = token[] after-all()
       o = token[] outfeed(x, t)  y = f32[4] multiply(x, b)  p = token[] outfeed(y, o)
       z = f32[4] multiply(y, b)  n = s32[] constant(2)  ROOT r = (s32[], f32[4]) tuple(n, z) }`,
  ],
  [
    'a loop unrolled, one trip not told',
    exact,
    'beyond',
    loop(2, out('o', 'v')),
    `HloModule m
     ENTRY e { x = f32[4] parameter(0)  h = f32[] constant(0.5)  b = f32[4] broadcast(h), dimensions={}  t = token[] after-all()
       o = token[] outfeed(x, t)  y = f32[4] multiply(x, b)
       z = f32[4] multiply(y, b)  n = s32[] constant(2)  ROOT r = (s32[], f32[4]) tuple(n, z) }`,
  ],
  [
    'a print in a loop, of another target',
    reassociates,
    'beyond',
    loop(3, print('o', 'v')),
    loop(3, print('o', 'v').replace('print', 'erase')),
  ],
  ['a channel in a loop', reassociates, 'beyond', loop(3, send(1, 'v')), loop(3, send(2, 'v'))],
  [
    'a branch taken instead of the other',
    reassociates,
    'beyond',
    branch(out('o', 'v'), ''),
    branch('', out('o', 'v')),
  ],
  [
    'branches exchanged with their predicate',
    exact,
    'silent',
    branch(out('o', 'v'), ''),
    branch(out('o', 'v'), '', 'conditional(n, a, a), true_computation=off, false_computation=on'),
  ],
  [
    'an outfeed lost in a branch',
    reassociates,
    'beyond',
    branch(out('o', 'v'), out('p', 'v')),
    branch(out('o', 'v'), ''),
  ],
  [
    'an outfeed in a branch that no case takes, lost',
    exact,
    'beyond',
    rarely(out('o', 'v')),
    rarely(''),
  ],
  [
    'an outfeed in a branch that no case takes, new',
    exact,
    'beyond',
    rarely(''),
    rarely(out('o', 'v')),
  ],
  [
    'an outfeed in a branch that is never taken, lost',
    exact,
    'silent',
    rarely(out('o', 'v'), 'constant(0)'),
    rarely('', 'constant(0)'),
  ],
  [
    'an outfeed in a loop that begins at its end, lost',
    exact,
    'silent',
    loop(0, out('o', 'v')),
    loop(0, ''),
  ],
  [
    'an outfeed in a loop that what is fed lets in, lost',
    exact,
    'beyond',
    fedLoop(out('o', 'v')),
    fedLoop(''),
  ],
  [
    'a control dependency in a loop, lost',
    exact,
    'beyond',
    loop(3, `${print('o', 'v')}  ${print('p', 'half', ', control-predecessors={o}')}`),
    loop(3, `${print('o', 'v')}  ${print('p', 'half')}`),
  ],
  ['a token handed from trip to trip', exact, 'silent', loop(3, out('o', 'v')), threaded],
  [
    'a loop that takes what is fed, its body written otherwise',
    exact,
    'silent',
    loop(3, feed('f'), { step: 'multiply(v, fv)' }),
    loop(3, feed('f'), { step: 'multiply(fv, v)' }),
  ],
  [
    'a loop that takes what is fed, and computes something else',
    exact,
    'beyond',
    loop(3, feed('f'), { step: 'multiply(v, fv)' }),
    loop(3, feed('f'), { step: 'add(fv, v)' }),
  ],
];

describe('acts in loops and branches', () => {
  it.each(inside)('%s', (...row) => expect(outcomeOf(row)).toBe(row[2]));

  it.each(inside)('%s: nothing is said of what did not change', (...row) =>
    expect(saidOfSame(row)).toEqual([]),
  );
});
