/**
 * The backends: which passes run in which order. `cpu` keeps every rounding that the graph has;
 * `tpu` multiplies in bf16 and allows excess precision, as `xla_allow_excess_precision` does.
 */
import { algsimp } from './algsimp/algsimp.ts';
import { callInliner } from './call-inliner.ts';
import { changeOpDataType } from './change-op-data-type.ts';
import { constantFolding } from './constant-folding.ts';
import { convertMover } from './convert-mover.ts';
import { cse } from './cse.ts';
import { dce } from './dce.ts';
import { dotDecomposer } from './dot-decomposer.ts';
import { flattenCallGraph } from './flatten-call-graph.ts';
import { floatNormalizationBf16 } from './float-normalization.ts';
import { fusion } from './fusion.ts';
import type { Pass } from './pipeline/pass.ts';
import type { Backend, Pipeline } from './pipeline/pipeline.ts';
import { reshapeMover } from './reshape-mover.ts';
import { simplifyFpConversions } from './simplify-fp-conversions.ts';
import { tupleSimplifier } from './tuple-simplifier.ts';

/** Every pass that there is, by the order in which a reader meets them. */
export const passes: readonly Pass[] = [
  flattenCallGraph,
  callInliner,
  tupleSimplifier,
  dce,
  cse,
  algsimp,
  constantFolding,
  reshapeMover,
  convertMover,
  dotDecomposer,
  floatNormalizationBf16,
  simplifyFpConversions,
  changeOpDataType,
  fusion,
];

const inlining: Pipeline = {
  name: 'call-graph',
  passes: [flattenCallGraph, callInliner, tupleSimplifier, dce],
};

const simplification: Pipeline = {
  name: 'simplification',
  passes: [algsimp, constantFolding, reshapeMover, cse, tupleSimplifier, dce],
};

const cleanup: Pipeline = { name: 'cleanup', passes: [algsimp, constantFolding, cse, dce] };

const cpu: Backend = {
  name: 'cpu',
  summary: 'f32 as written: every rounding of the graph is kept, bf16 is computed in f32',
  pipeline: {
    name: 'cpu',
    passes: [
      inlining,
      simplification,
      dotDecomposer,
      simplification,
      floatNormalizationBf16,
      convertMover,
      cleanup,
      fusion,
      dce,
    ],
  },
};

const tpu: Backend = {
  name: 'tpu',
  summary: 'dots in bf16 with f32 accumulation, excess precision allowed',
  pipeline: {
    name: 'tpu',
    passes: [
      inlining,
      simplification,
      dotDecomposer,
      changeOpDataType,
      floatNormalizationBf16,
      {
        name: 'excess-precision',
        passes: [cse, convertMover, simplifyFpConversions, algsimp, dce],
      },
      simplification,
      cleanup,
      fusion,
      dce,
    ],
  },
};

/** Every backend, in the order in which they are validated. */
export const backends: readonly Backend[] = [cpu, tpu];

/** The backend of a name; undefined if there is none. */
export function backendNamed(name: string): Backend | undefined {
  return backends.find((b) => b.name === name);
}
