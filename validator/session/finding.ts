/** Findings: what a report says went wrong, where, and how to see it again. */
import type { Shown, VerdictKind } from '../judge/verdict.ts';

/** One finding; the fields are an interface (DESIGN, section 7): added to, never renamed. */
export interface Finding {
  readonly graph: string;
  readonly backend: string;
  /** The pass that changed the result; `(pipeline)` for the end-to-end check of a whole pipeline. */
  readonly pass: string;
  /** Position of the pass in the pipeline, or of the state in a dump; -1 for the whole pipeline. */
  readonly step: number;
  readonly case: string;
  /** Sizes by name, where the graph was swept over them. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** The instruction after the pass whose value is wrong. */
  readonly instruction: string;
  /** Which array of the instruction's value, depth first. */
  readonly output: number;
  readonly index: readonly number[];
  readonly before: Shown;
  readonly after: Shown;
  readonly exact: Shown;
  readonly budgetUse: Shown;
  readonly verdict: VerdictKind;
  /** The command line that shows it again. */
  readonly replay: string;
  /**
   * What was checked: a changed region, agreement of split values, the run from end to end, an
   * output as a distribution (`before` and `after` are then the mass of the rare tokens).
   */
  readonly kind: 'region' | 'agreement' | 'end-to-end' | 'broken' | 'distribution';
  readonly contract: string;
  /** Elements of the region's output that lie outside. */
  readonly outside: number;
  /** Unified diff of the changed region. */
  readonly diff: string;
  /** One sentence where there is more to say. */
  readonly note: string;
}

/** Something that was not judged, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
}

/** Element counts of many judgements. */
export interface Counts {
  readonly checked: number;
  readonly decided: number;
  readonly ties: number;
}

export const noCounts: Counts = { checked: 0, decided: 0, ties: 0 };

export function addCounts(
  a: Counts,
  b: { readonly elements: number; readonly decided: number; readonly ties: number },
): Counts {
  return {
    checked: a.checked + b.elements,
    decided: a.decided + b.decided,
    ties: a.ties + b.ties,
  };
}

/** Share of the checked elements that the data decide; 1 where nothing was checked. */
export function decidedShare({ checked, decided }: Counts): number {
  return checked === 0 ? 1 : decided / checked;
}
