/**
 * What the radii of a sum in any order are made of, element by element: of its terms Σ|x|, Σx², how
 * many they are, their common quantum, and the radii that they bring. They are added up block by block
 * where they are asked for, straight from the terms; what a long chain has gathered is kept, so that
 * its next link adds but one.
 */
import { lowestSetBit } from '../core/exactness.ts';
import { lazyBroadcastOf } from '../core/lazy-broadcast.ts';
import type { ExactTensor } from '../core/value.ts';

/** Figures of consecutive elements, or of all elements of a tensor: one entry an element. */
export interface Moments {
  /** Σ|x| and Σx² of the terms. */
  readonly size: Float64Array;
  readonly squares: Float64Array;
  /** How many terms there are; certain zeros, which no addition rounds, do not count. */
  readonly count: Float64Array;
  /** Σ of the worst radii, and of the squares of the likely ones, that the terms bring. */
  readonly bound: Float64Array;
  readonly variance: Float64Array;
}

/** Figures of all elements; without radii where no term brings any. */
export interface StoredMoments extends Omit<Moments, 'bound' | 'variance'> {
  readonly bound?: Float64Array;
  readonly variance?: Float64Array;
  /** The common quantum of the terms of each; 0 where there is none. */
  readonly quantum: Float64Array;
}

/** Where figures are added up; radii where there is room for them. */
type Room = Omit<StoredMoments, 'quantum'>;

/** A term, or many that were added up before. */
interface Part {
  /** Whether a term brings a radius. */
  readonly brings: boolean;
  /** What it adds, an element for each of the sum's or one for all, where that is stored. */
  readonly stored?: StoredMoments;
  /** Adds the figures of elements `from` to `to` to what the arrays hold from 0 on. */
  add(from: number, to: number, block: Room): void;
  quantum(i: number): number;
}

/** The terms of a chain. */
export type ChainMoments = readonly Part[];

/** More parts than these are added up once for all. */
const most = 8;

/** No terms yet, for n elements; with room for the radii that they bring, or without. */
export function noMoments(n: number, brings: true): StoredMoments & Moments;
export function noMoments(n: number, brings: boolean): StoredMoments;
export function noMoments(n: number, brings: boolean): StoredMoments {
  const zeros = () => new Float64Array(n);
  const radii = brings && { bound: zeros(), variance: zeros() };
  const quantum = zeros().fill(Infinity);
  return { size: zeros(), squares: zeros(), count: zeros(), ...radii, quantum };
}

/** Of a single term: an element for each of the sum's, or one for all. */
export function momentsOfTerm(t: ExactTensor): ChainMoments {
  const lazyBroadcast = lazyBroadcastOf(t);
  const { data, bound, deviation } = lazyBroadcast?.source ?? t;
  const term: Term = {
    x: data as Float64Array,
    inner: data.length === 1 ? Infinity : (lazyBroadcast?.inner ?? 1),
    ...(bound && deviation && { bound, deviation }),
  };
  const whole = term.inner === 1 ? data.length : 0;
  return [
    {
      brings: term.bound !== undefined,
      add: (from, to, block) => addTerm(term, from, to, block),
      quantum: (i) => quantumOfTerm(term, i < whole ? i : placeIn(term, i)),
    },
  ];
}

/**
 * Of figures that are there: an element for each of the sum's, or one for all; or repeated as a
 * broadcast repeats its source (lazy-broadcast.ts).
 */
export function momentsStored(stored: StoredMoments, inner = 1): ChainMoments {
  const { length } = stored.size;
  const add = (from: number, to: number, block: Room) => {
    for (const name of names) {
      const [x, out] = [stored[name], block[name]];
      if (x && out) addRepeated(x, inner, from, to, out);
    }
  };
  const brings = stored.bound !== undefined;
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

const names = ['size', 'squares', 'count', 'bound', 'variance'] as const;

/** Of two groups of terms together, for n elements. */
export function joinedMoments(a: ChainMoments, b: ChainMoments, n: number): ChainMoments {
  if (a.length + b.length <= most) return [...a, ...b];
  return [...gathered(a, n), ...gathered(b, n)];
}

/** Visits the figures of n elements: entry k of the block, which is reused, is of element from + k. */
export function forEachBlock(
  moments: ChainMoments,
  n: number,
  visit: (block: Moments, from: number, to: number) => void,
): void {
  const block = noMoments(Math.min(n, blockSize), true);
  for (let from = 0; from < n; from += blockSize) {
    const to = Math.min(n, from + blockSize);
    if (from > 0) for (const name of names) block[name].fill(0);
    for (const part of moments) part.add(from, to, block);
    visit(block, from, to);
  }
}

/** The common quantum of the terms of element i; 0 where a term has a radius. */
export function chainQuantum(moments: ChainMoments, i: number): number {
  let quantum = Infinity;
  for (const part of moments) quantum = Math.min(quantum, part.quantum(i));
  return quantum;
}

/** The figures of n elements, added up. */
export function storedFigures(moments: ChainMoments, n: number): StoredMoments {
  const [{ stored }] = moments;
  if (moments.length === 1 && stored?.size.length === n) return stored;
  const brings = moments.some((part) => part.brings);
  const out = noMoments(n, brings);
  for (const part of moments) part.add(0, n, out);
  for (let i = 0; i < n; i++) out.quantum[i] = chainQuantum(moments, i);
  return out;
}

const blockSize = 1024;

/** Element i is element ⌊i/inner⌋ of the term, over and over. */
interface Term {
  readonly x: Float64Array;
  readonly inner: number;
  readonly bound?: Float64Array;
  readonly deviation?: Float64Array;
}

function placeIn({ x, inner }: Term, i: number): number {
  return Math.floor(i / inner) % x.length;
}

function quantumOfTerm({ x, bound }: Term, at: number): number {
  return bound && bound[at] > 0 ? 0 : lowestSetBit(x[at]);
}

function addTerm(term: Term, from: number, to: number, block: Room): void {
  const { x, inner, bound, deviation } = term;
  const { size, squares, count } = block;
  for (let i = from; i < to; ) {
    const start = placeIn(term, i);
    const step = inner === 1 ? 1 : 0;
    const end = Math.min(to, i + (step ? x.length - start : inner - (i % inner)));
    if (bound && deviation) addRadii(bound, deviation, start, step, i - from, end - from, block);
    for (let j = start, k = i - from; i < end; i++, k++, j += step) {
      const value = x[j];
      size[k] += Math.abs(value);
      squares[k] += value * value;
      if (value !== 0 || (bound !== undefined && bound[j] > 0)) count[k]++;
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
  { bound, variance }: Room,
): void {
  if (!bound || !variance) return;
  for (let j = start, k = from; k < to; k++, j += step) {
    bound[k] += w[j];
    variance[k] += l[j] * l[j];
  }
}

/** The same figures as one part. */
function gathered(parts: ChainMoments, n: number): ChainMoments {
  return parts.length === 1 ? parts : momentsStored(storedFigures(parts, n));
}
