/**
 * Acts on the world outside: a table of modules before and after, under a contract, and what is to be
 * said of them. Names and the way of writing do not matter; what is done, in which order and with
 * which values does.
 */
import { describe, expect, it } from 'vitest';
import { type Contract, exact, reassociates } from '../graphs/ir/contract.ts';
import { compared } from './support/compared.ts';
import { branch, entry, loop } from './support/effect-modules.ts';

type Expected = 'silent' | 'beyond' | 'suspect' | 'undecided';
type Row = readonly [
  name: string,
  contract: Contract,
  expected: Expected,
  before: string,
  after: string,
];

const out = (name: string, what = 'x', after = 't') =>
  `${name} = token[] outfeed(${what}, ${after})`;
const print = (name: string, of: string, more = '') =>
  `${name} = () custom-call(${of}), custom_call_target="print", custom_call_has_side_effect=true${more}`;
const send = (channel: number, what = 'x') =>
  `s = (f32[4], u32[], token[]) send(${what}, t), channel_id=${channel}, is_host_transfer=true
   d = token[] send-done(s), channel_id=${channel}, is_host_transfer=true`;
const recv = (channel: number, after = 't') =>
  `v = (f32[4], u32[], token[]) recv(${after}), channel_id=${channel}, is_host_transfer=true
   w = (f32[4], token[]) recv-done(v), channel_id=${channel}, is_host_transfer=true
   g = f32[4] get-tuple-element(w), index=0`;
const feed = (name: string, after = 't') => `${name} = (f32[4], token[]) infeed(${after})
   ${name}v = f32[4] get-tuple-element(${name}), index=0  ${name}t = token[] get-tuple-element(${name}), index=1`;
const root = (what: string) => `ROOT r = f32[4] ${what}`;
const sum3 = (a: string) =>
  `h = f32[4] multiply(x, ${a})  p = f32[4] add(x, y)  q = f32[4] add(p, h)`;
const other3 = (a: string) =>
  `h = f32[4] multiply(x, ${a})  p = f32[4] add(y, h)  q = f32[4] add(x, p)`;

/** A branch that is taken where x begins with a number that is hardly ever met. */
const rarely = (body: string, first = 'reshape(g)') => `HloModule m
on { v = f32[4] parameter(0)  t = token[] after-all()
  ${body}
  ROOT w = f32[4] add(v, v) }
off { v = f32[4] parameter(0)  ROOT w = f32[4] add(v, v) }
ENTRY e { a = f32[4] parameter(0)  g = f32[1] slice(a), slice={[0:1]}  f = f32[] ${first}
  k = f32[] constant(0.7324219)  p = pred[] compare(f, k), direction=EQ
  ROOT r = f32[4] conditional(p, a, a), true_computation=on, false_computation=off }`;

const plain: readonly Row[] = [
  [
    'other names and another order of lines',
    exact,
    'silent',
    entry(`${out('o')}  ${out('p', 'y')}`),
    entry(`${out('a', 'y')}  ${out('b')}`),
  ],
  [
    'an order that was not there',
    exact,
    'silent',
    entry(`${out('o')}  ${out('p', 'y')}`),
    entry(`${out('o')}  ${out('p', 'y', 'o')}`),
  ],
  [
    'the operand computed otherwise',
    reassociates,
    'silent',
    entry(`${sum3('x')}  ${out('o', 'q')}`),
    entry(`${other3('x')}  ${out('o', 'q')}`),
  ],
  [
    'the operand computed otherwise by a pass that is exact',
    exact,
    'beyond',
    entry(`${sum3('x')}  ${out('o', 'q')}`),
    entry(`${other3('x')}  ${out('o', 'q')}`),
  ],
  [
    'another operand',
    reassociates,
    'beyond',
    entry(out('o')),
    entry(`n = f32[4] negate(x)  ${out('o', 'n')}`),
  ],
  ['a lost one', reassociates, 'beyond', entry(out('o')), entry('')],
  ['a new one', reassociates, 'beyond', entry(''), entry(out('o'))],
  ['one made two', reassociates, 'beyond', entry(out('o')), entry(`${out('o')}  ${out('p')}`)],
  ['two made one', reassociates, 'beyond', entry(`${out('o')}  ${out('p')}`), entry(out('o'))],
  [
    'a lost order',
    reassociates,
    'beyond',
    entry(`${out('o')}  ${out('p', 'y', 'o')}`),
    entry(`${out('o')}  ${out('p', 'y')}`),
  ],
  [
    'the other order',
    reassociates,
    'beyond',
    entry(`${out('o')}  ${out('p', 'y', 'o')}`),
    entry(`${out('p', 'y')}  ${out('o', 'x', 'p')}`),
  ],
  [
    'a lost control dependency',
    exact,
    'beyond',
    entry(`${print('o', 'x')}  ${print('p', 'y', ', control-predecessors={o}')}`),
    entry(`${print('o', 'x')}  ${print('p', 'y')}`),
  ],
  [
    'a control dependency that a schedule keeps',
    exact,
    'silent',
    entry(`${print('o', 'x')}  ${print('p', 'y', ', control-predecessors={o}')}`),
    entry(`${print('o', 'x')}  ${print('p', 'y')}`, undefined, ', is_scheduled=true'),
  ],
  [
    'an order by a token that a tuple carries',
    exact,
    'silent',
    entry(`${out('o')}  ${out('p', 'y', 'o')}`),
    entry(
      `${out('o')}  tt = (token[], f32[4]) tuple(o, x)  u = token[] get-tuple-element(tt), index=0  ${out('p', 'y', 'u')}`,
    ),
  ],
  [
    'an order by add-dependency',
    exact,
    'silent',
    entry(`${out('o')}  ${out('p', 'y', 'o')}`),
    entry(`${out('o')}  z = f32[4] add-dependency(y, o)  ${out('p', 'z')}`),
  ],
  [
    'an add-dependency dropped',
    exact,
    'beyond',
    entry(`${out('o')}  z = f32[4] add-dependency(y, o)  ${out('p', 'z')}`),
    entry(`${out('o')}  ${out('p', 'y')}`),
  ],
  [
    'an outfeed made a call',
    exact,
    'beyond',
    entry(out('o')),
    entry(
      'o = token[] custom-call(x, t), custom_call_target="drop", custom_call_has_side_effect=true',
    ),
  ],
  [
    'another target',
    exact,
    'beyond',
    entry(print('o', 'x')),
    entry(print('o', 'x').replace('print', 'erase')),
  ],
  [
    'another configuration',
    exact,
    'beyond',
    entry(print('o', 'x', ', backend_config="a={0}"')),
    entry(print('o', 'x', ', backend_config="b={0}"')),
  ],
  [
    'a configuration written otherwise',
    exact,
    'silent',
    entry(print('o', 'x', ', backend_config={"a":1,"b":[2]}')),
    entry(print('o', 'x', ', backend_config={"b": [2], "a": 1}')),
  ],
  ['fewer operands', exact, 'beyond', entry(print('o', 'x, y')), entry(print('o', 'x'))],
  ['operands exchanged', exact, 'beyond', entry(print('o', 'x, y')), entry(print('o', 'y, x'))],
  [
    'its side effect denied',
    exact,
    'beyond',
    entry(print('o', 'x')),
    entry(print('o', 'x').replace('=true', '=false')),
  ],
  ['another channel', exact, 'beyond', entry(send(1)), entry(send(2))],
  ['another value sent', exact, 'beyond', entry(send(1)), entry(send(1, 'y'))],
  [
    'received from another channel',
    exact,
    'beyond',
    entry(recv(1), root('add(g, x)')),
    entry(recv(2), root('add(g, x)')),
  ],
  [
    'what is received, used otherwise',
    reassociates,
    'beyond',
    entry(recv(1), root('add(g, x)')),
    entry(recv(1), root('subtract(g, x)')),
  ],
  [
    'infeeds exchanged',
    exact,
    'beyond',
    entry(`${feed('i')}  ${feed('j', 'it')}`, root('subtract(iv, jv)')),
    entry(`${feed('i')}  ${feed('j', 'it')}`, root('subtract(jv, iv)')),
  ],
  [
    'an unused infeed dropped',
    reassociates,
    'beyond',
    entry(`${feed('i')}  ${feed('j', 'it')}`, root('add(jv, x)')),
    entry(feed('i'), root('add(iv, x)')),
  ],
  [
    'a call inlined',
    exact,
    'silent',
    entry(`c = token[] call(x, t), to_apply=tell`).replace(
      'ENTRY',
      `tell { v = f32[4] parameter(0)  k = token[] parameter(1)  ROOT o = token[] outfeed(v, k) }\nENTRY`,
    ),
    entry(out('o')),
  ],
];

const inside: readonly Row[] = [
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
];

/** A verdict as a table tells it. */
function toldOf(verdict: string): string {
  return ['identical', 'within', 'tie'].includes(verdict) ? 'silent' : verdict;
}

describe.each([
  ['acts on the world outside', plain],
  ['acts in loops and branches', inside],
])('%s', (_, rows) => {
  it.each(rows)('%s', (_name, contract, expected, before, after) => {
    const { verdict, findings } = compared(before, after, contract, [
      'typical',
      'ties',
      'extremes',
    ]);
    expect(toldOf(verdict)).toBe(expected);
    expect(findings.length > 0).toBe(expected === 'beyond' || expected === 'suspect');
  });

  it.each(rows)(
    '%s: nothing is said of what did not change',
    (_name, contract, _e, before, after) => {
      for (const text of [before, after]) {
        const { verdict, findings, skipped } = compared(text, text, contract, ['typical']);
        expect({ verdict, findings, skipped }).toEqual({
          verdict: 'identical',
          findings: [],
          skipped: [],
        });
      }
    },
  );
});

describe('a finding', () => {
  it('shows both lines, and is the same shape as others', () => {
    const { findings } = compared(entry(send(1)), entry(send(2)), exact, ['typical']);
    expect(findings).toMatchObject([
      {
        kind: 'effect',
        instruction: 's',
        before: expect.stringContaining('channel_id=1'),
        after: expect.stringContaining('channel_id=2'),
        verdict: 'beyond',
      },
    ]);
  });
});
