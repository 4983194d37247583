/**
 * The kinds of golden inputs, one row each: what it is for, and how the numbers of a float and of an
 * integer parameter are drawn. Values come out unrounded; cases.ts scales and rounds them.
 */
import type { FloatFormat } from '../graphs/ir/element-type.ts';
import { exponentOf } from '../graphs/ir/float-bits.ts';
import { formatRounder } from '../graphs/ir/rounding.ts';
import type { Random } from './random.ts';

/** A request for the values of one tensor. */
interface Request {
  readonly count: number;
  /** Length of a row: the last dimension, 1 for a scalar. */
  readonly row: number;
  readonly random: Random;
}

export interface FloatRequest extends Request {
  readonly format: FloatFormat;
  /** False where NaN and infinities have no place: they would drown all else, or be no answer. */
  readonly special: boolean;
}

export interface IntegerRequest extends Request {
  /** Integers of [lo, hi). */
  readonly lo: number;
  readonly hi: number;
}

export interface CaseKindRow {
  readonly summary: string;
  /** True where values must not be scaled by the parameter's annotation. */
  readonly unscaled?: boolean;
  floats(request: FloatRequest): number[];
  integers(request: IntegerRequest): number[];
}

function kind(
  summary: string,
  floats: CaseKindRow['floats'],
  integers: CaseKindRow['integers'] = uniformIntegers,
  unscaled = false,
): CaseKindRow {
  return { summary, floats, integers, unscaled };
}

/** Every kind of golden input. */
export const caseKinds = {
  lattice: kind('small dyadic values: sums and products are exact', lattice),
  typical: kind('standard normal', normals),
  offset: kind('large mean, small spread', offset),
  ties: kind('few distinct values, each of them often', ties, (r) =>
    byRow(r, (n) => ties({ ...r, count: n }, () => r.random.integer(r.lo, r.hi))),
  ),
  'near-ties': kind('equal after rounding to bf16, not before', nearTies, neighbours),
  extremes: kind('magnitudes from very small to very large', extremes, integerEnds),
  subnormals: kind('subnormal and just normal values', subnormals, uniformIntegers, true),
  specials: kind('NaN, infinities and zeros among typical values', specials),
  cancellation: kind('rows that sum to almost nothing', cancellation, oppositeIntegers),
  'one-hot': kind('one 1 in each row, else zeros', oneHot, (r) =>
    oneHot(r).map((x) => Math.min(Math.max(x, r.lo), r.hi - 1)),
  ),
  sorted: kind('rows ascending and descending', sortedNormals, (r) =>
    sortRows(r, uniformIntegers(r)),
  ),
  duplicates: kind(
    'every row occurs twice',
    (r) => repeatRows(r, normals(r)),
    (r) => repeatRows(r, uniformIntegers(r)),
  ),
} as const satisfies Record<string, CaseKindRow>;

export type CaseKind = keyof typeof caseKinds;

/** The kinds that a validation runs unless told otherwise. */
export const defaultKinds: readonly CaseKind[] = [
  'lattice',
  'typical',
  'ties',
  'near-ties',
  'extremes',
  'specials',
];

export function isCaseKind(name: string): name is CaseKind {
  return Object.hasOwn(caseKinds, name);
}

function draw(n: number, next: (i: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => next(i));
}

/** Rows drawn one by one. */
function byRow({ count, row }: Request, make: (length: number, r: number) => number[]): number[] {
  const rows = count === 0 ? 0 : count / row;
  return draw(rows, (r) => r).flatMap((r) => make(row, r));
}

function normals({ count, random }: Request): number[] {
  return draw(count, random.normal);
}

function uniformIntegers({ count, random, lo, hi }: IntegerRequest): number[] {
  return draw(count, () => random.integer(lo, hi));
}

/**
 * Products of two such values are multiples of 1/4 below 4 (1 below 4 in narrow types), so dots of
 * up to 2^22 terms are exact in f32, and short ones in bf16.
 */
function lattice({ count, random, format }: FloatRequest): number[] {
  if (!format.signed) return draw(count, () => 2 ** random.integer(-1, 2));
  if (format.precision >= 24) return draw(count, () => random.integer(-4, 5) / 2);
  const most = format.precision >= 8 ? 2 : 1;
  return draw(count, () => random.integer(-most, most + 1));
}

function offset({ count, random, format }: FloatRequest): number[] {
  const mean = 2 ** Math.max(2, Math.min(10, format.precision - 2));
  return draw(count, () => mean + random.normal());
}

function ties(r: Request, next: () => number = r.random.normal): number[] {
  return byRow(r, (n) => {
    const palette = draw(Math.max(1, Math.min(8, Math.floor(n / 2))), next);
    return r.random.shuffle(draw(n, (i) => palette[i % palette.length]!));
  });
}

/** Groups of up to four values that differ by less than half a bf16 unit in the last place. */
function nearTies(r: FloatRequest): number[] {
  const { random, format } = r;
  const coarse = formatRounder({ ...format, precision: Math.min(8, format.precision) });
  return byRow(r, (n) => {
    const size = Math.max(1, Math.floor(n / 4));
    const bases = draw(size, () => coarse(random.normal()));
    const group = (i: number) => nextTo(bases[i % size]!, Math.floor(i / size) % 4, format);
    return random.shuffle(draw(n, group));
  });
}

/** b and k small steps on from it; in types no finer than bf16, k halved to reach the next value. */
function nextTo(b: number, k: number, { precision }: FloatFormat): number {
  if (b === 0) return b;
  const steps = precision > 8 ? k : k >> 1;
  return b + Math.sign(b) * steps * 2 ** (exponentOf(Math.abs(b)) - Math.min(12, precision - 1));
}

function neighbours(r: IntegerRequest): number[] {
  return byRow(r, (n) => {
    const base = r.random.integer(r.lo, Math.max(r.lo + 1, r.hi - 1));
    return draw(n, () => Math.min(base + r.random.integer(0, 2), r.hi - 1));
  });
}

/** Up to 2^±13 (±7 in f16): products of two stay finite, sums of squares too. */
function extremes({ count, random, format }: FloatRequest): number[] {
  const [down, up] = [-format.minExponent, exponentOf(format.maxFinite)];
  const reach = Math.max(1, Math.min(13, down >> 1, up >> 1));
  return draw(count, () => {
    const magnitude = 2 ** random.integer(-reach, reach + 1) * (1 + random.uniform() / 2);
    return random.u32() & 1 ? -magnitude : magnitude;
  });
}

function integerEnds({ count, random, lo, hi }: IntegerRequest): number[] {
  const ends = [lo, Math.min(lo + 1, hi - 1), Math.max(hi - 2, lo), hi - 1];
  return draw(count, () => ends[random.integer(0, 4)]!);
}

function subnormals({ count, random, format }: FloatRequest): number[] {
  const steps = 2 ** (format.precision - 1);
  const quantum = 2 ** (format.minExponent - format.precision + 1);
  const most = Math.min(2 * steps, 2 ** 53);
  return draw(count, () => random.integer(-most, most) * quantum);
}

const specialValues = [NaN, Infinity, -Infinity, 0, -0];
/** Smaller tensors stay typical: one NaN would be all there is. */
const roomForSpecials = 20;

/** All specials lie in the last quarter of the elements, so that the others keep their meaning. */
function specials(r: FloatRequest): number[] {
  const values = normals(r);
  if (!r.special || r.count < roomForSpecials) return values;
  const from = Math.floor(r.count * 0.75);
  const places = r.random.shuffle(draw(r.count - from, (i) => from + i));
  const n = Math.max(specialValues.length, Math.floor(r.count / 20));
  places.slice(0, n).forEach((place, i) => {
    values[place] = specialValues[i % specialValues.length]!;
  });
  return values;
}

/** Values and their near-opposites, up to two units in the last place off. */
function cancellation(r: FloatRequest): number[] {
  const { random, format } = r;
  const round = formatRounder(format);
  return byRow(r, (n) => {
    const half = draw(n >> 1, () => round(random.normal()));
    const opposite = half.map((x) => {
      if (x === 0) return 0;
      const ulp = 2 ** (exponentOf(Math.abs(x)) - format.precision + 1);
      return -(x + random.integer(-1, 2) * ulp);
    });
    const odd = n % 2 ? [2 ** -format.precision] : [];
    return random.shuffle([...half, ...opposite, ...odd]);
  });
}

function oppositeIntegers(r: IntegerRequest): number[] {
  const { lo, hi, random } = r;
  return byRow(r, (n) => {
    const half = draw(n >> 1, () => random.integer(lo, hi));
    const opposite = half.map((x) => Math.min(Math.max(-x, lo), hi - 1));
    const odd = n % 2 ? [Math.max(lo, Math.min(0, hi - 1))] : [];
    return random.shuffle([...half, ...opposite, ...odd]);
  });
}

function oneHot(r: Request): number[] {
  return byRow(r, (n) => {
    const hot = r.random.integer(0, n);
    return draw(n, (i) => (i === hot ? 1 : 0));
  });
}

function sortedNormals(r: Request): number[] {
  return sortRows(r, normals(r));
}

function sortRows(r: Request, values: readonly number[]): number[] {
  return byRow(r, (n, i) => {
    const row = values.slice(i * n, (i + 1) * n).sort((a, b) => a - b);
    return i % 2 ? row.reverse() : row;
  });
}

/** Row 1 repeats row 0, row 3 row 2 …; a single row repeats its own first half. */
function repeatRows(r: Request, values: readonly number[]): number[] {
  const { count, row } = r;
  const unit = count > row ? row : Math.floor(row / 2);
  if (unit === 0) return [...values];
  return values.map((x, i) => (Math.floor(i / unit) % 2 ? values[i - unit]! : x));
}
