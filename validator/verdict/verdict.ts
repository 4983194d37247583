/** Verdicts (DESIGN, section 2) and their order. */
import type { ElementType } from '../../graphs/ir/element-type.ts';

/** From the least grave to the gravest. */
export type VerdictKind = 'identical' | 'within' | 'tie' | 'undecided' | 'suspect' | 'beyond';

const severity: Record<VerdictKind, number> = {
  identical: 0,
  within: 1,
  tie: 2,
  undecided: 3,
  suspect: 4,
  beyond: 5,
};

/** The graver of two verdicts. */
export function moreSevere(a: VerdictKind, b: VerdictKind): VerdictKind {
  return severity[a] >= severity[b] ? a : b;
}

/** Whether one verdict is graver than another. */
export function isGraver(a: VerdictKind, b: VerdictKind): boolean {
  return severity[a] > severity[b];
}

/** What a gate fails on. */
export function isFinding(verdict: VerdictKind): boolean {
  return verdict === 'suspect' || verdict === 'beyond';
}

/** A number as the report shows it: text for what JSON has no number for. */
export type Shown = number | string;

/** One element held against its budget. */
export interface ElementVerdict {
  readonly verdict: VerdictKind;
  /** Which array of a tuple, depth first; 0 for a plain array. */
  readonly output: number;
  readonly type: ElementType;
  /** Multi-dimensional index of the element; complex elements have one verdict. */
  readonly index: readonly number[];
  readonly before: Shown;
  readonly after: Shown;
  readonly exact: Shown;
  /** |after - exact| / budget; 1 is the limit, Infinity where the budget is zero. */
  readonly budgetUse: number;
  /** The budget itself, in the units of the value. */
  readonly budget: number;
}

/** A value held against its budget. */
export interface Judgement {
  readonly verdict: VerdictKind;
  readonly elements: number;
  /** Elements of which the data decide: identical, within or a finding. */
  readonly decided: number;
  readonly ties: number;
  /** Elements that are suspect or beyond. */
  readonly outside: number;
  /** The gravest element; of equally grave ones that of the largest budget use. Null if identical. */
  readonly worst: ElementVerdict | null;
  /** Of approximate selections: what they found of what they should have. */
  readonly recall?: RecallCount;
}

/** Elements of the true top k that approximate selections found. */
export interface RecallCount {
  readonly hits: number;
  /** Elements that there were to be found: k a row. */
  readonly wanted: number;
  /** The recall that was promised, 0 to 1. */
  readonly target: number;
}

/** Of no elements: there is nothing that differs. */
export const nothingJudged: Judgement = {
  verdict: 'identical',
  elements: 0,
  decided: 0,
  ties: 0,
  outside: 0,
  worst: null,
};

/** Several judgements as one. */
export function combine(judgements: readonly Judgement[]): Judgement {
  return judgements.reduce(
    (sum, j) => ({
      verdict: moreSevere(sum.verdict, j.verdict),
      elements: sum.elements + j.elements,
      decided: sum.decided + j.decided,
      ties: sum.ties + j.ties,
      outside: sum.outside + j.outside,
      worst: moreSevereElement(sum.worst, j.worst),
    }),
    nothingJudged,
  );
}

/** The graver of two; of equally grave ones that with the larger budget use, else `a`. */
export function moreSevereElement(
  a: ElementVerdict | null,
  b: ElementVerdict | null,
): ElementVerdict | null {
  if (!a || !b) return a ?? b;
  const by = severity[a.verdict] - severity[b.verdict] || a.budgetUse - b.budgetUse;
  return by >= 0 ? a : b;
}
