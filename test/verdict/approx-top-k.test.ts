/** The sizes of approximate top-k, its evaluation over bins, and the odds of its recall. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { leafTensors, type TensorData, tensor, tensorOf } from '../../graphs/ir/tensor.ts';
import {
  approxTopKOutput,
  binnedOutput,
  laneCount,
  type ReductionRequest,
  reducedSize,
} from '../../graphs/ops/approx-top-k.ts';
import { parseModule } from '../../graphs/text/parser.ts';
import { exactLeaves } from '../../validator/exact/core/value.ts';
import { runExact } from '../../validator/exact/run.ts';
import { adjacentRows, stridedRows } from '../../validator/reference/ops/approximate-top-k.ts';
import { runReference } from '../../validator/reference/run.ts';
import { judgeRecall, logLowerTail } from '../../validator/verdict/recall.ts';

const whole = { rank: 2, k: 8, recall: 0.95, aggregate: false, override: -1 };

const sizes: readonly (readonly [string, Partial<ReductionRequest>, number, number])[] = [
  ['what is aggregated has k elements', { n: 4096, aggregate: true }, 8, -1],
  ['a row of lanes is left whole', { n: 128 }, 128, 0],
  ['one more is not yet worth halving', { n: 129 }, 129, 0],
  ['two rows of lanes for 136 bins are left whole', { n: 256 }, 256, 0],
  ['three rows for 136 bins, floor(384 / 136) = 2, are halved', { n: 384 }, 256, 1],
  ['a row begun counts', { n: 385 }, 256, 1],
  ['five rows are halved to three', { n: 640 }, 256, 2],
  ['a vector has 1024 lanes', { n: 1024, rank: 1 }, 1024, 0],
  ['of two rows of 1024 one is left', { n: 2048, rank: 1 }, 1024, 1],
  ['of three as well, the second fold wanting', { n: 3072, rank: 1 }, 2048, 1],
  ['the best alone: one row of lanes', { n: 4096, k: 1 }, 128, 5],
  ['the best alone, a row begun', { n: 4097, k: 1 }, 128, 6],
  ['the best alone of a shard: all of the whole', { n: 4096, k: 1, override: 65536 }, 128, 9],
  ['a recall of 1 leaves all', { n: 4096, recall: 1 }, 4096, 0],
  ['a recall that is 1 as f32 leaves all', { n: 4096, recall: 1 - 2 ** -26 }, 4096, 0],
  ['two elements: no fewer bins than lanes', { n: 4096, k: 2 }, 128, 5],
  ['a recall of almost 0: no fewer bins than lanes', { n: 4096, recall: 1e-6 }, 128, 5],
  ['the shard of 2024', { n: 4096, k: 512, override: 65536 }, 1024, 2],
  ['a shard that is all of the whole', { n: 4096, k: 512, override: 4096 }, 4096, 0],
  ['no more folds than rows', { n: 256, k: 2, override: 2 ** 20 }, 128, 1],
];

describe('the size of an approximate top-k', () => {
  it.each(sizes)('%s', (_, request, size, log2Reduction) => {
    const given = { ...whole, ...request } as ReductionRequest;
    expect(approxTopKOutput(given)).toEqual({ size, log2Reduction });
  });

  it('leaves enough bins for the recall, and no more than there are inputs', () => {
    const request = fc.record({
      n: fc.integer({ min: 1, max: 200_000 }),
      rank: fc.integer({ min: 1, max: 3 }),
      k: fc.integer({ min: 2, max: 600 }),
      recall: fc.double({ min: 0.5, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(request, ({ n, rank, k, recall }) => {
        const { size, log2Reduction } = binnedOutput({ n, rank, k, recall, override: -1 });
        const wanted = Math.trunc((1 - k) / Math.log(Math.fround(recall)));
        expect(size).toBe(reducedSize(n, rank, log2Reduction));
        expect(size).toBeGreaterThanOrEqual(Math.min(n, Math.max(wanted, laneCount(rank))));
        if (log2Reduction === 0) expect(size).toBe(n);
      }),
    );
  });
});

const comparator = `gt { a = f32[] parameter(0)  b = f32[] parameter(1)  i = s32[] parameter(2)
  j = s32[] parameter(3)  ROOT r = pred[] compare(a, b), direction=GT }\n`;

/** An approximate top-k of x: f32[2,n] with its places. */
function selecting(target: string, n: number, size: number, config: object) {
  const results = `(f32[2,${size}], s32[2,${size}])`;
  return parseModule(`HloModule m\n${comparator}ENTRY e {
    x = f32[2,${n}] parameter(0)  i = s32[2,${n}] iota(), iota_dimension=1
    low = f32[] constant(-inf)  none = s32[] constant(-1)
    ROOT r = ${results} custom-call(x, i, low, none), custom_call_target="${target}",
      called_computations={gt}, backend_config=${JSON.stringify({ reduction_dim: 1, ...config })}
  }`);
}

const distinct = (n: number) =>
  fc
    .shuffledSubarray(
      Array.from({ length: 2 * n }, (_, k) => k),
      { minLength: 2 * n },
    )
    .map((numbers) => tensor(arrayShape('f32', [2, n]), Float32Array.from(numbers)));

/** Numbers of storage of any type. */
const numbers = (data: TensorData | readonly number[]) =>
  Array.from<number | bigint>(data).map(Number);

const binnings = { adjacentRows, stridedRows };

describe('PartialReduce', () => {
  it.each(Object.entries(binnings))('%s: winners of lanes, the best never lost', (_, binning) => {
    const module = selecting('PartialReduce', 700, 256, { log2_reduction: 2 });
    fc.assert(
      fc.property(distinct(700), (x) => {
        const [values, places] = leafTensors(runReference(module, [x], { binning }));
        for (const row of [0, 1]) {
          const all = numbers(x.data).slice(700 * row, 700 * (row + 1));
          const got = Array.from({ length: 256 }, (_v, k) => 256 * row + k);
          const at = got.map((p) => Number(places!.data[p]));
          expect(got.map((p) => values!.data[p])).toEqual(
            at.map((p) => (p < 0 ? -Infinity : all[p])),
          );
          expect(new Set(at.filter((p) => p >= 0)).size).toBe(at.filter((p) => p >= 0).length);
          expect(at.every((p, k) => p < 0 || p % 128 === k % 128)).toBe(true);
          expect(at).toContain(all.indexOf(Math.max(...all)));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('of no reduction is its operands, in the exact mode as well', () => {
    const module = selecting('PartialReduce', 4, 4, { log2_reduction: 0 });
    const x = tensorOf('f32', [2, 4], [1, 4, 2, 3, 8, 7, 5, 6]);
    expect(numbers(leafTensors(runReference(module, [x]))[0]!.data)).toEqual(numbers(x.data));
    const [values] = exactLeaves(runExact(module, [x]).value);
    expect([numbers(values!.data), values!.undecided]).toEqual([numbers(x.data), undefined]);
  });
});

describe('ApproxTopK', () => {
  const config = { top_k: 3, recall_target: 0.9, aggregate_to_topk: true };

  it('of fewer elements than lanes is exact', () => {
    const module = selecting('ApproxTopK', 5, 3, config);
    const x = tensorOf('f32', [2, 5], [1, 4, 2, 3, 0, 8, 7, 5, 6, 9]);
    const want = [
      [4, 3, 2, 9, 8, 7],
      [1, 3, 2, 4, 0, 1],
    ];
    expect(leafTensors(runReference(module, [x])).map((t) => numbers(t.data))).toEqual(want);
    const exact = exactLeaves(runExact(module, [x]).value);
    expect(exact.map((t) => numbers(t.data))).toEqual(want);
    expect(exact.map((t) => t.undecided?.includes(1) ?? false)).toEqual([false, false]);
  });

  it('of more only the best is decided, a fallback is all of it', () => {
    const x = tensor(
      arrayShape('f32', [2, 1024]),
      Float32Array.from({ length: 2048 }, (_, k) => (k * 389) % 2048),
    );
    const open = (given: object) =>
      exactLeaves(runExact(selecting('ApproxTopK', 1024, 3, given), [x]).value).map((t) =>
        Array.from(t.undecided ?? []),
      );
    expect(open(config)).toEqual([
      [0, 1, 1, 0, 1, 1],
      [0, 1, 1, 0, 1, 1],
    ]);
    expect(open({ ...config, is_fallback: true })).toEqual([[], []]);
  });
});

describe('recall', () => {
  /** P(X ≤ hits) by its definition. */
  function tail(hits: number, n: number, p: number): number {
    let [sum, choices] = [0, 1];
    for (let j = 0; j <= hits; j++) {
      sum += choices * p ** j * (1 - p) ** (n - j);
      choices *= (n - j) / (j + 1);
    }
    return sum;
  }

  it('the lower tail is that of the binomial distribution', () => {
    const draw = fc.record({
      n: fc.integer({ min: 1, max: 200 }),
      p: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(draw, ({ n, p, share }) => {
        const hits = Math.floor(share * n * p);
        if (hits >= n * p) return;
        expect(logLowerTail(hits, n, p)).toBeCloseTo(Math.log(tail(hits, n, p)));
      }),
    );
  });

  it.each([
    ['a row that misses more is no fault', 480, 512, 0.95, 'within'],
    ['rows and rows that do are', 480 * 64, 512 * 64, 0.95, 'suspect'],
    ['more than was promised', 512, 512, 0.95, 'within'],
    ['nothing was counted', 0, 0, 0.95, 'within'],
    ['a promise of 1, kept', 512, 512, 1, 'within'],
    ['a promise of 1, broken', 511, 512, 1, 'beyond'],
  ] as const)('%s', (_, hits, wanted, target, verdict) => {
    expect(judgeRecall({ hits, wanted, target }).verdict).toBe(verdict);
  });
});
