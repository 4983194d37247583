/**
 * The loops of add, subtract, multiply, divide, maximum and minimum, written out: nine tenths of all
 * elements go through them. Each is the row of binary-functions.ts with its calls in place.
 */
import type { Numerics } from './numerics.ts';
import { additionIsExact, powerFrom, productIsExact } from './quantum.ts';
import { mergeShared } from './radius.ts';
import type { Sink } from './sink.ts';

/** One operand: values, radii if there are any, and 0 as step where it is a scalar. */
export interface LoopOperand {
  readonly x: Float64Array;
  readonly worst: Float64Array | undefined;
  readonly likely: Float64Array | undefined;
  readonly shared: Float64Array | undefined;
  readonly step: 0 | 1;
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
  const n = sink.data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = xs[j];
    const y = sign * ys[k];
    const v = x + y;
    const w = (wa ? wa[j] : 0) + (wb ? wb[k] : 0);
    if (w === 0 && additionIsExact(x, y, v)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    const p = la ? la[j] : 0;
    const q = lb ? lb[k] : 0;
    const s = mergeShared(ca ? ca[j] : 0, cb ? sign * cb[k] : 0);
    sink.putRounded(i, v, w, Math.max(Math.abs(p), Math.abs(q), Math.sqrt(p * p + q * q)), s, u, u);
  }
}

function products(a: LoopOperand, b: LoopOperand, sink: Sink, { u, lambda }: Numerics): void {
  const n = sink.data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = xs[j];
    const y = ys[k];
    const v = x * y;
    const wx = wa ? wa[j] : 0;
    const wy = wb ? wb[k] : 0;
    if (wx === 0 && wy === 0 && productIsExact(x, y, v)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    const w = Math.abs(x) * wy + Math.abs(y) * wx + wx * wy;
    const lx = la ? la[j] : 0;
    const ly = lb ? lb[k] : 0;
    const cx = ca ? ca[j] : 0;
    const cy = cb ? cb[k] : 0;
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
    sink.putRounded(i, v, w, l, s, u, u);
  }
}

/** x·x: both factors move together. */
export function squares(a: LoopOperand, sink: Sink, { u, lambda }: Numerics): void {
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  for (let i = 0; i < sink.data.length; i++) {
    const x = xs[i];
    const v = x * x;
    const wx = wa ? wa[i] : 0;
    if (wx === 0 && productIsExact(x, x, v)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    if (!(v < Infinity)) {
      if (wx > 0 && !settledSpecial(x, wx, x, wx)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const size = Math.abs(x);
    const common = ca ? ca[i] : 0;
    const s = squareMoves(size, Math.abs(common), lambda);
    const own = la ? la[i] : 0;
    const l = own === 0 ? 0 : squareMoves(size, Math.abs(common) + own, lambda) - s;
    const w = size * wx + size * wx + wx * wx;
    sink.putRounded(i, v, w, l, x * common < 0 ? -s : s, u, u);
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
  const n = sink.data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  const [fresh, typical] = [u + extra, Math.hypot(u, extra / 2)];
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = xs[j];
    const y = ys[k];
    const v = x / y;
    const wx = wa ? wa[j] : 0;
    const wy = wb ? wb[k] : 0;
    if (wx === 0 && wy === 0 && quotientIsExact(x, y, v, extra)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    if (!(Math.abs(v) < Infinity)) {
      const turns = Math.abs(x) === Infinity && Math.abs(y) <= wy && wy > 0;
      if (turns || !settledSpecial(x, wx, y, wy)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const size = Math.abs(y);
    if (size < flushBelow) sink.mark(i);
    const w = wy < size ? (wx + Math.abs(v) * wy) / (size - wy) : Infinity;
    const p = la ? la[j] / size : 0;
    const q = lb ? by(v, size, lb[k], lambda) : 0;
    const cx = ca ? ca[j] : 0;
    const cy = cb ? cb[k] : 0;
    const common = cy === 0 ? 0 : by(v, size, Math.abs(cy), lambda);
    const s = mergeShared(cx / y, cy > 0 === x > 0 ? -common : common);
    sink.putRounded(
      i,
      v,
      w,
      Math.max(Math.abs(p), Math.abs(q), Math.sqrt(p * p + q * q)),
      s,
      fresh,
      typical,
    );
  }
}

/** Also as x·(1/y), where that is allowed: then 1/y must be a power of two. */
export function quotientIsExact(x: number, y: number, v: number, extra: number): boolean {
  if (extra > 0 && powerFrom(Math.abs(y)) !== Math.abs(y)) return false;
  return v * y === x && productIsExact(v, y, x);
}

/** The larger (sign 1) or smaller of two numbers: it moves with whichever operand may win. */
function extrema(
  a: LoopOperand,
  b: LoopOperand,
  sign: 1 | -1,
  sink: Sink,
  { lambda }: Numerics,
): void {
  const n = sink.data.length;
  const { x: xs, worst: wa, likely: la, shared: ca } = a;
  const { x: ys, worst: wb, likely: lb, shared: cb } = b;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = xs[j];
    const y = ys[k];
    const v = sign * Math.max(sign * x, sign * y);
    const wx = wa ? wa[j] : 0;
    const wy = wb ? wb[k] : 0;
    if (wx === 0 && wy === 0) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    if (!(Math.abs(v) < Infinity)) {
      if (!settledSpecial(x, wx, y, wy)) sink.mark(i);
      sink.keep(i, v, 0, 0, 0);
      continue;
    }
    const apart = Math.abs(x - y);
    const w = apart <= wx + wy ? Math.max(wx, wy) : v === x ? wx : wy;
    const p = winning(apart, v === x, la ? la[j] : 0, lambda);
    const q = winning(apart, v !== x, lb ? lb[k] : 0, lambda);
    const cx = ca ? ca[j] : 0;
    const cy = cb ? cb[k] : 0;
    const r = Math.sign(cx) * winning(apart, v === x, Math.abs(cx), lambda);
    const t = Math.sign(cy) * winning(apart, v !== x, Math.abs(cy), lambda);
    const l = Math.max(p, q, Math.sqrt(p * p + q * q));
    sink.putRounded(i, v, w, l, mergeShared(r, t), 0, 0);
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
