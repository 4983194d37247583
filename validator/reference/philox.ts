/**
 * The Philox4x32 hash of 10 rounds (Salmon et al., SC 2011), behind rng-bit-generator: four words
 * from a counter of four words under a key of two.
 */

const keySteps = [0x9e3779b9, 0xbb67ae85] as const;
const multipliers = [0xd2511f53, 0xcd9e8d57] as const;

/** Four u32 words. */
export type Words4 = readonly [number, number, number, number];

/** The hash of a counter; all words are u32, the least significant first. */
export function philox4x32(counter: Words4, key: readonly [number, number]): Words4 {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = product(a, multipliers[0]);
    const [high1, low1] = product(c, multipliers[1]);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + keySteps[0]) >>> 0;
    k1 = (k1 + keySteps[1]) >>> 0;
  }
  return [a, b, c, d];
}

/** High and low word of x·y, out of products of half words. */
function product(x: number, y: number): readonly [number, number] {
  const [xl, xh, yl, yh] = [x & 0xffff, x >>> 16, y & 0xffff, y >>> 16];
  const middle = xh * yl + ((xl * yl) >>> 16);
  const other = xl * yh + (middle % 65536);
  const high = xh * yh + Math.floor(middle / 65536) + Math.floor(other / 65536);
  return [high, Math.imul(x, y) >>> 0];
}
