/**
 * Dots whose operands are read at a narrower type, against the definition term by term: an element
 * that the type does not hold has the radius u·|x|, one that it holds has none, and partial sums are stored at it.
 * Both bounds cover that, and exceed it by no more than the oracle's own error.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { floatFormat, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { veltkamp } from '../../../validator/exact/core/numerics.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import { fromPlainValue, runExact } from '../../../validator/exact/run.ts';
import { drawn, normal, single, uniform } from '../../support/exact/exact.ts';
import { draws } from '../../support/laws/runs.ts';

const lambda = 8;
const secondOrder = 2.5;
const computeTypes = ['bf16', 'f16'] as const;
type Compute = (typeof computeTypes)[number];
type Next = () => number;

const below = (next: Next, n: number) => Math.floor(next() * n);
const pick = <T>(next: Next, from: readonly T[]) => from[below(next, from.length)] as T;
const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const kinds = ['any', 'held', 'integers', 'zeros', 'mixed', 'special', 'tiny', 'faint'] as const;

interface Draw {
  readonly turned: boolean;
  readonly compute: Compute;
  /** One number over and over: the sum drifts. */
  readonly isSame: boolean;
  readonly scale: number;
}

/** Rows of k numbers, each row of a kind of its own; as [rows, k] or turned round. */
function operand(next: Next, [rows, k]: readonly [number, number], draw: Draw) {
  const { turned, compute, isSame, scale } = draw;
  const hold = rounder(compute);
  const numbers = Array.from({ length: rows }, () => {
    const kind = next() < 0.6 ? 'any' : pick(next, kinds);
    const same = isSame && Math.fround(normal(next));
    return Array.from({ length: k }, () => {
      if (same) return same;
      const x = Math.fround(normal(next) * scale * 2 ** (below(next, 9) - 4));
      if (kind === 'integers') return below(next, 9) - 4;
      if (kind === 'held' || (kind === 'mixed' && next() < 0.3)) return hold(x);
      if (kind === 'zeros' && next() < 0.5) return 0;
      if (kind === 'special' && next() < 0.1) return pick(next, [Number.NaN, Infinity, 1]);
      if (kind === 'tiny' && next() < 0.1) return Math.fround(x * 2 ** -130);
      if (kind === 'faint') return Math.fround((x / scale) * 2 ** -130);
      return x;
    });
  });
  let i = 0;
  const dims = turned ? [k, rows] : [rows, k];
  const at = (n: number) =>
    turned ? numbers[n % rows]![Math.floor(n / rows)]! : numbers[Math.floor(n / k)]![n % k]!;
  return { numbers, tensor: drawn('f32', dims, () => at(i++)) };
}

/** Of a result that is rounded to f32, then stored at the narrower type. */
const roundoff = (compute: Compute) => unitRoundoff(compute) + 2 ** -24;

/** The smallest normal number. */
const least = (compute: Compute) => 2 ** floatFormat(compute).minExponent;

/** Worst and likely radius of x as an operand; below the normal numbers it may be taken for zero. */
function radiiOf(x: number, compute: Compute) {
  const size = Math.abs(x);
  if (!(size < Infinity)) return { bound: 0, deviation: 0 };
  const r = rounder(compute)(x) === x ? 0 : roundoff(compute) * Math.max(size, least(compute));
  if (size >= 2 ** -126 || size === 0) return { bound: r, deviation: r };
  return {
    bound: Math.max(r, size),
    deviation: Math.max(r, (2 * size) / lambda + Number.MIN_VALUE),
  };
}

/** What Σ x[j]·y[j] is known to: both ends of what the radii may be. */
function definition(x: readonly number[], y: readonly number[], compute: Compute) {
  const [k, u] = [x.length, roundoff(compute)];
  const split = veltkamp(floatFormat(compute).precision);
  const round = (v: number) => split * v - (split * v - v);
  let [sum, partial, rounded] = [0, 0, 0];
  const terms = x.map((a, j) => {
    const p = a * y[j]!;
    sum += p;
    partial += sum * sum;
    rounded = round(rounded + round(p));
    const [rx, ry] = [radiiOf(a, compute), radiiOf(y[j]!, compute)];
    const second = secondOrder * rx.deviation * ry.deviation;
    const bound = Math.abs(a) * ry.bound + Math.abs(y[j]!) * rx.bound + rx.bound * ry.bound;
    const variance = (a * ry.deviation) ** 2 + (y[j]! * rx.deviation) ** 2;
    return { p, bound, variance, second: second * second };
  });
  const size = total(terms.map((t) => Math.abs(t.p)));
  const squares = total(terms.map((t) => t.p * t.p));
  const brought = total(terms.map((t) => t.bound));
  const variance = total(terms.map((t) => t.variance));
  const second = total(terms.map((t) => t.second));
  const most = Math.max(partial + squares, ((k - 1) / 6) * squares + ((k - 1) / 3) * sum * sum);
  const error = (2 * (rounded - sum)) / lambda;
  const lost = Math.max(2 ** -126, u * least(compute));
  const own = 20 * k * 2 ** -53 * (size + brought) + 3 * k * lost;
  const growth = k * u < 1 ? (k * u) / (1 - k * u) : Infinity;
  const bound = brought + growth * (size + brought);
  const fresh = u * u * squares + Math.max(u * u * most, error * error);
  const counted = 1.5 * k > (lambda / 2) ** 2 ? fresh : u * u * (squares + most);
  return {
    ...{ sum, size, brought },
    bound: [bound, bound + 4 * own],
    deviation: [Math.sqrt(variance + counted), Math.sqrt(variance + second + fresh) + 4 * own],
  } as const;
}

it.each(computeTypes)('dots of f32 read at %s', (compute) => {
  const seen = { exact: 0, narrowed: 0 };
  const law = (seed: number) => {
    const next = uniform(seed);
    const [m, n] = [1 + below(next, 3), 1 + below(next, 5)];
    const k = pick(next, [1, 2, 5, 12, 40, 300, 1500]);
    const turned = next() < 0.5;
    const draw = { compute, isSame: next() < 0.2, scale: next() < 0.2 ? 2 ** 30 : 1 };
    const a = operand(next, [m, k], { ...draw, turned: false });
    const b = operand(next, [n, k], { ...draw, turned });
    const attrs = { lhs_contracting_dims: [1], rhs_contracting_dims: [turned ? 0 : 1] };
    const module = single('dot', [a.tensor.shape, b.tensor.shape], attrs);
    const given = [a.tensor, b.tensor].map(fromPlainValue);
    const found = runExact(module, given, { computeType: compute }).value as ExactTensor;
    a.numbers.forEach((x, i) => {
      b.numbers.forEach((y, c) => {
        const of = definition(x.map(Math.fround), y.map(Math.fround), compute);
        if (Math.abs(of.sum) < Infinity) hold(found, i * n + c, of, seen);
      });
    });
  };
  fc.assert(fc.property(fc.integer(), law), { numRuns: draws.of(150), seed: draws.seed });
  expect(seen.exact).toBeGreaterThan(0);
  expect(seen.narrowed).toBeGreaterThan(0);
});

function hold(
  found: ExactTensor,
  at: number,
  { sum, size, brought, bound, deviation }: ReturnType<typeof definition>,
  seen: { exact: number; narrowed: number },
): void {
  const relative = 1e-12;
  const [w, l] = [found.bound?.[at] ?? 0, found.deviation?.[at] ?? 0];
  expect(Math.abs(Number(found.data[at]) - sum)).toBeLessThanOrEqual(
    bound[1] * 2 ** -20 + Number.MIN_VALUE,
  );
  if (w === 0) {
    expect(brought).toBe(0);
    seen.exact++;
    return;
  }
  if (size === 0) return;
  seen.narrowed += brought > 0 ? 1 : 0;
  expect(w).toBeGreaterThanOrEqual(bound[0] * (1 - relative));
  expect(w).toBeLessThanOrEqual(bound[1] * (1 + relative));
  expect(l).toBeGreaterThanOrEqual(deviation[0] * (1 - relative));
  expect(l).toBeLessThanOrEqual(deviation[1] * (1 + relative));
}

it.each(computeTypes)('sums of few digits are exact in %s too: no radius', (compute) => {
  const next = uniform(1);
  const whole = () => below(next, 5) - 2;
  const [a, b] = [drawn('f32', [3, 50], whole), drawn('f32', [50, 4], whole)];
  const attrs = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };
  const module = single('dot', [a.shape, b.shape], attrs);
  const given = [a, b].map(fromPlainValue);
  expect((runExact(module, given, { computeType: compute }).value as ExactTensor).bound).toBe(
    undefined,
  );
});

it('a number that is not held leaves the sums of other rows exact', () => {
  const next = uniform(1);
  const whole = () => 1 + below(next, 3);
  const [a, b] = [drawn('f32', [3, 20], whole), drawn('f32', [20, 4], whole)];
  (a.data as Float32Array)[20] = 1 + 2 ** -9;
  const attrs = { lhs_contracting_dims: [1], rhs_contracting_dims: [0] };
  const module = single('dot', [a.shape, b.shape], attrs);
  const found = runExact(module, [a, b].map(fromPlainValue), { computeType: 'bf16' });
  const { bound } = found.value as ExactTensor;
  const uncertain = Array.from({ length: 12 }, (_, i) => (bound?.[i] ?? 0) > 0);
  expect(uncertain).toEqual(Array.from({ length: 12 }, (_, i) => i > 3 && i < 8));
});
