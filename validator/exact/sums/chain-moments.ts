/**
 * What the radii of a sum in any order are made of, element by element: of its terms Σ|x|, Σx², how
 * many they are, their common quantum, and the radii that they bring. They are added up block by block
 * where they are asked for, straight from the terms; what a long chain has gathered is kept, so that
 * its next link adds but one.
 */
import { sizeOf } from '../core/broadcasting.ts';
import { quantumOf } from '../core/exactness.ts';
import { repeatsOf } from '../core/lazy-broadcast.ts';
import type { ExactTensor } from '../core/value.ts';

/** Figures of consecutive elements, or of all elements of a tensor: one entry an element. */
export interface Figures {
  /** Σ|x| and Σx² of the terms. */
  readonly size: Float64Array;
  readonly squares: Float64Array;
  /** How many terms there are; certain zeros, which no addition rounds, do not count. */
  readonly count: Float64Array;
  /** Σ of the worst radii, and of the squares of the likely ones, that the terms bring. */
  readonly worst: Float64Array;
  readonly variance: Float64Array;
}

/** Figures of all elements; without radii where no term brings any. */
export interface StoredFigures extends Omit<Figures, 'worst' | 'variance'> {
  readonly worst?: Float64Array;
  readonly variance?: Float64Array;
  /** The common quantum of the terms of each; 0 where there is none. */
  readonly quantum: Float64Array;
}

/** Where figures are added up; radii where there is room for them. */
type Room = Omit<StoredFigures, 'quantum'>;

/** A term, or many that were added up before. */
interface Part {
  /** Whether a term brings a radius. */
  readonly brings: boolean;
  /** What it adds, an element for each of the sum's or one for all, where that is stored. */
  readonly stored?: StoredFigures;
  /** Adds the figures of elements `from` to `to` to what the arrays hold from 0 on. */
  add(from: number, to: number, block: Room): void;
  quantum(i: number): number;
}

/** The terms of a chain. */
export type ChainFigures = readonly Part[];

/** More parts than these are added up once for all. */
const most = 8;

/** No terms yet, for n elements; with room for the radii that they bring, or without. */
export function noFigures(n: number, brings: true): StoredFigures & Figures;
export function noFigures(n: number, brings: boolean): StoredFigures;
export function noFigures(n: number, brings: boolean): StoredFigures {
  const zeros = () => new Float64Array(n);
  const radii = brings && { worst: zeros(), variance: zeros() };
  const quantum = zeros().fill(Infinity);
  return { size: zeros(), squares: zeros(), count: zeros(), ...radii, quantum };
}

/** Of a single term: an element for each of the sum's, or one for all. */
export function figuresOfTerm(t: ExactTensor): ChainFigures {
  const repeats = repeatsOf(t);
  const { data, worst, likely } = repeats?.source ?? t;
  const term: Term = {
    x: data as Float64Array,
    inner: data.length === 1 ? Infinity : (repeats?.inner ?? 1),
    ...(worst && likely && { worst, likely }),
  };
  const whole = term.inner === 1 ? data.length : 0;
  return [
    {
      brings: term.worst !== undefined,
      add: (from, to, block) => addTerm(term, from, to, block),
      quantum: (i) => quantumOfTerm(term, i < whole ? i : placeIn(term, i)),
    },
  ];
}

/**
 * Of figures that are there: an element for each of the sum's, or one for all; or repeated as a
 * broadcast repeats its source (lazy-broadcast.ts).
 */
export function figuresStored(stored: StoredFigures, inner = 1): ChainFigures {
  const { length } = stored.size;
  const add = (from: number, to: number, block: Room) => {
    for (const name of names) {
      const [x, out] = [stored[name], block[name]];
      if (x && out) addRepeated(x, inner, from, to, out);
    }
  };
  const brings = stored.worst !== undefined;
  const whole = inner === 1 ? length : 0;
  return [
    {
      brings,
      ...(inner === 1 && { stored }),
      add,
      quantum: (i) => stored.quantum[i < whole ? i : Math.floor(i / inner) % length],
    },
  ];
}

function addRepeated(
  x: Float64Array,
  inner: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  if (inner === 1 && x.length >= to) {
    for (let i = from; i < to; i++) out[i - from] += x[i];
    return;
  }
  for (let i = from; i < to; i++) out[i - from] += x[Math.floor(i / inner) % x.length];
}

const names = ['size', 'squares', 'count', 'worst', 'variance'] as const;

/** Of two groups of terms together, for n elements. */
export function joinedFigures(a: ChainFigures, b: ChainFigures, n: number): ChainFigures {
  if (a.length + b.length <= most) return [...a, ...b];
  return [...gathered(a, n), ...gathered(b, n)];
}

/** Visits the figures of n elements: entry k of the block, which is reused, is of element from + k. */
export function forEachBlock(
  figures: ChainFigures,
  n: number,
  visit: (block: Figures, from: number, to: number) => void,
): void {
  const block = noFigures(Math.min(n, blockSize), true);
  for (let from = 0; from < n; from += blockSize) {
    const to = Math.min(n, from + blockSize);
    if (from > 0) for (const name of names) block[name].fill(0);
    for (const part of figures) part.add(from, to, block);
    visit(block, from, to);
  }
}

/** The common quantum of the terms of element i; 0 where a term has a radius. */
export function chainQuantum(figures: ChainFigures, i: number): number {
  let quantum = Infinity;
  for (const part of figures) quantum = Math.min(quantum, part.quantum(i));
  return quantum;
}

/** The figures of n elements, added up. */
export function storedFigures(figures: ChainFigures, n: number): StoredFigures {
  const [{ stored }] = figures;
  if (figures.length === 1 && stored?.size.length === n) return stored;
  const brings = figures.some((part) => part.brings);
  const out = noFigures(n, brings);
  for (const part of figures) part.add(0, n, out);
  for (let i = 0; i < n; i++) out.quantum[i] = chainQuantum(figures, i);
  return out;
}

/** The figures of the elements of a tensor, each a single term. */
export function storedTerms(t: ExactTensor): StoredFigures {
  return storedFigures(figuresOfTerm(t), sizeOf(t));
}

const blockSize = 1024;

/** Element i is element ⌊i/inner⌋ of the term, over and over. */
interface Term {
  readonly x: Float64Array;
  readonly inner: number;
  readonly worst?: Float64Array;
  readonly likely?: Float64Array;
}

function placeIn({ x, inner }: Term, i: number): number {
  return Math.floor(i / inner) % x.length;
}

function quantumOfTerm({ x, worst }: Term, at: number): number {
  return worst && worst[at] > 0 ? 0 : quantumOf(x[at]);
}

function addTerm(term: Term, from: number, to: number, block: Room): void {
  const { x, inner, worst, likely } = term;
  const { size, squares, count } = block;
  for (let i = from; i < to; ) {
    const start = placeIn(term, i);
    const step = inner === 1 ? 1 : 0;
    const end = Math.min(to, i + (step ? x.length - start : inner - (i % inner)));
    if (worst && likely) addRadii(worst, likely, start, step, i - from, end - from, block);
    for (let j = start, k = i - from; i < end; i++, k++, j += step) {
      const value = x[j];
      size[k] += Math.abs(value);
      squares[k] += value * value;
      if (value !== 0 || (worst !== undefined && worst[j] > 0)) count[k]++;
    }
  }
}

function addRadii(
  w: Float64Array,
  l: Float64Array,
  start: number,
  step: number,
  from: number,
  to: number,
  { worst, variance }: Room,
): void {
  if (!worst || !variance) return;
  for (let j = start, k = from; k < to; k++, j += step) {
    worst[k] += w[j];
    variance[k] += l[j] * l[j];
  }
}

/** The same figures as one part. */
function gathered(parts: ChainFigures, n: number): ChainFigures {
  return parts.length === 1 ? parts : figuresStored(storedFigures(parts, n));
}
