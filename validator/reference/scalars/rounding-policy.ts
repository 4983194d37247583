/**
 * How the reference rounds: to nearest, or at random for Monte-Carlo arithmetic, where each
 * rounding error is drawn anew so that a sample of runs shows how errors correlate.
 */
import { type ElementType, elementTypes, unitRoundoff } from '../../../graphs/ir/element-type.ts';
import { type Rounder, rounder } from '../../../graphs/ir/rounding.ts';

/** To nearest, ties to even; or at random, drawn from the seed. */
export type Rounding = 'nearest' | { readonly seed: number };

/** The rounder of each element type under a policy. */
export type RoundingPolicy = (type: ElementType) => Rounder;

/**
 * nearest: ties to even. With a seed: a value that the type cannot hold is moved by up to one unit
 * roundoff, |v|·u·ξ with ξ uniform in (-1, 1), and then rounded to nearest; values of the type stay.
 * Since everything is computed in f64, f64 itself is never perturbed.
 */
export function roundingPolicy(rounding: Rounding): RoundingPolicy {
  if (rounding === 'nearest') return rounder;
  const uniform = randomUniform(rounding.seed);
  const made = new Map<ElementType, Rounder>();
  return (type) => {
    let round = made.get(type);
    if (!round) {
      round = randomRounder(type, uniform);
      made.set(type, round);
    }
    return round;
  };
}

function randomRounder(type: ElementType, uniform: () => number): Rounder {
  const nearest = rounder(type);
  const { kind } = elementTypes[type];
  if (kind !== 'float' && kind !== 'complex') return nearest;
  const u = unitRoundoff(type);
  return (v) => {
    const rounded = nearest(v);
    if (rounded === v || v !== v || rounded - rounded !== 0) return rounded;
    return nearest(v + Math.abs(v) * u * (2 * uniform() - 1));
  };
}

/** Uniform numbers in [0, 1) from a seed: a counter through an integer hash (splitmix32). */
export function randomUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
