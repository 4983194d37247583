/** Files of dispatchers: what may stand in them, and what is said where something else does. */
import { describe, expect, it } from 'vitest';
import { parseModule } from '../../graphs/text/parser.ts';
import { readDispatcher } from '../../validator/routing/dispatcher.ts';
import { capacityOf } from '../../validator/routing/sized-variant.ts';

const right = {
  size: 'tokens',
  inputs: [{ axis: 0 }, null],
  outputs: [{ axis: 0, pad: 0 }],
  variants: { short: 'short.hlo', long: 'long.hlo' },
  reference: 'long',
  rules: [{ name: 'all', to: { short: 0.25, long: 0.75 } }],
  sticky: true,
  requests: [
    { tokens: 3, session: 's', served: 'short' },
    { name: 'two', tokens: 0 },
  ],
};

const read = (document: unknown, lines = '') =>
  readDispatcher(JSON.stringify(document), 'd.json', () => lines);

describe('a dispatcher’s file', () => {
  it('is read with its defaults', () => {
    expect(read(right)).toMatchObject({
      contract: 'widens',
      inputs: [{ axis: 0, pad: 0 }, undefined],
      rules: [
        {
          atLeast: 0,
          atMost: Infinity,
          to: new Map([
            ['short', 0.25],
            ['long', 0.75],
          ]),
        },
      ],
      requests: [
        { name: 'requests[0]', size: 3 },
        { name: 'two', size: 0 },
      ],
    });
  });

  it('may name a file of requests, a line each', () => {
    const lines = '{"name": "r", "tokens": 5}\n\n{"tokens": 6}\n';
    expect(read({ ...right, requests: 'r.jsonl' }, lines).requests).toEqual([
      { name: 'r', size: 5 },
      { name: 'r.jsonl:3', size: 6 },
    ]);
  });

  it.each<[string, object, RegExp]>([
    ['a field that there is not', { routes: [] }, /no field "routes"; there are: size, inputs/],
    ['no variant', { variants: {} }, /variants: name at least one/],
    [
      'an unknown variant',
      { reference: 'tiny' },
      /reference: no variant "tiny"; there are: short, long/,
    ],
    ['a rule to nowhere', { rules: [{ name: 'x', to: 'tiny' }] }, /rules\[0\]\.to: no variant/],
    ['a rule without a name', { rules: [{ to: 'long' }] }, /rules\[0\]\.name: should be text/],
    ['shares that leave some out', { rules: [{ name: 'x', to: { long: 0.5 } }] }, /0\.5 together/],
    [
      'a negative share',
      { rules: [{ name: 'x', to: { long: -1, short: 2 } }] },
      /shares are above 0/,
    ],
    [
      'a share that is no number',
      { rules: [{ name: 'x', to: { long: 'all' } }] },
      /shares are above/,
    ],
    ['half a request', { requests: [{ tokens: 1.5 }] }, /requests\[0\]\.tokens: should be a whole/],
    ['a request by another size', { requests: [{ words: 3 }] }, /no field "words"/],
    ['an axis that is none', { inputs: [{ axis: -1 }] }, /inputs\[0\]\.axis: should be a whole/],
    ['stickiness in words', { sticky: 'yes' }, /sticky: true or false/],
    ['requests that are one', { requests: {} }, /requests: should be a list/],
  ])('%s is refused', (_, change, why) => {
    expect(() => read({ ...right, ...change })).toThrow(why);
  });

  it('that is no JSON, or has a line that is none, is refused', () => {
    expect(() => readDispatcher('{', 'd.json', () => '')).toThrow(/the file: no JSON/);
    expect(() => read({ ...right, requests: 'r.jsonl' }, '{}\n{')).toThrow(/r\.jsonl/);
  });
});

describe('a variant', () => {
  const module = parseModule(`HloModule m
    ENTRY e { x = f32[8,2] parameter(0) s = f32[] parameter(1) b = f32[8,2] broadcast(s), dimensions={}
      ROOT y = f32[8,2] add(x, b) }`);
  const axis = { axis: 0, pad: 0 };

  it('holds what its inputs have along the axis', () => {
    expect(capacityOf('v', module, { inputs: [axis, undefined], outputs: [axis] })).toBe(8);
  });

  it.each<[string, Parameters<typeof capacityOf>[2], RegExp]>([
    [
      'inputs that are not told of',
      { inputs: [axis], outputs: [axis] },
      /2 inputs, the dispatcher tells of 1/,
    ],
    ['outputs too many', { inputs: [axis, undefined], outputs: [] }, /1 outputs, .* tells of 0/],
    ['no such axis', { inputs: [axis, axis], outputs: [axis] }, /input 1 has no axis 0/],
    [
      'no axis at all',
      { inputs: [undefined, undefined], outputs: [undefined] },
      /no input has an axis/,
    ],
    [
      'axes that differ',
      { inputs: [axis, undefined], outputs: [{ axis: 1, pad: 0 }] },
      /differ: 8, 2/,
    ],
  ])('with %s is refused', (_, axes, why) => {
    expect(() => capacityOf('v', module, axes)).toThrow(why);
  });
});
