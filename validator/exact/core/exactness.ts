/**
 * When sums and products are exact whatever their order: all terms are multiples of one power of
 * two q, and no partial sum can exceed 2^p·q for an accumulator of p significand bits.
 */

/** The largest power of two that divides a finite x; Infinity for 0. */
export const lowestSetBit = lowestBitReader();

function lowestBitReader(): (x: number) => number {
  const f = new Float64Array(1);
  const bits = new Uint32Array(f.buffer);
  return (x) => {
    if (x === 0) return Infinity;
    f[0] = x;
    const exponent = (bits[1] >>> 20) & 0x7ff;
    const shift = (exponent === 0 ? 1 : exponent) - 1075;
    const high = (bits[1] & 0xfffff) | (exponent === 0 ? 0 : 0x100000);
    const low = bits[0] === 0 ? 32 + trailingZeros(high) : trailingZeros(bits[0]);
    return 2 ** (shift + low);
  };
}

function trailingZeros(x: number): number {
  return 31 - Math.clz32(x & -x);
}

/**
 * The smallest power of two that is no less than x >= 0; Infinity for Infinity, NaN for NaN. 2^53·x
 * takes x up to a unit in its last place (Rump, Ogita and Oishi 2008, algorithm 3.5).
 */
export function powerFrom(x: number): number {
  if (x < 2 ** -900) return x > 0 ? powerFrom(x * 2 ** 200) * 2 ** -200 : 0;
  if (!(x < 2 ** 900)) return x < Infinity ? powerFrom(x * 2 ** -200) * 2 ** 200 : x;
  const far = x * 2 ** 53;
  const power = far + x - far;
  return power === 0 ? x : power;
}

/**
 * The quantum that terms of Σ|x| = magnitude need for their sum to be exact in every order: all of
 * them must be its multiples. A power of two that has an inverse, no less than `floor` (one, or 0).
 */
export function neededQuantum(magnitude: number, significand: number, floor: number): number {
  return Math.max(powerFrom(magnitude / 2 ** significand), floor, 2 ** -1022);
}

/** True where x is a multiple of a power of two q, of which 1/q is the inverse. */
export function isMultiple(x: number, q: number, inverse: number): boolean {
  return Math.floor(x * inverse) * q === x;
}

/**
 * The common quantum of n elements, data[from + steps[j]] or those from `from` on; 0 as soon as it is
 * too fine for a sum of `significand` bits to be exact (or an element is not finite). Infinity where
 * all are zero.
 */
export function commonQuantum(
  data: Float64Array,
  from: number,
  n: number,
  significand: number,
  steps?: Int32Array,
): number {
  let quantum = Infinity;
  let largest = 0;
  const room = 2 ** significand;
  for (let j = 0; j < n; j++) {
    const x = data[from + (steps ? steps[j] : j)];
    const size = Math.abs(x);
    if (size > largest) largest = size;
    const q = lowestSetBit(x);
    if (q < quantum) quantum = q;
    if (!(largest <= room * quantum)) return 0;
  }
  return quantum;
}

/** True where every order of summation is exact: Σ|x| ≤ 2^bits · q. */
export function sumIsExact(magnitude: number, quantum: number, significand: number): boolean {
  return magnitude === 0 || (quantum > 0 && magnitude <= 2 ** significand * quantum);
}

/** True where x + y = v without rounding in f64 (TwoSum; Knuth). */
export function additionIsExact(x: number, y: number, v: number): boolean {
  const t = v - x;
  return x - (v - t) + (y - t) === 0;
}

/**
 * True where x·y = v without rounding in f64: the product of the odd parts fits 53 bits, as that of
 * two f32 always does.
 */
export function productIsExact(x: number, y: number, v: number): boolean {
  if (Math.fround(x) === x && Math.fround(y) === y) return true;
  if (v === 0) return x === 0 || y === 0;
  const q = lowestSetBit(x) * lowestSetBit(y);
  return q > 0 && Math.abs(v) <= 2 ** 53 * q;
}
