/**
 * The record of a gate: what was run, what came of it and why it passes or not. Every report is made
 * of it and of nothing else. Its fields are an interface: added to, never renamed.
 */
import type { Unreached } from '../coverage/reached.ts';
import type { Finding, Skipped } from '../findings/finding.ts';
import type { KindRun } from '../findings/kinds-run.ts';
import type { FailedOutcome } from '../toolchains/toolchain.ts';
import type { Shown, VerdictKind } from '../verdict/verdict.ts';

/** Version of the record: another one where a field means something else. */
export const gateFormat = 'assay-gate-1';

/** What a gate was asked, what it found, and how it ends. */
export interface GateRecord {
  readonly format: typeof gateFormat;
  /** Version of Assay. */
  readonly assay: string;
  /** What is under test; null where recorded results are. */
  readonly toolchain: GateSubject | null;
  readonly baseline: GateSubject | null;
  /** Folder of recorded goldens, where the cases are those. */
  readonly goldens: string | null;
  /** The dispatcher whose variants are judged; absent where there is none. */
  readonly dispatcher?: string;
  readonly contract: string;
  readonly seed: number;
  readonly allowed: Allowed;
  /** `not judged`: nothing fails, but something that was asked for could not be judged. */
  readonly outcome: 'passed' | 'failed' | 'not judged';
  /** Why it did not pass, in a sentence each. */
  readonly failures: readonly string[];
  /** The gravest verdict on any output; an outcome other than `ok` is no verdict. */
  readonly verdict: VerdictKind;
  /** Elements of outputs, the share of them (0 to 1) that the data decide, and those that they do not. */
  readonly checked: number;
  readonly decided: number;
  readonly undecided: number;
  readonly graphs: readonly GateGraph[];
  readonly findings: readonly GateFinding[];
  readonly skipped: readonly Skipped[];
}

/** A toolchain and how it was asked to compile. */
export interface GateSubject {
  readonly spec: string;
  /** Null: the toolchain's own default. */
  readonly level: string | null;
  readonly disabled: readonly string[];
  /** What a reader of its results must know. */
  readonly notes: readonly string[];
}

/** What the gate lets pass. */
export interface Allowed {
  /** Percentage of the checked elements that may stay undecided. */
  readonly maxUndecided: number;
  /** Factor by which errors may grow against the baseline; null: any. */
  readonly maxGrowth: number | null;
  readonly suspect: boolean;
}

/** How a graph came out: `open` where something stayed undecided; `not judged` with the reason. */
export type GraphState = 'passed' | 'failed' | 'open' | 'not judged';

/** One graph of a gate. */
export interface GateGraph {
  /** As the user named it. */
  readonly graph: string;
  readonly state: GraphState;
  /** Why it was not judged. */
  readonly why?: string;
  readonly verdict: VerdictKind;
  readonly checked: number;
  readonly undecided: number;
  /** Why elements are undecided. */
  readonly reasons: readonly string[];
  /** Findings that the baseline has as well. */
  readonly known: number;
  /** One a case, in their order. */
  readonly outcomes: readonly GateOutcome[];
  readonly steps: readonly GateStep[];
  readonly kinds: readonly KindRun[];
  /** Code of the graph that no case executes. */
  readonly unreached: readonly Unreached[];
}

/** What became of one case in the toolchain and in the baseline. */
export interface GateOutcome {
  readonly case: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly baseline?: Outcome;
}

/** How a case ended in a toolchain. */
export type Outcome = 'ok' | FailedOutcome;

/**
 * What a verdict is about: the graph as the toolchain rewrote it; the outputs of its kernels, held
 * against that graph; or the outputs, held against the graph as given, whoever is at fault.
 */
export type StepName = 'rewriting' | 'kernels' | 'result' | 'variants';

/** One step of a compiler on one graph. */
export interface GateStep {
  readonly step: StepName;
  readonly verdict: VerdictKind;
  readonly checked: number;
  readonly undecided: number;
  /** One an output; of a rewriting one for the graph. */
  readonly outputs: readonly GateOutput[];
}

/** One output of a step on all cases. */
export interface GateOutput {
  /** Position, depth first; -1 for a graph as a whole. */
  readonly output: number;
  /** The model's own name of it. */
  readonly name: string;
  /** `f32[2,3]`; empty for a graph. */
  readonly shape: string;
  readonly verdict: VerdictKind;
  readonly cases: readonly OutputCase[];
  /** Against the baseline, where growth is limited. */
  readonly growth?: Growth;
}

/** One output on one case. */
export interface OutputCase {
  readonly case: string;
  readonly verdict: VerdictKind;
  /** |result − exact| / budget of the gravest element; 0 where the bits are those of the reference. */
  readonly budgetUse: Shown;
  readonly elements: number;
  readonly undecided: number;
  readonly baseline?: { readonly verdict: VerdictKind; readonly budgetUse: Shown };
}

/** How the error of an output grew: root mean squares of |result − exact| / budget over all cases. */
export interface Growth {
  readonly factor: Shown;
  readonly error: number;
  readonly baseline: number;
}

/** What a finding is of: stable names, `assay/…` in SARIF. */
export type Rule =
  | StepName
  | 'shape'
  | 'error'
  | 'crashed'
  | 'timed-out'
  | 'out-of-memory'
  | 'growth'
  | 'golden'
  | RoutingRule;

/** What a dispatcher may get wrong. */
export type RoutingRule = 'no-rule' | 'cannot-hold' | 'misrouted' | 'sticky';

/** One finding of a gate: of a graph, a step and an output. */
export interface GateFinding extends Omit<Finding, 'kind'> {
  /** As in other reports; `outcome`: there is no output to judge; `golden`: one cannot be used. `routing`: of a dispatcher. */
  readonly kind: Finding['kind'] | 'shape' | 'outcome' | 'growth' | 'golden' | 'routing';
  readonly rule: Rule;
  /** `NAME@VERSION`, or `goldens`. */
  readonly toolchain: string;
  /** The model's name of the output; empty for a graph as a whole. */
  readonly name: string;
  /** True where the baseline gets it wrong as well, in which case it fails no gate. */
  readonly known: boolean;
  /** Whether this finding fails the gate. */
  readonly fails: boolean;
  /** What the baseline gave for the element, and how that was judged. */
  readonly baseline?: BaselineElement;
  /** Where in the tensor the result differs, on the worst case. */
  readonly map?: ErrorMap;
}

/** What the baseline gave where the finding is. */
export interface BaselineElement {
  readonly verdict: VerdictKind;
  readonly value?: Shown;
  readonly budgetUse: Shown;
}

/** Budget use over a tensor: the last dimension across, all others down, cells binned by maximum. */
export interface ErrorMap {
  readonly dims: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** Row-major; 1 is the limit, Infinity where the budget is zero. */
  readonly cells: readonly number[];
}
