/** How the numbers of float parameters are drawn, one function a kind; see kinds.ts. */
import type { FloatFormat } from '../../graphs/ir/element-type.ts';
import { exponentOf } from '../../graphs/ir/float-bits.ts';
import { formatRounder } from '../../graphs/ir/rounding.ts';
import { halfwayFloat } from './halfway.ts';
import type { Random } from './random.ts';
import {
  byRow,
  draw,
  type FloatRequest,
  inTurn,
  joined,
  type Request,
  smallTensor,
  toPrime,
} from './request.ts';
import { positionsOf } from './sparse-positions.ts';
import { withSpecials } from './special-values.ts';

/** Standard normal numbers. */
export function normals({ count, random }: Request): Float64Array {
  return draw(count, random.normal);
}

/**
 * Products of two such values are multiples of 1/4 below 4 (1 below 4 in narrow types), so dots of
 * up to 2^22 terms are exact in f32, and short ones in bf16.
 */
export function lattice({ count, random, format }: FloatRequest): Float64Array {
  if (!format.signed) return draw(count, () => 2 ** random.integer(-1, 2));
  if (format.precision >= 24) return draw(count, () => random.integer(-4, 5) / 2);
  const most = format.precision >= 8 ? 2 : 1;
  return draw(count, () => random.integer(-most, most + 1));
}

/**
 * Ones of both signs, so few in each sum that it is exact in every order; all places in turn. A factor
 * that stays dense has no zeros, which would hide the ones.
 */
export function sparse(r: FloatRequest): Float64Array {
  const one = () => (r.random.u32() & 1 ? -1 : 1);
  if (r.dense || !r.format.signed) return lattice(r).map((x) => x || one());
  const isMet = positionsOf(r);
  return draw(r.count, (i) => (isMet(i) ? one() : 0));
}

/** Standard normal numbers around 2^10, or less where the type has fewer than 12 bits. */
export function offset({ count, random, format }: FloatRequest): Float64Array {
  const mean = 2 ** Math.max(2, Math.min(10, format.precision - 2));
  return draw(count, () => mean + random.normal());
}

/** Few distinct normal numbers, each of them often. */
export function ties(r: Request): Float64Array {
  return tiedRows(r, r.random.normal);
}

/** Rows of up to eight distinct values. */
export function tiedRows(r: Request, next: () => number): Float64Array {
  return byRow(r, (n) => {
    const palette = draw(Math.max(1, Math.min(8, Math.floor(n / 2))), next);
    return r.random.shuffle(draw(n, (i) => palette[i % palette.length]!));
  });
}

/**
 * Groups of up to four values that differ by less than half a bf16 unit in the last place; in the
 * last quarter halfway cases. Small tensors are one or the other, by turns; others are only the latter in
 * every second.
 */
export function nearTies(r: FloatRequest): Float64Array {
  const { random, format, count } = r;
  const halfway = (n: number) => draw(n, () => halfwayFloat(r));
  if (r.turn > 0 && (count < smallTensor || r.turn % 2)) return halfway(count);
  const coarse = formatRounder({ ...format, precision: Math.min(8, format.precision) });
  const grouped = byRow(r, (n) => {
    const size = Math.max(1, Math.floor(n / 4));
    const bases = draw(size, () => coarse(random.normal()));
    const group = (i: number) => nextTo(bases[i % size]!, Math.floor(i / size) % 4, format);
    return random.shuffle(draw(n, group));
  });
  const kept = count < smallTensor ? count : Math.ceil(count * 0.75);
  grouped.set(halfway(count - kept), kept);
  return grouped;
}

/** b and k small steps on from it; in types no finer than bf16, k halved to reach the next value. */
function nextTo(b: number, k: number, { precision }: FloatFormat): number {
  if (b === 0) return b;
  const steps = precision > 8 ? k : k >> 1;
  return b + Math.sign(b) * steps * 2 ** (exponentOf(Math.abs(b)) - Math.min(12, precision - 1));
}

/** Up to 2^±13 (±7 in f16): products of two stay finite, sums of squares too. */
export function extremes({ count, random, format }: FloatRequest): Float64Array {
  const [down, up] = [-format.minExponent, exponentOf(format.maxFinite)];
  const reach = Math.max(1, Math.min(13, down >> 1, up >> 1));
  return draw(count, () => {
    const magnitude = 2 ** random.integer(-reach, reach + 1) * (1 + random.uniform() / 2);
    return random.u32() & 1 ? -magnitude : magnitude;
  });
}

/** Bits that a sum, and what follows it, may add to the largest of its terms without overflow. */
const headroom = 20;

/** Of this many arrays one has the whole range, in turn. */
const wideRoles = 4;

/**
 * Log-uniform over the exponents of the type, in one array of four, in turn: a product of two such
 * arrays overflows in one order and not in another, which says nothing of either. Where the module
 * sums, exponents are left out whose squares lie so near the ends of the range that a sum of them
 * overflows in some orders only, and large values are few and of one sign: what overflows then does so
 * in every order. Weights, which mix into everything, stay typical. Where all sums are of two terms, which
 * have but one order, every fourth element is at the end of the range in two arrays, with signs
 * alike and unlike.
 */
export function wide(r: FloatRequest): Float64Array {
  if (!r.special) return normals(r);
  const { format, random, facts, count, turn } = r;
  const role = (r.place + (wideRoles - 1) * turn) % wideRoles;
  const drawn = role === 0 ? wholeRange(r) : draw(count, () => moderate(r));
  if (!facts.pairSums || role > 1) return drawn;
  const round = Math.floor(turn / wideRoles);
  const end = 2 ** exponentOf(format.maxFinite);
  return drawn.map((x, i) => {
    const fourth = Math.floor((i + round) / 4);
    const sign = role === 1 && (fourth + round) % 2 ? -1 : 1;
    return (i + round) % 4 === 3 ? sign * end * (1 + random.uniform() / 2) : x;
  });
}

/** A number whose powers stay within the range of the type. */
function moderate({ format, random }: FloatRequest): number {
  const reach = Math.max(1, Math.floor(exponentOf(format.maxFinite) / 12));
  return magnitude(random, -reach, reach);
}

/** Exponents of a type, and of those of a smaller range whose ends its values may be cut to. */
function rangesWithin({
  minExponent,
  maxFinite,
}: FloatFormat): readonly (readonly [number, number])[] {
  const most = exponentOf(maxFinite);
  const own = [minExponent, most] as const;
  return [own, own, ...cutTo.filter(([, end]) => 2 * end < most)];
}

/** Exponents of f32, and of f16, from the least subnormal to twice the largest. */
const cutTo = [
  [-149, 128],
  [-24, 16],
] as const;

function wholeRange(r: FloatRequest): Float64Array {
  const { format, random, facts, count } = r;
  const [least, most] = [format.minExponent, exponentOf(format.maxFinite)];
  const half = Math.floor(most / 2);
  const top = most - Math.min(headroom, Math.floor(most / 6));
  if (!facts.sum || top <= half + 1) {
    const ranges = rangesWithin(format);
    return draw(count, (i) => magnitude(random, ...ranges[(i + r.turn) % ranges.length]!));
  }
  const bottom = Math.max(least, Math.ceil((least - format.precision) / 2) - 1);
  const sign = random.u32() & 1 ? -1 : 1;
  const band = inTurn(11, { ...r, place: 0 });
  return draw(count, (i) => {
    const b = band(i);
    if (b === 1) return sign * Math.abs(magnitude(random, half + 1, top));
    return b === 2 ? magnitude(random, least, bottom) : moderate(r);
  });
}

/** A number of either sign whose exponent is uniform over [least, most]. */
function magnitude(random: Random, least: number, most: number): number {
  const x = 2 ** random.integer(least, most + 1) * (1 + random.uniform());
  return random.u32() & 1 ? -x : x;
}

/** Subnormal and just normal numbers of the format. */
export function subnormals({ count, random, format }: FloatRequest): Float64Array {
  const steps = 2 ** (format.precision - 1);
  const quantum = 2 ** (format.minExponent - format.precision + 1);
  const most = Math.min(2 * steps, 2 ** 53);
  return draw(count, () => random.integer(-most, most) * quantum);
}

/** NaN, infinities and both zeros among normal numbers. */
export function specials(r: FloatRequest): Float64Array {
  return withSpecials(normals(r), r);
}

/** Numbers of the module and their neighbours in the type, each in turn, and typical ones between. */
export function constants(r: FloatRequest): Float64Array {
  const { random, format, facts } = r;
  const values = facts.constants.flatMap((c) => neighbours(c, format));
  if (!r.special || values.length === 0) return normals(r);
  const palette = toPrime<number | undefined>([...values, undefined], undefined);
  const choice = inTurn(palette.length, r);
  return draw(r.count, (i) => palette[choice(i)] ?? random.normal());
}

/** A number as the type has it, and the two next to that. */
function neighbours(c: number, format: FloatFormat): number[] {
  const x = formatRounder(format)(c);
  if (!Number.isFinite(x)) return [];
  const least = format.minExponent - format.precision + 1;
  const exponent = x === 0 ? least : exponentOf(Math.abs(x)) - format.precision + 1;
  const step = 2 ** Math.max(exponent, least);
  return [x, x + step, x - step];
}

/** Values and their near-opposites, up to two units in the last place off. */
export function cancellation(r: FloatRequest): Float64Array {
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
    return random.shuffle(joined(half, opposite, odd));
  });
}

/** What all elements of a row are but one, and that one, in turn. */
const hot: readonly (readonly [number, number])[] = [
  ...([
    [0, 1],
    [1, -1],
  ] as const),
];
/** Once: what starts from 0 or 1 hides in the others. */
const hotOnce: typeof hot = [
  ...([
    [-1, -2],
    [2, 1],
  ] as const),
];

/** Turns until lines of a length have had each place unlike the others, some of which are met at a time. */
export function hotTurns(length: number, together: number): number {
  return hotOnce.length + hot.length * (1 + Math.ceil(length / Math.max(1, together)));
}

/** The number of a turn among those of `hotOnce`; undefined in all others. */
export function onceOf(turn: number): number | undefined {
  const once = turn - hot.length;
  return once >= 0 && once < hotOnce.length ? once : undefined;
}

/**
 * One element of each row unlike the others: at any place in the first turns, later from the last on,
 * another from row to row and from turn to turn.
 */
export function oneHot(r: Request): Float64Array {
  const { turn, row, count, random } = r;
  const once = onceOf(turn);
  const [others, one] = once === undefined ? hot[turn % hot.length]! : hotOnce[once]!;
  const round = Math.floor((turn - hot.length - hotOnce.length) / hot.length);
  const first = random.integer(0, Math.max(1, row));
  const met = round < 0 ? first : (round * count) / Math.max(1, row);
  return byRow(r, (n, k) => {
    const at = n - 1 - ((met + k) % n);
    return draw(n, (i) => (i === at ? one : others));
  });
}

/** Normal numbers in ascending and descending rows. */
export function sortedNormals(r: Request): Float64Array {
  return sortRows(r, normals(r));
}

/** The values with each row sorted, every second one descending. */
export function sortRows(r: Request, values: Float64Array): Float64Array {
  return byRow(r, (n, i) => {
    const row = values.slice(i * n, (i + 1) * n).sort();
    return i % 2 ? row.reverse() : row;
  });
}

/** Row 1 repeats row 0, row 3 row 2 …; a single row repeats its own first half. */
export function repeatRows(r: Request, values: Float64Array): Float64Array {
  const { count, row } = r;
  const unit = count > row ? row : Math.floor(row / 2);
  if (unit === 0) return values;
  return values.map((x, i) => (Math.floor(i / unit) % 2 ? values[i - unit]! : x));
}
