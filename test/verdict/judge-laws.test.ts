/** Judging: the loop that passes over plain elements tells what element after element would tell. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { judge, judgeBits, noTies, sameBits } from '../../validator/verdict/judge.ts';

const special = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1);
const number = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.double(), special);
const radius = fc.oneof(fc.constantFrom(0, 1e-3, 0.5, 4, Infinity, NaN), fc.double({ min: 0 }));

const element = fc.record({
  before: number,
  /** How far the result lies from the value before, mostly nowhere. */
  moved: fc.oneof(fc.constant(0), fc.double({ min: -1, max: 1 }), special),
  away: fc.oneof(fc.constant(0), fc.double({ min: -1, max: 1 })),
  worst: radius,
  likely: radius,
  shared: radius,
  mark: fc.constantFrom(0, 0, 0, 1),
});

const result = fc.record({
  type: fc.constantFrom<ElementType>('f32', 'bf16', 'f64'),
  elements: fc.array(element, { maxLength: 40 }),
  parts: fc.record({ radii: fc.boolean(), shared: fc.boolean(), marks: fc.boolean() }),
});

type Result = typeof result extends fc.Arbitrary<infer R> ? R : never;

function sides({ type, elements, parts }: Result) {
  const round = rounder(type);
  const dims = [elements.length];
  const before = tensorOf(
    type,
    dims,
    elements.map((e) => round(e.before)),
  );
  const after = tensorOf(
    type,
    dims,
    elements.map((e) => round(e.before + e.moved)),
  );
  const floats = (f: (e: Result['elements'][number]) => number) =>
    Float64Array.from(elements, (e) => f(e));
  const exact: ExactTensor = {
    kind: 'tensor',
    shape: arrayShape(type, dims),
    data: floats((e) => e.before + e.away),
    ...(parts.radii && { worst: floats((e) => e.worst), likely: floats((e) => e.likely) }),
    ...(parts.shared && { shared: { radius: floats((e) => e.shared), along: [true] } }),
    ...(parts.marks && { undecided: Uint8Array.from(elements, (e) => e.mark) }),
  };
  return { before, after, exact };
}

describe('judging element by element', () => {
  it('gives the same judgement as the loop over plain elements', () => {
    fc.assert(
      fc.property(result, (given) => {
        const { before, after, exact } = sides(given);
        const oneByOne = judge(after, before, exact, () => false);
        expect(judge(after, before, exact, noTies)).toEqual(oneByOne);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('equal bits', () => {
  it('are those of which no element differs, whichever NaN stands where one does', () => {
    fc.assert(
      fc.property(result, (given) => {
        const { before, after } = sides(given);
        const same = after.data.every((x, i) => Object.is(x, before.data[i]));
        expect(sameBits(after, before)).toBe(same);
        const { elements, decided, outside } = judgeBits(after, before);
        expect([elements, decided, outside === 0]).toEqual([
          after.data.length,
          after.data.length,
          same,
        ]);
      }),
    );
  });

  it('do not tell NaN of other bytes apart', () => {
    const quiet = tensorOf('f32', [2], [1, NaN]);
    const negative = tensorOf('f32', [2], [1, 0]);
    new Uint32Array(negative.data.buffer)[1] = 0xffc00001;
    expect(sameBits(quiet, negative)).toBe(true);
    expect(judgeBits(quiet, negative).verdict).toBe('identical');
  });
});
