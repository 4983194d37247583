/**
 * What the radii of a sum in any order are made of, element by element: Σ|x|, Σx² and the common
 * quantum of a chain's terms. They are added up block by block where they are asked for, straight
 * from the terms; what a long chain has gathered is kept, so that its next link adds but one.
 */
import { quantumOf } from './quantum.ts';
import { repeatsOf } from './repeats.ts';
import type { ExactTensor } from './value.ts';

/** A term, or many that were added up before. */
interface Part {
  /** Adds Σ|x| and Σx² of elements `from` to `to` to what the arrays hold from 0 on. */
  add(from: number, to: number, size: Float64Array, squares: Float64Array): void;
  quantum(i: number): number;
}

/** The terms of a chain. */
export type ChainFigures = readonly Part[];

/** More parts than these are added up once for all. */
const most = 8;

/** Of a single term: an element for each of the sum's, or one for all. */
export function figuresOfTerm(t: ExactTensor): ChainFigures {
  const repeats = repeatsOf(t);
  const x = (repeats?.source ?? t).data as Float64Array;
  const inner = x.length === 1 ? Infinity : (repeats?.inner ?? 1);
  return [
    {
      add: (from, to, size, squares) => addTerm(x, inner, from, to, size, squares),
      quantum: (i) => quantumOf(x[Math.floor(i / inner) % x.length]),
    },
  ];
}

/** Of two groups of terms together, for n elements. */
export function joinedFigures(a: ChainFigures, b: ChainFigures, n: number): ChainFigures {
  if (a.length + b.length <= most) return [...a, ...b];
  return [...gathered(a, n), ...gathered(b, n)];
}

/** Visits Σ|x| and Σx² of n elements: entry k of the arrays is of element from + k. */
export function forEachBlock(
  figures: ChainFigures,
  n: number,
  visit: (from: number, to: number, size: Float64Array, squares: Float64Array) => void,
): void {
  const [size, squares] = [new Float64Array(blockSize), new Float64Array(blockSize)];
  for (let from = 0; from < n; from += blockSize) {
    const to = Math.min(n, from + blockSize);
    size.fill(0);
    squares.fill(0);
    for (const part of figures) part.add(from, to, size, squares);
    visit(from, to, size, squares);
  }
}

/** The common quantum of the terms of element i. */
export function chainQuantum(figures: ChainFigures, i: number): number {
  return figures.reduce((q, part) => Math.min(q, part.quantum(i)), Infinity);
}

const blockSize = 1024;

/** Element i is element ⌊i/inner⌋ of the term, over and over. */
function addTerm(
  x: Float64Array,
  inner: number,
  from: number,
  to: number,
  size: Float64Array,
  squares: Float64Array,
): void {
  for (let i = from; i < to; ) {
    const start = Math.floor(i / inner) % x.length;
    const step = inner === 1 ? 1 : 0;
    const end = Math.min(to, i + (step ? x.length - start : inner - (i % inner)));
    for (let j = start; i < end; i++, j += step) {
      const term = x[j];
      size[i - from] += Math.abs(term);
      squares[i - from] += term * term;
    }
  }
}

/** The same figures as one part, added up when they are first asked for. */
function gathered(parts: ChainFigures, n: number): ChainFigures {
  if (parts.length === 1) return parts;
  let sums: readonly [size: Float64Array, squares: Float64Array] | undefined;
  return [
    {
      add(from, to, size, squares) {
        sums ??= sumsOf(parts, n);
        const [sizes, products] = sums;
        for (let i = from; i < to; i++) {
          size[i - from] += sizes[i];
          squares[i - from] += products[i];
        }
      },
      quantum: (i) => chainQuantum(parts, i),
    },
  ];
}

function sumsOf(parts: ChainFigures, n: number): readonly [Float64Array, Float64Array] {
  const [sizes, products] = [new Float64Array(n), new Float64Array(n)];
  forEachBlock(parts, n, (from, to, size, squares) => {
    sizes.set(size.subarray(0, to - from), from);
    products.set(squares.subarray(0, to - from), from);
  });
  return [sizes, products];
}
