/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna 2018), seeded by a hash of labels, so that
 * every use has a stream of its own. Only integer and exact arithmetic: the same on every platform.
 */

/** Random numbers of a seed. */
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
  shuffle<L extends unknown[] | Float64Array>(list: L): L;
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
        const moved = list[i]!;
        list[i] = list[j]!;
        list[j] = moved;
      }
      return list;
    },
  };
}

/** Numbers that are drawn ahead: few at first, since most streams are short. */
const [fewAhead, mostAhead] = [16, 4096];

function xoshiro(state: Uint32Array): () => number {
  let ahead = new Uint32Array(0);
  let at = 0;
  return () => {
    if (at === ahead.length) {
      const size = Math.min(mostAhead, Math.max(fewAhead, 2 * at));
      if (size !== at) ahead = new Uint32Array(size);
      advance(state, ahead);
      at = 0;
    }
    return ahead[at++]!;
  };
}

/** Fills a list with what a state gives next. */
function advance(state: Uint32Array, into: Uint32Array): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number];
  for (let i = 0; i < into.length; i++) {
    into[i] = Math.imul(rotate(Math.imul(b, 5), 7), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
  }
  state.set([a, b, c, d]);
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
