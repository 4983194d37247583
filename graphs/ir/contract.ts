/** What a pass promises about numerics: the basis of every tolerance (DESIGN, section 5). */
import { type ElementType, unitRoundoff } from './element-type.ts';

export type Contract =
  /** The same value to the bit; NaN equals NaN. */
  | { readonly kind: 'exact' }
  /** The same precision in another order or tree; multiply-add may fuse. */
  | ({ readonly kind: 'reassociates' } & Declared)
  /** Roundings may be skipped (excess precision); values that agreed still agree. */
  | ({ readonly kind: 'widens' } & Declared)
  /** May compute at `type`. */
  | ({ readonly kind: 'narrows'; readonly type: ElementType } & Declared)
  /** Approximate top-k: recall at least `recall`, every value occurs at its index, never the best lost. */
  | ({ readonly kind: 'approximates'; readonly recall: number } & Declared);

/** What a contract other than `exact` may take beside, if it says so. */
export interface Declared {
  /** a / b may be computed as a · (1/b), which rounds twice. */
  readonly reciprocal?: true;
}

export const exact: Contract = { kind: 'exact' };
export const reassociates: Contract & { kind: 'reassociates' } = { kind: 'reassociates' };
export const widens: Contract & { kind: 'widens' } = { kind: 'widens' };
export const narrows = (type: ElementType): Contract => ({ kind: 'narrows', type });
export const approximates = (recall: number): Contract => ({ kind: 'approximates', recall });

/** The same promise, but a quotient may be computed as a product with the reciprocal. */
export function withReciprocal(c: Exclude<Contract, { kind: 'exact' }>): Contract {
  return { ...c, reciprocal: true };
}

export function allowsReciprocal(c: Contract): boolean {
  return c.kind !== 'exact' && c.reciprocal === true;
}

const rank = { exact: 0, reassociates: 1, widens: 2, narrows: 3, approximates: 4 } as const;

/** What two contracts promise together: the one that promises less, with what either declares. */
export function weaker(a: Contract, b: Contract): Contract {
  const one = promisesLess(a, b);
  return one.kind === 'exact' || !(allowsReciprocal(a) || allowsReciprocal(b))
    ? one
    : withReciprocal(one);
}

/** The one of two contracts that promises more; the first where they promise alike. */
export function stronger(a: Contract, b: Contract): Contract {
  return promisesLess(b, a) === b ? a : b;
}

/** The one of two contracts that promises less; the first where they promise alike. */
function promisesLess(a: Contract, b: Contract): Contract {
  if (a.kind === 'narrows' && b.kind === 'narrows') {
    return unitRoundoff(a.type) >= unitRoundoff(b.type) ? a : b;
  }
  if (a.kind === 'approximates' && b.kind === 'approximates') return a.recall <= b.recall ? a : b;
  return rank[a.kind] >= rank[b.kind] ? a : b;
}

/** `narrows(bf16)`, `approximates(0.95)`, `exact`, `reassociates+reciprocal` … */
export function printContract(c: Contract): string {
  return plainText(c) + (allowsReciprocal(c) ? '+reciprocal' : '');
}

function plainText(c: Contract): string {
  if (c.kind === 'narrows') return `narrows(${c.type})`;
  return c.kind === 'approximates' ? `approximates(${c.recall})` : c.kind;
}
