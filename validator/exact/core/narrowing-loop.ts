/**
 * Numbers with radii as another type holds them. What is in range and plain goes through one loop
 * that writes arrays; the rest the sink looks at one by one.
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { markUndecided } from './broadcasting.ts';
import type { Numerics } from './numerics.ts';
import { ResultBuilder, roundedBound, roundedDeviation } from './result-builder.ts';
import type { ExactTensor } from './value.ts';

/**
 * A float or complex part in another type: the value stays, the rounding is a radius. `adds` is
 * false where the type holds every value of the other.
 */
export function rounded(
  t: ExactTensor,
  shape: ArrayShape,
  numerics: Numerics,
  adds: boolean,
): ExactTensor {
  const x = t.data as Float64Array;
  const results = new ResultBuilder(x.length, numerics);
  results.writesPlain = true;
  for (let i = 0; i < x.length; i++) {
    if (!t.correlated) i = putPlain(t, x, i, results, numerics, adds);
    if (i < x.length) putOne(t, i, x[i], results, adds);
  }
  return markUndecided(results.finish(shape, t.correlated?.along), t.undecided);
}

function putOne(t: ExactTensor, i: number, x: number, results: ResultBuilder, adds: boolean): void {
  const [w, l, s] = [t.bound?.[i] ?? 0, t.deviation?.[i] ?? 0, t.correlated?.radius[i] ?? 0];
  if (adds) results.put(i, x, w, l, s);
  else results.keep(i, x, w, l, s);
}

/**
 * The numbers from one on that are in range, up to the first that is not, or has a radius where
 * there is no array for it yet; returns its position.
 */
function putPlain(
  { bound: given = none, deviation: own = none }: ExactTensor,
  x: Float64Array,
  from: number,
  { data, bound, deviation, plainFrom, plainTo }: ResultBuilder,
  { split, u }: Numerics,
  adds: boolean,
): number {
  const hasRadii = given.length > 0;
  for (let i = from; i < x.length; i++) {
    const v = x[i];
    const size = Math.abs(v);
    let w = hasRadii ? given[i] : 0;
    let l = hasRadii ? own[i] : 0;
    if (w === 0) {
      const held = adds ? nearest(v, split) : v;
      if (held !== held || (held === v && !isPlain(size, plainFrom, plainTo))) return i;
      data[i] = v;
      if (held === v) continue;
    }
    if (adds) {
      w = roundedBound(w, size, u);
      l = roundedDeviation(l, size, u);
    }
    const plain = size - w >= plainFrom && size + w <= plainTo && l < Infinity;
    if (!plain || !bound || !deviation) return i;
    data[i] = v;
    bound[i] = w;
    deviation[i] = l;
  }
  return x.length;
}

/** v in the digits of a type with this split (Veltkamp); NaN where that overflows. */
function nearest(v: number, split: number): number {
  const c = split * v;
  return c - (c - v);
}

/** Whether a number that has the digits of a type is one of its own that no operation flushes. */
function isPlain(size: number, from: number, to: number): boolean {
  return size === 0 ? from < Infinity : size >= from && size <= to;
}

const none = new Float64Array(0);
