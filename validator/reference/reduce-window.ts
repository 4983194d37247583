/** Evaluation of reduce-window. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor, Value } from '../../graphs/ir/tensor.ts';
import type { WindowDim } from '../../graphs/ops/attr.ts';
import { stridedIndices } from '../indexing/strided.ts';
import { forEachCoordinate, windowReader } from '../indexing/window.ts';
import type { EvalContext } from './context.ts';
import { arrayResults, bundled, result, storage, tensors } from './operands.ts';
import { folder } from './reduce.ts';
import { elementReader, elementWriter, type Scalar } from './scalar.ts';
import { scalarFunction } from './scalar-function.ts';

/** As reduce, over the elements under the window at each place; what lies outside is left out. */
export function reduceWindow(
  i: InstructionOf<'reduce-window'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const places = arrayResults(i)[0].dims;
  const window = windowOf(i, places.length);
  const axis = prefixAxis(window, all[0].shape.dims, places);
  if (axis !== undefined) return scanned(i, all, axis, context);
  const fold = folder(i, all, context);
  const read = windowReader(window, all[0].shape.dims, places);
  forEachCoordinate(places, (place, r) => {
    const { base, count } = read(place);
    fold.fold(r, 0, base, count);
  });
  return bundled(i, fold.results);
}

/** The window, or single elements where none is given. */
function windowOf(i: InstructionOf<'reduce-window'>, rank: number) {
  if (i.attrs.window.length === rank) return i.attrs.window;
  const single = { size: 1, stride: 1, padLow: 0, padHigh: 0, windowDilation: 1, baseDilation: 1 };
  return Array.from({ length: rank }, () => ({ ...single, reversal: false }));
}

/**
 * The dimension along which every window is the one before it and one element more, all others
 * having single elements: a running fold, which needs no window twice. Undefined where there is none.
 */
function prefixAxis(
  window: readonly WindowDim[],
  dims: readonly number[],
  places: readonly number[],
): number | undefined {
  const plain = window.every((w) => w.stride === 1 && w.windowDilation * w.baseDilation === 1);
  const wide = window.flatMap((w, d) => (w.size > 1 || w.padLow !== 0 ? [d] : []));
  const fits = places.every((n, d) => n <= dims[d]);
  if (!plain || !fits || wide.length !== 1) return undefined;
  const [axis] = wide;
  const { size, padLow } = window[axis];
  return size === padLow + 1 && size >= places[axis] ? axis : undefined;
}

/** result[… p …] = f(result[… p-1 …], x[… p …]) along an axis, from the init values. */
function scanned(
  i: InstructionOf<'reduce-window'>,
  all: readonly Tensor[],
  axis: number,
  context: EvalContext,
): Value {
  const shapes = arrayResults(i);
  const n = shapes.length;
  const out = shapes.map(storage);
  const f = scalarFunction(context, i.attrs.to_apply);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  const places = shapes[0].dims;
  const rows = places.map((size, d) => (d === axis ? 1 : size));
  const [from, to] = [rowMajorStrides(all[0].shape.dims), rowMajorStrides(places)];
  const targets = stridedIndices(rows, to);
  stridedIndices(rows, from).forEach((start, row) => {
    const values: Scalar[] = Array.from({ length: n }, (_, k) => read[n + k](0));
    for (let p = 0; p < places[axis]; p++) {
      f([...values, ...values.map((_, k) => read[k](start + p * from[axis]))], values);
      for (let k = 0; k < n; k++) write[k](targets[row] + p * to[axis], values[k]);
    }
  });
  return bundled(
    i,
    shapes.map((s, k) => result(s, out[k])),
  );
}
