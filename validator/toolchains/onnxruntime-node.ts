/**
 * ONNX Runtime's package for Node: the CPU library lies inside the npm package of each version. The
 * facts by version were learned by running them (and 1.8 and 1.9 hold no library at all).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../graphs/ir/diagnostic.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { installedFolder } from './cache.ts';
import { runCases } from './run-cases.ts';
import { compareVersions, type Spec } from './spec.ts';
import {
  type Capabilities,
  type CaseResult,
  defaultRunLimits,
  type Knobs,
  type OptimizerEntry,
  type Toolchain,
  type ToolchainCase,
  type ToolchainRun,
} from './toolchain.ts';

const name = 'onnxruntime-node';

/** Opens a version that lies in the cache. */
export function openOnnxRuntimeNode(cache: string, { version }: Spec): Toolchain {
  const home = installedFolder(cache, { name, version });
  const capabilities = capabilitiesOf(version);
  const unavailable = missingLibrary(home, version);
  const spec = `${name}@${version}`;
  return {
    ...{ spec, name, version, capabilities },
    ...(unavailable === undefined ? {} : { unavailable }),
    run: async (graph, cases, knobs = {}, limits = {}) => {
      checkLevel(knobs, capabilities, spec);
      const shared = { spec, knobs, notes: capabilities.notes };
      const why = unavailable ?? unknownKnob(knobs, capabilities, spec);
      if (why !== undefined) return { ...shared, ...unavailableRun(cases, why) };
      const { firstSaid, ...ran } = await runCases({
        ...{ driver: name, graph, cases, limits: { ...defaultRunLimits, ...limits } },
        request: { home, library: name, ...sessionOptions(knobs) },
        keep: knobs.logOptimizers ? 2 ** 22 : 2 ** 18,
      });
      const log = knobs.logOptimizers ? { optimizers: optimizersIn(firstSaid) } : {};
      const results = ran.results.map((result) => withoutSupport(result, graph));
      return { ...shared, ...ran, results, ...log };
    },
  };
}

/** What a version says of models that are newer than it. */
const newerModel =
  /Unsupported model IR version|is under development and support for this is limited|Current official support for domain \S+ is till opset|No opset import for domain/;

/** What it says of an operator, by its name, that it does not have at that version or for that type. */
const missingOperator = /(?:Could not find an implementation for|No Op registered for) (\w+)/;

/** What it says of a form of an operator that its kernels were never written for. */
const unwritten = /\bnot supported\. If you need support create a github issue\b/;

/**
 * A model that a version does not know is no fault of the version. An operator without an
 * implementation is one where the model has no such operator: then the optimiser made it.
 */
export function withoutSupport(result: CaseResult, graph: Uint8Array): CaseResult {
  if (result.outcome !== 'error') return result;
  const [, operator] = missingOperator.exec(result.reason) ?? [];
  const isOwn = operator !== undefined && Buffer.from(graph).includes(operator);
  const isUnknown = newerModel.test(result.reason) || unwritten.test(result.reason);
  if (!isOwn && !isUnknown) return result;
  return { ...result, outcome: 'unavailable' };
}

/** What a version can do. */
export function capabilitiesOf(version: string): Capabilities {
  const from = (first: string) => compareVersions(version, first) >= 0;
  const obeysLevel = compareVersions(version, '1.16.0') > 0;
  const ignored =
    'this version ignores the level and always optimises (all up to 1.16.0 do): compare it with the reference, not with itself';
  return {
    formats: ['onnx'],
    levels: ['disabled', 'basic', 'extended', ...(from(firstWithLayout) ? ['layout'] : []), 'all'],
    obeysLevel,
    disablesOptimizers: from('1.21.0'),
    savesOptimized: from('1.21.0'),
    types: elementTypesTaken,
    notes: obeysLevel ? [] : [ignored],
  };
}

/** The types that child/onnxruntime-node.ts carries. */
export const elementTypesTaken = [
  ...(['pred', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64'] as const),
  ...(['f16', 'f32', 'f64'] as const),
] as const satisfies readonly ElementType[];

/** The first version that knows the level `layout`. */
const firstWithLayout = '1.23.0';

/** A level that no such version has is a slip of the caller's; others may be a version's lack. */
function checkLevel({ level }: Knobs, { levels }: Capabilities, spec: string): void {
  if (level === undefined || levels.includes(level)) return;
  fail('toolchain/level', `${spec} has no level "${level}"; it has ${levels.join(', ')}`);
}

/** Why a knob has no effect in this version; the library itself would ignore it in silence. */
function unknownKnob(knobs: Knobs, able: Capabilities, spec: string): string | undefined {
  if (knobs.disabledOptimizers?.length && !able.disablesOptimizers) {
    return `${spec} cannot switch off single optimisers (1.21.0 and later can)`;
  }
  if (knobs.saveOptimized && !able.savesOptimized) {
    return `${spec} cannot save the optimised graph (1.21.0 and later can)`;
  }
  return undefined;
}

function unavailableRun(
  cases: readonly ToolchainCase[],
  reason: string,
): Pick<ToolchainRun, 'results' | 'stdout' | 'stderr'> {
  const results = cases.map((c) => ({ case: c.name, outcome: 'unavailable' as const, reason }));
  return { results, stdout: '', stderr: '' };
}

/** One thread, so that a second run adds in the same order as the first. */
function sessionOptions(knobs: Knobs) {
  const disabled = knobs.disabledOptimizers ?? [];
  const extra = { optimization: { disable_specified_optimizers: disabled.join(';') } };
  return {
    saveOptimized: knobs.saveOptimized === true,
    options: {
      ...{ executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 },
      ...(knobs.level === undefined ? {} : { graphOptimizationLevel: knobs.level }),
      ...(disabled.length ? { extra } : {}),
      ...(knobs.logOptimizers ? { logSeverityLevel: 0 } : {}),
    },
  };
}

/**
 * Rewrite rules: they run inside of one transformer, whose name is all that the log tells, and can be
 * switched off by names of their own (those of 1.30.0; a version ignores what it does not know).
 */
export const rewriteRules: readonly string[] = [
  ...['CastChainElimination', 'CastElimination', 'ClipQuantRewrite', 'ConvAddFusion'],
  ...['ConvBNFusion', 'ConvMulFusion', 'DivMulFusion', 'EliminateDropout', 'EliminateIdentity'],
  ...['EliminateSlice', 'ExpandElimination', 'FuseReluClip', 'GemmSumFusion'],
  ...['GemmTransposeFusion', 'LabelEncoderFusion', 'MatMul_BatchNormalization_Fusion'],
  ...['NoopElimination', 'NotWhereFusion', 'Pad_Fusion', 'PreShapeNodeElimination'],
  ...['ReluQuantRewrite', 'SliceConcatToSpaceToDepthFusion', 'UnsqueezeElimination'],
];

/** The optimisers that a verbose log tells of, in order. */
export function optimizersIn(log: string): readonly OptimizerEntry[] {
  const lines = log.matchAll(/GraphTransformer (\S+) modified: ([01])\b/g);
  return [...lines].map(([, optimizer, flag]) => ({ name: optimizer!, modified: flag === '1' }));
}

/** Why a version cannot run on this machine: its package holds no library for it. */
function missingLibrary(home: string, version: string): string | undefined {
  const { platform, arch } = process;
  const binaries = join(home, 'node_modules', name, 'bin');
  const found = (existsSync(binaries) ? readdirSync(binaries) : []).some((abi) =>
    existsSync(join(binaries, abi, platform, arch, 'onnxruntime_binding.node')),
  );
  if (found) return undefined;
  return `the package of ${name} ${version} holds no library for ${platform}/${arch}, and install scripts, which might fetch one, are off`;
}
