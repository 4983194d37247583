/** How the numbers of integer parameters are drawn, one function a kind; see kinds.ts. */
import { elementTypes, isWide } from '../../graphs/ir/element-type.ts';
import { oneHot as hot, onceOf, tiedRows } from './float-kinds.ts';
import { halfwayInteger } from './halfway.ts';
import {
  byRow,
  draw,
  type IntegerRequest,
  type Integers,
  inTurn,
  joined,
  toPrime,
} from './request.ts';

/** Uniform over [lo, hi). */
export function uniform({ count, random, lo, hi }: IntegerRequest): Float64Array {
  return draw(count, () => random.integer(lo, hi));
}

/** Uniform; a single length or position is the last that its use has room for. */
export function full(r: IntegerRequest): Integers {
  return r.count === 1 && r.use ? [r.hi - 1] : uniform(r);
}

/** Few distinct integers, each of them often. */
export function ties(r: IntegerRequest): Integers {
  return tiedRows(r, () => r.random.integer(r.lo, r.hi));
}

/** Rows of two neighbouring values; where nothing bounds them, every second a halfway case. */
export function nearTies(r: IntegerRequest): Integers {
  const { random, lo, hi, free } = r;
  const pairs = byRow(r, (n) => {
    const base = random.integer(lo, Math.max(lo + 1, hi - 1));
    return draw(n, () => Math.min(base + random.integer(0, 2), hi - 1));
  });
  if (!free) return pairs;
  return Array.from(pairs, (x, i) => ((i + r.turn) % 2 ? (stored(halfwayInteger(r), r) ?? x) : x));
}

/** The ends of the range; of a type, its ends, -1, 0 and 1 in turn, and every fourth of any bits. */
export function ends(r: IntegerRequest): Integers {
  const { count, random, lo, hi, type } = r;
  if (!r.free) {
    const few = [lo, Math.min(lo + 1, hi - 1), Math.max(hi - 2, lo), hi - 1];
    return draw(count, () => few[random.integer(0, 4)]!);
  }
  const { min, max } = limits(r);
  const near = [-1n, 0n, 1n].filter((x) => x >= min && x <= max);
  const palette = toPrime([min, ...near, max, min + 1n, max - 1n], 0n);
  const choice = inTurn(palette.length, r);
  const bits = BigInt(elementTypes[type].bits);
  const any = () => {
    const x = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
    return min < 0n ? BigInt.asIntN(Number(bits), x) : BigInt.asUintN(Number(bits), x);
  };
  return list(count, (i) => stored(i % 4 === 3 ? any() : palette[choice(i)]!, r)!);
}

/** Sizes of the integer types that a wider one may be cut to: so far off, a position comes back inside. */
function narrowings({ type }: IntegerRequest): readonly bigint[] {
  return [8, 16, 32]
    .filter((bits) => bits < elementTypes[type].bits)
    .map((bits) => 1n << BigInt(bits));
}

/**
 * Positions just past the end, before the first, far off (also by the size of a narrower type) and
 * inside, in turn; in large arrays every second inside. Loops are bounded by what they have room for, and by no rounds at all.
 */
export function outOfRange(r: IntegerRequest): Integers {
  const { use, lo, hi, random, count } = r;
  if (!use || use.outside === 'none') return uniform(r);
  const inside = () => random.integer(lo, hi);
  const fromEnd = () => -1 - inside();
  const { min, max } = limits(r);
  const far = use.outside === 'either';
  const width = hi - lo + 1;
  const off = [
    ...[() => hi, () => -1, inside, () => lo, () => max, () => hi + random.integer(0, width)],
    ...[() => -random.integer(1, width), () => min, () => hi - 1, inside, fromEnd],
    ...narrowings(r).map((size) => () => BigInt(inside()) + size),
  ];
  const near = [() => lo, () => -1, () => hi - 1, () => lo + 1, inside];
  const palette = toPrime<() => number | bigint>(far ? off : near, inside);
  const choice = inTurn(palette.length, { ...r, place: 2 * r.place });
  const isLarge = count > 2 * palette.length;
  return list(count, (i) => {
    const pick = isLarge && random.u32() & 1 ? inside : palette[choice(i)]!;
    return bounded(pick(), r);
  });
}

/** Numbers of the module and their neighbours, where the use has room for them. */
export function constants(r: IntegerRequest): Integers {
  const { lo, hi, use, free, facts, random } = r;
  const whole = facts.constants.filter(Number.isSafeInteger);
  const near = [...new Set(whole.flatMap((c) => [c, c + 1, c - 1, c + 2]))];
  const fits = (x: number) =>
    use?.outside === 'none' || !(use || free) ? x >= lo && x < hi : true;
  const room = (x: number) => use?.outside !== 'below' || Math.abs(x) <= mostRounds;
  const { min, max } = limits(r);
  const values = near.filter((x) => fits(x) && room(x) && x >= min && x <= max);
  if (values.length === 0) return uniform(r);
  const palette = toPrime<number | undefined>(values, undefined);
  const choice = inTurn(palette.length, r);
  return draw(r.count, (i) => palette[choice(i)] ?? random.integer(lo, hi));
}

/** Rounds of a loop that a constant of the module may ask for. */
const mostRounds = 256;

/** Rows whose halves cancel. */
export function opposite(r: IntegerRequest): Integers {
  const { lo, hi, random } = r;
  return byRow(r, (n) => {
    const half = draw(n >> 1, () => random.integer(lo, hi));
    const others = half.map((x) => Math.min(Math.max(-x, lo), hi - 1));
    const odd = n % 2 ? [Math.max(lo, Math.min(0, hi - 1))] : [];
    return random.shuffle(joined(half, others, odd));
  });
}

/** One element of each row unlike the others; in some turns all of them an end of the type. */
export function oneHot(r: IntegerRequest): Integers {
  const once = onceOf(r.turn);
  if (r.free && once !== undefined) {
    const { min, max } = limits(r);
    return list(r.count, () => stored(once === 0 ? min : max, r)!);
  }
  return hot(r).map((x) => Math.min(Math.max(x, r.lo), r.hi - 1));
}

function list<T>(n: number, next: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => next(i));
}

/** The least and the greatest value of the type. */
function limits({ type }: IntegerRequest): { readonly min: bigint; readonly max: bigint } {
  const { kind, bits } = elementTypes[type];
  if (kind === 'pred') return { min: 0n, max: 1n };
  const size = 1n << BigInt(bits);
  return kind === 'signed' ? { min: -size / 2n, max: size / 2n - 1n } : { min: 0n, max: size - 1n };
}

function bounded(x: number | bigint, r: IntegerRequest): number | bigint {
  const { min, max } = limits(r);
  const value = BigInt(x);
  return stored(value < min ? min : value > max ? max : value, r)!;
}

/** As the storage of the type has it. */
function stored(x: bigint | undefined, { type }: IntegerRequest): number | bigint | undefined {
  return x === undefined || isWide(type) ? x : Number(x);
}
