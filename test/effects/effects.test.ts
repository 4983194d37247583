/**
 * Acts on the world outside: a table of modules before and after, under a contract, and what is to be
 * said of them. Names and the way of writing do not matter; what is done, in which order and with
 * which values does.
 */
import { describe, expect, it } from 'vitest';
import { exact, reassociates } from '../../graphs/ir/contract.ts';
import { compared } from '../support/compared.ts';
import {
  type EffectRow,
  entry,
  feed,
  out,
  outcomeOf,
  print,
  recv,
  root,
  saidOfSame,
  send,
} from '../support/effect-modules.ts';

const sum3 = (a: string) =>
  `h = f32[4] multiply(x, ${a})  p = f32[4] add(x, y)  q = f32[4] add(p, h)`;
const other3 = (a: string) =>
  `h = f32[4] multiply(x, ${a})  p = f32[4] add(y, h)  q = f32[4] add(x, p)`;

const plain: readonly EffectRow[] = [
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

describe('acts on the world outside', () => {
  it.each(plain)('%s', (...row) => expect(outcomeOf(row)).toBe(row[2]));

  it.each(plain)('%s: nothing is said of what did not change', (...row) =>
    expect(saidOfSame(row)).toEqual([]),
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
