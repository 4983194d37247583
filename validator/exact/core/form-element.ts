/**
 * One element of a function in two forms, whose result the form before does not allow as written. What
 * holds is the real number that the form before stands for; the roundings of the form after count where
 * it is the same number, as far as the oracle can tell.
 */
import {
  type ElementType,
  floatFormat,
  isComplex,
  isFloat,
  unitRoundoff,
} from '../../../graphs/ir/element-type.ts';
import type { Tensor } from '../../../graphs/ir/tensor.ts';
import { boundAt, defaultLambda, deviationAt, effectiveRadius, isUndecided } from './radius.ts';
import type { ExactTensor } from './value.ts';

type Evaluated = () => ExactTensor | undefined;

/** The two forms on the same leaves, evaluated when asked for; undefined where a form does not run. */
export interface FormPair {
  /** The form before in real arithmetic. */
  readonly real: Evaluated;
  /** The form after in real arithmetic. */
  readonly afterReal: Evaluated;
  /** The same with each constant half an ulp off. */
  readonly afterNear: Evaluated;
  /** The form after as written: rounded and in range as declared. */
  readonly after: Evaluated;
  /** The same in an unlimited range. */
  readonly afterRounded: Evaluated;
}

/** The values of both forms that an element is settled from. */
export interface Forms {
  /** The form before as written. */
  readonly before: ExactTensor;
  readonly result: Tensor;
  /** The form before with its roundings in an unlimited range. */
  readonly rounded: Evaluated;
  /** On the leaves as they are given. */
  readonly given: FormPair;
  /** With leaves that are functions of others computed from these. */
  readonly related: FormPair;
  /** Real numbers of both on leaves drawn in to a small size. */
  readonly tame: FormPair;
}

/** A value with its budget. */
export interface Settled {
  readonly value: number | bigint;
  readonly bound: number;
  readonly deviation: number;
}

/** Why an element is open though both forms are one function over the reals. */
const rightOverReals =
  'algebra: the form after leaves the range of its types, or loses all digits; over the reals it is right';
const sameElsewhere =
  'algebra: the form before has no real value that f64 holds; on smaller numbers both forms are the same';
/** Reasons for which an element is open though both forms are one function over the reals. */
export const openThoughRight: ReadonlySet<string> = new Set([rightOverReals, sameElsewhere]);
/** Why an element is open. */
const noRealValue = 'algebra: the form before has no real value that f64 holds';
const undecidedBefore = 'algebra: the form before is undecided';

/** What holds at entry p of element i; where nothing does it is open: the reason why. */
export function settleElement(forms: Forms, i: number, p: number): Settled | string {
  const { type } = forms.before.shape;
  const base = heldBefore(forms, i, p);
  if (!base) {
    if (isUndecided(forms.before, i)) return undecidedBefore;
    const relation = relate(forms.tame, i, p, type);
    if (relation === 'other') return settled(forms.before, p);
    return relation === 'same' ? sameElsewhere : noRealValue;
  }
  const distance = distanceFrom(base, forms.result.data[p]!);
  if (distance <= budgetOf(base)) return base;
  if (!isKnown(forms.given.real(), i, p)) {
    const isReal = Number.isFinite(Number(base.value));
    const agrees = Object.is(Number(base.value), Number(forms.result.data[p]!));
    return isReal || agrees || relate(forms.tame, i, p, type) !== 'same' ? base : sameElsewhere;
  }
  const relation = (pair: FormPair) => relate(pair, i, p, type, budgetOf(base), distance);
  let found = relation(forms.given);
  if (found === 'same') return withRoundings(base, forms.given, i, p, distance);
  if (forms.related.real()) found = relation(forms.related);
  if (found === 'same') return withRoundings(base, forms.related, i, p, distance);
  const isSameElsewhere = found === 'unknown' && relate(forms.tame, i, p, type) === 'same';
  return isSameElsewhere ? rightOverReals : base;
}

/**
 * What the form before demands: its value as written, or the real number where it has left the range
 * of its types; undefined where it leaves even that of the oracle, and has no real value there.
 */
function heldBefore({ before, rounded }: Forms, i: number, p: number): Settled | undefined {
  const unlimited = rounded();
  const isDecided = !isUndecided(before, i);
  if (!isKnown(unlimited, i, p)) {
    const leftRange = unlimited !== undefined && isUndecided(unlimited, i);
    return isDecided && !leftRange ? settled(before, p) : undefined;
  }
  if (isDecided && isNear(before, unlimited, p)) return settled(before, p);
  const { type } = before.shape;
  const least = isContinuous(type) ? 2 ** floatFormat(type).minExponent : 0;
  const { value, bound, deviation } = settled(unlimited, p);
  return { value, bound: bound + least, deviation: deviation + least / defaultLambda };
}

/**
 * With the roundings of the form after. Where they have no bound, as it has left the range of its types
 * or all its digits cancel, a right form may give anything: the element is open.
 */
function withRoundings(
  base: Settled,
  pair: FormPair,
  i: number,
  p: number,
  distance: number,
): Settled | string {
  const [after, unlimited] = [pair.after(), pair.afterRounded()];
  const isBounded = isKnown(unlimited, i, p);
  if (isKnown(after, i, p) && (!isBounded || isNear(after, unlimited, p))) {
    return withRadii(base, settled(after, p));
  }
  const both = isBounded ? withRadii(base, settled(unlimited, p)) : base;
  return distance <= budgetOf(both) ? both : rightOverReals;
}

function withRadii(of: Settled, { bound, deviation }: Settled): Settled {
  return { value: of.value, bound: of.bound + bound, deviation: of.deviation + deviation };
}

/**
 * Whether both forms are one real number: as far as the oracle and the form before can tell, and where
 * the oracle tells more finely than the deviation that is to be explained.
 */
function relate(
  pair: FormPair,
  i: number,
  p: number,
  type: ElementType,
  budget = 0,
  distance = 0,
): 'same' | 'other' | 'unknown' {
  const [real, other] = [pair.real(), pair.afterReal()];
  if (!isKnown(real, i, p) || !isKnown(other, i, p)) return 'unknown';
  const resolution = effectiveRadius(real, p) + effectiveRadius(other, p);
  const gap = Math.abs(Number(real.data[p]) - Number(other.data[p]));
  const near = gap <= resolution + budget ? undefined : pair.afterNear();
  const allowed = resolution + budget + (isKnown(near, i, p) ? effectiveRadius(near, p) : 0);
  if (gap > allowed) return 'other';
  return resolution <= Math.max(distance, budget, unitOf(real, type)) ? 'same' : 'unknown';
}

const largest = new WeakMap<ExactTensor, number>();

/** A rounding or two of the largest number of a tensor; in f64 half of its digits. */
function unitOf(t: ExactTensor, type: ElementType): number {
  let most = largest.get(t);
  if (most === undefined) {
    most = 0;
    for (const v of t.data)
      if (Math.abs(Number(v)) < Infinity) most = Math.max(most, Math.abs(Number(v)));
    largest.set(t, most);
  }
  const unit = isContinuous(type) ? 4 * unitRoundoff(type) : 0;
  return most * Math.max(unit, Math.sqrt(unitRoundoff('f64')));
}

function isKnown(t: ExactTensor | undefined, i: number, p: number): t is ExactTensor {
  if (!t || isUndecided(t, i) || !Number.isFinite(Number(t.data[p]))) return false;
  return effectiveRadius(t, p) < Infinity;
}

function isNear(a: ExactTensor, b: ExactTensor, p: number): boolean {
  const distance = Math.abs(Number(a.data[p]) - Number(b.data[p]));
  return distance <= Math.max(effectiveRadius(a, p), effectiveRadius(b, p));
}

function settled(t: ExactTensor, p: number): Settled {
  return { value: t.data[p]!, bound: boundAt(t, p), deviation: deviationAt(t, p) };
}

function distanceFrom({ value }: Settled, result: number | bigint): number {
  const distance = Math.abs(Number(result) - Number(value));
  return Number.isNaN(distance) ? Infinity : distance;
}

function budgetOf({ bound, deviation }: Settled): number {
  return Math.min(bound, defaultLambda * deviation);
}

function isContinuous(type: ElementType): boolean {
  return isFloat(type) || isComplex(type);
}
