/** Data movement against each op's specification, element by element, on shapes drawn at random. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tensorOf } from '../../graphs/ir/tensor.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { runReference } from '../../validator/reference/run.ts';
import { at, counting, formula } from '../support/exact/naive.ts';
import { numbers, runOp, shapeText } from '../support/run-op.ts';

const size = fc.integer({ min: 1, max: 4 });
const dimsOf = (rank: number) => fc.array(size, { minLength: rank, maxLength: rank });
const anyDims = fc.integer({ min: 1, max: 4 }).chain(dimsOf);
const some = (rank: number) => fc.subarray(Array.from({ length: rank }, (_, d) => d));
const order = (rank: number) =>
  fc.shuffledSubarray(
    Array.from({ length: rank }, (_, d) => d),
    { minLength: rank, maxLength: rank },
  );
const text = (ns: readonly number[]) => `{${ns}}`;

test('transpose: result[c] = operand[c permuted]', () => {
  const cases = anyDims.chain((dims) => fc.tuple(fc.constant(dims), order(dims.length)));
  fc.assert(
    fc.property(cases, ([dims, permutation]) => {
      const x = counting('s32', dims);
      const out = permutation.map((d) => dims[d]);
      const r = runOp([x], `s32[${out}] transpose(p0), dimensions=${text(permutation)}`);
      const spec = formula(out, (c) =>
        at(
          x,
          dims.map((_, d) => c[permutation.indexOf(d)]),
        ),
      );
      expect(numbers(r)).toEqual(spec);
    }),
  );
});

test('broadcast: result[c] = operand[c at dimensions]', () => {
  const cases = anyDims.chain((dims) => fc.tuple(fc.constant(dims), some(dims.length)));
  fc.assert(
    fc.property(cases, ([dims, kept]) => {
      const x = counting(
        's32',
        kept.map((d) => dims[d]),
      );
      const r = runOp([x], `s32[${dims}] broadcast(p0), dimensions=${text(kept)}`);
      expect(numbers(r)).toEqual(
        formula(dims, (c) =>
          at(
            x,
            kept.map((d) => c[d]),
          ),
        ),
      );
    }),
  );
});

test('reverse twice is the operand', () => {
  const cases = anyDims.chain((dims) => fc.tuple(fc.constant(dims), some(dims.length)));
  fc.assert(
    fc.property(cases, ([dims, flipped]) => {
      const x = counting('s32', dims);
      const reverse = `${shapeText(x.shape)} reverse(p0), dimensions=${text(flipped)}`;
      const once = runOp([x], reverse);
      const mirrored = (c: readonly number[]) =>
        c.map((i, d) => (flipped.includes(d) ? dims[d] - 1 - i : i));
      expect(numbers(once)).toEqual(formula(dims, (c) => at(x, mirrored(c))));
      expect(numbers(runOp([once as typeof x], reverse))).toEqual(numbers(x));
    }),
  );
});

test('slice: result[c] = operand[start + c·stride]', () => {
  const range = fc.record({ size, start: fc.nat(2), stride: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 3 }), (ranges) => {
      const x = counting(
        's32',
        ranges.map((r) => r.start + r.size * r.stride),
      );
      const out = ranges.map((r) => r.size);
      const limits = ranges.map((r) => `[${r.start}:${r.start + r.size * r.stride}:${r.stride}]`);
      const r = runOp([x], `s32[${out}] slice(p0), slice={${limits}}`);
      const from = (c: readonly number[]) =>
        c.map((i, d) => ranges[d].start + i * ranges[d].stride);
      expect(numbers(r)).toEqual(formula(out, (c) => at(x, from(c))));
    }),
  );
});

test('pad: interior, edges and negative edges, as the specification’s formula', () => {
  const edge = fc.integer({ min: -2, max: 3 });
  const one = fc
    .record({ n: size, low: edge, high: edge, interior: fc.nat(2) })
    .filter((p) => p.low + p.high + p.n + (p.n - 1) * p.interior > 0);
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 3 }), (pads) => {
      const dims = pads.map((p) => p.n);
      const x = counting('s32', dims);
      const out = pads.map((p) => p.low + p.high + p.n + (p.n - 1) * p.interior);
      const config = pads.map((p) => `${p.low}_${p.high}_${p.interior}`).join('x');
      const r = runOp([x, tensorOf('s32', [], [-9])], `s32[${out}] pad(p0, p1), padding=${config}`);
      const spec = formula(out, (c) => {
        const from = c.map((i, d) => (i - pads[d].low) / (pads[d].interior + 1));
        return from.every((i, d) => Number.isInteger(i) && i >= 0 && i < dims[d])
          ? at(x, from)
          : -9;
      });
      expect(numbers(r)).toEqual(spec);
    }),
  );
});

test('concatenate: slices of it are its operands', () => {
  const cases = fc.tuple(anyDims, fc.array(size, { minLength: 1, maxLength: 3 }), fc.nat());
  fc.assert(
    fc.property(cases, ([dims, sizes, n]) => {
      const along = n % dims.length;
      const withSize = (k: number) => dims.map((s, d) => (d === along ? k : s));
      const parts = sizes.map((k) => counting('s32', withSize(k)));
      const total = sizes.reduce((a, b) => a + b, 0);
      const out = withSize(total);
      const args = parts.map((_, k) => `p${k}`).join(', ');
      const r = runOp(parts, `s32[${out}] concatenate(${args}), dimensions={${along}}`);
      let start = 0;
      for (const part of parts) {
        const limit = start + part.shape.dims[along];
        const ranges = out.map((s, d) => (d === along ? `[${start}:${limit}]` : `[0:${s}]`));
        const cut = runOp(
          [r as typeof part],
          `${shapeText(part.shape)} slice(p0), slice={${ranges}}`,
        );
        expect(numbers(cut)).toEqual(numbers(part));
        start = limit;
      }
    }),
  );
});

test('dynamic-slice and dynamic-update-slice clamp their start, and undo each other', () => {
  const cases = fc.record({
    n: fc.integer({ min: 1, max: 6 }),
    k: fc.integer({ min: 1, max: 6 }),
    start: fc.integer({ min: -9, max: 9 }),
  });
  fc.assert(
    fc.property(
      cases.filter((c) => c.k <= c.n),
      ({ n, k, start }) => {
        const [x, s] = [counting('s32', [n, 2]), tensorOf('s32', [], [start])];
        const zero = tensorOf('s32', [], [0]);
        const from = Math.max(0, Math.min(start, n - k));
        const cut = runOp(
          [x, s, zero],
          `s32[${k},2] dynamic-slice(p0, p1, p2), dynamic_slice_sizes={${k},2}`,
        );
        expect(numbers(cut)).toEqual(formula([k, 2], ([i, j]) => at(x, [from + i, j])));
        const blank = tensorOf('s32', [n, 2], new Array(2 * n).fill(0));
        const put = runOp(
          [blank, cut as typeof x, s, zero],
          `s32[${n},2] dynamic-update-slice(p0, p1, p2, p3)`,
        );
        const inside = (i: number) => i >= from && i < from + k;
        expect(numbers(put)).toEqual(formula([n, 2], ([i, j]) => (inside(i) ? at(x, [i, j]) : 0)));
      },
    ),
  );
});

describe('iota, bitcast and bitcast-convert', () => {
  test('iota counts along its dimension, rounded to the type', () => {
    expect(numbers(runOp([], 's64[2,3] iota(), iota_dimension=1'))).toEqual([
      0n,
      1n,
      2n,
      0n,
      1n,
      2n,
    ]);
    expect(numbers(runOp([], 'c64[2] iota(), iota_dimension=0'))).toEqual([0, 0, 1, 0]);
    expect(numbers(runOp([], 'bf16[260] iota(), iota_dimension=0')).slice(257)).toEqual([
      256, 258, 260,
    ]);
  });

  test('bitcast reads the same memory under the layouts of operand and result', () => {
    const module = parseModule(`HloModule m
      ENTRY e { p = f32[2,3]{0,1} parameter(0)
        ROOT b = f32[6]{0} bitcast(p) }`);
    const columns = [1, 4, 2, 5, 3, 6];
    expect(numbers(runReference(module, [counting('f32', [2, 3])]))).toEqual(columns);
  });

  test('bitcast between widths cuts the memory anew, under either layout', () => {
    const bytes = (from: string, to: string) => {
      const module = parseModule(`HloModule m
        ENTRY e { p = u8${from} parameter(0)
          ROOT b = u16${to} bitcast(p) }`);
      const [, dims] = /\[(.*)\]/.exec(from) ?? ['', ''];
      return numbers(runReference(module, [counting('u8', dims.split(',').map(Number))]));
    };
    const [word, low] = [(hi: number, lo: number) => 256 * hi + lo, [1, 3, 2, 4]];
    expect(bytes('[2,2]{1,0}', '[2]{0}')).toEqual([word(2, 1), word(4, 3)]);
    expect(bytes('[2,2]{0,1}', '[2]{0}')).toEqual([word(low[1], low[0]), word(low[3], low[2])]);
    const columns = [word(2, 1), word(6, 5), word(4, 3), word(8, 7)];
    expect(bytes('[2,4]{1,0}', '[2,2]{0,1}')).toEqual(columns);
  });

  test.each([
    ['f32', [1, -0], 's32', [0x3f800000, -(2 ** 31)]],
    ['bf16', [1, -2], 'u16', [0x3f80, 0xc000]],
    ['u16', [0x3c00, 0x7c00], 'f16', [1, Number.POSITIVE_INFINITY]],
    ['s64', [-1n], 'u64', [2n ** 64n - 1n]],
    ['u8', [0x38, 0xff], 'f8e4m3fn', [1, Number.NaN]],
    ['s4', [-1, 7], 'u4', [15, 7]],
  ] as const)('bitcast-convert of %s %o to %s', (from, values, to, result) => {
    const x = tensorOf(from, [values.length], values);
    expect(numbers(runOp([x], `${to}[${values.length}] bitcast-convert(p0)`))).toEqual(result);
  });

  test('bitcast-convert between widths takes up or adds a last dimension', () => {
    const word = tensorOf('u32', [1], [0x04030201]);
    const bytes = runOp([word], 'u8[1,4] bitcast-convert(p0)');
    expect(numbers(bytes)).toEqual([1, 2, 3, 4]);
    expect(numbers(runOp([bytes as typeof word], 'u32[1] bitcast-convert(p0)'))).toEqual([
      0x04030201,
    ]);
    const nibbles = runOp([tensorOf('u8', [1], [0x2f])], 'u4[1,2] bitcast-convert(p0)');
    expect(numbers(nibbles)).toEqual([15, 2]);
  });
});
