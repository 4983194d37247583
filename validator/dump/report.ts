/** What `assay dump` reports: per module, per transition, and summed up. */

import type { Diagnostic } from '../../graphs/ir/diagnostic.ts';
import type { Unreached } from '../coverage/reached.ts';
import type { Counts, Finding, JudgedCase, OpenDecision, Skipped } from '../findings/finding.ts';
import type { Judgement, VerdictKind } from '../verdict/verdict.ts';

/** One change from a state to the next that differs in meaning, judged on all cases. */
export interface TransitionReport {
  /** The pass as XLA names it, or a gap: `(before simplification)`, `(after optimizations)`. */
  readonly pass: string;
  /** Step of the state after it; -1 for before_optimizations, and one more than the last at the end. */
  readonly step: number;
  /** File of the state after it. */
  readonly file: string;
  readonly contract: string;
  /** What must be known to read the blame right: a gap, an unknown pass, absent steps. */
  readonly note: string;
  readonly verdict: VerdictKind;
  readonly regions: number;
  /** Inferred pairs of values that the data contradicted, and that were not used. */
  readonly contradicted: number;
  readonly counts: Counts;
  /** How each case came out. */
  readonly cases?: readonly JudgedCase[];
  /** Decisions that no case's sampled margins settle. */
  readonly open?: readonly OpenDecision[];
}

/** A whole result held against the exact result of before_optimizations. */
export interface WholeReport {
  /** `recorded outputs`: what XLA computed; `last state`: the last state, run by the reference. */
  readonly what: 'recorded outputs' | 'last state';
  readonly case: string;
  readonly judgement: Judgement;
  /** Why elements are undecided. */
  readonly reasons?: readonly string[];
  /** Decisions that the sampled margins do not settle. */
  readonly open?: readonly OpenDecision[];
}

/** What validating one module of a dump gave. */
export interface DumpModuleReport {
  /** `module_0044.jit_f`. */
  readonly module: string;
  readonly folder: string;
  readonly cases: readonly string[];
  readonly states: number;
  /** States that mean the same as the one before, told by their flow. */
  readonly unchanged: number;
  readonly transitions: readonly TransitionReport[];
  readonly wholes: readonly WholeReport[];
  readonly verdict: VerdictKind;
  readonly counts: Counts;
  /** Code of the first state that no case executes. */
  readonly unreached: readonly Unreached[];
  readonly findings: readonly Finding[];
  readonly skipped: readonly Skipped[];
  readonly errors: readonly Diagnostic[];
  readonly unknownPasses: readonly string[];
}

/** The whole dump, the form of `assay dump --json`. */
export interface DumpReport {
  readonly verdict: VerdictKind;
  /** Elements that were held against a budget. */
  readonly checked: number;
  /** Share of them, 0 to 1, that the data decide. */
  readonly decided: number;
  /** Elements that stayed undecided. */
  readonly undecided: number;
  readonly ties: number;
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
  /** States that could not be read: bad input, exit code 2. */
  readonly errors: readonly Diagnostic[];
  /** Passes that the contract table does not know; they were held to `reassociates`. */
  readonly unknownPasses: readonly string[];
  readonly modules: readonly DumpModuleReport[];
}
