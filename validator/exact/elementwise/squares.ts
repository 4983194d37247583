/** Products of a tensor with itself: both factors move together. */

import { productIsExact } from '../core/exactness.ts';
import type { Numerics } from '../core/numerics.ts';
import type { ResultBuilder } from '../core/result-builder.ts';
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
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i];
    const v = x * x;
    const wx = wa[i * radiusStep];
    if (wx === 0 && productIsExact(x, x, v)) {
      results.put(i, v, 0, 0, 0);
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
    results.putRounded(i, v, w, l, s, u, u);
  }
}

/** The likely radius of x² for one of r, by what λ of them do. */
function squareMoves(size: number, r: number, lambda: number): number {
  const far = lambda * r;
  return (size * far + size * far + far * far) / lambda;
}
