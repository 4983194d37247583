/** Windows over a dimension of a run-time size: what they give of an array that always had that size. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateCase } from '../../golden/cases.ts';
import { leafTensors, tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { exactLeaves } from '../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../validator/exact/run.ts';
import { runReference } from '../../validator/reference/run.ts';

const add = `add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT r = f32[] add(a, b) }`;

interface Window {
  readonly size: number;
  readonly stride: number;
  readonly low: number;
  readonly high: number;
  readonly dilated: number;
}

const window = fc.record({
  ...{ size: fc.integer({ min: 1, max: 4 }), stride: fc.integer({ min: 1, max: 2 }) },
  ...{ low: fc.nat(3), high: fc.nat(3), dilated: fc.integer({ min: 1, max: 2 }) },
});

const windowText = ({ size, stride, low, high, dilated }: Window) =>
  `window={size=${size} stride=${stride} pad=${low}_${high} lhs_dilate=${dilated}}`;
const count = (n: number, { size, stride, low, high, dilated }: Window) => {
  const room = (n === 0 ? 0 : (n - 1) * dilated + 1) + low + high;
  return room < size ? 0 : Math.floor((room - size) / stride) + 1;
};

describe('reduce-window over a dynamic dimension', () => {
  it('pads the array that is there', () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 6 }), (w, n) => {
        const bound = 6;
        const dynamic = parseModule(`HloModule d\n${add}\nENTRY e {
          x = f32[${bound}] parameter(0)
          n = s32[] parameter(1)
          c = f32[<=${bound}] set-dimension-size(x, n), dimensions={0}
          z = f32[] constant(0)
          ROOT r = f32[<=${count(bound, w)}] reduce-window(c, z), ${windowText(w)}, to_apply=add }`);
        const fixed = parseModule(`HloModule s\n${add}\nENTRY e {
          x = f32[${n}] parameter(0)
          z = f32[] constant(0)
          ROOT r = f32[${count(n, w)}] reduce-window(x, z), ${windowText(w)}, to_apply=add }`);
        const data = [1, 2, 4, 8, 16, 32];
        const inputs = [tensorOf('f32', [bound], data), tensorOf('s32', [], [n])];
        const [got] = leafTensors(runReference(dynamic, inputs));
        const [want] = leafTensors(runReference(fixed, [tensorOf('f32', [n], data.slice(0, n))]));
        expect([got!.shape.dims, got!.data]).toEqual([want!.shape.dims, want!.data]);
        const [exact] = exactLeaves(runExact(dynamic, inputs.map(fromPlainValue)).value);
        expect(Array.from(exact!.data, Number)).toEqual(Array.from(want!.data, Number));
      }),
      { numRuns: 40 },
    );
  });
});

it('offsets and sizes of a ragged exchange are drawn inside of it', () => {
  const tables = [2, 3, 4, 5].map((k) => `t${k} = s32[1] parameter(${k})`).join('\n');
  const module = parseModule(`HloModule r\nENTRY e {
    x = f32[6,2] parameter(0)
    y = f32[4,2] parameter(1)
    ${tables}
    ROOT r = f32[4,2] ragged-all-to-all(x, y, t2, t3, t4, t5), replica_groups={{0}} }`);
  for (let seed = 1; seed <= 20; seed++) {
    expect(() => runReference(module, generateCase(module, 'typical', seed).inputs)).not.toThrow();
  }
});
