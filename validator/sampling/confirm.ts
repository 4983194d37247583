/**
 * Budgets held against samples. Independent radii are wrong in both directions where errors share an
 * origin: too narrow where they add up, far too wide where they cancel (c - c, u / u, exp(l - max l)).
 * The spread of faithful executions widens the first kind and limits the second.
 */
import {
  type ElementType,
  elementTypes,
  floatFormat,
  isComplex,
  isFloat,
  unitRoundoff,
} from '../../graphs/ir/element-type.ts';
import { leafTensors, type Tensor, type Value } from '../../graphs/ir/tensor.ts';
import { boundAt, deviationAt } from '../exact/core/radius.ts';
import { type ExactTensor, type ExactValue, exactLeaves } from '../exact/core/value.ts';
import type { Spread } from './spread.ts';

/** A budget is wide from this share of its value on: it leaves no more than two bits of it. */
const wideFrom = 1 / 4;

/** A difference counts as visible from so many roundings of its value on. */
const visibleFrom = 16;

/** Whether some element lies inside a budget that is wide against it, and visibly elsewhere than before. */
export function restsOnWideBudget(
  after: Value,
  before: Value,
  exact: ExactValue,
  lambda: number,
): boolean {
  const [a, b] = [leafTensors(after), leafTensors(before)];
  return exactLeaves(exact).some((t, n) => isWideSomewhere(a[n]!, b[n]!, t, lambda));
}

function isWideSomewhere(a: Tensor, b: Tensor, t: ExactTensor, lambda: number): boolean {
  const { type } = a.shape;
  const { kind } = elementTypes[type];
  if (!t.bound || (kind !== 'float' && kind !== 'complex')) return false;
  const u = unitRoundoff(type);
  for (let i = 0; i < a.data.length; i++) {
    const x = a.data[i] as number;
    if (Object.is(x, b.data[i])) continue;
    if (
      isWide(t, i, lambda) &&
      Math.abs(x - (b.data[i] as number)) > visibleFrom * u * Math.abs(x)
    ) {
      return true;
    }
  }
  return false;
}

function isWide(t: ExactTensor, i: number, lambda: number): boolean {
  const budget = Math.min(boundAt(t, i), lambda * deviationAt(t, i));
  return !(budget < wideFrom * Math.abs(Number(t.data[i])));
}

/**
 * The exact value with its deviation as samples show it: raised to `share` of their spread; with
 * `limits`, also lowered to it where the budget is wide or not known, down to one rounding of the
 * result. With less than the whole, few samples are enough to see that a result is inside.
 */
export function confirmed(
  exact: ExactValue,
  spread: Spread,
  lambda: number,
  limits: boolean,
  share = 1,
): ExactValue {
  const leaves = exactLeaves(exact).map((t, n) =>
    confirmedLeaf(t, (i, v) => share * spread.from(n, i, v), lambda, limits),
  );
  return { kind: 'tuple', elements: leaves };
}

function confirmedLeaf(
  t: ExactTensor,
  spreadAt: (i: number, centre: number) => number,
  lambda: number,
  limits: boolean,
): ExactTensor {
  const { type } = t.shape;
  if (!t.bound || !t.deviation) return t;
  const { u, flushed } = roundingOf(type, lambda);
  const deviation = t.deviation.map((_, i) => {
    const v = t.data[i] as number;
    const drawn = spreadAt(i, v);
    const known = deviationAt(t, i);
    if (!(drawn < Infinity)) return known;
    if (drawn > known) return drawn;
    if (!limits || !isWide(t, i, lambda)) return known;
    return Math.min(known, Math.max(drawn, u * Math.abs(v) + flushed));
  });
  const { correlated: _, ...rest } = t;
  return { ...rest, deviation };
}

/** The rounding that any result may have; an integer that was converted has radii, and none of it. */
function roundingOf(type: ElementType, lambda: number): { u: number; flushed: number } {
  if (!isFloat(type) && !isComplex(type)) return { u: 0, flushed: 0 };
  const { minExponent } = floatFormat(type);
  return { u: unitRoundoff(type), flushed: 2 ** Math.min(-126, minExponent) / lambda };
}
