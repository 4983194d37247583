/** Inferred sizes against what counting says, on random sizes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrayShape, arrayShape, type Shape, sameShape } from '../../../graphs/ir/shape.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { applyRule, Violation } from '../../support/rules.ts';

const dimsOf = (shape: Shape) => (shape as ArrayShape).dims;
const f32 = (dims: readonly number[]) => arrayShape('f32', dims);
const size = fc.integer({ min: 0, max: 9 });
const add = { parameters: [f32([]), f32([])], result: f32([]) };
const signature = () => add;

/** Places of n elements `dilation` apart. */
function places(n: number, dilation: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i * dilation);
}

describe('inferred sizes', () => {
  it('of slice: the indices that start, stride and limit visit', () => {
    const range = fc.tuple(size, size, fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(range, ([start, more, stride]) => {
        const limit = start + more;
        const visited = places(limit + 1, stride).filter((i) => start + i < limit);
        const attrs = { slice: [{ start, limit, stride }] };
        const inferred = applyRule('slice', { operands: [f32([limit])], attrs });
        expect(dimsOf(inferred)).toEqual([visited.length]);
      }),
    );
  });

  it('of pad: elements with holes between, edges added or cut', () => {
    const edge = fc.integer({ min: -12, max: 5 });
    fc.assert(
      fc.property(size, edge, edge, fc.integer({ min: 0, max: 3 }), (n, low, high, interior) => {
        const last = places(n, interior + 1).at(-1) ?? -1;
        const expected = low + last + 1 + high;
        const attrs = { padding: [{ low, high, interior }] };
        const ask = () => applyRule('pad', { operands: [f32([n]), f32([])], attrs });
        if (expected < 0) expect(ask).toThrow(Violation);
        else expect(dimsOf(ask())).toEqual([expected]);
      }),
    );
  });

  const small = fc.integer({ min: 1, max: 3 });
  const windowDim: fc.Arbitrary<WindowDim> = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    stride: small,
    padLow: fc.integer({ min: -2, max: 4 }),
    padHigh: fc.integer({ min: -2, max: 4 }),
    windowDilation: small,
    baseDilation: small,
    reversal: fc.constant(false),
  });

  /** Starts, stride apart, from which every place of the window lies in the padded input. */
  function positions(n: number, w: WindowDim): number {
    const extent = w.padLow + (places(n, w.baseDilation).at(-1) ?? -1) + 1 + w.padHigh;
    const reach = places(w.size, w.windowDilation).at(-1)!;
    return places(64, w.stride).filter((start) => start + reach < extent).length;
  }

  it('of reduce-window: the positions of the window', () => {
    fc.assert(
      fc.property(size, windowDim, (n, w) => {
        const attrs = { window: [w], to_apply: 'add' };
        const inferred = applyRule('reduce-window', {
          operands: [f32([n]), f32([])],
          attrs,
          signature,
        });
        expect(dimsOf(inferred)).toEqual([positions(n, w)]);
      }),
    );
  });

  it('of convolution: batch, positions of the kernel, output features', () => {
    fc.assert(
      fc.property(small, small, small, size, windowDim, (batch, input, output, n, w) => {
        const dim_labels = {
          inputBatch: 0,
          inputFeature: 2,
          inputSpatial: [1],
          kernelInputFeature: 1,
          kernelOutputFeature: 2,
          kernelSpatial: [0],
          outputBatch: 1,
          outputFeature: 0,
          outputSpatial: [2],
        };
        const inferred = applyRule('convolution', {
          operands: [f32([batch, n, input]), f32([w.size, input, output])],
          attrs: { window: [w], dim_labels, feature_group_count: 1, batch_group_count: 1 },
        });
        expect(dimsOf(inferred)).toEqual([output, batch, positions(n, w)]);
      }),
    );
  });

  it('of dot: as many elements as lhs and rhs give free and shared indices', () => {
    const counts = fc.record({ batch: small, free: small, contracted: small, other: small });
    fc.assert(
      fc.property(counts, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (c, order) => {
        const roles = ['batch', 'free', 'contracted'] as const;
        const lhs = f32(order.map((k) => c[roles[k]!]));
        const inferred = applyRule('dot', {
          operands: [lhs, f32([c.other, c.contracted, c.batch])],
          attrs: {
            lhs_batch_dims: [order.indexOf(0)],
            lhs_contracting_dims: [order.indexOf(2)],
            rhs_batch_dims: [2],
            rhs_contracting_dims: [1],
          },
        });
        expect(dimsOf(inferred)).toEqual([c.batch, c.free, c.other]);
      }),
    );
  });

  it('of gather: a slice without its collapsed dimensions for every index vector', () => {
    const rank = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(rank, fc.array(small, { maxLength: 3 }), fc.nat(), (n, batch, seed) => {
        const collapsed = places(n, 1).filter((d) => (seed >> d) & 1);
        const sizes = places(n, 1).map((d) => (collapsed.includes(d) ? 1 : d + 1));
        const slice = sizes.filter((_, d) => !collapsed.includes(d));
        const inferred = applyRule('gather', {
          operands: [f32(sizes.map((s) => s + 1)), arrayShape('s32', [...batch, n])],
          attrs: {
            offset_dims: slice.map((_, i) => batch.length + i),
            collapsed_slice_dims: collapsed,
            operand_batching_dims: [],
            start_indices_batching_dims: [],
            start_index_map: places(n, 1),
            index_vector_dim: batch.length,
            slice_sizes: sizes,
          },
        });
        expect(dimsOf(inferred)).toEqual([...batch, ...slice]);
      }),
    );
  });

  it('of transpose: undone by the inverse permutation', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (dimensions) => {
        const a = f32([2, 3, 5, 7]);
        const there = applyRule('transpose', { operands: [a], attrs: { dimensions } });
        const inverse = dimensions.map((_, d) => dimensions.indexOf(d));
        const back = applyRule('transpose', { operands: [there], attrs: { dimensions: inverse } });
        expect(sameShape(back, a)).toBe(true);
      }),
    );
  });
});
