/**
 * e^x for results that are rounded to f32 or less, several times as fast as Math.exp: V8 calls that
 * out of line, this is inlined into the loops. As in Tang, Table-driven implementation of the
 * exponential function, ACM TOMS 15 (1989): x = k·(ln 2)/256 + r, e^x = 2^(k/256)·e^r.
 */

/** 2^(k/256) for 0 ≤ k < 256. */
const fractions = Float64Array.from({ length: 256 }, (_, k) => 2 ** (k / 256));

/** 2^(k - bias): every normal power of two. */
const powers = Float64Array.from({ length: 2046 }, (_, k) => 2 ** (k - 1022));
const bias = 1022;

/** (ln 2)/256: its first 32 bits, so that products with k are exact, and the rest. */
const high = Math.floor((Math.LN2 / 256) * 2 ** 40) / 2 ** 40;
const low = 7.453964567463233e-13;

/** 1.5·2^52: adding and subtracting it rounds to an integer. */
const toInteger = 6755399441055744;

/** e^±700 is beyond every type of up to f32, and so is what lies further out. */
const limit = 700;

/** Relative error below 2^-51 for |x| ≤ 700; what lies further out is taken for ±700. */
export function exponential(x: number): number {
  const within = Math.max(-limit, Math.min(limit, x));
  const k = within * (256 / Math.LN2) + toInteger - toInteger;
  const r = within - k * high - k * low;
  const n = k | 0;
  const scale = fractions[n & 255] * powers[(n >> 8) + bias];
  return scale + scale * (r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24))));
}
