/** Sums of f32 by additions to a lifted sum, against sums rounded term by term. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { sumF32 } from '../../validator/reference/fast/sum-f32.ts';
import { numbers, runOp } from '../support/run-op.ts';

function termByTerm(first: number, x: Float32Array, from = 0): number {
  let sum = first;
  for (const v of x.subarray(from)) sum = Math.fround(sum + v);
  return sum;
}

/** Any terms; terms of one size, so that sums tie; terms that are small against the sum; huge ones. */
const term = fc.oneof(
  fc.float(),
  fc.integer({ min: -9, max: 9 }).map((n) => n * 2 ** -24),
  fc.integer({ min: -(2 ** 12), max: 2 ** 12 }),
  fc.tuple(fc.integer({ min: -40, max: 40 }), fc.constantFrom(1, -1)).map(([e, s]) => s * 2 ** e),
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 2 ** -149, -(2 ** -126), 2 ** 127, -(2 ** 127)),
);
const runs = fc
  .array(fc.tuple(term, fc.integer({ min: 1, max: 90 })), { maxLength: 12 })
  .map((parts) => Float32Array.from(parts.flatMap(([v, n]) => Array<number>(n).fill(v))));
const mixed = fc.array(term, { maxLength: 300 }).map((list) => Float32Array.from(list));

test('come to the same bits, from wherever they start', () => {
  fc.assert(
    fc.property(term, fc.oneof(runs, mixed), fc.nat({ max: 5 }), (first, x, skipped) => {
      const from = Math.min(skipped, x.length);
      const start = Math.fround(first);
      expect(sumF32(start, x, from, x.length)).toBe(termByTerm(start, x, from));
    }),
    { numRuns: 2000 },
  );
});

test('come to the same bits at the ends of a binade, where the last place halves', () => {
  const eighths = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 4, maxLength: 40 });
  fc.assert(
    fc.property(fc.nat({ max: 4 }), fc.constantFrom(1, -1), eighths, (places, sign, list) => {
      const first = sign * (1 + places * 2 ** -23);
      const x = Float32Array.from(list, (n) => n * 2 ** -26);
      expect(sumF32(first, x, 0, x.length)).toBe(termByTerm(first, x));
    }),
    { numRuns: 1000 },
  );
});

test('are those of a reduce over all elements', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 64, maxLength: 400 }), (list) => {
      const x = Float32Array.from(list);
      const r = runOp(
        [tensorOf('f32', [x.length], [...x]), tensorOf('f32', [], [0.5])],
        'f32[] reduce(p0, p1), dimensions={0}, to_apply=add_f32',
      );
      expect(numbers(r)).toEqual([termByTerm(0.5, x)]);
    }),
  );
});
