/** Evaluation of sort and topk. */
import { fail } from '../../../graphs/ir/diagnostic.ts';
import {
  computationOf,
  type Instruction,
  type InstructionOf,
  rootOf,
} from '../../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../../graphs/ir/shape.ts';
import { type Tensor, tensorOf, tupleValue, type Value } from '../../../graphs/ir/tensor.ts';
import { applyMove } from '../../semantics/indexing/move.ts';
import { iotaIndices, sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext } from '../context.ts';
import { arrayResult, arrayResults, bundled, result, tensorAt, tensors } from '../operands.ts';
import { totalOrder } from '../scalars/compare.ts';
import { classOf, elementReader, type Scalar, widthOf } from '../scalars/scalar.ts';
import { scalarFunction, slots } from '../scalars/scalar-function.ts';
import { scalarOperation } from '../scalars/scalar-operation.ts';

/** Stable in any case; the comparator says whether the first of two (tuples of) elements goes first. */
export function sort(
  i: InstructionOf<'sort'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const { dims } = all[0].shape;
  const source = sortedAlong(
    dims,
    i.attrs.dimensions[0],
    comparator(all, i.attrs.to_apply, context),
  );
  const shapes = arrayResults(i);
  return bundled(
    i,
    all.map((t, k) =>
      result(shapes[k], applyMove({ dims, source }, [t.data], widthOf(t.shape.type))),
    ),
  );
}

/** Whether the elements at a go before those at b, by a computation on (a₀, b₀, a₁, b₁, …). */
export function comparator(
  all: readonly Tensor[],
  name: string,
  context: EvalContext,
): (a: number, b: number) => boolean {
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const key = comparedParameters(context, name);
  if (key) {
    const compare = scalarOperation(key.operation, context);
    const { data } = all[key.operand];
    if (widthOf(all[key.operand].shape.type) === 1) {
      return key.swapped
        ? (a, b) => compare(data[b], data[a], 0) === 1
        : (a, b) => compare(data[a], data[b], 0) === 1;
    }
  }
  const f = scalarFunction(context, name);
  const args = slots(context, 2 * all.length);
  const answer: Scalar[] = [0];
  return (a, b) => {
    for (let k = 0; k < read.length; k++) {
      args[2 * k] = read[k](a);
      args[2 * k + 1] = read[k](b);
    }
    f(args, answer);
    return answer[0] === 1;
  };
}

/** Where a comparator only compares the two elements of one operand, which, and how. */
function comparedParameters(context: EvalContext, name: string) {
  const computation = computationOf(context.module, name);
  const root = rootOf(computation);
  const parameters = root.operands.map((o) => computation.instructions.find((i) => i.id === o));
  const [a, b] = parameters.map((p) => (p?.opcode === 'parameter' ? p.attrs.index : -1));
  const ofOne = a >= 0 && b >= 0 && a !== b && Math.floor(a / 2) === Math.floor(b / 2);
  if (root.opcode !== 'compare' || !ofOne) return undefined;
  const type = arrayResult(parameters[0] as Instruction).type;
  const operation = {
    opcode: root.opcode,
    attrs: root.attrs,
    operandTypes: [type, type],
    resultType: 'pred',
  } as const;
  return { operand: Math.floor(a / 2), swapped: a > b, operation };
}

/** For every element of the result the element that stands there once each row is sorted. */
export function sortedAlong(
  dims: readonly number[],
  along: number,
  before: (a: number, b: number) => boolean,
): Int32Array {
  const source = iotaIndices(sizeOf(dims));
  const stride = rowMajorStrides(dims)[along] ?? 1;
  const row = stridedIndices([dims[along] ?? 1], [stride]);
  const rowDims = dims.map((n, d) => (d === along ? Math.min(n, 1) : n));
  for (const start of stridedIndices(rowDims, rowMajorStrides(dims))) {
    const sorted = mergeSort(
      row.map((offset) => start + offset),
      before,
    );
    sorted.forEach((from, at) => {
      source[start + row[at]] = from;
    });
  }
  return source;
}

/** Bottom-up, stable; asks only whether a later element goes before an earlier one. */
export function mergeSort(
  items: Int32Array,
  before: (a: number, b: number) => boolean,
): Int32Array {
  let from: Int32Array = items;
  let to: Int32Array = new Int32Array(items.length);
  for (let width = 1; width < items.length; width *= 2) {
    for (let low = 0; low < items.length; low += 2 * width) {
      merge(from, to, low, Math.min(low + width, items.length), width, before);
    }
    [from, to] = [to, from];
  }
  return from;
}

function merge(
  from: Int32Array,
  to: Int32Array,
  low: number,
  middle: number,
  width: number,
  before: (a: number, b: number) => boolean,
): void {
  const high = Math.min(middle + width, from.length);
  let [left, right] = [low, middle];
  for (let at = low; at < high; at++) {
    const takeRight = left >= middle || (right < high && before(from[right], from[left]));
    to[at] = takeRight ? from[right++] : from[left++];
  }
}

/**
 * The k largest (or smallest) of every row along the last dimension with their places: values in
 * total order from the best, NaN above everything, equal values by lower place.
 */
export function topK(operand: Tensor, k: number, largest: boolean): Value {
  const { dims, type } = operand.shape;
  const n = dims[dims.length - 1];
  if (classOf(type) === 'complex') fail('run/unsupported', 'topk of complex numbers');
  const data = operand.data;
  const order = orderOf(classOf(type) === 'float');
  const sign = largest ? -1 : 1;
  const source = sortedAlong(dims, dims.length - 1, (a, b) => sign * order(data[a], data[b]) < 0);
  const rows = sizeOf(dims) / Math.max(n, 1);
  const best = stridedIndices([rows, k], [n, 1]).map((at) => source[at]);
  const outDims = [...dims.slice(0, -1), k];
  const values = applyMove({ dims: outDims, source: best }, [data]);
  return tupleValue([
    result({ kind: 'array', type, dims: outDims }, values),
    tensorOf(
      's32',
      outDims,
      Array.from(best, (at) => at % n),
    ),
  ]);
}

function orderOf(isFloat: boolean): (a: number | bigint, b: number | bigint) => number {
  if (isFloat) return (a, b) => totalOrder(a as number, b as number);
  return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * (values, indices s32) of the k first along the last dimension in HLO's total order; ties by
 * place.
 */
export function topk(i: InstructionOf<'topk'>, operands: readonly Value[]): Value {
  return topK(tensorAt(operands, 0), i.attrs.k, i.attrs.largest);
}
