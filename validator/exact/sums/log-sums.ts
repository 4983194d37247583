/**
 * Folds with log(eˣ + eʸ), however it is written: L = log Σ exp xᵢ in any tree. A partial result p is
 * off by its own roundings, relative to |p|, and by those of its exponentials and logarithms; of that
 * L takes the share exp(p - L), and exp(p - L)·|p| ≤ |L| + 1. So each of the n - 1 steps moves L by no
 * more than δ = a·(|L| + 1) + b, and an error of xᵢ moves it by the share exp(xᵢ - L).
 */
import { isFloat } from '../../../graphs/ir/element-type.ts';
import { computationOf, type Module } from '../../../graphs/ir/module.ts';
import type { ExactContext } from '../core/context.ts';
import type { Numerics } from '../core/numerics.ts';
import { reach, rootSquares } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';
import { type SmoothRow, smoothFunctions } from '../elementwise/functions.ts';
import type { Folding } from '../folds/reduce.ts';
import type { Terms } from './sum-moments.ts';

/**
 * What was folded in one tree with the radii of all, where it is such a sum on this data; elements that
 * are not are undecided. Undefined where the computation takes no exponentials and logarithms.
 */
export function logSums(
  folded: readonly ExactTensor[],
  [t, init]: readonly ExactTensor[],
  { groups, to_apply }: Folding,
  context: ExactContext,
): readonly ExactTensor[] | undefined {
  const [one, ...more] = folded;
  const { type } = t.shape;
  if (more.length > 0 || !isFloat(type) || !takesLogarithms(context.module, to_apply)) {
    return undefined;
  }
  const numerics = context.numerics(type);
  const n = groups.count;
  const data = (one.data as Float64Array).slice();
  const [worst, likely] = [new Float64Array(n), new Float64Array(n)];
  const undecided = one.undecided?.slice() ?? new Uint8Array(n);
  groups.forEach((r, terms) => {
    const found = logSum(t, init, terms, numerics);
    const sum = Number(one.data[r]);
    if (Object.is(found.sum, sum)) data[r] = sum;
    else if (!(Math.abs(found.sum - sum) <= reach(one, r, context.lambda))) undecided[r] = 1;
    worst[r] = Math.max(one.worst?.[r] ?? 0, found.worst);
    likely[r] = Math.max(one.likely?.[r] ?? 0, found.likely);
  });
  const { shared: _, ...rest } = one;
  return [{ ...rest, data, worst, likely, ...(undecided.includes(1) && { undecided }) }];
}

/** Whether a computation takes both, so that it may be a sum of exponentials. */
function takesLogarithms(module: Module, name: string): boolean {
  const { instructions } = computationOf(module, name);
  const has = (...names: readonly string[]) =>
    instructions.some(({ opcode }) => names.includes(opcode));
  return has('exponential', 'exponential-minus-one') && has('log', 'log-plus-one');
}

interface LogSum {
  readonly sum: number;
  readonly worst: number;
  readonly likely: number;
}

/** Of the initial value and the terms; without radii where it is not finite. */
function logSum(t: ExactTensor, init: ExactTensor, terms: Terms, numerics: Numerics): LogSum {
  const { start, count, stride, steps } = terms;
  const places = Array.from({ length: count }, (_, j) => start + (steps ? steps[j] : j * stride));
  const all = [{ of: init, at: 0 }, ...places.map((at) => ({ of: t, at }))];
  const x = all.map(({ of, at }) => Number(of.data[at]));
  const most = Math.max(...x);
  if (!(Math.abs(most) < Infinity)) return { sum: most, worst: 0, likely: 0 };
  const shares = x.map((v) => Math.exp(v - most));
  const total = shares.reduce((a, b) => a + b, 0);
  const sum = most + Math.log(total);
  let [up, squares, shared, counted] = [0, 0, 0, 0];
  all.forEach(({ of, at }, i) => {
    const share = shares[i] / total;
    if (x[i] > -Infinity) counted++;
    up += share * Math.exp(of.worst?.[at] ?? 0);
    squares += (share * (of.likely?.[at] ?? 0)) ** 2;
    shared += share * Math.abs(of.shared?.radius[at] ?? 0);
  });
  const step = stepOf(sum, numerics);
  const roundings = Math.max(0, counted - 1);
  return {
    sum,
    worst: 2 * Math.log(Math.max(1, up)) + 2 * roundings * step,
    likely: rootSquares(Math.sqrt(squares) + shared, Math.sqrt(roundings) * step),
  };
}

/** δ: a sum, a difference, an exponential and a logarithm, each with the allowance of its row. */
function stepOf(sum: number, { u, functionU, precision }: Numerics): number {
  const ulpsOf = (row: SmoothRow) =>
    precision > 24 ? Math.max(row.ulps, row.doubleUlps ?? 0) : row.ulps;
  const allowance = (...names: readonly (keyof typeof smoothFunctions)[]) =>
    u + 2 * functionU * Math.max(...names.map((name) => ulpsOf(smoothFunctions[name])));
  const logarithm = allowance('log', 'log-plus-one');
  return (u + logarithm) * (Math.abs(sum) + 1) + allowance('exponential') + u;
}
