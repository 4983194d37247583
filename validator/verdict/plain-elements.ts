/**
 * The elements of which a judgement has nothing to tell: equal to the bit, or inside both radii with
 * no more of their budget used than one before. Nearly all are such; one loop passes over them.
 */
import { elementTypes } from '../../graphs/ir/element-type.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { ExactTensor } from '../exact/core/value.ts';
import { specialised } from '../semantics/loops/specialise.ts';

/** The first place from `from` on whose element is not plain; `use`: the largest use so far. */
export type NextPlace = (from: number, use: number) => number;

/** The loop over one result; undefined where elements are no floats or there are no radii. */
export function placesToJudge(
  after: Tensor,
  before: Tensor,
  { data, bound, deviation, correlated, undecided }: ExactTensor,
  lambda: number,
): NextPlace | undefined {
  const { type } = after.shape;
  const floats = elementTypes[type].kind === 'float' && data instanceof Float64Array;
  if (!floats || before.shape.type !== type || !bound || !deviation) return undefined;
  const label = `${type}${correlated ? ' shared' : ''}${undecided ? ' marked' : ''}`;
  const next = specialised(nextPlace, label, data.length);
  const [a, b] = [after.data, before.data] as Float32Array[];
  const side = { exact: data, bound, deviation, correlated: correlated?.radius, undecided };
  return (from, use) => next(a!, b!, side, lambda, from, use);
}

interface Budget {
  readonly exact: Float64Array;
  readonly bound: Float64Array;
  readonly deviation: Float64Array;
  readonly correlated: Float64Array | undefined;
  readonly undecided: Uint8Array | undefined;
}

function nextPlace(
  after: Float32Array,
  before: Float32Array,
  { exact, bound, deviation, correlated, undecided }: Budget,
  lambda: number,
  from: number,
  use: number,
): number {
  for (let i = from; i < after.length; i++) {
    const x = after[i]!;
    if (Object.is(x, before[i]!)) continue;
    if (undecided !== undefined && undecided[i] !== 0) return i;
    const own = deviation[i]!;
    const w = bound[i]!;
    const l = lambda * (correlated === undefined ? own : own + Math.abs(correlated[i]!));
    const distance = Math.abs(x - exact[i]!);
    const plain = distance <= w && distance <= l && w < Infinity;
    if (!plain || !(distance / Math.min(w, l) <= use)) return i;
  }
  return after.length;
}
