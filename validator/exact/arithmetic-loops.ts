/**
 * The loops of add, subtract, multiply and divide, written out: nine tenths of all elements go
 * through them. Each is the row of binary-functions.ts with its calls in place.
 */
import type { Numerics } from './numerics.ts';
import { additionIsExact, productIsExact } from './quantum.ts';
import { mergeShared } from './radius.ts';
import type { Sink } from './sink.ts';

/** One operand: values, radii (zeros where there are none), and 0 as step where it is a scalar. */
export interface LoopOperand {
  readonly x: Float64Array;
  readonly worst: Float64Array;
  readonly likely: Float64Array;
  readonly shared: Float64Array;
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
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = a.x[j];
    const y = sign * b.x[k];
    const v = x + y;
    const w = a.worst[j] + b.worst[k];
    if (w === 0 && additionIsExact(x, y, v)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    const p = a.likely[j];
    const q = b.likely[k];
    const s = mergeShared(a.shared[j], sign * b.shared[k]);
    sink.putRounded(i, v, w, Math.max(Math.abs(p), Math.abs(q), Math.sqrt(p * p + q * q)), s, u, u);
  }
}

function products(a: LoopOperand, b: LoopOperand, sink: Sink, { u, lambda }: Numerics): void {
  const n = sink.data.length;
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = a.x[j];
    const y = b.x[k];
    const v = x * y;
    const wx = a.worst[j];
    const wy = b.worst[k];
    if (wx === 0 && wy === 0 && productIsExact(x, y, v)) {
      sink.put(i, v, 0, 0, 0);
      continue;
    }
    const w = Math.abs(x) * wy + Math.abs(y) * wx + wx * wy;
    const lx = a.likely[j];
    const ly = b.likely[k];
    const cx = a.shared[j];
    const cy = b.shared[k];
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

/** The chord of 1/y over λ radii, closed: |v|·r/(|y| - λr), and no more than 2|v|·r/(|y| - λr/2). */
function quotients(
  a: LoopOperand,
  b: LoopOperand,
  sink: Sink,
  { u, lambda }: Numerics,
  extra: number,
): void {
  const n = sink.data.length;
  const [fresh, typical] = [u + extra, Math.hypot(u, extra / 2)];
  for (let i = 0, j = 0, k = 0; i < n; i++, j += a.step, k += b.step) {
    const x = a.x[j];
    const y = b.x[k];
    const v = x / y;
    const wx = a.worst[j];
    const wy = b.worst[k];
    if (wx === 0 && wy === 0 && v * y === x && productIsExact(v, y, x)) {
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
    const w = wy < size ? (wx + Math.abs(v) * wy) / (size - wy) : Infinity;
    const p = a.likely[j] / size;
    const q = by(v, size, b.likely[k], lambda);
    const cx = a.shared[j];
    const cy = b.shared[k];
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

function by(v: number, size: number, r: number, lambda: number): number {
  if (r === 0) return 0;
  const far = lambda * r < size ? r / (size - lambda * r) : Infinity;
  const near = (lambda / 2) * r < size ? (2 * r) / (size - (lambda / 2) * r) : Infinity;
  return Math.abs(v) * Math.min(far, near);
}
