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
  type Request,
  smallTensor,
  toPrime,
} from './request.ts';
import { positionsOf } from './sparse-positions.ts';
import { withSpecials } from './special-values.ts';

export function normals({ count, random }: Request): number[] {
  return draw(count, random.normal);
}

/**
 * Products of two such values are multiples of 1/4 below 4 (1 below 4 in narrow types), so dots of
 * up to 2^22 terms are exact in f32, and short ones in bf16.
 */
export function lattice({ count, random, format }: FloatRequest): number[] {
  if (!format.signed) return draw(count, () => 2 ** random.integer(-1, 2));
  if (format.precision >= 24) return draw(count, () => random.integer(-4, 5) / 2);
  const most = format.precision >= 8 ? 2 : 1;
  return draw(count, () => random.integer(-most, most + 1));
}

/** Ones of both signs, so few in each sum that it is exact in every order; all places in turn. */
export function sparse(r: FloatRequest): number[] {
  const { random, format, dense } = r;
  if (dense || !format.signed) return lattice(r);
  const isMet = positionsOf(r);
  return draw(r.count, (i) => (isMet(i) ? (random.u32() & 1 ? -1 : 1) : 0));
}

export function offset({ count, random, format }: FloatRequest): number[] {
  const mean = 2 ** Math.max(2, Math.min(10, format.precision - 2));
  return draw(count, () => mean + random.normal());
}

export function ties(r: Request): number[] {
  return tiedRows(r, r.random.normal);
}

/** Rows of up to eight distinct values. */
export function tiedRows<T>(r: Request, next: () => T): T[] {
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
export function nearTies(r: FloatRequest): number[] {
  const { random, format, count } = r;
  const halfway = (n: number) => draw(n, () => halfwayFloat(random, format));
  if (r.turn > 0 && (count < smallTensor || r.turn % 2)) return halfway(count);
  const coarse = formatRounder({ ...format, precision: Math.min(8, format.precision) });
  const grouped = byRow(r, (n) => {
    const size = Math.max(1, Math.floor(n / 4));
    const bases = draw(size, () => coarse(random.normal()));
    const group = (i: number) => nextTo(bases[i % size]!, Math.floor(i / size) % 4, format);
    return random.shuffle(draw(n, group));
  });
  const kept = count < smallTensor ? count : Math.ceil(count * 0.75);
  return [...grouped.slice(0, kept), ...halfway(count - kept)];
}

/** b and k small steps on from it; in types no finer than bf16, k halved to reach the next value. */
function nextTo(b: number, k: number, { precision }: FloatFormat): number {
  if (b === 0) return b;
  const steps = precision > 8 ? k : k >> 1;
  return b + Math.sign(b) * steps * 2 ** (exponentOf(Math.abs(b)) - Math.min(12, precision - 1));
}

/** Up to 2^±13 (±7 in f16): products of two stay finite, sums of squares too. */
export function extremes({ count, random, format }: FloatRequest): number[] {
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
 * in every order. Weights, which mix into everything, stay typical.
 */
export function wide(r: FloatRequest): number[] {
  const { format, random, facts, count } = r;
  if (!r.special) return normals(r);
  const [least, most] = [format.minExponent, exponentOf(format.maxFinite)];
  const half = Math.floor(most / 2);
  const middle = Math.max(1, Math.floor(most / 12));
  if (r.place % wideRoles !== r.turn % wideRoles) {
    return draw(count, () => magnitude(random, -middle, middle));
  }
  const top = most - Math.min(headroom, Math.floor(most / 6));
  if (!facts.sum || top <= half + 1) return draw(count, () => magnitude(random, least, most));
  const bottom = Math.max(least, Math.ceil((least - format.precision) / 2) - 1);
  const sign = random.u32() & 1 ? -1 : 1;
  const band = inTurn(11, { ...r, place: 0 });
  return draw(count, (i) => {
    const b = band(i);
    if (b === 1) return sign * Math.abs(magnitude(random, half + 1, top));
    if (b === 2) return magnitude(random, least, bottom);
    return magnitude(random, -middle, middle);
  });
}

/** A number of either sign whose exponent is uniform over [least, most]. */
function magnitude(random: Random, least: number, most: number): number {
  const x = 2 ** random.integer(least, most + 1) * (1 + random.uniform());
  return random.u32() & 1 ? -x : x;
}

export function subnormals({ count, random, format }: FloatRequest): number[] {
  const steps = 2 ** (format.precision - 1);
  const quantum = 2 ** (format.minExponent - format.precision + 1);
  const most = Math.min(2 * steps, 2 ** 53);
  return draw(count, () => random.integer(-most, most) * quantum);
}

export function specials(r: FloatRequest): readonly number[] {
  return withSpecials(normals(r), r);
}

/** Numbers of the module and their neighbours in the type, each in turn, and typical ones between. */
export function constants(r: FloatRequest): number[] {
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
export function cancellation(r: FloatRequest): number[] {
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
export function oneHot(r: Request): number[] {
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

export function sortedNormals(r: Request): number[] {
  return sortRows(r, normals(r), (a, b) => a - b);
}

export function sortRows<T>(r: Request, values: readonly T[], order: (a: T, b: T) => number): T[] {
  return byRow(r, (n, i) => {
    const row = values.slice(i * n, (i + 1) * n).sort(order);
    return i % 2 ? row.reverse() : row;
  });
}

/** Row 1 repeats row 0, row 3 row 2 …; a single row repeats its own first half. */
export function repeatRows<T>(r: Request, values: readonly T[]): T[] {
  const { count, row } = r;
  const unit = count > row ? row : Math.floor(row / 2);
  if (unit === 0) return [...values];
  return values.map((x, i) => (Math.floor(i / unit) % 2 ? values[i - unit]! : x));
}
