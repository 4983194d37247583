/**
 * Numbers with radii as another type holds them. What is in range and plain goes through one loop
 * that writes arrays; the rest the sink looks at one by one.
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import { withMarks } from './broadcasting.ts';
import type { Numerics } from './numerics.ts';
import { roundedLikely, roundedWorst, Sink } from './result-builder.ts';
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
  const sink = new Sink(x.length, numerics);
  sink.writesPlain = true;
  for (let i = 0; i < x.length; i++) {
    if (!t.shared) i = putPlain(t, x, i, sink, numerics, adds);
    if (i < x.length) putOne(t, i, x[i], sink, adds);
  }
  return withMarks(sink.finish(shape, t.shared?.along), t.undecided);
}

function putOne(t: ExactTensor, i: number, x: number, sink: Sink, adds: boolean): void {
  const [w, l, s] = [t.worst?.[i] ?? 0, t.likely?.[i] ?? 0, t.shared?.radius[i] ?? 0];
  if (adds) sink.put(i, x, w, l, s);
  else sink.keep(i, x, w, l, s);
}

/**
 * The numbers from one on that are in range, up to the first that is not, or has a radius where
 * there is no array for it yet; returns its position.
 */
function putPlain(
  { worst: given = none, likely: own = none }: ExactTensor,
  x: Float64Array,
  from: number,
  { data, worst, likely, plainFrom, plainTo }: Sink,
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
      w = roundedWorst(w, size, u);
      l = roundedLikely(l, size, u);
    }
    const plain = size - w >= plainFrom && size + w <= plainTo && l < Infinity;
    if (!plain || !worst || !likely) return i;
    data[i] = v;
    worst[i] = w;
    likely[i] = l;
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
