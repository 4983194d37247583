/**
 * Approximate top-k as XLA sizes it: what `ApproxTopK` and `PartialReduce` carry in backend_config,
 * how many elements the first reduction leaves, and how many inputs share one of them. Inputs lie in
 * rows of `tile` lanes; 2^log2Reduction rows collapse, lane by lane.
 */

/** Attributes of the two custom calls; what a text leaves out is undefined. */
export interface ApproxTopKConfig {
  readonly topK: number | undefined;
  readonly reductionDim: number | undefined;
  /** Share of the true top k that the result is expected to hold, 0 to 1, an f32. */
  readonly recallTarget: number | undefined;
  /** Whether what the bins leave is cut to the k best. */
  readonly aggregate: boolean;
  /** Size of the whole of which the operand is a shard; -1: the operand is the whole. */
  readonly inputSizeOverride: number;
  readonly isFallback: boolean;
  /** Of PartialReduce alone. */
  readonly log2Reduction: number | undefined;
}

/** The backend_config of an approximate top-k; undefined where it is none that can be read. */
export function approxTopKConfig(text: string | undefined): ApproxTopKConfig | undefined {
  const record = text === undefined ? undefined : recordOf(text);
  if (!record) return undefined;
  const number = (name: string) => {
    const x = record[name];
    return typeof x === 'number' && Number.isFinite(x) ? x : undefined;
  };
  const whole = (name: string) => {
    const x = number(name);
    return x !== undefined && Number.isInteger(x) ? x : undefined;
  };
  return {
    topK: whole('top_k'),
    reductionDim: whole('reduction_dim'),
    recallTarget: number('recall_target'),
    aggregate: record.aggregate_to_topk === true,
    inputSizeOverride: whole('reduction_input_size_override') ?? -1,
    isFallback: record.is_fallback === true,
    log2Reduction: whole('log2_reduction'),
  };
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const inner: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    return typeof inner === 'object' && inner !== null
      ? (inner as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Lanes of a row of inputs: how the target lays out an operand of this rank. */
export function laneCount(rank: number): number {
  return rank === 1 ? 1024 : 128;
}

/** What an approximate top-k asks for, by XLA's parameters of the same names. */
export interface ReductionRequest {
  /** Elements along the reduced dimension. */
  readonly n: number;
  /** Rank of the operand. */
  readonly rank: number;
  readonly k: number;
  readonly recall: number;
  readonly aggregate: boolean;
  /** Elements of the whole of which the operand is a shard; -1: n. */
  readonly override: number;
}

/** The size of a result, as XLA's `ApproxTopKReductionOutputSize` gives it. */
export interface ReductionOutput {
  /** Elements along the reduced dimension of the result. */
  readonly size: number;
  /** log2 of how many inputs share an output; -1 where the result is the aggregated one. */
  readonly log2Reduction: number;
}

/**
 * Size of the result of `ApproxTopK`, and its reduction factor. The rule is that of
 * `ApproxTopKReductionOutputSize` in XLA, from facts that agree with jaxlib 0.10.2 on 200,000 cases;
 * the number of bins is (1 - k) / ln(recall), where the expected recall ((M - 1) / M)^(k - 1) of M
 * bins reaches the target (Chern et al. 2022, arXiv 2206.14286).
 */
export function approxTopKOutput(request: ReductionRequest): ReductionOutput {
  const { k, aggregate } = request;
  return aggregate ? { size: k, log2Reduction: -1 } : binnedOutput(request);
}

/** As `approxTopKOutput` without aggregation: what the first reduction alone leaves. */
export function binnedOutput(request: Omit<ReductionRequest, 'aggregate'>): ReductionOutput {
  const { n, rank, k, recall, override } = request;
  const tile = laneCount(rank);
  const whole = override >= 0 ? override : n;
  const all = { size: n, log2Reduction: 0 };
  if (n <= tile) return all;
  if (k === 1) return { size: tile, log2Reduction: ceilLog2(Math.ceil(whole / tile)) };
  const target = Math.fround(recall);
  if (target === 1) return all;
  const wanted = Math.trunc((1 - k) / Math.log(target));
  const bins = Math.min(Math.max(wanted, tile), whole);
  const most = floorLog2(Math.floor(whole / bins));
  if (most <= 0) return all;
  const log2Reduction = Math.min(most, ceilLog2(Math.floor(n / tile)));
  return { size: reducedSize(n, rank, log2Reduction), log2Reduction };
}

/** Elements that are left of n where 2^log2Reduction rows of lanes collapse into one. */
export function reducedSize(n: number, rank: number, log2Reduction: number): number {
  if (log2Reduction === 0) return n;
  const tile = laneCount(rank);
  return Math.ceil(Math.ceil(n / tile) / 2 ** log2Reduction) * tile;
}

function floorLog2(x: number): number {
  return x > 0 ? Math.floor(Math.log2(x)) : 0;
}

function ceilLog2(x: number): number {
  return x > 1 ? Math.ceil(Math.log2(x)) : 0;
}
