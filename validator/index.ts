/**
 * The library: what a program needs to read modules, run them, generate inputs and judge passes.
 * `assay/vitest` holds what a test file needs beyond this.
 */
export { defaultCases, type GoldenCase, generateCase } from '../golden/cases.ts';
export { type CaseKind, caseKinds, defaultKinds } from '../golden/kinds/kinds.ts';
export { readSafetensors, type TensorFile, writeSafetensors } from '../golden/store/safetensors.ts';
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
export type { Pass } from '../passes/pipeline/pass.ts';
export { type Backend, mapPasses, type Pipeline } from '../passes/pipeline/pipeline.ts';
export { runPipeline } from '../passes/pipeline/runner.ts';
export { textPass } from '../passes/text-pass.ts';
export { type ReplicaOptions, runReplicas } from './devices/run.ts';
export { type DumpOptions, validateDump } from './dump/validate-dump.ts';
export { fromPlainValue, runExact } from './exact/run.ts';
export type {
  Finding,
  FindingCase,
  JudgedCase,
  OpenDecision,
  Skipped,
} from './findings/finding.ts';
export { groupFindings } from './findings/group-findings.ts';
export { gate } from './gate/gate.ts';
export type { GateInput, GateJob, GraphSource } from './gate/job.ts';
export type { GateFinding, GateGraph, GateRecord } from './gate/record.ts';
export { runReference } from './reference/run.ts';
export { formatDump } from './report/dump-text.ts';
export { formatGate } from './report/gate-text.ts';
export type { TextOptions } from './report/open.ts';
export { formatCompare, formatFinding, formatValidate, toJson } from './report/text.ts';
export { compareVersions } from './toolchains/spec.ts';
export type {
  Capabilities,
  CaseResult,
  Knobs,
  RunLimits,
  Toolchain,
  ToolchainCase,
  ToolchainRun,
} from './toolchains/toolchain.ts';
export { addToolchain, listToolchains, openToolchain } from './toolchains/toolchains.ts';
export { type SessionCase, sessionCase } from './validation/case.ts';
export { type CompareReport, compareModules } from './validation/compare.ts';
export {
  compareDistributions,
  type DistributionReport,
} from './validation/compare-distributions.ts';
export { combinations, type Sizes, type Sweep } from './validation/sweep.ts';
export { type GraphJob, type GraphReport, validateGraph } from './validation/validate-graph.ts';
export { type ValidateReport, validate } from './validation/validate-graphs.ts';
export type { ElementVerdict, Judgement, VerdictKind } from './verdict/verdict.ts';
