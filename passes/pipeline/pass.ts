/**
 * What a pass is: a named pure function from module to module with a numeric promise. A pass reads
 * the module that it is given, writes into a draft, and knows nothing of verification, dumping or
 * bisecting: that is the runner's business.
 */

import type { DraftResult } from '../../graphs/build/draft.ts';
import type { Contract } from '../../graphs/ir/contract.ts';
import type { Module } from '../../graphs/ir/module.ts';

/** A named function from module to module with a promise about numerics. */
export interface Pass {
  /** The name that XLA gives the pass, or would. */
  readonly name: string;
  /** The weakest promise of any rewrite of the pass; a replacement may carry a stronger one. */
  readonly contract: Contract;
  /** One line for lists and reports. */
  readonly summary: string;
  /** The module after the pass and what was replaced by what. Never throws on a valid module. */
  run(module: Module): DraftResult;
}
