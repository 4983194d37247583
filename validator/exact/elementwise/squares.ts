/** Products of a tensor with itself: both factors move together. */

import { productIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import { roundedLikely, roundedWorst, type Sink } from '../core/result-builder.ts';
import type { ExactTensor } from '../core/value.ts';
import { settledSpecial, underflow } from './arithmetic-elements.ts';

/** Stands for radii that are absent, with step 0. */
const zero = new Float64Array(1);

/** x·x: both factors move together. */
export function squares(t: ExactTensor, sink: Sink, { u, lambda }: Numerics): void {
  const xs = t.data as Float64Array;
  const { worst: wa = zero, likely: la = zero } = t;
  const ca = t.shared?.radius ?? zero;
  const [radiusStep, sharedStep] = [t.worst ? 1 : 0, t.shared ? 1 : 0];
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  for (let i = 0; i < data.length; i++) {
    const x = xs[i];
    const v = x * x;
    const size = v;
    const wx = wa[i * radiusStep];
    if (wx === 0 && productIsExact(x, x, v)) {
      if (sink.staysAsIs(v, size)) data[i] = v;
      else {
        sink.put(i, v, 0, 0, 0);
        ({ worst, likely } = sink);
      }
      continue;
    }
    if (!(v < Infinity)) {
      if (wx > 0 && !settledSpecial(x, wx, x, wx)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const from = Math.abs(x);
    const common = ca[i * sharedStep];
    const moved = squareMoves(from, Math.abs(common), lambda);
    const own = la[i * radiusStep];
    const ownMoved = own === 0 ? 0 : squareMoves(from, Math.abs(common) + own, lambda) - moved;
    const l = ownMoved + underflow(v, x, x);
    const w = from * wx + from * wx + wx * wx + underflow(v, x, x);
    const s = x * common < 0 ? -moved : moved;
    const wr = roundedWorst(w, size, u);
    const lr = roundedLikely(l, size, u);
    if (worst && size - wr >= plainFrom && size + wr <= plainTo && lr === lr && s === s) {
      data[i] = v;
      worst[i] = wr;
      likely![i] = lr;
      if (s !== 0) sink.storeShared(i, s);
    } else {
      sink.putRounded(i, v, w, l, s, u, u);
      ({ worst, likely } = sink);
    }
  }
}

/** The likely radius of x² for one of r, by what λ of them do. */
function squareMoves(size: number, r: number, lambda: number): number {
  const far = lambda * r;
  return (size * far + size * far + far * far) / lambda;
}
