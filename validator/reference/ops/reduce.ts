/** Evaluation of reduce and map. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import { elementCount, rowMajorStrides } from '../../../graphs/ir/shape.ts';
import type { TensorData, Value } from '../../../graphs/ir/tensor.ts';
import { otherDims, sizeOf, stridedIndices } from '../../semantics/loops/strides.ts';
import type { EvalContext } from '../context.ts';
import { arrayResults, bundled, result, storage, tensors } from '../operands.ts';
import { elementReader, elementWriter } from '../scalars/scalar.ts';
import { scalarFunction, slots } from '../scalars/scalar-function.ts';
import { foldColumns, foldRows, type PlainFold, plainFold, tupleFold } from './fold.ts';

/** result[kept] = f(… f(f(init, x₀), x₁) …), x in row-major order of the reduced dimensions. */
export function reduce(
  i: InstructionOf<'reduce'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const { dims } = all[0].shape;
  const { dimensions } = i.attrs;
  const shapes = arrayResults(i);
  const out = shapes.map(storage);
  const plain = plainFold(i, all, context);
  if (plain) reduceInOrder(plain, dims, dimensions, out[0]);
  else {
    const strides = rowMajorStrides(dims);
    const walk = (of: readonly number[]) => {
      const sizes = of.map((d) => dims[d]);
      return stridedIndices(
        sizes,
        of.map((d) => strides[d]),
      );
    };
    const fold = tupleFold(i, all, shapes, out, context);
    const steps = walk([...dimensions].sort((a, b) => a - b));
    walk(otherDims(dims.length, dimensions)).forEach((start, r) => {
      fold(r, start, steps, steps.length);
    });
  }
  return bundled(
    i,
    shapes.map((s, k) => result(s, out[k])),
  );
}

/**
 * All elements in row-major order, each into its result: every result so takes its own in row-major
 * order too. They come in runs of the last dimensions, as far as these are all reduced or all kept.
 */
function reduceInOrder(
  fold: PlainFold,
  dims: readonly number[],
  reduced: readonly number[],
  out: TensorData,
): void {
  out.fill(fold.first as never);
  const isReduced = dims.map((_, d) => reduced.includes(d));
  const inner = isReduced.lastIndexOf(!isReduced[dims.length - 1]) + 1;
  const strides = rowMajorStrides(dims.map((n, d) => (isReduced[d] ? 1 : n)));
  const targets = stridedIndices(
    dims.slice(0, inner),
    strides.slice(0, inner).map((s, d) => (isReduced[d] ? 0 : s)),
  );
  const loop = fold.loop(isReduced[dims.length - 1] ? foldRows : foldColumns);
  loop(fold, sizeOf(dims.slice(inner)), targets, out);
}

/** result[i] = f(a[i], b[i], …). */
export function map(
  i: InstructionOf<'map'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const shapes = arrayResults(i);
  const out = shapes.map(storage);
  const f = scalarFunction(context, i.attrs.to_apply);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  const args = slots(context, read.length);
  const values = slots(context, shapes.length);
  const n = elementCount(shapes[0]);
  for (let at = 0; at < n; at++) {
    for (let k = 0; k < read.length; k++) args[k] = read[k](at);
    f(args, values);
    for (let k = 0; k < shapes.length; k++) write[k](at, values[k]);
  }
  return bundled(
    i,
    shapes.map((s, k) => result(s, out[k])),
  );
}
