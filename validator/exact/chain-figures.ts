/**
 * What the radii of a sum in any order are made of, element by element: Σ|x|, Σx² and the common
 * quantum of a chain's terms. Figures are made where they are asked for, since most chains are too
 * short to need them, and most sums have radii that make their quantum idle.
 */
import { quantumOf } from './quantum.ts';

/** Figures of every element; an array of one element stands for all. */
export interface ChainFigures {
  readonly size: () => Float64Array;
  readonly squares: () => Float64Array;
  readonly quantum: () => Float64Array;
}

/** Of a single term. */
export function figuresOfTerm(x: () => Float64Array): ChainFigures {
  return {
    size: once(() => each(x(), Math.abs)),
    squares: once(() => squaresOf(x())),
    quantum: once(() => each(x(), quantumOf)),
  };
}

/** Of two groups of terms together, for n elements. */
export function joinedFigures(a: ChainFigures, b: ChainFigures, n: number): ChainFigures {
  return {
    size: once(() => sumsOf(a.size(), b.size(), n)),
    squares: once(() => sumsOf(a.squares(), b.squares(), n)),
    quantum: once(() => smallerOf(a.quantum(), b.quantum(), n)),
  };
}

/** The function's value, computed at the first call; what it was made from is let go then. */
function once<T>(make: () => T): () => T {
  let pending: (() => T) | undefined = make;
  let value: T | undefined;
  return () => {
    if (pending) value = pending();
    pending = undefined;
    return value as T;
  };
}

function each(x: Float64Array, f: (v: number) => number): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = f(x[i]);
  return out;
}

function squaresOf(x: Float64Array): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = x[i] * x[i];
  return out;
}

function sumsOf(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  const [p, q] = [a.length === n ? 1 : 0, b.length === n ? 1 : 0];
  for (let i = 0, j = 0, k = 0; i < n; i++, j += p, k += q) out[i] = a[j] + b[k];
  return out;
}

function smallerOf(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  const [p, q] = [a.length === n ? 1 : 0, b.length === n ? 1 : 0];
  for (let i = 0, j = 0, k = 0; i < n; i++, j += p, k += q) out[i] = Math.min(a[j], b[k]);
  return out;
}
