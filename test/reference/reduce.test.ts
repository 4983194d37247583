/** Reductions, windows, sort, topk, gather and scatter against what each op says, element by element. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import { at, coordinates, counting, formula, smallIntegers } from '../support/exact/naive.ts';
import { numbers, runOp } from '../support/run-op.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const size = fc.integer({ min: 1, max: 4 });
const dims = fc.array(size, { minLength: 1, maxLength: 3 });
const withSome = dims.chain((d) =>
  fc.tuple(fc.constant(d), fc.subarray(d.map((_, k) => k)), fc.nat()),
);

const mix = (a: number, b: number) => (Math.imul(a, 3) - b) | 0;

test('reduce folds with to_apply in row-major order, from the init value', () => {
  fc.assert(
    fc.property(withSome, ([shape, reduced, seed]) => {
      const x = smallIntegers('s32', shape, seed);
      const kept = shape.flatMap((_, d) => (reduced.includes(d) ? [] : [d]));
      const out = kept.map((d) => shape[d]);
      const inner = coordinates(shape).filter((c) => kept.every((d) => c[d] === 0));
      const spec = formula(out, (c) =>
        inner.reduce(
          (acc, i) =>
            mix(
              acc,
              at(
                x,
                i.map((v, d) => (kept.includes(d) ? c[kept.indexOf(d)] : v)),
              ),
            ),
          7,
        ),
      );
      const r = runOp(
        [x, tensorOf('s32', [], [7])],
        `s32[${out}] reduce(p0, p1), dimensions={${reduced}}, to_apply=mix_s32`,
      );
      expect(numbers(r)).toEqual(spec);
    }),
  );
});

describe('how reduce rounds', () => {
  const sum = (values: number[], type: string) =>
    numbers(
      runOp(
        [tensorOf(type as 'f32', [values.length], values), tensorOf(type as 'f32', [], [0])],
        `${type}[] reduce(p0, p1), dimensions={0}, to_apply=sum`,
        {},
        `sum { a = ${type}[] parameter(0)\n b = ${type}[] parameter(1)\n ROOT r = ${type}[] add(a, b) }`,
      ),
    )[0];
  test('every step to the type of the computation', () => {
    expect(sum([2 ** 24, 1, 1], 'f32')).toBe(2 ** 24);
    expect(sum([256, 1, 1], 'bf16')).toBe(256);
    expect(sum([2048, 1, 1], 'f16')).toBe(2048);
    expect(sum([2 ** 24, 1, 1], 'f64')).toBe(2 ** 24 + 2);
  });
});

test('a variadic reduce finds the largest value and its first place', () => {
  const argmax = `argmax { v = f32[] parameter(0)
    i = s32[] parameter(1)
    w = f32[] parameter(2)
    j = s32[] parameter(3)
    keep = pred[] compare(v, w), direction=GE
    value = f32[] select(keep, v, w)
    place = s32[] select(keep, i, j)
    ROOT r = (f32[], s32[]) tuple(value, place) }`;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 9 }),
      (values) => {
        const n = values.length;
        const operands = [
          tensorOf('f32', [n], values),
          tensorOf(
            's32',
            [n],
            values.map((_, k) => k),
          ),
          tensorOf('f32', [], [-inf]),
          tensorOf('s32', [], [-1]),
        ];
        const r = runOp(
          operands,
          '(f32[], s32[]) reduce(p0, p1, p2, p3), dimensions={0}, to_apply=argmax',
          {},
          argmax,
        );
        const best = Math.max(...values);
        expect([numbers(r, 0), numbers(r, 1)]).toEqual([[best], [values.indexOf(best)]]);
      },
    ),
  );
});

describe('reduce-window', () => {
  const dim = fc
    .record({
      n: fc.integer({ min: 1, max: 6 }),
      size: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      low: fc.nat(3),
      high: fc.nat(2),
      base: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
    })
    .map((w) => {
      const padded = (w.n - 1) * w.base + 1 + w.low + w.high;
      const reach = (w.size - 1) * w.dilation + 1;
      return { ...w, out: padded < reach ? 0 : Math.floor((padded - reach) / w.stride) + 1 };
    })
    .filter((w) => w.out > 0);
  type Dim = {
    n: number;
    size: number;
    stride: number;
    low: number;
    high: number;
    base: number;
    dilation: number;
    out: number;
  };

  function check(window: readonly Dim[], seed: number): void {
    const x = smallIntegers(
      's32',
      window.map((w) => w.n),
      seed,
    );
    const out = window.map((w) => w.out);
    const spec = formula(out, (c) =>
      coordinates(window.map((w) => w.size)).reduce((acc, tap) => {
        const from = window.map((w, d) => (c[d] * w.stride + tap[d] * w.dilation - w.low) / w.base);
        return from.every((i, d) => Number.isInteger(i) && i >= 0 && i < window[d].n)
          ? mix(acc, at(x, from))
          : acc;
      }, 5),
    );
    const join = (f: (w: Dim) => string | number) => window.map(f).join('x');
    const text = `window={size=${join((w) => w.size)} stride=${join((w) => w.stride)} pad=${join((w) => `${w.low}_${w.high}`)} lhs_dilate=${join((w) => w.base)} rhs_dilate=${join((w) => w.dilation)}}`;
    const r = runOp(
      [x, tensorOf('s32', [], [5])],
      `s32[${out}] reduce-window(p0, p1), ${text}, to_apply=mix_s32`,
    );
    expect(numbers(r)).toEqual(spec);
  }

  test('folds what lies under the window, and nothing of the padding', () => {
    fc.assert(fc.property(fc.array(dim, { minLength: 1, maxLength: 2 }), fc.nat(), check));
  });

  test('running sums (a window as long as the operand) are the same folds', () => {
    const plain = { stride: 1, base: 1, dilation: 1 };
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 2, max: 6 }),
        fc.nat(2),
        fc.nat(),
        (rows, n, more, seed) => {
          const wide = n + more;
          check(
            [
              { n: rows, size: 1, low: 0, high: 0, out: rows, ...plain },
              { n, size: wide, low: wide - 1, high: 0, out: n, ...plain },
            ],
            seed,
          );
        },
      ),
    );
  });
});

test('select-and-scatter sends each source to the element that its window selects', () => {
  const [x, s] = [tensorOf('f32', [5], [1, 3, 3, 2, 9]), tensorOf('f32', [2], [10, 20])];
  const op =
    'f32[5] select-and-scatter(p0, p1, p2), window={size=3 stride=2}, select=ge_f32, scatter=add_f32';
  expect(numbers(runOp([x, s, tensorOf('f32', [], [1])], op))).toEqual([1, 11, 1, 1, 21]);
});

describe('sort', () => {
  test('is a stable permutation in order, payload and all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 20 }),
        (keys) => {
          const n = keys.length;
          const places = keys.map((_, k) => k);
          const operands = [tensorOf('s32', [n], keys), tensorOf('s32', [n], places)];
          const r = runOp(
            operands,
            `(s32[${n}], s32[${n}]) sort(p0, p1), dimensions={0}, is_stable=true, to_apply=first_lt`,
          );
          const expected = [...places].sort((a, b) => keys[a] - keys[b] || a - b);
          expect(numbers(r, 1)).toEqual(expected);
          expect(numbers(r, 0)).toEqual(expected.map((p) => keys[p]));
        },
      ),
    );
  });

  test('a comparator may read bits and call computations', () => {
    const bits = `flip { a = s16[] parameter(0)
      b = s16[] constant(32767)
      zero = s16[] constant(0)
      x = s16[] xor(a, b)
      n = pred[] compare(a, zero), direction=LT
      ROOT r = s16[] select(n, x, a) }
    by_bits { a = bf16[] parameter(0)
      b = bf16[] parameter(1)
      c = s16[] bitcast-convert(a)
      d = s16[] bitcast(b)
      e = s16[] call(c), to_apply=flip
      f = s16[] fusion(d), kind=kLoop, calls=flip
      ROOT r = pred[] compare(e, f), direction=LT }`;
    const x = tensorOf('bf16', [6], [0, -0, 3, -5, inf, -2]);
    const r = runOp([x], 'bf16[6] sort(p0), dimensions={0}, to_apply=by_bits', {}, bits);
    expect(numbers(r)).toEqual([-5, -2, -0, 0, 3, inf]);
  });

  test('sorts along any dimension', () => {
    const x = tensorOf('f32', [3, 2], [5, 1, 4, 9, 2, 3]);
    expect(numbers(runOp([x], 'f32[3,2] sort(p0), dimensions={0}, to_apply=lt_f32'))).toEqual([
      2, 1, 4, 3, 5, 9,
    ]);
  });
});

describe('topk', () => {
  const x = tensorOf('f32', [1, 7], [1, nan, 3, -0, 0, 3, inf]);
  const rows = [
    ['topk(p0), k=7, largest=true', [nan, inf, 3, 3, 1, 0, -0], [1, 6, 2, 5, 0, 4, 3]],
    ['topk(p0), k=7, largest=false', [-0, 0, 1, 3, 3, inf, nan], [3, 4, 0, 2, 5, 6, 1]],
    [
      'custom-call(p0), custom_call_target="TopK", called_computations={gt}',
      [nan, inf, 3, 3, 1, 0, -0],
      [1, 6, 2, 5, 0, 4, 3],
    ],
  ] as const;
  const gt =
    'gt { a = f32[] parameter(0)\n b = f32[] parameter(1)\n c = s32[] parameter(2)\n d = s32[] parameter(3)\n ROOT r = pred[] compare(a, b), direction=GT, type=TOTALORDER }';
  test.each(rows)('%s: values in total order, ties by place', (op, values, places) => {
    const r = runOp([x], `(f32[1,7], s32[1,7]) ${op}`, {}, gt);
    expect([numbers(r, 0), numbers(r, 1)]).toEqual([values, places]);
  });

  test('ApproxTopK is exact', () => {
    const operands = [
      tensorOf('f32', [4], [1, 8, 3, 5]),
      tensorOf('s32', [4], [0, 1, 2, 3]),
      tensorOf('f32', [], [-inf]),
      tensorOf('s32', [], [-1]),
    ];
    const r = runOp(
      operands,
      '(f32[2], s32[2]) custom-call(p0, p1, p2, p3), custom_call_target="ApproxTopK", called_computations={gt}',
      {},
      gt,
    );
    expect([numbers(r, 0), numbers(r, 1)]).toEqual([
      [8, 5],
      [1, 3],
    ]);
  });
});

/** Dimension numbers of gather and scatter over a rank-2 operand, with windows along either or both. */
const gathers = fc.record({
  operand: fc.tuple(size, size),
  positions: fc.integer({ min: 1, max: 5 }),
  starts: fc.array(fc.integer({ min: -3, max: 6 }), { minLength: 10, maxLength: 10 }),
  window: fc.tuple(size, size),
  swapped: fc.boolean(),
  vectorFirst: fc.boolean(),
});

test('gather: operand[clamp(start) + offset]; scatter: windows that do not fit are left out', () => {
  fc.assert(
    fc.property(gathers, ({ operand, positions, starts, window, swapped, vectorFirst }) => {
      const sizes = operand.map((n, d) => Math.min(n, window[d]));
      const x = counting('s32', operand);
      const vector = (p: number) =>
        swapped ? [starts[2 * p + 1], starts[2 * p]] : [starts[2 * p], starts[2 * p + 1]];
      const index = vectorFirst
        ? tensorOf(
            's32',
            [2, positions],
            [0, 1].flatMap((c) => Array.from({ length: positions }, (_, p) => starts[2 * p + c])),
          )
        : tensorOf('s32', [positions, 2], starts.slice(0, 2 * positions));
      const map = swapped ? '{1,0}' : '{0,1}';
      const vectorDim = vectorFirst ? 0 : 1;
      const out = [positions, ...sizes];
      const gathered = runOp(
        [x, index],
        `s32[${out}] gather(p0, p1), offset_dims={1,2}, collapsed_slice_dims={}, start_index_map=${map}, index_vector_dim=${vectorDim}, slice_sizes={${sizes}}`,
      );
      const clamp = (s: number, d: number) => Math.max(0, Math.min(s, operand[d] - sizes[d]));
      expect(numbers(gathered)).toEqual(
        formula(out, ([p, i, j]) =>
          at(
            x,
            vector(p).map((s, d) => clamp(s, d) + [i, j][d]),
          ),
        ),
      );
      const updates = counting('s32', out);
      const scattered = runOp(
        [x, index, updates],
        `s32[${operand}] scatter(p0, p1, p2), update_window_dims={1,2}, inserted_window_dims={}, scatter_dims_to_operand_dims=${map}, index_vector_dim=${vectorDim}, to_apply=mix_s32`,
      );
      const expected = Array.from(x.data as Int32Array);
      for (const [p, i, j] of coordinates(out)) {
        const start = vector(p);
        if (start.some((s, d) => s !== clamp(s, d))) continue;
        const e = (start[0] + i) * operand[1] + start[1] + j;
        expected[e] = mix(expected[e], at(updates, [p, i, j]));
      }
      expect(numbers(scattered)).toEqual(expected);
    }),
  );
});

test('batching dimensions pair operand and indices; scalar indices need no vector', () => {
  const x = counting('s32', [3, 4]);
  const index = tensorOf('s32', [3], [2, 0, 9]);
  const r = runOp(
    [x, index],
    's32[3,1] gather(p0, p1), offset_dims={1}, collapsed_slice_dims={}, operand_batching_dims={0}, start_indices_batching_dims={0}, start_index_map={1}, index_vector_dim=1, slice_sizes={1,1}',
  );
  expect(numbers(r)).toEqual([3, 5, 12]);
});

test('scatter may have several operands, and to_apply may ignore what was there', () => {
  const zeros = () => tensorOf('f32', [3], [0, 0, 0]);
  const [u, v] = [tensorOf('f32', [4], [1, 2, 3, 4]), tensorOf('f32', [4], [10, 20, 30, 40])];
  const index = tensorOf('s64', [4, 1], [0n, 2n, 2n, 2n ** 62n]);
  const attrs =
    'update_window_dims={}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}, index_vector_dim=1';
  expect(
    numbers(
      runOp([zeros(), index, u], `f32[3] scatter(p0, p1, p2), ${attrs}, to_apply=second_f32`),
    ),
  ).toEqual([1, 0, 3]);
  const both = `both { a = f32[] parameter(0)\n b = f32[] parameter(1)\n c = f32[] parameter(2)\n d = f32[] parameter(3)\n s = f32[] add(a, c)\n m = f32[] maximum(b, d)\n ROOT r = (f32[], f32[]) tuple(s, m) }`;
  const r = runOp(
    [zeros(), zeros(), index, u, v],
    `(f32[3], f32[3]) scatter(p0, p1, p2, p3, p4), ${attrs}, to_apply=both`,
    {},
    both,
  );
  expect([numbers(r, 0), numbers(r, 1)]).toEqual([
    [1, 0, 5],
    [10, 0, 30],
  ]);
});

test('map applies its computation to every element', () => {
  const x = counting('s32', [2, 2]) as Tensor;
  expect(
    numbers(runOp([x, x], 's32[2,2] map(p0, p1), dimensions={0,1}, to_apply=mix_s32')),
  ).toEqual([2, 4, 6, 8]);
});

test('a computation that is no closure of scalars is called as it stands', () => {
  const boxed = `boxed { a = f32[] parameter(0)
    b = f32[] parameter(1)
    t = (f32[], f32[]) tuple(a, b)
    c = f32[] get-tuple-element(t), index=1
    v = f32[2] broadcast(c), dimensions={}
    z = f32[] constant(0)
    s = f32[] reduce(v, z), dimensions={0}, to_apply=add_f32
    ROOT r = f32[] add(a, s) }`;
  const x = tensorOf('f32', [3], [1, 2, 3]);
  const r = runOp(
    [x, tensorOf('f32', [], [0])],
    'f32[] reduce(p0, p1), dimensions={0}, to_apply=boxed',
    {},
    boxed,
  );
  expect(numbers(r)).toEqual([12]);
});
