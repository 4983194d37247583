/**
 * The loops of add, subtract, multiply, divide, maximum and minimum, written out: nine tenths of all
 * elements go through them. Each is the row of binary-functions.ts with its calls in place.
 */
import { stepOf } from './broadcasting.ts';
import type { Numerics } from './numerics.ts';
import { additionIsExact, powerFrom, productIsExact } from './quantum.ts';
import { mergeShared } from './radius.ts';
import { roundedLikely, roundedWorst, type Sink } from './sink.ts';
import type { ExactTensor } from './value.ts';

/** One operand: values and radii, and 0 as step where there is but one. */
export interface LoopOperand {
  readonly x: Float64Array;
  readonly worst: Float64Array;
  readonly likely: Float64Array;
  readonly shared: Float64Array;
  /** Steps from element to element: of values, of worst and likely radii, and of shared ones. */
  readonly step: 0 | 1;
  readonly radiusStep: 0 | 1;
  readonly sharedStep: 0 | 1;
}

/** Stands for radii that are absent, with step 0: loops then read numbers only, and box none. */
const zero = new Float64Array(1);

/** The operand of a result of n elements. */
export function loopOperand(t: ExactTensor, n: number): LoopOperand {
  const { worst = zero, likely = zero, shared } = t;
  const step = stepOf(t, n);
  return {
    x: t.data as Float64Array,
    worst,
    likely,
    shared: shared?.radius ?? zero,
    step,
    radiusStep: t.worst ? step : 0,
    sharedStep: shared ? step : 0,
  };
}

export type ArithmeticLoop = (
  a: LoopOperand,
  b: LoopOperand,
  sink: Sink,
  numerics: Numerics,
  extra: number,
) => void;

export const arithmeticLoops: Readonly<Partial<Record<string, ArithmeticLoop>>> = {
  add: (a, b, sink, numerics) => sums(a, b, 1, sink, numerics),
  subtract: (a, b, sink, numerics) => sums(a, b, -1, sink, numerics),
  multiply: products,
  divide: quotients,
  maximum: (a, b, sink, numerics) => extrema(a, b, 1, sink, numerics),
  minimum: (a, b, sink, numerics) => extrema(a, b, -1, sink, numerics),
};

/**
 * An infinity or NaN that the operands' radii cannot undo: an operand is not finite itself, all is
 * certain, or a number other than 0 is divided by a certain 0.
 */
export function settledSpecial(x: number, rx: number, y: number, ry: number): boolean {
  if (!(Math.abs(x) < Infinity && Math.abs(y) < Infinity)) return true;
  return ry === 0 && (rx === 0 || (y === 0 && Math.abs(x) > rx));
}

/**
 * What the product of two errors counts, in products of their radii: with odds below 1e-9 that of two
 * normal numbers exceeds 20, which is 2.5·λ for λ = 8.
 */
export const secondOrder = 2.5;

/** An infinite product that keeps its sign, or NaN, wherever in their intervals the operands lie. */
function settledProduct(
  x: number,
  wx: number,
  lx: number,
  cx: number,
  y: number,
  wy: number,
  ly: number,
  cy: number,
  lambda: number,
): boolean {
  if (x !== x || y !== y) return true;
  const rx = Math.min(wx, lambda * (lx + Math.abs(cx)));
  const ry = Math.min(wy, lambda * (ly + Math.abs(cy)));
  if (Math.abs(x) === Infinity) return ry === 0 || Math.abs(y) > ry;
  if (Math.abs(y) === Infinity) return rx === 0 || Math.abs(x) > rx;
  return (Math.abs(x) - rx) * (Math.abs(y) - ry) === Infinity || (rx === 0 && ry === 0);
}

function sums(a: LoopOperand, b: LoopOperand, sign: 1 | -1, sink: Sink, { u }: Numerics): void {
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  const n = data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0; i < n; i++) {
    const j = i * a.radiusStep;
    const k = i * b.radiusStep;
    const x = xs[i * a.step];
    const y = sign * ys[i * b.step];
    const v = x + y;
    const size = Math.abs(v);
    const w = wa[j] + wb[k];
    if (w === 0 && additionIsExact(x, y, v)) {
      if (sink.staysAsIs(v, size)) data[i] = v;
      else {
        sink.put(i, v, 0, 0, 0);
        ({ worst, likely } = sink);
      }
      continue;
    }
    const p = la[j];
    const q = lb[k];
    const s = mergeShared(ca[i * a.sharedStep], sign * cb[i * b.sharedStep]);
    const l = Math.max(Math.abs(p), Math.abs(q), Math.sqrt(p * p + q * q));
    const wr = roundedWorst(w, size, u);
    const lr = roundedLikely(l, size, u);
    if (worst && size - wr >= plainFrom && size + wr <= plainTo && lr === lr && s === s) {
      data[i] = v;
      worst[i] = wr;
      likely![i] = lr;
      if (s !== 0) sink.storeShared(i, s);
    } else {
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
      ({ worst, likely } = sink);
    }
  }
}

function products(a: LoopOperand, b: LoopOperand, sink: Sink, { u, lambda }: Numerics): void {
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  const n = data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0; i < n; i++) {
    const j = i * a.radiusStep;
    const k = i * b.radiusStep;
    const x = xs[i * a.step];
    const y = ys[i * b.step];
    const v = x * y;
    const size = Math.abs(v);
    const wx = wa[j];
    const wy = wb[k];
    if (wx === 0 && wy === 0 && productIsExact(x, y, v)) {
      if (sink.staysAsIs(v, size)) data[i] = v;
      else {
        sink.put(i, v, 0, 0, 0);
        ({ worst, likely } = sink);
      }
      continue;
    }
    const w = Math.abs(x) * wy + Math.abs(y) * wx + wx * wy;
    const lx = la[j];
    const ly = lb[k];
    const cx = ca[i * a.sharedStep];
    const cy = cb[i * b.sharedStep];
    if (!(Math.abs(v) < Infinity)) {
      if (!settledProduct(x, wx, lx, cx, y, wy, ly, cy, lambda)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const p = y * lx;
    const q = x * ly;
    const both = secondOrder * ((lx + Math.abs(cx)) * ly + lx * Math.abs(cy));
    const l = Math.max(Math.abs(p), Math.abs(q), both, Math.sqrt(p * p + q * q + both * both));
    const common = mergeShared(y * cx, x * cy);
    const s = common + (common < 0 ? -1 : 1) * secondOrder * Math.abs(cx * cy);
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

/** x·x: both factors move together. */
export function squares(a: LoopOperand, sink: Sink, { u, lambda }: Numerics): void {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  for (let i = 0; i < data.length; i++) {
    const x = xs[i];
    const v = x * x;
    const size = v;
    const wx = wa[i * a.radiusStep];
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
    const common = ca[i * a.sharedStep];
    const moved = squareMoves(from, Math.abs(common), lambda);
    const own = la[i * a.radiusStep];
    const l = own === 0 ? 0 : squareMoves(from, Math.abs(common) + own, lambda) - moved;
    const w = from * wx + from * wx + wx * wx;
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

/**
 * What is divided by a denormal may be divided by zero, which is not near it. The chord of 1/y over
 * λ radii, closed: |v|·r/(|y| - λr), and no more than
 * 2|v|·r/(|y| - λr/2).
 */
function quotients(
  a: LoopOperand,
  b: LoopOperand,
  sink: Sink,
  { u, lambda, flushBelow }: Numerics,
  extra: number,
): void {
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  const n = data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const [fresh, typical] = [u + extra, Math.hypot(u, extra / 2)];
  for (let i = 0; i < n; i++) {
    const j = i * a.radiusStep;
    const k = i * b.radiusStep;
    const x = xs[i * a.step];
    const y = ys[i * b.step];
    const v = x / y;
    const size = Math.abs(v);
    const wx = wa[j];
    const wy = wb[k];
    if (wx === 0 && wy === 0 && quotientIsExact(x, y, v, extra)) {
      if (sink.staysAsIs(v, size)) data[i] = v;
      else {
        sink.put(i, v, 0, 0, 0);
        ({ worst, likely } = sink);
      }
      continue;
    }
    if (!(Math.abs(v) < Infinity)) {
      const turns = Math.abs(x) === Infinity && Math.abs(y) <= wy && wy > 0;
      if (turns || !settledSpecial(x, wx, y, wy)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const below = Math.abs(y);
    if (below < flushBelow) sink.mark(i);
    const w = wy < below ? (wx + size * wy) / (below - wy) : Infinity;
    const p = la[j] / below;
    const q = by(v, below, lb[k], lambda);
    const cx = ca[i * a.sharedStep];
    const cy = cb[i * b.sharedStep];
    const common = cy === 0 ? 0 : by(v, below, Math.abs(cy), lambda);
    const s = mergeShared(cx / y, cy > 0 === x > 0 ? -common : common);
    const l = Math.max(Math.abs(p), Math.abs(q), Math.sqrt(p * p + q * q));
    const wr = roundedWorst(w, size, fresh);
    const lr = roundedLikely(l, size, typical);
    if (worst && size - wr >= plainFrom && size + wr <= plainTo && lr === lr && s === s) {
      data[i] = v;
      worst[i] = wr;
      likely![i] = lr;
      if (s !== 0) sink.storeShared(i, s);
    } else {
      sink.putRounded(i, v, w, l, s, fresh, typical);
      ({ worst, likely } = sink);
    }
  }
}

/** Also as x·(1/y), where that is allowed: then 1/y must be a power of two. */
export function quotientIsExact(x: number, y: number, v: number, extra: number): boolean {
  if (extra > 0 && powerFrom(Math.abs(y)) !== Math.abs(y)) return false;
  if (v * y !== x || needsMoreBits(v, x)) return false;
  return productIsExact(v, y, x);
}

/** A quotient in range whose odd part has more bits than x, an f32, has: no exact one has. */
function needsMoreBits(v: number, x: number): boolean {
  const size = Math.abs(v);
  return size > 2 ** -126 && size < 2 ** 127 && Math.fround(v) !== v && Math.fround(x) === x;
}

/** The larger (sign 1) or smaller of two numbers: it moves with whichever operand may win. */
function extrema(
  a: LoopOperand,
  b: LoopOperand,
  sign: 1 | -1,
  sink: Sink,
  { lambda }: Numerics,
): void {
  const { data, plainFrom, plainTo } = sink;
  let { worst, likely } = sink;
  const n = data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0; i < n; i++) {
    const j = i * a.radiusStep;
    const k = i * b.radiusStep;
    const x = xs[i * a.step];
    const y = ys[i * b.step];
    const v = sign * Math.max(sign * x, sign * y);
    const size = Math.abs(v);
    const wx = wa[j];
    const wy = wb[k];
    if (wx === 0 && wy === 0) {
      if (sink.staysAsIs(v, size)) data[i] = v;
      else {
        sink.put(i, v, 0, 0, 0);
        ({ worst, likely } = sink);
      }
      continue;
    }
    if (!(Math.abs(v) < Infinity)) {
      if (!settledSpecial(x, wx, y, wy)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const apart = Math.abs(x - y);
    const w = apart <= wx + wy ? Math.max(wx, wy) : v === x ? wx : wy;
    const p = winning(apart, v === x, la[j], lambda);
    const q = winning(apart, v !== x, lb[k], lambda);
    const cx = ca[i * a.sharedStep];
    const cy = cb[i * b.sharedStep];
    const r = Math.sign(cx) * winning(apart, v === x, Math.abs(cx), lambda);
    const t = Math.sign(cy) * winning(apart, v !== x, Math.abs(cy), lambda);
    const l = Math.max(p, q, Math.sqrt(p * p + q * q));
    const s = mergeShared(r, t);
    const wr = roundedWorst(w, size, 0);
    const lr = roundedLikely(l, size, 0);
    if (worst && size - wr >= plainFrom && size + wr <= plainTo && lr === lr && s === s) {
      data[i] = v;
      worst[i] = wr;
      likely![i] = lr;
      if (s !== 0) sink.storeShared(i, s);
    } else {
      sink.putRounded(i, v, w, l, s, 0, 0);
      ({ worst, likely } = sink);
    }
  }
}

/** The chord of an operand that is `apart` from the other over its radius r. */
function winning(apart: number, wins: boolean, r: number, lambda: number): number {
  if (r === 0) return 0;
  const far = lambda * r;
  const near = (lambda / 2) * r;
  return Math.min(wins || apart <= far ? far : 0, 4 * (wins || apart <= near ? near : 0)) / lambda;
}

function by(v: number, size: number, r: number, lambda: number): number {
  if (r === 0) return 0;
  const far = lambda * r < size ? r / (size - lambda * r) : Infinity;
  const near = (lambda / 2) * r < size ? (2 * r) / (size - (lambda / 2) * r) : Infinity;
  return Math.abs(v) * Math.min(far, near);
}
