/** Groups of devices: one meaning in every notation, and what is none of them refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDeviceGroups } from '../../graphs/ops/device-groups.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { printModule } from '../../graphs/text/printer.ts';

const groupsOf = (text: string) => parseDeviceGroups(text)?.list(4096);

describe('groups of devices', () => {
  it.each([
    ["mesh['x'=4] {'x'}", [[0, 1, 2, 3]]],
    [
      "mesh['a'=2,'b'=2] {'b'}",
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      "mesh['a'=2,'b'=2] {'a'}",
      [
        [0, 2],
        [1, 3],
      ],
    ],
    ["mesh['a'=2,'b'=2] {'b','a'}", [[0, 2, 1, 3]]],
    ["mesh['a'=2,'b'=2] {}", [[0], [1], [2], [3]]],
    [
      "mesh['a'=8] {'a':(1)2}",
      [
        [0, 4],
        [1, 5],
        [2, 6],
        [3, 7],
      ],
    ],
    [
      "mesh['a'=8] {'a':(2)2}",
      [
        [0, 2],
        [1, 3],
        [4, 6],
        [5, 7],
      ],
    ],
    [
      "mesh['a'=8] {'a':(4)2,'a':(1)2}",
      [
        [0, 4, 1, 5],
        [2, 6, 3, 7],
      ],
    ],
    [
      "mesh['a'=2,'b'=2], device_ids=([2,2]T(1,0)) {'b'}",
      [
        [0, 2],
        [1, 3],
      ],
    ],
    [
      "mesh['a'=2,'b'=2], device_ids=([3,2,1,0]) {'b'}",
      [
        [3, 2],
        [1, 0],
      ],
    ],
    [
      'mesh[a=2,b=2] {b}',
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      '[2,2]<=[4]',
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      '[2,2]<=[2,2]T(1,0)',
      [
        [0, 2],
        [1, 3],
      ],
    ],
    [
      '{{0,2},{1,3}}',
      [
        [0, 2],
        [1, 3],
      ],
    ],
    ['{{0,1,2},{3}}', [[0, 1, 2], [3]]],
    ['{}', []],
  ])('%s', (text, groups) => {
    expect(groupsOf(text)).toEqual(groups);
    const i = `r = f32[2] all-reduce(f32[2] a), replica_groups=${text}, to_apply=add`;
    const add =
      'add { a = f32[] parameter(0)\n b = f32[] parameter(1)\n ROOT r = f32[] add(a, b) }';
    const module = `HloModule m\n${add}\nENTRY e { a = f32[2] parameter(0)\n ROOT ${i.replace('f32[2] a', 'a')} }`;
    expect(printModule(parseModule(module))).toContain(`replica_groups=${text}`);
  });

  it.each([
    "mesh['x'=4] {'y'}",
    "mesh['x'=4] {'x':(3)2}",
    "mesh['x'=4,'y'] {'x'}",
    '[2,2]<=[5]',
    '[2,2]<=[2,2]T(0,0)',
    '{0,1}',
    'all',
  ])('%s is none', (text) => {
    expect(groupsOf(text)).toBeUndefined();
  });

  it('a mesh has every device in one group, of one size', () => {
    const axes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(axes, fc.integer(), (sizes, chosen) => {
        const named = sizes.flatMap((_, d) => ((chosen >> d) & 1 ? [`'a${d}'`] : []));
        const groups = groupsOf(`mesh[${sizes.map((n, d) => `'a${d}'=${n}`)}] {${named}}`)!;
        const count = sizes.reduce((a, b) => a * b, 1);
        const size = sizes.reduce((n, s, d) => ((chosen >> d) & 1 ? n * s : n), 1);
        expect(groups.every((g) => g.length === size)).toBe(true);
        expect(groups.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, k) => k),
        );
      }),
    );
  });
});
