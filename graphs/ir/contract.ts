/** What a pass promises about numerics: the basis of every tolerance (DESIGN, section 5). */
import { type ElementType, unitRoundoff } from './element-type.ts';

/** What a pass promises of every element; see README, "How a verdict is derived". */
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
  /**
   * Equal over the real numbers only: log(exp(x)) may become x. The form before decides what must
   * hold; the roundings of the form after count where both are one real number.
   */
  readonly algebra?: true;
}

/** The same value to the bit. */
export const exact: Contract = { kind: 'exact' };
/** The same precision in another order. */
export const reassociates: Loose = { kind: 'reassociates' };
/** Roundings may be skipped. */
export const widens: Loose = { kind: 'widens' };
/** May compute at a float type. */
export const narrows = (type: ElementType): Contract => ({ kind: 'narrows', type });
/** Approximate top-k of a recall from 0 to 1. */
export const approximates = (recall: number): Contract => ({ kind: 'approximates', recall });

/** A contract that can declare something beside. */
export type Loose = Exclude<Contract, { readonly kind: 'exact' }>;

/** What a contract may declare beside, by its word behind the `+`. */
export type Declaration = keyof Declared;

/** Every declaration, in the order in which they are printed. */
export const declarations: readonly Declaration[] = ['reciprocal', 'algebra'];

/** The same promise with something declared beside. */
export function declaring(c: Loose, ...what: readonly Declaration[]): Loose {
  return { ...c, ...Object.fromEntries(what.map((d) => [d, true])) };
}

/** Whether a contract declares it; `exact` declares nothing. */
export function declares(c: Contract, what: Declaration): boolean {
  return c.kind !== 'exact' && c[what] === true;
}

const rank = { exact: 0, reassociates: 1, widens: 2, narrows: 3, approximates: 4 } as const;

/** What two contracts promise together: the one that promises less, with what either declares. */
export function weaker(a: Contract, b: Contract): Contract {
  const one = promisesLess(a, b);
  if (one.kind === 'exact') return one;
  return declaring(one, ...declarations.filter((d) => declares(a, d) || declares(b, d)));
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
  const beside = declarations.filter((d) => declares(c, d));
  return [plainText(c), ...beside].join('+');
}

function plainText(c: Contract): string {
  if (c.kind === 'narrows') return `narrows(${c.type})`;
  return c.kind === 'approximates' ? `approximates(${c.recall})` : c.kind;
}
