/**
 * The library: what a program needs to read modules, run them, generate inputs and judge passes.
 * `assay/vitest` holds what a test file needs beyond this.
 */
export { defaultCases, type GoldenCase, generateCase } from '../golden/cases.ts';
export { type CaseKind, caseKinds, defaultKinds } from '../golden/kinds.ts';
export { readSafetensors, type TensorFile, writeSafetensors } from '../golden/safetensors.ts';
export {
  approximates,
  type Contract,
  exact,
  narrows,
  printContract,
  reassociates,
  widens,
} from '../graphs/ir/contract.ts';
export { AssayError, type Diagnostic, formatDiagnostic } from '../graphs/ir/diagnostic.ts';
export type { Computation, Instruction, Module } from '../graphs/ir/module.ts';
export type { Shape } from '../graphs/ir/shape.ts';
export { type Tensor, tensor, tensorOf, tupleValue, type Value } from '../graphs/ir/tensor.ts';
export { parseModule } from '../graphs/text/parser.ts';
export { printModule } from '../graphs/text/printer.ts';
export { assertVerified, verifyModule } from '../graphs/verify/verify.ts';
export type { ZooModel } from '../graphs/zoo/model.ts';
export { zoo, zooModel } from '../graphs/zoo/zoo.ts';
export { backendNamed, backends, passes } from '../passes/backends.ts';
export type { Pass } from '../passes/pass.ts';
export { type Backend, mapPasses, type Pipeline } from '../passes/pipeline.ts';
export { runPipeline } from '../passes/runner.ts';
export { type DumpOptions, validateDump } from './dump/validate-dump.ts';
export { liftValue, runExact } from './exact/run.ts';
export type { ElementVerdict, Judgement, VerdictKind } from './judge/verdict.ts';
export { runReference } from './reference/run.ts';
export { type ReplicaOptions, runReplicas } from './replicas/run.ts';
export { formatDump } from './report/dump-text.ts';
export type { TextOptions } from './report/open.ts';
export { formatCompare, formatFinding, formatValidate, toJson } from './report/text.ts';
export { type SessionCase, sessionCase } from './session/case.ts';
export { type CompareReport, compareModules } from './session/compare.ts';
export { compareDistributions, type DistributionReport } from './session/compare-distributions.ts';
export type {
  Finding,
  FindingCase,
  JudgedCase,
  OpenDecision,
  Skipped,
} from './session/finding.ts';
export { groupFindings } from './session/group-findings.ts';
export { combinations, type Sizes, type Sweep } from './session/sweep.ts';
export { type ValidateReport, validate } from './session/validate.ts';
export { type GraphJob, type GraphReport, validateGraph } from './session/validate-graph.ts';
