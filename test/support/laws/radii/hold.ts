/** Holding results against radii, and radii against wider ones: what is wrong, in words. */
import { leafTensors, type Tensor, type Value } from '../../../../graphs/ir/tensor.ts';
import { oracleRoundoff } from '../../../../validator/exact/core/numerics.ts';
import { boundAt, defaultLambda, deviationAt } from '../../../../validator/exact/core/radius.ts';
import type { ExactTensor, ExactValue } from '../../../../validator/exact/core/value.ts';
import { distanceBetween } from '../../../../validator/verdict/judge.ts';

/** Which radii a result must be inside of. */
export type Radii = 'bound' | 'both';

const leavesOf = (v: ExactValue) => leafTensors(v as Value) as readonly ExactTensor[];

/** Elements of a value that are undecided, and all of them. */
export function undecidedIn(exact: ExactValue): {
  readonly undecided: number;
  readonly all: number;
} {
  let [undecided, all] = [0, 0];
  for (const t of leavesOf(exact)) {
    all += t.shape.dims.reduce((a, b) => a * b, 1);
    for (const mark of t.undecided ?? []) undecided += mark;
  }
  return { undecided, all };
}

/** The first decided element that lies outside its radii; undefined where none does. */
export function outside(result: Value, exact: ExactValue, radii: Radii): string | undefined {
  const results = leafTensors(result);
  for (const [k, t] of leavesOf(exact).entries()) {
    const found = outsideTensor(results[k], t, radii);
    if (found) return `output ${k}: ${found}`;
  }
  return undefined;
}

function outsideTensor(result: Tensor, exact: ExactTensor, radii: Radii): string | undefined {
  if (result.data.length !== exact.data.length) return 'another number of elements';
  const parts = partsOf(exact);
  for (let i = 0; i < result.data.length; i++) {
    if (exact.undecided?.[Math.floor(i / parts)]) continue;
    const distance = distanceBetween(result.data[i], exact.data[i]);
    const [w, l] = [boundAt(exact, i), defaultLambda * deviationAt(exact, i)];
    if (distance <= w && (radii === 'bound' || distance <= l)) continue;
    const finite = Number.isFinite(Number(exact.data[i]));
    if (distance === 0 || (finite && w === Infinity && radii === 'bound')) continue;
    return `[${i}] is ${result.data[i]}, exactly ${exact.data[i]}, worst ${w}, likely ${l}`;
  }
  return undefined;
}

/** Where a radius is smaller than that of narrower inputs, or something undecided became decided. */
export function shrunk(
  narrow: ExactValue,
  wide: ExactValue,
  radii: Radii = 'both',
  rules: { readonly decides?: boolean } = {},
): string | undefined {
  const others = leavesOf(wide);
  for (const [k, t] of leavesOf(narrow).entries()) {
    const found = shrunkTensor(t, others[k], radii, rules.decides === true);
    if (found) return `output ${k}: ${found}`;
  }
  return undefined;
}

/** Room for the rounding of the radii themselves, which are f64. */
const noise = 64 * oracleRoundoff;
const kinds = [
  ['bound', boundAt],
  ['deviation', deviationAt],
] as const;

function shrunkTensor(
  narrow: ExactTensor,
  wide: ExactTensor,
  radii: Radii,
  decides: boolean,
): string | undefined {
  const parts = partsOf(narrow);
  for (let i = 0; i < narrow.data.length; i++) {
    const element = Math.floor(i / parts);
    if (wide.undecided?.[element]) continue;
    if (narrow.undecided?.[element]) {
      if (decides) continue;
      return `[${i}] was undecided and is decided`;
    }
    const room = noise * Math.abs(Number(narrow.data[i])) + Number.MIN_VALUE;
    const less = (a: number, b: number) => a * (1 + noise) + room < b;
    for (const [name, at] of radii === 'both' ? kinds : kinds.slice(0, 1)) {
      if (less(at(wide, i), at(narrow, i))) {
        return `[${i}]: ${name} shrank from ${at(narrow, i)} to ${at(wide, i)} (${narrow.data[i]})`;
      }
    }
  }
  return undefined;
}

/** The first element with a radius or a mark; undefined where all is certain. */
export function uncertainElement(exact: ExactValue): string | undefined {
  for (const [k, t] of leavesOf(exact).entries()) {
    for (let i = 0; i < t.data.length; i++) {
      const marked = t.undecided?.[Math.floor(i / partsOf(t))];
      if (marked) return `output ${k}[${i}] is undecided`;
      if (boundAt(t, i) > 0) return `output ${k}[${i}] = ${t.data[i]} has radius ${boundAt(t, i)}`;
    }
  }
  return undefined;
}

function partsOf(t: ExactTensor): number {
  const n = t.shape.dims.reduce((a, b) => a * b, 1);
  return n === 0 ? 1 : t.data.length / n;
}
