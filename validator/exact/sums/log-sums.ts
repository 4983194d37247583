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
import { effectiveRadius, rootSquares } from '../core/radius.ts';
import type { ExactTensor } from '../core/value.ts';
import { type DifferentiableRow, differentiableFunctions } from '../elementwise/functions.ts';
import type { Folding, Terms } from '../folds/groups.ts';

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
  const [bound, deviation] = [new Float64Array(n), new Float64Array(n)];
  const undecided = one.undecided?.slice() ?? new Uint8Array(n);
  groups.forEach((r, terms) => {
    const found = logSum(t, init, terms, numerics);
    const sum = Number(one.data[r]);
    if (Object.is(found.sum, sum)) data[r] = sum;
    else if (!(Math.abs(found.sum - sum) <= effectiveRadius(one, r, context.lambda)))
      undecided[r] = 1;
    bound[r] = Math.max(one.bound?.[r] ?? 0, found.bound);
    deviation[r] = Math.max(one.deviation?.[r] ?? 0, found.deviation);
  });
  const { correlated: _, ...rest } = one;
  return [{ ...rest, data, bound, deviation, ...(undecided.includes(1) && { undecided }) }];
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
  readonly bound: number;
  readonly deviation: number;
}

/** Of the initial value and the terms; without radii where it is not finite. */
function logSum(t: ExactTensor, init: ExactTensor, terms: Terms, numerics: Numerics): LogSum {
  const { start, count, stride, steps } = terms;
  const places = Array.from({ length: count }, (_, j) => start + (steps ? steps[j] : j * stride));
  const all = [{ of: init, at: 0 }, ...places.map((at) => ({ of: t, at }))];
  const x = all.map(({ of, at }) => Number(of.data[at]));
  const most = Math.max(...x);
  if (!(Math.abs(most) < Infinity)) return { sum: most, bound: 0, deviation: 0 };
  const shares = x.map((v) => Math.exp(v - most));
  const total = shares.reduce((a, b) => a + b, 0);
  const sum = most + Math.log(total);
  let [up, squares, correlated, counted] = [0, 0, 0, 0];
  all.forEach(({ of, at }, i) => {
    const share = shares[i] / total;
    if (x[i] > -Infinity) counted++;
    up += share * Math.exp(of.bound?.[at] ?? 0);
    squares += (share * (of.deviation?.[at] ?? 0)) ** 2;
    correlated += share * Math.abs(of.correlated?.radius[at] ?? 0);
  });
  const step = stepOf(sum, numerics);
  const roundings = Math.max(0, counted - 1);
  return {
    sum,
    bound: 2 * Math.log(Math.max(1, up)) + 2 * roundings * step,
    deviation: rootSquares(Math.sqrt(squares) + correlated, Math.sqrt(roundings) * step),
  };
}

/** δ: a sum, a difference, an exponential and a logarithm, each with the allowance of its row. */
function stepOf(sum: number, { u, functionU, precision }: Numerics): number {
  const ulpsOf = (row: DifferentiableRow) =>
    precision > 24 ? Math.max(row.ulps, row.doubleUlps ?? 0) : row.ulps;
  const allowance = (...names: readonly (keyof typeof differentiableFunctions)[]) =>
    u + 2 * functionU * Math.max(...names.map((name) => ulpsOf(differentiableFunctions[name])));
  const logarithm = allowance('log', 'log-plus-one');
  return (u + logarithm) * (Math.abs(sum) + 1) + allowance('exponential') + u;
}
