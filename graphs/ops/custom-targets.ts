/**
 * The targets of custom calls whose meaning is known: one row a target says how its value is made, what
 * it demands of shapes and how dynamic sizes go through it. Each word of a row is a key of one mapped
 * type (the shape rules, the size rules, the reference, the exact mode), so that a target whose meaning
 * one of them lacks does not compile.
 */
import { byName } from '../ir/by-name.ts';

/** Calls that are written as plain HLO; the first two may have scratch memory among their results. */
export type Decomposed =
  | 'gemm'
  | 'convolution'
  | 'quantize'
  | 'dequantize'
  | 'block-scaled-dot'
  | 'cholesky'
  | 'triangular-solve';

/** How the value of a call is made. */
export type Computes =
  /** It is the operand: on one device annotations of sharding and placement change nothing. */
  | 'operand'
  | 'top-k'
  | 'approximate-top-k'
  | 'partial-reduce'
  | 'pad-to-static'
  | 'slice-to-dynamic'
  | 'host-computation'
  | 'threefry'
  /** Scratch memory, which nothing may read. */
  | 'workspace'
  | Decomposed;

/** What the shapes of operands and result have to be; `same-type`: perhaps cut among devices. */
export type Demanded =
  | 'anything'
  | 'same-type'
  | 'same-shape'
  | 'top-k'
  | 'approximate-top-k'
  | 'partial-reduce';

/** How dynamic sizes go through; `handed-on`: the operand's sizes are the result's. */
export type SizesThrough = 'refused' | 'handed-on' | 'made-static' | 'told-by-operands';

/** What is known of a target. */
export interface CustomTarget {
  readonly computes: Computes;
  readonly demands: Demanded;
  readonly sizes: SizesThrough;
  /** Set where it goes from whole arrays to the pieces that devices have, or back. */
  readonly pieces?: 'cut' | 'joined';
}

/** Fixed sizes alone, and shapes of any kind. */
const plain = { demands: 'anything', sizes: 'refused' } as const;
const annotation = { computes: 'operand', demands: 'same-shape', sizes: 'handed-on' } as const;
const sameType = { computes: 'operand', demands: 'same-type', sizes: 'refused' } as const;

const rows = {
  TopK: { computes: 'top-k', demands: 'top-k', sizes: 'refused' },
  ApproxTopK: {
    computes: 'approximate-top-k',
    demands: 'approximate-top-k',
    sizes: 'refused',
  },
  PartialReduce: { computes: 'partial-reduce', demands: 'partial-reduce', sizes: 'refused' },
  Sharding: annotation,
  LayoutConstraint: annotation,
  MoveToHost: annotation,
  MoveToDevice: annotation,
  annotate_device_placement: annotation,
  AssumeGatherIndicesInBound: { ...annotation, sizes: 'refused' },
  SPMDFullToShardShape: { ...sameType, pieces: 'cut' },
  SPMDShardToFullShape: { ...sameType, pieces: 'joined' },
  'xla.sdy.FuncResultSharding': { ...plain, computes: 'operand' },
  'xla.sdy.GlobalToLocalShape': { ...plain, computes: 'operand', pieces: 'cut' },
  'xla.sdy.LocalToGlobalShape': { ...plain, computes: 'operand', pieces: 'joined' },
  ShardBarrierFrom: sameType,
  ShardBarrierTo: sameType,
  Pin: sameType,
  Unpin: sameType,
  PadToStatic: { computes: 'pad-to-static', demands: 'anything', sizes: 'made-static' },
  SliceToDynamic: { computes: 'slice-to-dynamic', demands: 'same-type', sizes: 'told-by-operands' },
  HostExecute: { ...plain, computes: 'host-computation' },
  AllocateBuffer: { ...plain, computes: 'workspace' },
  __custom_kernel_fusion$workspace: { ...plain, computes: 'workspace' },
  cuda_threefry2x32: { ...plain, computes: 'threefry' },
  __cublas$gemm: { ...plain, computes: 'gemm' },
  __cublas$lt$matmul: { ...plain, computes: 'gemm' },
  __cublas$lt$matmul$f8: { ...plain, computes: 'gemm' },
  __cudnn$convForward: { ...plain, computes: 'convolution' },
  __op$quantize: { ...plain, computes: 'quantize' },
  __op$dequantize: { ...plain, computes: 'dequantize' },
  __op$block_scaled_dot: { ...plain, computes: 'block-scaled-dot' },
  lapack_spotrf_ffi: { ...plain, computes: 'cholesky' },
  lapack_dpotrf_ffi: { ...plain, computes: 'cholesky' },
  lapack_cpotrf_ffi: { ...plain, computes: 'cholesky' },
  lapack_zpotrf_ffi: { ...plain, computes: 'cholesky' },
  lapack_strsm_ffi: { ...plain, computes: 'triangular-solve' },
  lapack_dtrsm_ffi: { ...plain, computes: 'triangular-solve' },
  lapack_ctrsm_ffi: { ...plain, computes: 'triangular-solve' },
  lapack_ztrsm_ffi: { ...plain, computes: 'triangular-solve' },
} as const satisfies Readonly<Record<string, CustomTarget>>;

/** A target whose meaning is known. */
export type KnownTarget = keyof typeof rows;

/** The targets by name. */
export const customTargets: Readonly<Record<KnownTarget, CustomTarget>> = byName(rows);

/** The row of a target; undefined where its meaning is not known. */
export function customTargetOf(target: string): CustomTarget | undefined {
  return isKnownTarget(target) ? customTargets[target] : undefined;
}

/** Whether it is known what a target computes. */
export function isKnownTarget(target: string): target is KnownTarget {
  return Object.hasOwn(customTargets, target);
}

/** Whether a custom call acts on the world outside; annotations that say so only keep a place. */
export function isCallOutside(attrs: {
  readonly custom_call_target: string;
  readonly custom_call_has_side_effect: boolean;
}): boolean {
  const { custom_call_target: target, custom_call_has_side_effect } = attrs;
  return custom_call_has_side_effect && !isKnownTarget(target) && !isShardyNote(target);
}

/**
 * Shardy's notes on shardings (xla/service/spmd/shardy/constants.h): marked as effects so that no pass
 * drops them before Shardy has read them, which then drops them itself.
 */
export function isShardyNote(target: string): boolean {
  return target.startsWith('xla.sdy.');
}
