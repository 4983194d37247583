/** Evaluation of reduce-window. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor, TensorData, Value } from '../../graphs/ir/tensor.ts';
import type { WindowDim } from '../../graphs/ops/attr.ts';
import { sizeOf, stridedIndices } from '../indexing/strided.ts';
import { forEachCoordinate, windowReader } from '../indexing/window.ts';
import type { EvalContext } from './context.ts';
import { foldRunning, foldWindow, type PlainFold, plainFold, tupleFold } from './fold.ts';
import { arrayResults, bundled, result, storage, tensors } from './operands.ts';
import { elementReader, elementWriter, type Scalar } from './scalar.ts';
import { scalarFunction } from './scalar-function.ts';

/** As reduce, over the elements under the window at each place; what lies outside is left out. */
export function reduceWindow(
  i: InstructionOf<'reduce-window'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const shapes = arrayResults(i);
  const out = shapes.map(storage);
  const sizes = { base: all[0].shape.dims, places: shapes[0].dims };
  const window = windowOf(i, sizes.places.length);
  const axis = prefixAxis(window, sizes.base, sizes.places);
  const plain = plainFold(i, all, context);
  if (axis !== undefined && plain) scanPlain(plain, sizes, axis, out[0]);
  else if (axis !== undefined) scan(i, all, shapes, axis, out, context);
  else if (plain) foldPlain(plain, window, sizes, out[0]);
  else {
    const fold = tupleFold(i, all, shapes, out, context);
    const read = windowReader(window, sizes.base, sizes.places);
    forEachCoordinate(sizes.places, (place, r) => {
      const { base, count } = read(place);
      fold(r, 0, base, count);
    });
  }
  return bundled(
    i,
    shapes.map((s, k) => result(s, out[k])),
  );
}

interface Sizes {
  readonly base: readonly number[];
  readonly places: readonly number[];
}

/** Windows are the same for all indices in the outer dimensions, and those in the inner ones. */
function foldPlain(
  fold: PlainFold,
  window: readonly WindowDim[],
  { base, places }: Sizes,
  out: TensorData,
): void {
  const isWindowed = window.map((w, d) => !isSingle(w) || base[d] !== places[d]);
  const first = Math.max(0, isWindowed.indexOf(true));
  const end = Math.max(first, isWindowed.lastIndexOf(true) + 1);
  const [area, spots] = [base, places].map((dims) => sizeOf(dims.slice(first, end)));
  const outer = sizeOf(base.slice(0, first));
  const inner = sizeOf(base.slice(end));
  const loop = fold.loop(foldWindow);
  const read = windowReader(
    window.slice(first, end),
    base.slice(first, end),
    places.slice(first, end),
  );
  forEachCoordinate(places.slice(first, end), (place, p) => {
    const view = read(place);
    for (let o = 0; o < outer; o++) {
      const to = (o * spots + p) * inner;
      loop(fold, o * area * inner, view.base, view.count, inner, out, to);
    }
  });
}

function isSingle({ size, stride, padLow, padHigh, baseDilation }: WindowDim): boolean {
  return size === 1 && stride === 1 && padLow === 0 && padHigh === 0 && baseDilation === 1;
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

/** Where each row along an axis begins, and the distance of its elements. */
function rowsAlong(dims: readonly number[], places: readonly number[], axis: number) {
  const strides = rowMajorStrides(dims);
  const rows = places.map((size, d) => (d === axis ? 1 : size));
  return { starts: stridedIndices(rows, strides), step: strides[axis] };
}

/** result[… p …] = f(result[… p-1 …], x[… p …]) along an axis, from the init value. */
function scanPlain(fold: PlainFold, { base, places }: Sizes, axis: number, out: TensorData): void {
  const from = rowsAlong(base, places, axis);
  const to = rowsAlong(places, places, axis);
  const loop = fold.loop(foldRunning);
  from.starts.forEach((start, row) => {
    loop(fold, start, from.step, places[axis], out, to.starts[row], to.step);
  });
}

/** As scanPlain, of n arrays at once. */
function scan(
  i: InstructionOf<'reduce-window'>,
  all: readonly Tensor[],
  shapes: readonly ArrayShape[],
  axis: number,
  out: readonly TensorData[],
  context: EvalContext,
): void {
  const n = shapes.length;
  const f = scalarFunction(context, i.attrs.to_apply);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  const places = shapes[0].dims;
  const from = rowsAlong(all[0].shape.dims, places, axis);
  const to = rowsAlong(places, places, axis);
  from.starts.forEach((start, row) => {
    const values: Scalar[] = Array.from({ length: n }, (_, k) => read[n + k](0));
    for (let p = 0; p < places[axis]; p++) {
      f([...values, ...values.map((_, k) => read[k](start + p * from.step))], values);
      for (let k = 0; k < n; k++) write[k](to.starts[row] + p * to.step, values[k]);
    }
  });
}
