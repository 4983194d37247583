/**
 * The definition of a sum in any order with its radii, one sum after another and nothing left out: what
 * the engine of the exact mode (validator/exact/sums) is held to, to the bit.
 */
import {
  commonQuantum,
  lowestSetBit,
  sumIsExact,
} from '../../../validator/exact/core/exactness.ts';
import { type Numerics, oracleRoundoff } from '../../../validator/exact/core/numerics.ts';
import { gamma, rootSquares } from '../../../validator/exact/core/radius.ts';
import type { ResultBuilder } from '../../../validator/exact/core/result-builder.ts';
import type { ExactTensor } from '../../../validator/exact/core/value.ts';
import type { Terms } from '../../../validator/exact/folds/groups.ts';

interface Summed {
  readonly values: readonly number[];
  readonly bound: number;
  readonly deviation: number;
  readonly correlated: number;
}

/** Sums chosen elements of one tensor, from an initial value. */
export class TermSum {
  constructor(
    private readonly t: ExactTensor,
    private readonly init: ExactTensor,
    private readonly numerics: Numerics,
    private readonly linear: boolean,
  ) {}

  /** Element i of the results: init + Σ of the terms. */
  put(results: ResultBuilder, i: number, { start, count, stride, steps }: Terms): void {
    const places = Array.from(
      { length: count },
      (_, j) => start + (steps ? steps[j]! : j * stride),
    );
    const terms = summed(this.t, this.init, places, this.linear);
    if (terms.opensWithNothing) putSum(results, i, terms, terms.values.slice(1), this.numerics);
    else putSum(results, i, terms, terms.values, this.numerics);
  }
}

/** The initial value, the terms, and what they bring. */
function summed(t: ExactTensor, init: ExactTensor, places: readonly number[], linear: boolean) {
  const all = [{ of: init, at: 0 }, ...places.map((at) => ({ of: t, at }))];
  const values = all.map(({ of, at }) => of.data[at] as number);
  let [bound, variance, correlated, squares] = [0, 0, 0, 0];
  for (const { of, at } of all) {
    const r = of.correlated?.radius[at] ?? 0;
    bound += of.bound?.[at] ?? 0;
    variance += (of.deviation?.[at] ?? 0) ** 2;
    correlated += r;
    squares += r * r;
  }
  const independent = Math.sqrt(squares);
  const isMore = Math.abs(correlated) >= independent;
  const signed = isMore ? correlated : correlated < 0 ? -independent : independent;
  return {
    values,
    bound,
    deviation: Math.sqrt(variance),
    correlated: linear ? signed : independent,
    opensWithNothing: values[0] === 0 && !init.bound?.[0],
  };
}

/** `added`: what brings roundings, the first of which is no rounding but the first partial sum. */
function putSum(
  results: ResultBuilder,
  i: number,
  { values, bound, deviation, correlated }: Summed,
  added: readonly number[],
  numerics: Numerics,
): void {
  const { lambda, u, flushBelow, overflowFrom, store } = numerics;
  const n = added.length;
  const sum = values.reduce((s, x) => s + x);
  const size = values.reduce((s, x) => s + Math.abs(x), 0);
  if (!(Math.abs(sum) < Infinity) && !isSettled(values, bound, overflowFrom)) results.mark(i);
  if (!(Math.abs(sum) < Infinity) || n <= 1) {
    results.keep(i, sum, bound, deviation, correlated);
    return;
  }
  if (bound === 0 && isExact(values, size, numerics)) {
    results.keep(i, sum, 0, 0, 0);
    return;
  }
  let [partial, partialSquares, sequential] = [values[0]!, 0, values[0]!];
  for (const x of values.slice(1)) {
    partial += x;
    partialSquares += partial * partial;
    sequential = store(sequential + x);
  }
  if (n < values.length) partialSquares -= added[0]! ** 2;
  const squares = values.reduce((s, x) => s + x * x, 0);
  const reassociation = ((n - 1) / 6) * squares + ((n - 1) / 3) * sum * sum;
  const error = Math.abs(sequential) < Infinity ? Math.abs(sequential - sum) : 0;
  const independent = u * Math.sqrt(Math.max(partialSquares, reassociation));
  const localBound = Math.max(independent, (2 * error) / lambda);
  const own = n * oracleRoundoff * size + n * flushBelow;
  const far = size + Math.min(bound, lambda * (deviation + localBound + Math.abs(correlated)));
  if (far > overflowFrom) results.mayOverflow(i, sum, far);
  const wide = bound + gamma(n - 1, u) * (size + bound) + own;
  results.keep(i, sum, wide, rootSquares(deviation, localBound) + own, correlated);
}

/** Whether a sum that is not finite is so in any order: its finite terms do not overflow. */
function isSettled(values: readonly number[], bound: number, overflowFrom: number): boolean {
  if (values.some(Number.isNaN)) return true;
  const finite = values.filter(Number.isFinite).reduce((s, x) => s + Math.abs(x), 0);
  return finite + bound <= overflowFrom && !values.every(Number.isFinite);
}

/** Whether Σ|x| fits the significand in units of the terms' common quantum, a normal number. */
function isExact(values: readonly number[], size: number, { precision, flushBelow }: Numerics) {
  const quantum = commonQuantum(Float64Array.from(values), 0, values.length, precision);
  const least = Math.min(...values.map(lowestSetBit));
  return sumIsExact(size, quantum, precision) && least >= Math.max(flushBelow, 2 ** -1022);
}
