/**
 * What a validation is given: a first state, the steps from state to state with what each promises,
 * and the cases to judge them on. Two modules to compare are a list of two states, a pipeline is one
 * of recorded steps, a dump one of steps of which only the texts are known.
 */

import type { Replacement } from '../../graphs/build/draft.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';
import type { Value } from '../../graphs/ir/tensor.ts';
import type { Limits } from '../limits/limits.ts';
import type { SessionCase } from './case.ts';

/** Where a change stands, for the reports. */
export interface Place {
  /** The graph, or the module of a dump. */
  readonly graph: string;
  readonly backend: string;
  readonly pass: string;
  /** Position in the pipeline or dump; -1 for the whole. */
  readonly step: number;
  /** What must be known to read the blame right; empty where the pass's name says it. */
  readonly note: string;
}

/** Something that can be blamed: where it stands, and the command that shows it again. */
export interface Blamed {
  readonly place: Place;
  /** The line that replays a case; without one, whatever the command runs. */
  readonly replay: (c?: SessionCase) => string;
}

/** One step: the module that it led to, and what it promises. */
export interface Step extends Blamed {
  readonly module: Module;
  readonly contract: Contract;
  /** What the pass recorded of its rewrites; without it, pairs of values are inferred. */
  readonly replacements?: readonly Replacement[];
  /**
   * The cases from here on, where the module takes other parameters or gives another result than the
   * one before: the two cannot be held against each other, and the way starts anew.
   */
  readonly cases?: readonly SessionCase[];
}

/** A step that led to no module. */
export interface BrokenStep extends Blamed {
  readonly why: string;
}

/** A whole result, held against the first state. */
export interface Whole extends Blamed {
  /** What a report calls it where it is not judged. */
  readonly what: string;
}

/** The last state's own result. */
export interface LastResult extends Whole {
  /** What the whole way may do at the least; what its steps may do comes to it. */
  readonly contract: Contract;
}

/** A result of the first state that somebody else computed. */
export interface RecordedResult extends Whole {
  readonly contract: Contract;
  /** The result and the case that it is of, or why there is none. */
  readonly result:
    | { readonly case: SessionCase; readonly value: Value }
    | { readonly missing: string };
}

/** A list of states with contracts, and what to judge it on. */
export interface StateList<S extends Step = Step> {
  readonly first: Module;
  readonly cases: readonly SessionCase[];
  /** The way from the first state on; read one by one, each once the one before was judged. */
  readonly steps: Iterable<S>;
  /** Where the list ends because a pass broke the module. */
  readonly broken?: BrokenStep | undefined;
  /** Whole results to judge against the first state; without it, steps are judged only. */
  readonly endToEnd?: {
    readonly last: LastResult;
    readonly recorded?: RecordedResult | undefined;
  };
  /** Bounds of loops and sizes; the reference's own where absent. */
  readonly limits?: Limits | undefined;
  /**
   * True where the states are texts that another compiler printed: constants may be left out of them,
   * and what cannot be run is not judged, and is nobody's fault.
   */
  readonly printed?: boolean;
  /** See Transition. */
  readonly weakNames?: true;
}
