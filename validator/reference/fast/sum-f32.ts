/**
 * Sums in f32 from left to right, each rounded, at the speed of sums that are not: to nearest f32 costs
 * two conversions a term, which wait for each other. As long as a sum stays within its binade, what
 * rounds it there is one f64 addition to a number so large that its last place is that of the f32.
 */

/**
 * first + x[from] + … + x[to - 1], each sum rounded to nearest f32, ties to even: the same to the bit
 * as `Math.fround(sum + x[i])` term by term. `first` is an f32.
 */
export function sumF32(first: number, x: Float32Array, from: number, to: number): number {
  const powerOf = binades();
  let value = first;
  let i = from;
  while (i < to) {
    const binade = powerOf(value);
    if (binade !== 0) {
      // Lifted, the sums of the binade are the f64 between `low` and `high`; ties stay ties, as the
      // lift is an even multiple of their last place.
      const sign = value < 0 ? -1 : 1;
      const lift = sign * lifted * binade;
      const ends = [lift + sign * binade, lift + 2 * sign * binade];
      const [low, high] = sign < 0 ? [ends[1], ends[0]] : ends;
      const last = sumWithin(lift + value, x, i, to, low, high);
      i = last.next;
      value = last.sum - lift;
    }
    for (const end = Math.min(to, i + pause); i < end; i++) value = Math.fround(value + x[i]);
  }
  return value;
}

/** Terms added one by one before a binade is tried again: sums linger at its ends. */
const pause = 64;

/** 1.5·2^52 last places of an f32, in units of its binade: the last place of an f64 of that size. */
const lifted = 1.5 * 2 ** 29;

/** Adds terms to a lifted sum as long as it stays between the ends; tells where it stopped. */
function sumWithin(
  start: number,
  x: Float32Array,
  from: number,
  to: number,
  low: number,
  high: number,
): { readonly sum: number; readonly next: number } {
  let sum = start;
  let i = from;
  for (; i + 3 < to; i += 4) {
    const a = sum + x[i];
    const b = a + x[i + 1];
    const c = b + x[i + 2];
    const d = c + x[i + 3];
    if (!(a > low && a < high && b > low && b < high)) break;
    if (!(c > low && c < high && d > low && d < high)) break;
    sum = d;
  }
  return { sum, next: i };
}

/** The power of two at or below the size of a normal f32; 0 of zero, denormals and specials. */
function binades(): (value: number) => number {
  const float = new Float32Array(1);
  const bits = new Int32Array(float.buffer);
  return (value) => {
    float[0] = value;
    bits[0] &= 0x7f800000;
    return bits[0] === 0x7f800000 ? 0 : float[0];
  };
}
