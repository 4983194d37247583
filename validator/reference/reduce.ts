/** Evaluation of reduce and map, and the folding that reduce-window shares. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import { type ArrayShape, elementCount, rowMajorStrides } from '../../graphs/ir/shape.ts';
import type { Tensor, TensorData, Value } from '../../graphs/ir/tensor.ts';
import { otherDims, stridedIndices } from '../indexing/strided.ts';
import type { EvalContext } from './context.ts';
import { arrayResults, bundled, result, storage, tensors } from './operands.ts';
import { elementReader, elementWriter, type Scalar } from './scalar.ts';
import { foldFunction, plainOperation, scalarFunction } from './scalar-function.ts';

/** result[kept] = f(… f(f(init, x₀), x₁) …), x in row-major order of the reduced dimensions. */
export function reduce(
  i: InstructionOf<'reduce'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const { dims } = all[0].shape;
  const strides = rowMajorStrides(dims);
  const walk = (of: readonly number[]) =>
    stridedIndices(
      of.map((d) => dims[d]),
      of.map((d) => strides[d]),
    );
  const starts = walk(otherDims(dims.length, i.attrs.dimensions));
  const sums = contiguousSums(i, all, context, starts.length);
  if (sums) return sums;
  const steps = walk([...i.attrs.dimensions].sort((a, b) => a - b));
  const fold = folder(i, all, context);
  for (let r = 0; r < starts.length; r++) fold.fold(r, starts[r], steps, steps.length);
  return bundled(i, fold.results);
}

/** Plain sums over the last dimensions, whose elements lie side by side. */
function contiguousSums(
  i: InstructionOf<'reduce'>,
  all: readonly Tensor[],
  context: EvalContext,
  count: number,
): Tensor | undefined {
  const [input, init] = all;
  const kept = input.shape.dims.length - i.attrs.dimensions.length;
  const last = i.attrs.dimensions.every((d) => d >= kept);
  if (!last || all.length !== 2 || !isPlainSum(i, all, context)) return undefined;
  const x = input.data as Float32Array;
  const length = count === 0 ? 0 : x.length / count;
  const [shape] = arrayResults(i);
  const out = storage(shape) as Float32Array;
  for (let r = 0; r < count; r++) {
    const end = (r + 1) * length;
    let sum = Math.fround(init.data[0] as number);
    for (let j = r * length; j < end; j++) sum = Math.fround(sum + x[j]);
    out[r] = sum;
  }
  return result(shape, out);
}

export interface Folder {
  readonly results: readonly Tensor[];
  /** results[r] = fold of the elements start + steps[0 … count-1]. */
  fold(r: number, start: number, steps: Int32Array, count: number): void;
}

/** Folds with `to_apply` from the init values; operands are n inputs, then n inits. */
export function folder(
  i: InstructionOf<'reduce' | 'reduce-window'>,
  all: readonly Tensor[],
  context: EvalContext,
): Folder {
  const shapes = arrayResults(i);
  const n = all.length / 2;
  const out = shapes.map(storage);
  const results = shapes.map((s, k) => result(s, out[k]));
  if (n > 1) return { results, fold: variadicFold(i.attrs.to_apply, all, shapes, out, context) };
  const fold = isPlainSum(i, all, context)
    ? sumFold(all[0].data as Float32Array, all[1].data[0] as number, out[0] as Float32Array)
    : singleFold(i.attrs.to_apply, all, shapes[0], out[0], context);
  return { results, fold };
}

/** An addition of f32 to nearest, where a loop without calls gives the same. */
function isPlainSum(
  i: InstructionOf<'reduce' | 'reduce-window'>,
  all: readonly Tensor[],
  context: EvalContext,
): boolean {
  const opcode = plainOperation(context, i.attrs.to_apply)?.opcode;
  const isF32 = all.every((t) => t.shape.type === 'f32');
  return opcode === 'add' && isF32 && context.round('f32') === Math.fround;
}

function sumFold(x: Float32Array, init: number, out: Float32Array): Folder['fold'] {
  return (r, start, steps, count) => {
    let sum = init;
    for (let j = 0; j < count; j++) sum = Math.fround(sum + x[start + steps[j]]);
    out[r] = sum;
  };
}

function singleFold(
  name: string,
  [input, init]: readonly Tensor[],
  shape: ArrayShape,
  out: TensorData,
  context: EvalContext,
): Folder['fold'] {
  const f = foldFunction(context, name);
  const read = elementReader(input.shape.type, input.data);
  const write = elementWriter(shape.type, out);
  const first = elementReader(init.shape.type, init.data)(0);
  return (r, start, steps, count) => {
    let value: Scalar = first;
    for (let j = 0; j < count; j++) value = f(value, read(start + steps[j]));
    write(r, value);
  };
}

function variadicFold(
  name: string,
  all: readonly Tensor[],
  shapes: readonly ArrayShape[],
  out: readonly TensorData[],
  context: EvalContext,
): Folder['fold'] {
  const n = shapes.length;
  const f = scalarFunction(context, name);
  const read = all.map((t) => elementReader(t.shape.type, t.data));
  const write = shapes.map((s, k) => elementWriter(s.type, out[k]));
  return (r, start, steps, count) => {
    const values: Scalar[] = Array.from({ length: n }, (_, k) => read[n + k](0));
    const args = [...values];
    for (let j = 0; j < count; j++) {
      for (let k = 0; k < n; k++) {
        args[k] = values[k];
        args[n + k] = read[k](start + steps[j]);
      }
      f(args, values);
    }
    for (let k = 0; k < n; k++) write[k](r, values[k]);
  };
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
  const values: Scalar[] = [];
  for (let at = 0; at < elementCount(shapes[0]); at++) {
    f(
      read.map((x) => x(at)),
      values,
    );
    for (let k = 0; k < shapes.length; k++) write[k](at, values[k]);
  }
  return bundled(
    i,
    shapes.map((s, k) => result(s, out[k])),
  );
}
