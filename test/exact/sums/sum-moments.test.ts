/**
 * Radii of dots and convolutions against their definition, term by term: both bounds cover what the
 * operands bring and what roundings add, and exceed it by no more than the oracle's own roundings.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ElementType } from '../../../graphs/ir/element-type.ts';
import { entryOf, type InstructionOf, type Module, rootOf } from '../../../graphs/ir/module.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { tensorOf } from '../../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { runExact } from '../../../validator/exact/run.ts';
import { windowPlaces } from '../../../validator/semantics/indexing/window.ts';
import { drawn, exactOf, normal, single, uniform } from '../../support/exact/exact.ts';
import type { TermList } from '../../support/laws/orders.ts';
import { draws } from '../../support/laws/runs.ts';
import { convolutionTerms, dotTerms } from '../../support/laws/terms.ts';
import { opModule } from '../../support/run-op.ts';

const lambda = 8;
const types = ['f32', 'f64'] as const satisfies readonly ElementType[];
const roundoff = { f32: 2 ** -24, f64: 2 ** -53 } as const;
const flushBelow = { f32: 2 ** -126, f64: 2 ** -1022 } as const;
type Type = (typeof types)[number];
type Next = () => number;

const below = (next: Next, n: number) => Math.floor(next() * n);
const pick = <T>(next: Next, from: readonly T[]) => from[below(next, from.length)] as T;

/** Certain, uncertain, with errors in common, undecided here and there; lattices; special values. */
function operand(type: Type, dims: readonly number[], next: Next, isAlone: boolean): ExactTensor {
  const kind = pick(next, ['lattice', 'typical', 'typical', 'zeros', 'special'] as const);
  const number = () => {
    if (kind === 'lattice') return below(next, 9) - 4;
    if (kind === 'zeros' && next() < 0.6) return 0;
    if (kind === 'special' && next() < 0.05) return pick(next, [Number.NaN, Infinity, -Infinity]);
    return normal(next) * 2 ** (below(next, 5) - 2);
  };
  const { data, shape } = drawn(type, dims, number);
  const x = new Float64Array(data as Float32Array);
  const undecided =
    next() < 0.2 ? { undecided: Uint8Array.from(x, () => (next() < 0.1 ? 1 : 0)) } : {};
  const plain: ExactTensor = { kind: 'tensor', shape, data: x, ...undecided };
  if (next() < 0.35) return plain;
  const sure = next() < 0.5 ? 0 : 0.5;
  const share = () => (next() < sure ? 0 : next() * 1e-3);
  const bound = x.map((v) => (Math.abs(v) < Infinity ? Math.abs(v) * share() : 0));
  const deviation = bound.map((w) => w * next() * 0.2);
  if (!isAlone || next() < 0.7) return { ...plain, bound, deviation };
  const radius = bound.map((w) => 0.2 * w * (next() - 0.5));
  return { ...plain, bound, deviation, correlated: { radius, along: dims.map(() => true) } };
}

interface Term {
  readonly p: number;
  /** Where in a kernel it stands. */
  readonly at: number;
  /** A power of two that divides it. */
  readonly quantum: number;
  /** |x|r_y + |y|r_x + r_x r_y, and the variance. */
  readonly bound: number;
  readonly variance: number;
  /** The variance, and what counts for products of two errors. */
  readonly variances: number;
  readonly correlated: number;
  readonly marked: boolean;
}

function termOf(x: ExactTensor, i: number, y: ExactTensor, j: number, at: number): Term {
  const of = (a: Float64Array | Uint8Array | undefined, at: number) => a?.[at] ?? 0;
  const [a, b] = [Number(x.data[i]), Number(y.data[j])];
  const [wa, wb, la, lb] = [of(x.bound, i), of(y.bound, j), of(x.deviation, i), of(y.deviation, j)];
  const [ca, cb] = [of(x.correlated?.radius, i), of(y.correlated?.radius, j)];
  const second = (2.5 * (la + Math.abs(ca)) * lb) ** 2 + (2.5 * Math.abs(cb) * la) ** 2;
  const variance = (a * lb) ** 2 + (b * la) ** 2;
  return {
    p: a * b,
    at,
    quantum: Math.abs(a * b) < Infinity ? lowestSetBit(a) * lowestSetBit(b) : 0,
    bound: Math.abs(a) * wb + Math.abs(b) * wa + wa * wb,
    variance,
    variances: variance + second,
    correlated: a * cb + b * ca,
    marked: of(x.undecided, i) + of(y.undecided, j) > 0,
  };
}

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Squares of the partial sums, the largest one, and the sum with every step rounded. */
function partialSums(terms: readonly Term[], round: (x: number) => number) {
  let [sum, partial, largest, rounded] = [0, 0, 0, 0];
  for (const { p } of terms) {
    sum += p;
    partial += sum * sum;
    largest = Math.max(largest, sum * sum);
    rounded = round(rounded + round(p));
  }
  return { partial, largest, rounded };
}

/**
 * Bounds between which the radii of a sum of terms must lie, which are added as they
 * lie under the window or as in the kernel. With those in the padding there are k,
 * whose zeros may come between others, as a partial sum more.
 */
function definition(terms: readonly Term[], k: number, type: Type) {
  const u = roundoff[type];
  const round = type === 'f32' ? Math.fround : (x: number) => x;
  const sum = total(terms.map(({ p }) => p));
  const inKernel = terms.toSorted((a, b) => a.at - b.at);
  const orders = [terms, inKernel].map((order) => partialSums(order, round));
  const partial = Math.min(...orders.map((o) => o.partial));
  const aligned = Math.min(...orders.map((o) => ((2 * (o.rounded - sum)) / lambda) ** 2));
  const size = total(terms.map(({ p }) => Math.abs(p)));
  const squares = total(terms.map(({ p }) => p * p));
  const brought = total(terms.map((t) => t.bound));
  const reassociation = ((k - 1) / 6) * squares + ((k - 1) / 3) * sum * sum;
  const independent = u * u * Math.max(partial + squares, reassociation);
  const gaps = k - terms.length;
  const widest = Math.max(
    ...orders.flatMap((o) => [
      u * u * Math.max(o.partial + gaps * o.largest + squares, reassociation),
      ((2 * (o.rounded - sum)) / lambda) ** 2,
    ]),
  );
  const products = u * u * squares;
  const [least, most] = [total(terms.map((t) => t.variance)), total(terms.map((t) => t.variances))];
  const bound = brought + ((k * u) / (1 - k * u)) * (size + brought);
  const own = k * 2 ** -53 * (size + brought);
  const lost = k * flushBelow[type] + 2 * flushBelow[type];
  return {
    sum,
    size,
    brought,
    bound: [bound, bound + 8 * own + lost],
    deviation: [
      Math.sqrt(least + Math.max(independent + products, aligned)),
      Math.sqrt(most + widest + products) * (1 + 1e-9) + 4 * own + lost,
    ],
    correlated: [
      total(terms.map((t) => t.correlated)),
      Math.hypot(...terms.map((t) => t.correlated)),
    ],
  } as const;
}

/** Whether every order of the sum is exact: all products are multiples of a power of two. */
function isLattice(terms: readonly Term[], size: number, type: Type): boolean {
  const quantum = Math.min(...terms.map((t) => t.quantum));
  return size === 0 || size <= quantum / roundoff[type];
}

/** The largest power of two that divides x; Infinity for 0. */
function lowestSetBit(x: number): number {
  if (x === 0) return Infinity;
  let q = 1;
  while (!Number.isInteger(x / q)) q /= 2;
  while (Number.isInteger(x / (2 * q))) q *= 2;
  return q;
}

/** Holds every element of a result against the definition; returns how many had radii. */
function held(found: ExactTensor, lists: readonly Term[][], k: number, type: Type): number {
  let uncertain = 0;
  lists.forEach((terms, e) => {
    const value = Number(found.data[e]);
    const { sum, size, brought, bound, deviation, correlated } = definition(terms, k, type);
    if (terms.some((t) => t.marked)) expect(found.undecided?.[e]).toBe(1);
    if (!(Math.abs(value) < Infinity)) {
      if (!Object.is(value, sum)) expect(found.undecided?.[e]).toBe(1);
      return;
    }
    expect(Math.abs(value - sum)).toBeLessThanOrEqual(k * 2 ** -52 * size);
    const [w, l] = [found.bound?.[e] ?? 0, found.deviation?.[e] ?? 0];
    if (w === 0) {
      expect(brought).toBe(0);
      expect(isLattice(terms, size, type)).toBe(true);
      return;
    }
    uncertain++;
    const c = Math.abs(found.correlated?.radius[e] ?? 0);
    const relative = 1e-12;
    expect(w).toBeGreaterThanOrEqual(bound[0] * (1 - relative));
    expect(w).toBeLessThanOrEqual(bound[1] * (1 + relative));
    expect(l).toBeGreaterThanOrEqual(deviation[0] * (1 - relative));
    expect(l).toBeLessThanOrEqual(deviation[1] * (1 + relative));
    expect(c).toBeGreaterThanOrEqual(
      Math.max(Math.abs(correlated[0]), correlated[1]) * (1 - relative),
    );
    expect(c).toBeLessThanOrEqual(
      Math.max(Math.abs(correlated[0]), correlated[1]) * (1 + relative),
    );
  });
  return uncertain;
}

/** Which elements of the operands meet: the term lists of operands that hold their own positions. */
function meetings(
  module: Module,
  operands: readonly ExactTensor[],
  listsOf: (i: never, operands: never) => TermList[],
  positionOf: (j: number) => number = () => 0,
): Term[][] {
  const [x, y] = operands;
  const positions = operands.map(({ shape: { dims }, data }) =>
    tensorOf(
      'f64',
      dims,
      Array.from({ length: data.length }, (_, i) => i),
    ),
  );
  return listsOf(rootOf(entryOf(module)) as never, positions as never).map(({ a, b }) =>
    a.map((i, j) => termOf(x!, i, y!, b![j]!, positionOf(b![j]!))),
  );
}

function holdsFor(numRuns: number, law: (next: Next) => number): void {
  let uncertain = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      uncertain += law(uniform(seed));
    }),
    { numRuns: draws.of(numRuns), seed: draws.seed },
  );
  expect(uncertain).toBeGreaterThan(0);
}

function pairOf(type: Type, dims: readonly (readonly number[])[], next: Next): ExactTensor[] {
  const isAlone = next() < 0.5;
  const x = operand(type, dims[0]!, next, isAlone);
  const y = operand(type, dims[1]!, next, isAlone && !x.correlated);
  return [x, y];
}

describe.each(types)('of %s', (type) => {
  it('dots', () => {
    holdsFor(100, (next) => {
      const [batch, m, n] = [1, 2, 3].map((most) => 1 + below(next, most + 1));
      const k = pick(next, [1, 2, 5, 11, 12, 30, 64]);
      const operands = pairOf(type, [[batch, m, k] as never, [batch, k, n] as never], next);
      const attrs = {
        ...{ lhs_batch_dims: [0], rhs_batch_dims: [0] },
        ...{ lhs_contracting_dims: [2], rhs_contracting_dims: [1] },
      };
      const shapes = operands.map((t) => t.shape);
      const module = single('dot', shapes, attrs);
      const found = runExact(module, operands).value as ExactTensor;
      return held(found, meetings(module, operands, dotTerms as never), k, type);
    });
  });

  it('convolutions', () => {
    holdsFor(120, (next) => {
      const { module, operands } = drawConvolution(type, next);
      const { attrs } = rootOf(entryOf(module)) as InstructionOf<'convolution'>;
      const { kernelInputFeature, kernelOutputFeature } = attrs.dim_labels;
      const offsets = attrs.window.reduce((n, w) => n * w.size, 1);
      const perGroup = operands[1]!.shape.dims[kernelInputFeature]!;
      const k = offsets * perGroup;
      const channel = (j: number) => Math.floor(j / offsets) % perGroup;
      const positionOf = (j: number) =>
        kernelOutputFeature === 0 ? (j % offsets) * perGroup + channel(j) : j;
      const found = runExact(module, operands).value as ExactTensor;
      return held(
        found,
        meetings(module, operands, convolutionTerms as never, positionOf),
        k,
        type,
      );
    });
  });
});

/** Any strides, padding, dilations and reversal; plain, grouped, depthwise or with batch groups. */
function drawConvolution(type: Type, next: Next) {
  const grouping = pick(next, ['plain', 'features', 'depthwise', 'depthwise', 'batches'] as const);
  const size = pick(next, [
    [1, 1],
    [3, 3],
    [2, 3],
    [5, 4],
  ]);
  const spatial = size.map((s) => s + below(next, 4));
  const dims = size.map((s) => ({
    ...{ size: s, stride: 1 + below(next, 2), padLow: below(next, 4) - 1, padHigh: below(next, 3) },
    windowDilation: 1 + (next() < 0.2 ? 1 : 0),
    baseDilation: 1 + (next() < 0.2 ? 1 : 0),
    reversal: next() < 0.2,
  }));
  const groups = grouping === 'plain' ? 1 : 1 + below(next, 4);
  const perGroup = grouping === 'depthwise' ? 1 : 1 + below(next, 3);
  const channels = grouping === 'batches' ? perGroup : groups * perGroup;
  const features = groups * (grouping === 'depthwise' ? 1 : 1 + below(next, 3));
  const batch = 1 + below(next, 2);
  const places = dims.map((w, d) => windowPlaces(w, spatial[d]!));
  const images = grouping === 'batches' ? batch * groups : batch;
  const isLast = next() < 0.7;
  const labels = isLast ? 'b01f_01io->b01f' : 'bf01_oi01->bf01';
  const order = (b: number, f: number, s: readonly number[]) =>
    isLast ? [b, ...s, f] : [b, f, ...s];
  const kernel = isLast ? [...size, perGroup, features] : [features, perGroup, ...size];
  const text = (of: (w: (typeof dims)[number]) => unknown) => dims.map(of).join('x');
  const window = [
    `size=${text((w) => w.size)} stride=${text((w) => w.stride)}`,
    `pad=${text((w) => `${w.padLow}_${w.padHigh}`)} lhs_dilate=${text((w) => w.baseDilation)}`,
    `rhs_dilate=${text((w) => w.windowDilation)} rhs_reversal=${text((w) => Number(w.reversal))}`,
  ].join(' ');
  const count = grouping === 'batches' ? 'batch_group_count' : 'feature_group_count';
  const operands = pairOf(type, [order(images, channels, spatial), kernel], next);
  const result = `${type}[${order(batch, features, places)}]`;
  const module = opModule(
    operands.map((t) => t.shape),
    `${result} convolution(p0, p1), window={${window}}, dim_labels=${labels}, ${count}=${groups}`,
  );
  return { module, operands };
}

describe('of few products', () => {
  it('below the normal numbers cover what the product loses, where nothing is flushed', () => {
    const x = Math.fround(1.1 * 2 ** -75);
    const attrs = { lhs_contracting_dims: [0], rhs_contracting_dims: [0] };
    const shape = arrayShape('f32', [1]);
    const inputs = [x, x].map((v) => tensorOf('f32', [1], [v]));
    const found = exactOf(single('dot', [shape, shape], attrs), inputs, { flush: false });
    const error = Math.abs(Math.fround(x * x) - Number(found.data[0]));
    expect(found.bound?.[0]).toBeGreaterThanOrEqual(error);
    expect(lambda * (found.deviation?.[0] ?? 0)).toBeGreaterThanOrEqual(error);
  });
});
