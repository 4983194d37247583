/** Findings: what a report says went wrong, where, and how to see it again. */
import type { ElementVerdict, Judgement, Shown, VerdictKind } from '../verdict/verdict.ts';

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
   * output as a distribution (`before` and `after` are then the mass of the rare tokens), an act on
   * the world outside, a promise to later passes (`before` and `after` are then lines of the modules,
   * empty where a side has none, unless what an act sends is another value).
   */
  readonly kind:
    | 'region'
    | 'agreement'
    | 'end-to-end'
    | 'broken'
    | 'distribution'
    | 'effect'
    | 'promise';
  readonly contract: string;
  /** Elements of the region's output that lie outside. */
  readonly outside: number;
  /** Unified diff of the changed region. */
  readonly diff: string;
  /** One sentence where there is more to say. */
  readonly note: string;
  /** Where the user wrote it, as the module's metadata has it: `jit(f)/add, model.py:12`. */
  readonly source?: string;
  /** All cases that show it, the worst first; `case` and the numbers above are those of the first. */
  readonly cases?: readonly FindingCase[];
}

/** What a finding is on one case. */
export interface FindingCase {
  readonly case: string;
  readonly verdict: VerdictKind;
  /** Elements that lie outside. */
  readonly outside: number;
  readonly budgetUse: Shown;
}

/** Something that was not judged, and why. */
export interface Skipped {
  readonly what: string;
  readonly why: string;
  /** True where a change was left unjudged by this; absent where there was none. */
  readonly open?: true;
}

/** A decision that faithful executions take either way, so that what depends on it stays undecided. */
export interface OpenDecision {
  /** The instruction that decides: a compare, a floor, a sort … */
  readonly instruction: string;
  /** Index of its element. */
  readonly index: readonly number[];
  /** Mean distance from the threshold, signed by the side that it lies on. */
  readonly margin: number;
  /** Standard deviation of that distance; 0 where all executions agree. */
  readonly spread: number;
  /** The case in which it is open. */
  readonly case: string;
  /** What it decides, and why it stays open. */
  readonly why: string;
}

/** How one change came out on one case. */
export interface JudgedCase {
  readonly case: string;
  readonly verdict: VerdictKind;
  /** The gravest element, undecided ones included. */
  readonly worst: ElementVerdict | null;
  /** Elements held against a budget, and those of them that the data decide. */
  readonly elements: number;
  readonly decided: number;
  /** Why the others are undecided; empty where there are none. */
  readonly reasons: readonly string[];
}

/** A judgement as the report of its case. */
export function judgedCase(
  name: string,
  { verdict, worst, elements, decided }: Judgement,
  reasons: readonly string[],
): JudgedCase {
  return { case: name, verdict, worst, elements, decided, reasons };
}

/** Element counts of many judgements. */
export interface Counts {
  readonly checked: number;
  readonly decided: number;
  readonly ties: number;
}

/** Counts of nothing. */
export const noCounts: Counts = { checked: 0, decided: 0, ties: 0 };

/** Counts of several things together. */
export function sumCounts(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, c) => ({
      checked: sum.checked + c.checked,
      decided: sum.decided + c.decided,
      ties: sum.ties + c.ties,
    }),
    noCounts,
  );
}

/** `a` with the elements of a judgement; all of them count as checked. */
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
