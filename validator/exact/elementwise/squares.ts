/** Products of a tensor with itself: both factors move together. */

import { productIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import { type ResultBuilder, roundedBound, roundedDeviation } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { settledSpecial, underflow } from './arithmetic-elements.ts';

/** Stands for radii that are absent, with step 0. */
const zero = new Float64Array(1);

/** x·x: both factors move together. */
export function squares(t: ExactTensor, results: ResultBuilder, { u, lambda }: Numerics): void {
  const xs = t.data as Float64Array;
  const { bound: wa = zero, deviation: la = zero } = t;
  const ca = t.correlated?.radius ?? zero;
  const [radiusStep, sharedStep] = [t.bound ? 1 : 0, t.correlated ? 1 : 0];
  const { data, plainFrom, plainTo } = results;
  let { bound, deviation } = results;
  for (let i = 0; i < data.length; i++) {
    const x = xs[i];
    const v = x * x;
    const size = v;
    const wx = wa[i * radiusStep];
    if (wx === 0 && productIsExact(x, x, v)) {
      if (results.staysAsIs(v, size)) data[i] = v;
      else {
        results.put(i, v, 0, 0, 0);
        ({ bound, deviation } = results);
      }
      continue;
    }
    if (!(v < Infinity)) {
      if (wx > 0 && !settledSpecial(x, wx, x, wx)) results.mark(i);
      results.keep(i, v, 0, 0, 0);
      continue;
    }
    const from = Math.abs(x);
    const common = ca[i * sharedStep];
    const moved = squareMoves(from, Math.abs(common), lambda);
    const oracle = la[i * radiusStep];
    const ownMoved =
      oracle === 0 ? 0 : squareMoves(from, Math.abs(common) + oracle, lambda) - moved;
    const l = ownMoved + underflow(v, x, x);
    const w = from * wx + from * wx + wx * wx + underflow(v, x, x);
    const s = x * common < 0 ? -moved : moved;
    const wr = roundedBound(w, size, u);
    const lr = roundedDeviation(l, size, u);
    if (bound && size - wr >= plainFrom && size + wr <= plainTo && lr === lr && s === s) {
      data[i] = v;
      bound[i] = wr;
      deviation![i] = lr;
      if (s !== 0) results.storeCorrelated(i, s);
    } else {
      results.putRounded(i, v, w, l, s, u, u);
      ({ bound, deviation } = results);
    }
  }
}

/** The likely radius of x² for one of r, by what λ of them do. */
function squareMoves(size: number, r: number, lambda: number): number {
  const far = lambda * r;
  return (size * far + size * far + far * far) / lambda;
}
