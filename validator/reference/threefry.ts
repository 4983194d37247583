/**
 * The threefry2x32 hash of 20 rounds (Salmon et al., SC 2011), which JAX's GPU custom call computes:
 * a deterministic function of key and counter, so a plain op.
 */

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/** The two words of the hash of (x0, x1) under the key (k0, k1); all are u32. */
export function threefry2x32(
  k0: number,
  k1: number,
  x0: number,
  x1: number,
): readonly [number, number] {
  const key = [k0, k1, k0 ^ k1 ^ parity];
  let a = (x0 + k0) | 0;
  let b = (x1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = rotations[round % 8];
    a = (a + b) | 0;
    b = ((b << r) | (b >>> (32 - r))) ^ a;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      a = (a + key[group % 3]) | 0;
      b = (b + key[(group + 1) % 3] + group) | 0;
    }
  }
  return [a >>> 0, b >>> 0];
}
