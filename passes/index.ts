/**
 * `assay/passes`: what it takes to write a pass in TypeScript. A pass edits a draft of the module that
 * it is given; a rule rewrites one instruction; a function over text becomes a pass as it is.
 */

export {
  type AddOptions,
  type DraftResult,
  edit,
  ModuleDraft,
  type Replacement,
} from '../graphs/build/draft.ts';
export type { ComputationDraft } from '../graphs/build/draft-computation.ts';
export {
  approximates,
  type Contract,
  exact,
  narrows,
  reassociates,
  widens,
} from '../graphs/ir/contract.ts';
export {
  type Computation,
  type Instruction,
  type InstructionOf,
  instructionsById,
  type Module,
} from '../graphs/ir/module.ts';
export { type ArrayShape, arrayShape, type Shape, sameShape } from '../graphs/ir/shape.ts';
export type { Opcode } from '../graphs/ops/table.ts';
export { algebraicRules, algebraicSimplifier } from './algsimp/algsimp.ts';
export { type Rule, rule, type Site } from './algsimp/rule.ts';
export { type TextRow, type TypeClass, textRule } from './algsimp/text-rule.ts';
export { backendNamed, backends, passes } from './backends.ts';
export { fixpoint } from './pipeline/fixpoint.ts';
export type { Pass } from './pipeline/pass.ts';
export { type Backend, mapPasses, type Pipeline } from './pipeline/pipeline.ts';
export { runPipeline } from './pipeline/runner.ts';
export { textPass } from './text-pass.ts';
