/** The generators of random bits by StableHLO's names and HLO's. */
import type { OpContext } from './op-context.ts';

const rngAlgorithms = {
  DEFAULT: 'rng_default',
  PHILOX: 'rng_philox',
  THREE_FRY: 'rng_three_fry',
} as const;

/** HLO's name of the generator that an op asks for. */
export function rngAlgorithm(o: OpContext): (typeof rngAlgorithms)[keyof typeof rngAlgorithms] {
  const word = o.word(['algorithm', 'rng_algorithm']);
  const known = Object.hasOwn(rngAlgorithms, word);
  if (!known) o.fail('attribute', `no generator is called ${word}`);
  return rngAlgorithms[word as keyof typeof rngAlgorithms];
}
