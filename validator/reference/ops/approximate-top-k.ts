/**
 * Evaluation of approximate top-k as XLA lowers it: `PartialReduce` keeps the winner of every bin,
 * `ApproxTopK` then cuts what is left to the k best, in order. Which rows of lanes share a bin is not
 * public: it is a parameter here, and no verdict may turn on it.
 */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { type ArrayShape, arrayShape, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../../graphs/ir/tensor.ts';
import {
  type ApproxTopKConfig,
  approxTopKConfig,
  binnedOutput,
  laneCount,
} from '../../../graphs/ops/approx-top-k.ts';
import { applyMove } from '../../semantics/indexing/move.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext } from '../context.ts';
import { arrayResults, bundled, result, storage, tensors } from '../operands.ts';
import { widthOf } from '../scalars/scalar.ts';
import { comparator, sortedAlong } from './sort.ts';

type Call = InstructionOf<'custom-call'>;

/** The row of bins, of `bins`, that row `row` of the inputs goes to; 2^log2 rows share one. */
export type Binning = (row: number, log2: number, bins: number) => number;

/** Rows that lie next to each other share a bin: what is run unless told otherwise. */
export const adjacentRows: Binning = (row, log2) => Math.floor(row / 2 ** log2);

/** Rows that lie the number of bins apart share one. */
export const stridedRows: Binning = (row, _log2, bins) => row % bins;

/**
 * `ApproxTopK`: with a configuration the bins of its recall target and, where it aggregates, the k
 * best of what they leave; without one, or as a fallback, the exact top of its declared size.
 */
export function approximateTopK(i: Call, operands: readonly Value[], context: EvalContext): Value {
  const given = request(i, operands, context);
  const { config, n, rank } = given;
  const { topK: k, recallTarget: recall } = config ?? {};
  if (!config || config.isFallback || k === undefined || recall === undefined) {
    return bundled(i, best(given, given.all));
  }
  const { log2Reduction } = binnedOutput({
    n,
    rank,
    k,
    recall,
    override: config.inputSizeOverride,
  });
  const left = winners(given, log2Reduction);
  return bundled(i, config.aggregate ? best(given, left) : left);
}

/** `PartialReduce`: the winner of every bin; a bin without inputs holds the initial values. */
export function partialReduce(i: Call, operands: readonly Value[], context: EvalContext): Value {
  const given = request(i, operands, context);
  const log2 = given.config?.log2Reduction;
  return bundled(i, log2 === undefined ? best(given, given.all) : winners(given, log2));
}

interface Request {
  readonly context: EvalContext;
  readonly config: ApproxTopKConfig | undefined;
  /** The operands reduced, and the scalars that stand where there is nothing. */
  readonly all: readonly Tensor[];
  readonly initial: readonly Tensor[];
  readonly shapes: readonly ArrayShape[];
  readonly along: number;
  readonly n: number;
  readonly rank: number;
  readonly comparator: string;
}

function request(i: Call, operands: readonly Value[], context: EvalContext): Request {
  const shapes = arrayResults(i);
  const given = tensors(operands);
  const all = given.slice(0, shapes.length);
  const { dims } = all[0].shape;
  const config = approxTopKConfig(i.extras.backend_config);
  const shorter = dims.findIndex((n, d) => n !== shapes[0].dims[d]);
  const along = config?.reductionDim ?? Math.max(0, shorter);
  const name = i.attrs.to_apply ?? i.attrs.called_computations[0];
  if (name === undefined) fail('run/unsupported', 'it needs a comparator');
  const n = dims[along] ?? fail('run/bad-custom-call', `it has no dimension ${along} to reduce`);
  const initial = given.slice(shapes.length);
  return { context, config, all, initial, shapes, along, n, rank: dims.length, comparator: name };
}

/** The first elements of each row once sorted, as many as the results have. */
function best({ along, comparator: name, context, shapes }: Request, all: readonly Tensor[]) {
  const { dims } = all[0].shape;
  const count = shapes[0].dims[along];
  if (!(count <= dims[along])) {
    fail('run/bad-custom-call', `its bins leave ${dims[along]} elements, fewer than ${count}`);
  }
  const source = sortedAlong(dims, along, comparator(all, name, context));
  const kept = stridedIndices(shapes[0].dims, rowMajorStrides(dims)).map((at) => source[at]);
  return all.map((t, k) =>
    result(shapes[k], applyMove({ dims, source: kept }, [t.data], widthOf(t.shape.type))),
  );
}

/** What the bins leave: of the elements of a bin the one that goes before all others, the first of equals. */
function winners(given: Request, log2: number): readonly Tensor[] {
  const { all, along, n, rank, context } = given;
  if (log2 <= 0) return all;
  const lanes = laneCount(rank);
  const bins = Math.ceil(Math.ceil(n / lanes) / 2 ** log2);
  const before = comparator(all, given.comparator, context);
  const binning = context.binning ?? adjacentRows;
  const { dims } = all[0].shape;
  const outDims = dims.map((d, k) => (k === along ? bins * lanes : d));
  const [stride, outStride] = [rowMajorStrides(dims)[along], rowMajorStrides(outDims)[along]];
  const source = new Int32Array(outDims.reduce((a, b) => a * b, 1)).fill(-1);
  const rowsOf = (all: readonly number[]) =>
    stridedIndices(
      dims.map((d, k) => (k === along ? Math.min(d, 1) : d)),
      rowMajorStrides(all),
    );
  const starts = rowsOf(dims);
  const outStarts = rowsOf(outDims);
  for (let r = 0; r < starts.length; r++) {
    for (let e = 0; e < n; e++) {
      const bin = binning(Math.floor(e / lanes), log2, bins) * lanes + (e % lanes);
      const place = outStarts[r] + bin * outStride;
      const from = starts[r] + e * stride;
      if (source[place] < 0 || before(from, source[place])) source[place] = from;
    }
  }
  return all.map((t, k) => filled(t, given.initial[k], source, outDims));
}

/** The chosen elements of a tensor, the initial value where none was chosen. */
function filled(t: Tensor, initial: Tensor | undefined, source: Int32Array, dims: number[]) {
  const { type } = t.shape;
  const shape = arrayShape(type, dims);
  const data = storage(shape);
  const width = widthOf(type);
  const fill = initial?.data;
  for (let e = 0; e < source.length; e++) {
    const from = source[e] < 0 ? fill : t.data;
    if (!from) fail('run/bad-custom-call', 'a bin is empty and there is no initial value');
    const at = Math.max(source[e], 0);
    for (let p = 0; p < width; p++) data[e * width + p] = from[at * width + p];
  }
  return result(shape, data);
}
