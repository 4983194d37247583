/**
 * Special values: NaN of both signs, infinities, zeros of both signs; single ones, and whole rows.
 * A NaN with its sign set, or with a payload, is written by its bits: JavaScript numbers have one NaN.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { type FloatRequest, inTurn, smallTensor } from './request.ts';

/** What an element may be: `undefined` leaves it as drawn. */
const palette: readonly (number | undefined)[] = [
  ...[undefined, Number.NaN, -0, Infinity, -Infinity, 0, Number.NaN],
  ...[undefined, undefined, -1, undefined],
];

/** The same, each once: in small arrays, few turns are to meet all pairs. */
const smallPalette: typeof palette = [undefined, Number.NaN, -0, Infinity, -Infinity, 0, -1];

/** Rows from which on whole rows are given to one special value each. */
const roomForRows = 6;

type Theme = (row: Float64Array, request: FloatRequest) => Float64Array;

const once =
  (value: number): Theme =>
  (row, { random }) => {
    const at = random.integer(0, row.length);
    return row.map((x, i) => (i === at ? value : x));
  };

const throughout =
  (value: (x: number, i: number) => number): Theme =>
  (row) =>
    row.map(value);

const negative = throughout((x) => -Math.abs(x) || -1);
const positive = throughout((x) => Math.abs(x) || 1);
const negativeZeros = throughout(() => -0);
const mixed: Theme = (row, r) => {
  const choice = inTurn(palette.length, r);
  return row.map((x, i) => palette[choice(i + 1)] ?? x);
};

/** What whole rows are, in turn. */
const themes: readonly Theme[] = [
  once(Number.NaN),
  negativeZeros,
  negative,
  once(Infinity),
  mixed,
  once(-Infinity),
  throughout((_, i) => (i % 2 ? 0 : -0)),
  throughout((x, i) => (i % 3 === 0 ? -Infinity : x)),
  positive,
  throughout(() => -Infinity),
  throughout(() => Infinity),
];

/** What whole arrays are, in turn: folds along any axis show where they start from. */
const wholes: readonly Theme[] = [
  ...[negative, negativeZeros, positive],
  ...[throughout(() => -Infinity), throughout(() => Infinity)],
];

/** Every so many turns a small array is of one kind throughout. */
const smallCycle = 4;

/** Turns in which arrays of a size have been of each kind throughout. */
export function wholeTurns(count: number): number {
  return count < smallTensor ? 1 + smallCycle * wholes.length : 2 * wholes.length;
}

/** Values of which some are special. */
export function withSpecials(values: Float64Array, r: FloatRequest): Float64Array {
  if (!r.special) return values;
  if (r.count < smallTensor) return smallSpecials(values, r);
  if (r.turn % 2) return wholes[(r.turn >> 1) % wholes.length]!(values, r);
  return lastQuarter(values, r);
}

/**
 * In turn over the cases; the first leaves them be, since they would drown what others hold, and every
 * fourth is of one kind throughout.
 */
function smallSpecials(values: Float64Array, r: FloatRequest): Float64Array {
  const { turn, count } = r;
  if (turn === 0) return values;
  const cycle = Math.floor(turn / smallCycle);
  if (turn % smallCycle === 0) return wholes[(cycle - 1) % wholes.length]!(values, r);
  const choice = inPairs(r, smallPalette, (turn - 1 - cycle) * count + 1);
  return values.map((x, i) => smallPalette[choice(i)] ?? x);
}

/**
 * Special values as `inTurn` chooses them, the elements of all turns numbered on: as many as the palette
 * squared meet each pair of values at two places, however small the arrays are.
 */
function inPairs({ place }: FloatRequest, { length: k }: typeof palette, from: number) {
  const step = 1 + (place % (k - 1));
  return (i: number) => (step * (from + i) + Math.floor((from + i) / k) + place) % k;
}

/** Turns until tensors of a size have met each special value, or of two each pair of them. */
export function specialTurns(count: number, pairs = false): number {
  const met = (of: typeof palette) => of.length ** (pairs ? 2 : 1);
  if (count < smallTensor) {
    const turns = met(smallPalette) / Math.max(1, count);
    return Math.ceil((smallCycle / (smallCycle - 1)) * turns) + 1;
  }
  const mixed = Math.min(count - Math.floor(count * 0.75), 2 * palette.length);
  return 2 * Math.ceil(met(palette) / mixed) - 1;
}

/** All specials lie in the last quarter of the elements, so that the others keep their meaning. */
function lastQuarter(values: Float64Array, r: FloatRequest): Float64Array {
  const { count, row } = r;
  const quarter = Math.floor(count * 0.75);
  const first = Math.ceil(quarter / row);
  const rows = count / row - first;
  if (row > 1 && rows >= roomForRows) {
    for (let k = 0; k < rows; k++) {
      const at = (first + k) * row;
      values.set(themes[k % themes.length]!(values.slice(at, at + row), r), at);
    }
    return values;
  }
  const n = Math.max(2 * palette.length, Math.floor(count / 20));
  const until = Math.min(count, quarter + n);
  const choice = inPairs(r, palette, (r.turn >> 1) * (until - quarter) + 1);
  return values.map((x, i) =>
    i < quarter || i >= until ? x : (palette[choice(i - quarter)] ?? x),
  );
}

const writers: { readonly [T in ElementType]?: { bits: 32 | 64; payload: boolean } } = {
  f32: { bits: 32, payload: true },
  c64: { bits: 32, payload: true },
  bf16: { bits: 32, payload: false },
  f16: { bits: 32, payload: false },
  f64: { bits: 64, payload: true },
  c128: { bits: 64, payload: true },
};

/** Sets the sign of every second NaN of a tensor, and a payload in every third, in place. */
export function varyNaNs({ shape, data }: Tensor): void {
  const writer = writers[shape.type];
  if (!writer) return;
  const numbers = data as Float32Array | Float64Array;
  const { buffer, byteOffset, length } = numbers;
  let seen = 0;
  const next = () => {
    const n = seen++;
    return { sign: n % 2, payload: writer.payload && n % 3 === 2 ? 1 : 0 };
  };
  if (writer.bits === 32) {
    const bits = new Uint32Array(buffer, byteOffset, length);
    for (let i = 0; i < length; i++) {
      if (!Number.isNaN(numbers[i]!)) continue;
      const { sign, payload } = next();
      bits[i] = ((sign << 31) | 0x7fc00000 | payload) >>> 0;
    }
    return;
  }
  const bits = new BigUint64Array(buffer, byteOffset, length);
  for (let i = 0; i < length; i++) {
    if (!Number.isNaN(numbers[i]!)) continue;
    const { sign, payload } = next();
    bits[i] = (BigInt(sign) << 63n) | 0x7ff8000000000000n | BigInt(payload);
  }
}
