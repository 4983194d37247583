/**
 * Approximate top-k in the exact mode. Which elements share a bin is up to the implementation, so
 * that only this is decided: where nothing is reduced the result is that of a sort, and of what is
 * aggregated the first element is the best of all, which no binning can lose.
 */

import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { rowMajorStrides, type Shape } from '../../../graphs/ir/shape.ts';
import { approxTopKConfig, binnedOutput } from '../../../graphs/ops/approx-top-k.ts';
import { arrayResults } from '../../reference/operands.ts';
import { stridedIndices } from '../../semantics/loops/strides.ts';
import { tensorOperand } from '../core/broadcasting.ts';
import type { ExactContext } from '../core/context.ts';
import type { ExactTensor, ExactValue } from '../core/value.ts';
import { undecidedOf } from '../core/without-error.ts';
import { take } from './apply-index-map.ts';
import { sort } from './sort.ts';

type Call = InstructionOf<'custom-call'>;

/** `ApproxTopK`: decided where it is exact, and in the best element where it aggregates. */
export function approximateTopK(
  i: Call,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const config = approxTopKConfig(i.extras.backend_config);
  const [operand] = operands;
  const { dims } = tensorOperand(operand).shape;
  const along = config?.reductionDim ?? dims.length - 1;
  if (!config || config.topK === undefined || config.recallTarget === undefined) {
    return open(i, context);
  }
  const { topK: k, recallTarget: recall, inputSizeOverride: override } = config;
  const reduction = binnedOutput({ n: dims[along], rank: dims.length, k, recall, override });
  const isWhole = reduction.log2Reduction === 0;
  if (config.isFallback) return sortedFirst(i, operands, { along, context, open: () => false });
  if (!config.aggregate) return isWhole ? unreduced(i, operands) : open(i, context);
  if (!isWhole) context.explainUndecided(mayMiss(i));
  return sortedFirst(i, operands, { along, context, open: (at) => !isWhole && at > 0 });
}

/** `PartialReduce`: its operands where it reduces nothing, else up to the implementation. */
export function partialReduce(
  i: Call,
  operands: readonly ExactValue[],
  context: ExactContext,
): ExactValue {
  const config = approxTopKConfig(i.extras.backend_config);
  return config?.log2Reduction === 0 ? unreduced(i, operands) : open(i, context);
}

function mayMiss({ attrs }: Call): string {
  return `${attrs.custom_call_target} may miss elements, so its results are open`;
}

function open(i: Call, context: ExactContext): ExactValue {
  context.explainUndecided(mayMiss(i));
  return undecidedOf(i.shape);
}

function unreduced(i: Call, operands: readonly ExactValue[]): ExactValue {
  const kept = operands.slice(0, arrayResults(i).length);
  return i.shape.kind === 'tuple' ? { kind: 'tuple', elements: kept } : kept[0];
}

interface Order {
  readonly along: number;
  readonly context: ExactContext;
  /** Whether the element at this place along the dimension is up to the implementation. */
  open(at: number): boolean;
}

/** The first elements of every row by the comparator, as many as the results have. */
function sortedFirst(i: Call, operands: readonly ExactValue[], order: Order): ExactValue {
  const shapes = arrayResults(i);
  const given = operands.slice(0, shapes.length);
  const all = given.map((v): Shape => tensorOperand(v).shape);
  const to_apply = i.attrs.to_apply ?? i.attrs.called_computations[0];
  if (to_apply === undefined) return open(i, order.context);
  const { along } = order;
  const sorting = {
    ...i,
    opcode: 'sort',
    shape: all.length === 1 ? all[0] : { kind: 'tuple', elements: all },
    attrs: { dimensions: [along], is_stable: false, to_apply },
  } as unknown as InstructionOf<'sort'>;
  const sorted = sort(sorting, given, order.context);
  const parts = sorted.kind === 'tuple' ? sorted.elements : [sorted];
  const cut = parts.map((part, k) => first(tensorOperand(part), shapes[k].dims, order));
  return i.shape.kind === 'tuple' ? { kind: 'tuple', elements: cut } : cut[0];
}

function first(t: ExactTensor, dims: readonly number[], { along, open }: Order): ExactTensor {
  const places = stridedIndices(dims, rowMajorStrides(t.shape.dims));
  const cut = { ...take([t], places), shape: { ...t.shape, dims } };
  const stride = rowMajorStrides(dims)[along];
  const isOpen = places.map((_, e) => Number(open(Math.floor(e / stride) % dims[along])));
  if (!isOpen.includes(1)) return cut;
  const undecided = Uint8Array.from(isOpen, (mark, e) => mark | (cut.undecided?.[e] ?? 0));
  return { ...cut, undecided };
}
