/**
 * The largest (or smallest) of many elements. It is continuous in each of them: it moves no further
 * than the widest of those that may be the largest.
 */
import { boundAt, deviationAt } from '../core/radius.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import type { Terms } from './groups.ts';

/** Element i of the sink; sign 1 for the maximum, -1 for the minimum. NaN if any element is. */
export function putExtremum(
  results: ResultBuilder,
  i: number,
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  terms: Terms,
  lambda: number,
): void {
  const best = largest(t.data as Float64Array, sign * (init.data[0] as number), sign, terms);
  const { bound, deviation, correlated } = t;
  if (!bound || !deviation || best !== best) {
    results.keep(i, best, init.bound?.[0] ?? 0, init.deviation?.[0] ?? 0, 0);
    return;
  }
  const { start, count, stride, steps } = terms;
  const x = t.data as Float64Array;
  const first = sign * (init.data[0] as number);
  const [firstWorst, firstLikely] = [boundAt(init, 0), deviationAt(init, 0)];
  let floor = first - firstWorst;
  let likelyFloor = first - lambda * firstLikely;
  for (let j = 0, from = start; j < count; j++, from += stride) {
    const at = steps ? start + steps[j] : from;
    const v = sign * x[at];
    floor = Math.max(floor, v - bound[at]);
    const localDeviation = deviation[at] + (correlated ? Math.abs(correlated.radius[at]) : 0);
    likelyFloor = Math.max(likelyFloor, v - lambda * localDeviation);
  }
  let w = first + firstWorst >= floor ? firstWorst : 0;
  let l = first + lambda * firstLikely >= likelyFloor ? firstLikely : 0;
  let s = 0;
  for (let j = 0, from = start; j < count; j++, from += stride) {
    const at = steps ? start + steps[j] : from;
    const v = sign * x[at];
    if (v + bound[at] >= floor) w = Math.max(w, bound[at]);
    const radius = correlated ? correlated.radius[at] : 0;
    if (v + lambda * (deviation[at] + Math.abs(radius)) < likelyFloor) continue;
    l = Math.max(l, deviation[at]);
    if (Math.abs(radius) > Math.abs(s)) s = radius;
  }
  results.keep(i, best, w, l, s);
}

/** sign · the largest of `first` and sign · x over the terms; of two zeros the positive is larger. */
function largest(
  x: Float64Array,
  first: number,
  sign: 1 | -1,
  { start, count, stride, steps }: Terms,
): number {
  let best = first;
  for (let j = 0, at = start; j < count; j++, at += stride) {
    const v = sign * x[steps ? start + steps[j] : at];
    best = Math.max(best, v);
  }
  return sign * best;
}
