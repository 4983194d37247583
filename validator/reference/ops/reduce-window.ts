/** Evaluation of reduce-window. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { ArrayShape } from '../../../graphs/ir/shape.ts';
import type { Tensor, TensorData, Value } from '../../../graphs/ir/tensor.ts';
import type { WindowDim } from '../../../graphs/ops/attr.ts';
import { forEachCoordinate, windowReader } from '../../semantics/indexing/window.ts';
import {
  type PrefixRows,
  prefixRows,
  windowPlaces,
} from '../../semantics/indexing/window-places.ts';
import type { EvalContext } from '../context.ts';
import { arrayResults, bundled, result, storage, tensors } from '../operands.ts';
import { elementReader, elementWriter, type Scalar } from '../scalars/scalar.ts';
import { scalarFunction } from '../scalars/scalar-function.ts';
import { foldRunning, foldWindow, type PlainFold, plainFold, tupleFold } from './fold.ts';

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
  const rows = prefixRows(window, sizes.base, sizes.places);
  const plain = plainFold(i, all, context);
  if (rows && plain) scanPlain(plain, rows, out[0]);
  else if (rows) scan(i, all, shapes, rows, out, context);
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

/** Place after place, in all columns. */
function foldPlain(
  fold: PlainFold,
  window: readonly WindowDim[],
  { base, places }: Sizes,
  out: TensorData,
): void {
  const all = windowPlaces(window, base, places);
  const { inner, columns, outs } = all;
  const loop = fold.loop(foldWindow);
  all.forEach((view, to) => {
    for (let c = 0; c < columns.length; c += inner) {
      loop(fold, columns[c], view.base, view.count, inner, out, to + outs[c]);
    }
  });
}

/** The window, or single elements where none is given. */
function windowOf(i: InstructionOf<'reduce-window'>, rank: number) {
  if (i.attrs.window.length === rank) return i.attrs.window;
  const single = { size: 1, stride: 1, padLow: 0, padHigh: 0, windowDilation: 1, baseDilation: 1 };
  return Array.from({ length: rank }, () => ({ ...single, reversal: false }));
}

/** result[… p …] = f(result[… p-1 …], x[… p …]) along an axis, from the init value. */
function scanPlain(fold: PlainFold, rows: PrefixRows, out: TensorData): void {
  const loop = fold.loop(foldRunning);
  rows.starts.forEach((start, row) => {
    loop(fold, start, rows.step, rows.length, out, rows.outStarts[row], rows.outStep);
  });
}

/** As scanPlain, of n arrays at once. */
function scan(
  i: InstructionOf<'reduce-window'>,
  all: readonly Tensor[],
  shapes: readonly ArrayShape[],
  rows: PrefixRows,
  out: readonly TensorData[],
  context: EvalContext,
): void {
  const n = shapes.length;
  const f = scalarFunction(context, i.attrs.to_apply);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  rows.starts.forEach((start, row) => {
    const values: Scalar[] = Array.from({ length: n }, (_, k) => read[n + k](0));
    for (let p = 0; p < rows.length; p++) {
      f([...values, ...values.map((_, k) => read[k](start + p * rows.step))], values);
      for (let k = 0; k < n; k++) write[k](rows.outStarts[row] + p * rows.outStep, values[k]);
    }
  });
}
