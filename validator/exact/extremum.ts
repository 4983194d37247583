/**
 * The largest (or smallest) of many elements. It is continuous in each of them: it moves no further
 * than the widest of those that may be the largest.
 */
import { likelyAt } from './radius.ts';
import type { Sink } from './sink.ts';
import type { ExactTensor } from './value.ts';

/** Element i of the sink; sign 1 for the maximum, -1 for the minimum. NaN if any element is. */
export function putExtremum(
  sink: Sink,
  i: number,
  t: ExactTensor,
  init: ExactTensor,
  sign: 1 | -1,
  start: number,
  steps: Int32Array,
  count: number,
  lambda: number,
): void {
  const x = t.data as Float64Array;
  let best = init.data[0] as number;
  for (let j = 0; j < count; j++) {
    const v = x[start + steps[j]];
    if (v !== v) best = v;
    else if (sign * v > sign * best || (v === best && v === 0 && sign / v > sign / best)) best = v;
  }
  const { worst, likely, shared } = t;
  if (!worst || !likely || best !== best) {
    sink.keep(i, best, init.worst?.[0] ?? 0, init.likely?.[0] ?? 0, 0);
    return;
  }
  let [w, l, s] = [0, 0, 0];
  let floor = sign * (init.data[0] as number) - (init.worst?.[0] ?? 0);
  let likelyFloor = floor;
  for (let j = 0; j < count; j++) {
    const at = start + steps[j];
    const v = sign * x[at];
    floor = Math.max(floor, v - worst[at]);
    likelyFloor = Math.max(likelyFloor, v - lambda * likelyAt(t, at));
  }
  for (let j = 0; j < count; j++) {
    const at = start + steps[j];
    const v = sign * x[at];
    if (v + worst[at] >= floor) w = Math.max(w, worst[at]);
    const radius = shared?.radius[at] ?? 0;
    if (v + lambda * likelyAt(t, at) < likelyFloor) continue;
    l = Math.max(l, likely[at]);
    if (Math.abs(radius) > Math.abs(s)) s = radius;
  }
  sink.keep(i, best, w, l, s);
}
