/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna 2018), seeded by a hash of labels, so that
 * every use has a stream of its own. Only integer and exact arithmetic: the same on every platform.
 */

export interface Random {
  /** Uniform over 32-bit unsigned integers. */
  u32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform over the integers of [lo, hi), hi − lo up to 2^53. */
  integer(lo: number, hi: number): number;
  /** Approximately standard normal, within ±6: the sum of twelve uniforms. */
  normal(): number;
  /** Puts a list in random order, in place, and returns it. */
  shuffle<T>(list: T[]): T[];
}

/** The stream of a seed and labels; other labels give independent streams. */
export function randomOf(seed: number, ...labels: readonly (string | number)[]): Random {
  const next = xoshiro(hash(JSON.stringify([seed, ...labels])));
  const uniform = () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  const integer = (lo: number, hi: number) => lo + Math.floor(uniform() * (hi - lo));
  return {
    u32: next,
    uniform,
    integer,
    normal: () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += next() / 2 ** 32;
      return sum;
    },
    shuffle: (list) => {
      for (let i = list.length - 1; i > 0; i--) {
        const j = integer(0, i + 1);
        [list[i], list[j]] = [list[j]!, list[i]!];
      }
      return list;
    },
  };
}

function xoshiro(state: Uint32Array): () => number {
  const s = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  };
}

function rotate(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** Four words from a text: FNV-1a, then the finaliser of MurmurHash3 for each. */
function hash(text: string): Uint32Array {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return Uint32Array.from({ length: 4 }, () => {
    h = (h + 0x9e3779b9) | 0;
    let z = h ^ (h >>> 16);
    z = Math.imul(z, 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  });
}
