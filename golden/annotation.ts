/**
 * What a parameter says of its own values: `frontend_attributes={assay.input="weight:64"}`.
 *
 *     index:N       integers of [0, N)
 *     range:LO:HI   numbers of [LO, HI]; integers of [LO, HI]
 *     weight:N      scaled by the power of two next to 1/sqrt(N), N being the fan-in
 *     scale:S       scaled by the power of two next to S
 *     positive      greater than zero
 *     probability   not negative, each row (last dimension) summing to between 1/2 and 1
 *     any           nothing said
 *
 * Only `any` and `scale` may be NaN or infinite: a weight mixes into everything, and the others are
 * statements about numbers.
 *
 * For a tuple parameter: one for each leaf, comma-separated, or one for all. Scales are powers of
 * two so that ties, near-ties and lattices stay what they are.
 */
import { byName } from '../graphs/ir/by-name.ts';
import { fail } from '../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../graphs/ir/module.ts';

/** What a parameter's name says of its values. */
export type Annotation =
  | { readonly kind: 'any' | 'positive' | 'probability' }
  | { readonly kind: 'range'; readonly lo: number; readonly hi: number }
  | { readonly kind: 'weight' | 'scale'; readonly factor: number };

const any: Annotation = { kind: 'any' };

const grammar: Readonly<Record<string, (numbers: readonly number[]) => Annotation | undefined>> =
  byName({
    any: () => any,
    positive: () => ({ kind: 'positive' }),
    probability: () => ({ kind: 'probability' }),
    index: ([n]) => (n! >= 1 ? { kind: 'range', lo: 0, hi: n! - 1 } : undefined),
    range: ([lo, hi]) => (lo! <= hi! ? { kind: 'range', lo: lo!, hi: hi! } : undefined),
    weight: ([n]) =>
      n! >= 1 ? { kind: 'weight', factor: powerOfTwo(1 / Math.sqrt(n!)) } : undefined,
    scale: ([s]) => (s! > 0 ? { kind: 'scale', factor: powerOfTwo(s!) } : undefined),
  });

/** The annotation of one leaf of a parameter; `any` where it has none. */
export function annotationOf(parameter: InstructionOf<'parameter'>, leaf: number): Annotation {
  const attributes = parameter.extras.frontend_attributes;
  const text = attributes?.match(/assay\.input="([^"]*)"/)?.[1];
  if (text === undefined) return any;
  const parts = text.split(',');
  const part = parts.length === 1 ? parts[0] : parts[leaf];
  const [word = '', ...rest] = (part ?? 'any').trim().split(':');
  const numbers = rest.map(Number);
  const known = Object.hasOwn(grammar, word) && numbers.every(Number.isFinite);
  const found = known ? grammar[word]!(numbers) : undefined;
  return (
    found ??
    fail(
      'golden/annotation',
      `parameter ${parameter.name}: assay.input="${text}" is not one of index:N, range:LO:HI, ` +
        'weight:N, scale:S, positive, probability, any',
      parameter.position ? { position: parameter.position } : {},
    )
  );
}

function powerOfTwo(x: number): number {
  return 2 ** Math.round(Math.log2(x));
}
