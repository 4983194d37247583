/** Dot and convolution against sums written out, with dimension numbers drawn at random. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { at, coordinates, formula, smallIntegers } from '../support/exact/naive.ts';
import { numbers, runOp } from '../support/run-op.ts';

const size = fc.integer({ min: 1, max: 3 });
const roles = ['batch', 'contracted', 'free'] as const;
type Role = (typeof roles)[number];
interface Dim {
  readonly role: Role;
  readonly size: number;
}
const sides = fc
  .tuple(
    fc.array(fc.record({ role: fc.constantFrom(...roles), size }), { maxLength: 4 }),
    fc.array(size, { maxLength: 2 }),
    fc.nat(),
  )
  .chain(([lhs, free, seed]) => {
    const correlated = lhs.map((d, k) => ({ ...d, k })).filter((d) => d.role !== 'free');
    const own = free.map((s) => ({ role: 'free' as Role, size: s, k: -1 }));
    return fc.record({
      lhs: fc.constant(lhs as readonly Dim[]),
      rhs: fc.shuffledSubarray([...correlated, ...own], {
        minLength: correlated.length + own.length,
      }),
      seed: fc.constant(seed),
    });
  });

const dotTypes = ['f32', 'f64', 'bf16', 's8', 's32', 'u64', 'c64'] as const;

test.each(dotTypes)('dot of %s: batch, free and contracted dimensions in any order', (type) => {
  const result = type === 's8' || type === 'bf16' ? (type === 's8' ? 's32' : 'f32') : type;
  fc.assert(
    fc.property(sides, ({ lhs, rhs, seed }) => {
      const real = type === 'c64' ? 'f32' : type;
      const a = smallIntegers(
        real,
        lhs.map((d) => d.size),
        seed,
      );
      const b = smallIntegers(
        real,
        rhs.map((d) => d.size),
        seed + 1,
      );
      const of = (role: Role) => lhs.flatMap((d, k) => (d.role === role ? [k] : []));
      const inRhs = (k: number) => rhs.findIndex((d) => d.k === k);
      const freeRhs = rhs.flatMap((d, k) => (d.role === 'free' ? [k] : []));
      const [batch, contracted, freeLhs] = [of('batch'), of('contracted'), of('free')];
      const out = [...batch, ...freeLhs]
        .map((k) => lhs[k].size)
        .concat(freeRhs.map((k) => rhs[k].size));
      const inner = coordinates(contracted.map((k) => lhs[k].size));
      const spec = formula(out, (c) => {
        const [x, y] = [lhs.map(() => 0), rhs.map(() => 0)];
        batch.forEach((k, n) => {
          x[k] = c[n];
          y[inRhs(k)] = c[n];
        });
        freeLhs.forEach((k, n) => {
          x[k] = c[batch.length + n];
        });
        freeRhs.forEach((k, n) => {
          y[k] = c[batch.length + freeLhs.length + n];
        });
        return inner.reduce((sum, position) => {
          contracted.forEach((k, n) => {
            x[k] = position[n];
            y[inRhs(k)] = position[n];
          });
          return sum + at(a, x) * at(b, y);
        }, 0);
      });
      const attrs =
        `lhs_batch_dims={${batch}}, lhs_contracting_dims={${contracted}}, ` +
        `rhs_batch_dims={${batch.map(inRhs)}}, rhs_contracting_dims={${contracted.map(inRhs)}}`;
      const operands =
        type === 'c64'
          ? [a, b].map((t) => runOp([t], `c64[${t.shape.dims}] convert(p0)`) as typeof a)
          : [a, b];
      const r = numbers(runOp(operands, `${result}[${out}] dot(p0, p1), ${attrs}`)).map(Number);
      expect(type === 'c64' ? r.filter((_, k) => k % 2 === 0) : r).toEqual(spec);
    }),
  );
});

describe('how dot rounds', () => {
  const dot = (type: string, a: number[], b: number[], out: string, more = '') =>
    numbers(
      runOp(
        [tensorOf(type as 'f32', [a.length], a), tensorOf(type as 'f32', [b.length], b)],
        `${out}[] dot(p0, p1), lhs_contracting_dims={0}, rhs_contracting_dims={0}${more}`,
      ),
    );
  const big = 2 ** 24;

  test('sums run in index order, each rounded to f32', () => {
    expect(dot('f32', [big, 1, -big], [1, 1, 1], 'f32')).toEqual([0]);
    expect(dot('f32', [big, -big, 1], [1, 1, 1], 'f32')).toEqual([1]);
  });

  test('bf16 accumulates in f32 and rounds once', () => {
    expect(dot('bf16', [256, 1, 1, 1], [1, 1, 1, 1], 'bf16')).toEqual([260]);
  });

  test('an algorithm may demand narrower operands and accumulators', () => {
    const a = [1 + 2 ** -10];
    expect(dot('f32', a, [1], 'f32', ', algorithm=dot_bf16_bf16_f32')).toEqual([1]);
    expect(dot('f32', a, [1], 'f32', ', algorithm=dot_bf16_bf16_f32_x3')).toEqual(a);
    expect(dot('f32', [256, 1, 1], [1, 1, 1], 'f32', ', algorithm=dot_bf16_bf16_bf16')).toEqual([
      256,
    ]);
  });

  test('integers wrap in the result type', () => {
    expect(dot('s8', [100, 100], [100, 100], 's8')).toEqual([32]);
    expect(dot('s64', [2 ** 62, 2 ** 62], [2, 2], 's64')).toEqual([0n]);
    expect(dot('pred', [1, 0], [1, 1], 'pred')).toEqual([1]);
  });
});

const windowDim = fc
  .record({
    n: fc.integer({ min: 1, max: 5 }),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    low: fc.integer({ min: -1, max: 2 }),
    high: fc.integer({ min: -1, max: 2 }),
    base: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    reversal: fc.boolean(),
  })
  .map((w) => {
    const padded = (w.n - 1) * w.base + 1 + w.low + w.high;
    const reach = (w.size - 1) * w.dilation + 1;
    return { ...w, out: padded < reach ? 0 : Math.floor((padded - reach) / w.stride) + 1 };
  })
  .filter((w) => w.out > 0);

test('convolution: groups, strides, padding, both dilations and reversal', () => {
  const cases = fc.record({
    spatial: fc.array(windowDim, { maxLength: 2 }),
    batch: size,
    perGroup: size,
    featuresPerGroup: size,
    groups: size,
    byBatch: fc.boolean(),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ spatial, batch, perGroup, featuresPerGroup, groups, byBatch, seed }) => {
      const [featureGroups, batchGroups] = byBatch ? [1, groups] : [groups, 1];
      const features = groups * featuresPerGroup;
      const space = spatial.map((w) => w.n);
      const x = smallIntegers(
        'f32',
        [batch * batchGroups, perGroup * featureGroups, ...space],
        seed,
      );
      const k = smallIntegers('f32', [...spatial.map((w) => w.size), perGroup, features], seed + 1);
      const out = [batch, ...spatial.map((w) => w.out), features];
      const spec = formula(out, (c) => {
        const [b, place, f] = [c[0], c.slice(1, -1), c[c.length - 1]];
        const group = Math.floor(f / featuresPerGroup);
        return coordinates([...spatial.map((w) => w.size), perGroup]).reduce((sum, tap) => {
          const from = spatial.map(
            (w, d) => (place[d] * w.stride + tap[d] * w.dilation - w.low) / w.base,
          );
          const inside = from.every((i, d) => Number.isInteger(i) && i >= 0 && i < spatial[d].n);
          if (!inside) return sum;
          const channel = tap[tap.length - 1];
          const image = byBatch ? group * batch + b : b;
          const feature = byBatch ? channel : group * perGroup + channel;
          const kernelTap = spatial.map((w, d) => (w.reversal ? w.size - 1 - tap[d] : tap[d]));
          return sum + at(x, [image, feature, ...from]) * at(k, [...kernelTap, channel, f]);
        }, 0);
      });
      const join = (f: (w: (typeof spatial)[number]) => string | number) =>
        spatial.map(f).join('x');
      const window = spatial.length
        ? `window={size=${join((w) => w.size)} stride=${join((w) => w.stride)} ` +
          `pad=${join((w) => `${w.low}_${w.high}`)} lhs_dilate=${join((w) => w.base)} ` +
          `rhs_dilate=${join((w) => w.dilation)} rhs_reversal=${join((w) => +w.reversal)}}, `
        : '';
      const s = spatial.map((_, d) => d).join('');
      const r = runOp(
        [x, k],
        `f32[${out}] convolution(p0, p1), ${window}dim_labels=bf${s}_${s}io->b${s}f, ` +
          `feature_group_count=${featureGroups}, batch_group_count=${batchGroups}`,
      );
      expect(numbers(r)).toEqual(spec);
    }),
  );
});
