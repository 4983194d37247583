/** Conversions in the exact mode: the loop over a tensor gives what the sink gives one by one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { arrayShape } from '../../graphs/ir/shape.ts';
import { rounded } from '../../validator/exact/core/narrowing-loop.ts';
import { numericsOf, reducedNumerics } from '../../validator/exact/core/numerics.ts';
import { ResultBuilder } from '../../validator/exact/core/result-builder.ts';
import type { ExactTensor } from '../../validator/exact/core/value.ts';
import { normal, uniform } from '../support/exact/exact.ts';
import { draws } from '../support/laws/runs.ts';

const types = [
  ...(['f64', 'f32', 'bf16', 'f16', 'f8e5m2'] as const),
  ...(['f8e4m3fn', 'f8e4m3b11fnuz', 'f8e8m0fnu', 'f4e2m1fn'] as const),
] satisfies readonly ElementType[];
const special = [Number.NaN, Infinity, -Infinity, 0, -0, 1e308, 3.4e38, 1e-310, 1e-40, 65519, 464];

/** Numbers inside and outside the range of a type, some of few digits; radii of some of them. */
function operand(next: () => number): ExactTensor {
  const number = () => {
    if (next() < 0.1) return special[Math.floor(next() * special.length)] as number;
    if (next() < 0.4) return Math.round(normal(next) * 8) / 4;
    return normal(next) * 2 ** (Math.floor(next() * 40) - 20);
  };
  const n = 1 + Math.floor(next() * 12);
  const data = Float64Array.from({ length: n }, number);
  const plain = { kind: 'tensor', shape: arrayShape('f64', [n]), data } as const;
  if (next() < 0.4) return plain;
  const size = next() < 0.2 ? 2 : 1e-3;
  const bound = data.map((x) => (next() < 0.3 || !(Math.abs(x) < Infinity) ? 0 : size * next()));
  const deviation = bound.map((w) => 0.3 * w * next());
  return { ...plain, bound, deviation };
}

/** What the sink makes of one element after another. */
function oneByOne(t: ExactTensor, adds: boolean, numerics: ReturnType<typeof numericsOf>) {
  const results = new ResultBuilder(t.data.length, numerics);
  for (let i = 0; i < t.data.length; i++) {
    const [x, w, l] = [Number(t.data[i]), t.bound?.[i] ?? 0, t.deviation?.[i] ?? 0];
    if (adds) results.put(i, x, w, l, 0);
    else results.keep(i, x, w, l, 0);
  }
  return results.finish(t.shape);
}

it.each(types)('to %s, or to fewer bits of it', (type) => {
  let kept = 0;
  const law = (seed: number, adds: boolean, reduces: boolean, flush: boolean) => {
    const next = uniform(seed);
    const t = operand(next);
    const own = numericsOf(type, { flush });
    const numerics = reduces ? reducedNumerics(own, 5, Math.floor(next() * 8), false) : own;
    const found = rounded(t, t.shape, numerics, adds);
    expect(found).toEqual(oneByOne(t, adds, numerics));
    if (found.bound) kept++;
  };
  const { boolean, integer } = fc;
  fc.assert(fc.property(integer(), boolean(), boolean(), boolean(), law), {
    numRuns: draws.of(300),
    seed: draws.seed,
  });
  expect(kept).toBeGreaterThan(0);
});
