/** What a pass promises about numerics: the basis of every tolerance (DESIGN, section 5). */
import { type ElementType, unitRoundoff } from './element-type.ts';

export type Contract =
  /** The same value to the bit; NaN equals NaN. */
  | { readonly kind: 'exact' }
  /** The same precision in another order or tree; multiply-add may fuse. */
  | { readonly kind: 'reassociates' }
  /** Roundings may be skipped (excess precision); values that agreed still agree. */
  | { readonly kind: 'widens' }
  /** May compute at `type`. */
  | { readonly kind: 'narrows'; readonly type: ElementType }
  /** Approximate top-k: recall at least `recall`, every value occurs at its index, never the best lost. */
  | { readonly kind: 'approximates'; readonly recall: number };

export const exact: Contract = { kind: 'exact' };
export const reassociates: Contract = { kind: 'reassociates' };
export const widens: Contract = { kind: 'widens' };
export const narrows = (type: ElementType): Contract => ({ kind: 'narrows', type });
export const approximates = (recall: number): Contract => ({ kind: 'approximates', recall });

const rank = { exact: 0, reassociates: 1, widens: 2, narrows: 3, approximates: 4 } as const;

/** The one of two contracts that promises less. */
export function weaker(a: Contract, b: Contract): Contract {
  if (a.kind === 'narrows' && b.kind === 'narrows') {
    return unitRoundoff(a.type) >= unitRoundoff(b.type) ? a : b;
  }
  if (a.kind === 'approximates' && b.kind === 'approximates') return a.recall <= b.recall ? a : b;
  return rank[a.kind] >= rank[b.kind] ? a : b;
}

/** `narrows(bf16)`, `approximates(0.95)`, `exact` … */
export function printContract(c: Contract): string {
  if (c.kind === 'narrows') return `narrows(${c.type})`;
  return c.kind === 'approximates' ? `approximates(${c.recall})` : c.kind;
}
