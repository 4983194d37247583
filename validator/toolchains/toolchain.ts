/**
 * What every toolchain offers, whatever compiler stands behind it: a graph in the toolchain's own
 * format and cases in, outputs or an outcome per case out. A run never throws for what the compiler
 * does; a segfault or a hang is a result.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';

/** An outside compiler at one version. */
export interface Toolchain {
  /** `NAME@VERSION`. */
  readonly spec: string;
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  /** Why nothing can run here, where that is so; all runs are `unavailable` then. */
  readonly unavailable?: string;
  /** Compiles the graph and runs the cases, in child processes. */
  run(
    graph: Uint8Array,
    cases: readonly ToolchainCase[],
    knobs?: Knobs,
    limits?: Partial<RunLimits>,
  ): Promise<ToolchainRun>;
}

/** What a version can do. Knobs that it would ignore in silence are listed as absent. */
export interface Capabilities {
  /** Formats of the graphs that it takes. */
  readonly formats: readonly 'onnx'[];
  /** Levels of optimisation that may be asked for, the least first. */
  readonly levels: readonly string[];
  /** False where the version takes a level and optimises as it likes: never bisect by it there. */
  readonly obeysLevel: boolean;
  /** Whether single optimisers can be switched off. */
  readonly disablesOptimizers: boolean;
  /** Whether the optimised graph can be had. */
  readonly savesOptimized: boolean;
  /** Element types that inputs and outputs may have. */
  readonly types: readonly ElementType[];
  /** Facts of this version that a reader of its results must know. */
  readonly notes: readonly string[];
}

/** What a run may turn. */
export interface Knobs {
  /** One of `capabilities.levels`; without it, the toolchain's own default. */
  readonly level?: string;
  /** Optimisers that are switched off, by the toolchain's own names. */
  readonly disabledOptimizers?: readonly string[];
  /** Asks for the graph as the toolchain left it. */
  readonly saveOptimized?: boolean;
  /** Asks for the toolchain's log of optimisers, in `ToolchainRun.optimizers`. */
  readonly logOptimizers?: boolean;
}

/**
 * What a child may take; it is ended where it takes more, and a new one goes on with the next case.
 */
export interface RunLimits {
  /** Seconds for each step: loading with compiling, and every case. */
  readonly seconds: number;
  /** Bytes of resident memory of the child process. */
  readonly memory: number;
}

/** A minute a step, and 4 GiB. */
export const defaultRunLimits: RunLimits = { seconds: 60, memory: 4 * 2 ** 30 };

/** Inputs to run on, under a name. */
export interface ToolchainCase {
  readonly name: string;
  /** By the graph's names of its inputs. */
  readonly inputs: ReadonlyMap<string, Tensor>;
}

/**
 * `error`: the toolchain itself said no. `crashed`: its process ended before it had a result.
 * `unavailable`: nothing was run, since this version or machine cannot.
 */
export type FailedOutcome = 'error' | 'crashed' | 'timed out' | 'out of memory' | 'unavailable';

/** A case without outputs, and whose fault that is. */
export interface Failed {
  readonly outcome: FailedOutcome;
  /** One line for people. */
  readonly reason: string;
  /** Whether it loaded and compiled the graph, or ran a case; absent where nothing was run. */
  readonly at?: 'load' | 'run';
}

/** A case that ran. */
export interface Succeeded {
  readonly outcome: 'ok';
  /** By the graph's names of its outputs, in the toolchain's order. */
  readonly outputs: ReadonlyMap<string, Tensor>;
}

/** What became of a case, by its name. */
export type CaseResult = { readonly case: string } & (Succeeded | Failed);

/** What an optimiser did, as the toolchain's log tells; in order. */
export interface OptimizerEntry {
  readonly name: string;
  readonly modified: boolean;
}

/** What a run gave. */
export interface ToolchainRun {
  readonly spec: string;
  readonly knobs: Knobs;
  /** One a case, in their order. */
  readonly results: readonly CaseResult[];
  /** What a reader must know of these results, e.g. that the level was ignored. */
  readonly notes: readonly string[];
  /** The last that the library printed, at most 256 KiB each (4 MiB with `logOptimizers`). */
  readonly stdout: string;
  readonly stderr: string;
  /** The graph as the toolchain left it, where it was asked for and compiled. */
  readonly optimized?: Uint8Array;
  /** The optimisers in their order, where they were asked for. */
  readonly optimizers?: readonly OptimizerEntry[];
}
