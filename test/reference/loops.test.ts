/**
 * The loops that the reference runs over many elements give what the formula gives for each: copies
 * of a loop keep to their own op, boxes go where their strides say, sums keep their order.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleValue } from '../../golden/kinds/sample.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { floatBits } from '../../graphs/ir/float-bits.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { copyBlock } from '../../validator/semantics/indexing/block.ts';
import { specialised } from '../../validator/semantics/loops/specialise.ts';
import { stridedIndices } from '../../validator/semantics/loops/strides.ts';
import { at, coordinates, formula } from '../support/exact/naive.ts';
import { numbers, runOp } from '../support/run-op.ts';

const sample = (type: ElementType, dims: readonly number[], seed: number) =>
  sampleValue(arrayShape(type, dims), seed) as Tensor;

describe('a loop over many elements gives what it gives over few:', () => {
  const [many, few] = [3000, 300];
  const binary = ['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'remainder'];
  const arithmetic = (
    ['f32', 'bf16', 'f16', 'f64', 's8', 'u8', 's32', 'u32', 's64'] as const
  ).flatMap((type) => binary.map((op) => [type, type, `${op}(p0, p1)`] as const));
  const directions = ['EQ', 'NE', 'LT', 'LE', 'GT', 'GE'] as const;
  const comparisons = (['f32', 's32', 's64'] as const).flatMap((type) =>
    directions.map((d) => [type, 'pred', `compare(p0, p1), direction=${d}`] as const),
  );
  const totalOrders = directions.map(
    (d) => ['f32', 'pred', `compare(p0, p1), direction=${d}, type=TOTALORDER`] as const,
  );
  const conversions = (['bf16', 'f16', 's8', 'u32', 's64', 'pred', 'f64'] as const).map(
    (to) => ['f32', to, 'convert(p0)'] as const,
  );
  it.each([...arithmetic, ...comparisons, ...totalOrders, ...conversions])(
    '%s to %s %s',
    (from, to, op) => {
      const inputs = [sample(from, [many], 1), sample(from, [many], 2)];
      const whole = numbers(runOp(inputs, `${to}[${many}] ${op}`));
      const pieces = Array.from({ length: many / few }, (_, k) => {
        const part = inputs.map((t) =>
          tensorOf(from, [few], t.data.slice(k * few, (k + 1) * few) as Iterable<number>),
        );
        return numbers(runOp(part, `${to}[${few}] ${op}`));
      });
      expect(whole).toEqual(pieces.flat());
    },
  );
});

describe('a reduction takes its elements in row-major order:', () => {
  const dims = [7, 3, 11, 13];
  const subsets = [[0], [1], [3], [0, 1], [2, 3], [0, 2], [1, 3], [0, 1, 3], [0, 1, 2, 3]];
  const types = ['f32', 'bf16'] as const;
  it.each(types.flatMap((type) => subsets.map((of) => [type, of] as const)))(
    '%s over %j',
    (type, of) => {
      const x = sample(type, dims, 5);
      const zero = tensorOf(type, [], [0]);
      const round = rounder(type);
      const kept = dims.flatMap((_, d) => (of.includes(d) ? [] : [d]));
      const shape = kept.map((d) => dims[d]!);
      const inner = coordinates(of.map((d) => dims[d]!));
      const want = formula(shape, (c) => {
        const place = (r: readonly number[]) =>
          dims.map((_, d) => (of.includes(d) ? r[of.indexOf(d)]! : c[kept.indexOf(d)]!));
        return inner.reduce((sum, r) => round(sum + at(x, place(r))), 0);
      });
      const sum = `sum { a = ${type}[] parameter(0)  b = ${type}[] parameter(1)  ROOT r = ${type}[] add(a, b) }`;
      const op = `${type}[${shape}] reduce(p0, p1), dimensions={${of}}, to_apply=sum`;
      expect(numbers(runOp([x, zero], op, {}, sum))).toEqual(want);
    },
  );
});

describe('a convolution of single channels is the sum over its window:', () => {
  const { fround } = Math;
  const shapes = [
    [5, 5],
    [3, 6],
    [1, 4],
    [2, 10],
  ] as const;
  it.each(shapes)('%i channels, %i features', (channels, features) => {
    const [x, w] = [sample('f32', [2, 6, 7, channels], 3), sample('f32', [3, 2, 1, features], 4)];
    const taps = coordinates([3, 2]);
    const want = formula([2, 6, 4, features], ([b, y, z, f]) =>
      taps.reduce((sum, [ky, kz]) => {
        const place = [b!, y! + ky! - 1, 2 * z! + kz! - 1, Math.floor((f! * channels) / features)];
        if (place[1]! < 0 || place[1]! > 5 || place[2]! < 0 || place[2]! > 6) return sum;
        return fround(sum + fround(at(x, place) * at(w, [ky!, kz!, 0, f!])));
      }, 0),
    );
    const attrs = `window={size=3x2 stride=1x2 pad=1_1x1_1}, dim_labels=b01f_01io->b01f, feature_group_count=${channels}`;
    const op = `f32[2,6,4,${features}] convolution(p0, p1), ${attrs}`;
    expect(numbers(runOp([x, w], op))).toEqual(want);
  });
});

it('a box goes from where its strides say to where they say', () => {
  const axis = fc.record({
    n: fc.integer({ min: 0, max: 5 }),
    from: fc.integer({ min: -3, max: 9 }),
  });
  const axes = fc.array(axis, { maxLength: 4 });
  fc.assert(
    fc.property(axes, fc.boolean(), fc.constantFrom(1, 2), (all, reversed, width) => {
      const dims = all.map((a) => a.n);
      const strides = all.map((a) => a.from);
      const order = reversed ? [...dims.keys()].reverse() : [...dims.keys()];
      const to = dims.map(() => 0);
      let size = 1;
      for (const d of order) {
        to[d] = size;
        size *= dims[d]!;
      }
      const base = 60;
      const source = Float32Array.from({ length: 500 }, (_, k) => k);
      const target = new Float32Array(size * width);
      const block = { dims, from: { base, strides }, to: { base: 0, strides: to } };
      copyBlock(block, source, target, width);
      const [from, places] = [stridedIndices(dims, strides, base), stridedIndices(dims, to)];
      for (let e = 0; e < from.length; e++) {
        for (let part = 0; part < width; part++) {
          expect(target[places[e]! * width + part]).toBe(from[e]! * width + part);
        }
      }
    }),
  );
});

it('every bf16 has the bits that its encoding gives, and back', () => {
  const codec = floatBits('bf16');
  const patterns = Array.from({ length: 65536 }, (_, k) => k);
  const bits = tensorOf('u16', [65536], patterns);
  const floats = runOp([bits], 'bf16[65536] bitcast-convert(p0)');
  expect(numbers(floats)).toEqual(patterns.map(codec.decode));
  const back = numbers(runOp(leafTensors(floats), 'u16[65536] bitcast-convert(p0)'));
  expect(back).toEqual(patterns);
});

describe('a copy of a loop', () => {
  it('gives way to the loop where its source names what a copy does not know', () => {
    let counted = 0;
    const loop = (out: number[]) => {
      counted++;
      out.push(1);
    };
    const out: number[] = [];
    specialised(loop, 'counted', 5000)(out);
    expect([counted, out]).toEqual([1, [1]]);
  });

  it('throws what the loop throws', () => {
    const loop = () => {
      throw new RangeError('no');
    };
    expect(specialised(loop, 'throwing', 5000)).toThrow(RangeError);
  });
});
