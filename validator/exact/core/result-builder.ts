/**
 * Where results are collected. A rule puts each element with the radii that it inherits; the sink
 * adds what the operation itself may do to it: one rounding (none where the result is exact on this
 * data), a flush to zero, an overflow. Arrays of radii exist only once an element needs one.
 */
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Collected } from '../elementwise/arithmetic-kernels.ts';
import { exactTensor } from './broadcasting.ts';
import { type Numerics, oracleError } from './numerics.ts';
import { hasNoDenormal } from './operand-flush.ts';
import { overflowOutcomes } from './outcomes.ts';
import type { ExactTensor } from './value.ts';

const oracle = oracleError;

/** The worst radius of a value of some size with one more error of `localBound`, relative. */
export function roundedBound(bound: number, size: number, localBound: number): number {
  return bound + localBound * (size + bound) + oracle * size;
}

/** The likely radius of a value of some size with one more error of `localDeviation`, relative. */
export function roundedDeviation(deviation: number, size: number, localDeviation: number): number {
  if (localDeviation === 0) return deviation + oracle * size;
  const t = localDeviation * size;
  return Math.max(deviation, t, Math.sqrt(deviation * deviation + t * t)) + oracle * size;
}

const none = new Float64Array(0);

/** The result of one op while it is filled; radii are absolute, in the units of the values. */
export class ResultBuilder {
  readonly data: Float64Array;
  private readonly numerics: Numerics;
  /** Results of a size between these need no more than their roundings. */
  readonly plainFrom: number;
  readonly plainTo: number;
  private readonly isF32: boolean;
  /** Radii, for loops that write out what putRounded does; absent until an element needs one. */
  bound: Float64Array | undefined;
  deviation: Float64Array | undefined;
  private correlated: Float64Array | undefined;
  private undecided: Uint8Array | undefined;
  private hasDenormal = false;
  /** Set by loops that write numbers in range at most; what they leave to the sink, it watches. */
  writesPlain = false;

  /** For n numbers (twice the elements for complex types) of a type with these numerics. */
  constructor(n: number, numerics: Numerics) {
    this.data = new Float64Array(n);
    this.numerics = numerics;
    const { positive, smallestNormal, flushBelow, overflowFrom } = numerics;
    this.plainFrom = positive ? Infinity : Math.max(smallestNormal, flushBelow, Number.MIN_VALUE);
    this.plainTo = overflowFrom;
    this.isF32 = numerics.store === Math.fround;
  }

  /**
   * Element i of a correctly rounded operation: value v, inherited radii. No rounding is added
   * where v is representable, nothing is inherited and the caller did not round v itself.
   */
  put(
    i: number,
    v: number,
    bound: number,
    deviation: number,
    correlated: number,
    rounded = false,
  ): void {
    const n = this.numerics;
    if (!rounded && bound === 0 && this.represents(v)) this.keep(i, v, 0, 0, 0);
    else this.putRounded(i, v, bound, deviation, correlated, n.u, n.u);
  }

  /**
   * Element i with a fresh error of at most `localBound`·|v|, of which `localDeviation`·|v| is one radius. Written
   * out for what cannot be flushed or overflow, radii included: nearly everything is so.
   */
  putRounded(
    i: number,
    v: number,
    bound: number,
    deviation: number,
    correlated: number,
    localBound: number,
    localDeviation: number,
  ): void {
    const size = Math.abs(v);
    const w = roundedBound(bound, size, localBound);
    const l = roundedDeviation(deviation, size, localDeviation);
    const plain = size - w >= this.plainFrom && size + w <= this.plainTo;
    if (!plain || l !== l || correlated !== correlated || !this.bound) {
      this.putAny(i, v, bound, deviation, correlated, localBound, localDeviation);
      return;
    }
    this.data[i] = v;
    this.bound[i] = w;
    this.deviation![i] = l;
    if (correlated !== 0) this.storeCorrelated(i, correlated);
  }

  private putAny(
    i: number,
    v: number,
    bound: number,
    deviation: number,
    correlated: number,
    localBound: number,
    localDeviation: number,
  ): void {
    const { smallestNormal } = this.numerics;
    const size = Math.abs(v);
    if (!(size < Infinity)) {
      this.special(i, v);
      return;
    }
    const scale = size < smallestNormal && (size > 0 || bound > 0) ? smallestNormal : size;
    const l = localDeviation * scale;
    this.keep(
      i,
      v,
      bound + localBound * (scale + bound) + oracle * size,
      Math.max(deviation, l, Math.sqrt(deviation * deviation + l * l)) + oracle * size,
      correlated,
    );
  }

  /** False for a type of which nothing is plain. */
  get hasPlain(): boolean {
    return this.plainFrom < Infinity;
  }

  /** The arrays that a kernel writes to; radii only if there are any yet. */
  collected(hasCorrelated: boolean): Collected {
    const { data, bound = none, deviation = none } = this;
    if (hasCorrelated && this.bound) this.correlated ??= new Float64Array(data.length);
    return { data, bound, deviation, correlated: this.correlated ?? none };
  }

  private represents(v: number): boolean {
    return (this.isF32 ? Math.fround(v) : this.numerics.store(v)) === v;
  }

  /** Element i as it is, up to flush and overflow. */
  keep(i: number, v: number, bound: number, deviation: number, correlated: number): void {
    const { flushBelow, overflowFrom } = this.numerics;
    const size = Math.abs(v);
    if (!(size < Infinity)) {
      this.special(i, v);
      return;
    }
    this.data[i] = v;
    if (this.numerics.positive && !(v > bound)) this.mark(i);
    if (size < flushBelow && size > 0) this.hasDenormal = true;
    let w = bound === bound ? bound : Infinity;
    let l = deviation === deviation ? deviation : Infinity;
    if (size - w < flushBelow && size > 0) {
      const flushed = Math.min(size + w, flushBelow);
      w += flushed;
      l += flushed / this.numerics.lambda + Number.MIN_VALUE;
    }
    if (w > 0) {
      const common = correlated === correlated ? Math.abs(correlated) : Infinity;
      const r = Math.min(w, this.numerics.lambda * (l + common));
      if (r === Infinity) this.mark(i);
      if (size + r > overflowFrom && this.overflow(i, v, r)) return;
      this.store(i, w, l, correlated);
    } else if (size > overflowFrom) this.overflow(i, v, 0);
  }

  /** NaN or an infinity: without radius; a type that lacks it holds something else, if it is not widened. */
  private special(i: number, v: number): void {
    const { round, mayWiden } = this.numerics;
    this.data[i] = round(v);
    const held = this.data[i];
    if (mayWiden && held !== v && (v === v || held === held)) this.mark(i);
  }

  /** Marks element i as undecided. */
  mark(i: number): void {
    this.undecided ??= new Uint8Array(this.data.length);
    this.undecided[i] |= 1;
  }

  /** True where the element is settled as what lies beyond the largest finite value. */
  private overflow(i: number, v: number, r: number): boolean {
    const { narrow, overflowFrom, mayWiden, round } = this.numerics;
    const size = Math.abs(v);
    const widens = narrow ? narrow.declaredMayWiden : mayWiden;
    const settledFrom = narrow ? narrow.declaredOverflowFrom : overflowFrom;
    if (!widens && size - r > settledFrom) {
      this.data[i] = round(v);
      return true;
    }
    if (!narrow || size + r > settledFrom) this.mark(i);
    else this.open(i, overflowOutcomes(narrow, v + r > overflowFrom, v - r < -overflowFrom));
    return false;
  }

  /**
   * Element i is a sum of terms that reach `farthest` in all, so that partial sums may overflow. Marks
   * it where it can turn out as anything but the infinity of its sign: it is finite itself, or the
   * terms of the other sign overflow by themselves, and then there is NaN.
   */
  mayOverflow(i: number, sum: number, farthest: number): void {
    const { narrow, overflowFrom } = this.numerics;
    const size = Math.abs(sum);
    if (farthest <= overflowFrom) return;
    if (size > overflowFrom && (farthest - size) / 2 <= overflowFrom) return;
    if (!narrow || farthest > narrow.declaredOverflowFrom) this.mark(i);
    else {
      const [up, down] = [(farthest + sum) / 2, (sum - farthest) / 2];
      this.open(i, overflowOutcomes(narrow, up > overflowFrom, down < -overflowFrom));
    }
  }

  /** Element i may also turn out as one of the marks says. */
  private open(i: number, outcomes: number): void {
    this.undecided ??= new Uint8Array(this.data.length);
    this.undecided[i] |= outcomes;
  }

  private store(i: number, w: number, l: number, s: number): void {
    if (!this.bound) {
      this.bound = new Float64Array(this.data.length);
      this.deviation = new Float64Array(this.data.length);
    }
    this.bound[i] = w;
    this.deviation![i] = l;
    if (s !== 0) this.storeCorrelated(i, s);
  }

  storeCorrelated(i: number, s: number): void {
    this.correlated ??= new Float64Array(this.data.length);
    this.correlated[i] = s === s ? s : Infinity;
  }

  /** The tensor; `along` says where the shared radii, if any, may be one error. */
  finish(shape: ArrayShape, along: readonly boolean[] = []): ExactTensor {
    const { data, bound, deviation, undecided } = this;
    const common = along.includes(true) ? this.correlated : undefined;
    if (this.correlated && !common) foldInto(deviation!, this.correlated);
    const arrays = { data, bound, deviation, radius: common, undecided };
    const inAll = shape.dims.map((_, d) => along[d] ?? false);
    const t = exactTensor(shape, arrays, inAll);
    if (this.writesPlain && !this.hasDenormal) hasNoDenormal(t, this.numerics.flushBelow);
    return t;
  }
}

/** Errors that no two elements have in common are errors of their own. */
function foldInto(deviation: Float64Array, correlated: Float64Array): void {
  for (let i = 0; i < deviation.length; i++) {
    if (correlated[i] !== 0) deviation[i] = Math.sqrt(deviation[i] ** 2 + correlated[i] ** 2);
  }
}
