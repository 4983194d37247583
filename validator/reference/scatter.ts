/** Evaluation of scatter and select-and-scatter. */
import type { InstructionOf } from '../../graphs/ir/module.ts';
import type { Tensor, TensorData, Value } from '../../graphs/ir/tensor.ts';
import { scatterTargets } from '../indexing/scatter.ts';
import { forEachCoordinate, windowReader } from '../indexing/window.ts';
import type { EvalContext } from './context.ts';
import {
  arrayResult,
  arrayResults,
  bundled,
  result,
  storage,
  tensorAt,
  tensors,
} from './operands.ts';
import { elementReader, elementWriter, type Scalar, widthOf } from './scalar.ts';
import { foldFunction, plainOperation, scalarFunction } from './scalar-function.ts';

/** result[target(u)] = f(result[target(u)], update[u]) for u in row-major order, from the operands. */
export function scatter(
  i: InstructionOf<'scatter'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const n = (all.length - 1) / 2;
  const [inputs, updates] = [all.slice(0, n), all.slice(n + 1)];
  const targets = scatterTargets(i.attrs, inputs[0].shape, all[n], updates[0].shape);
  const results = arrayResults(i).map((s, k) => result(s, inputs[k].data.slice()));
  if (n === 1 && widthOf(results[0].shape.type) === 1) {
    const f = foldFunction(context, i.attrs.to_apply);
    const plain = plainOperation(context, i.attrs.to_apply);
    const sums =
      plain?.opcode === 'add' && plain.shape.kind === 'array' && plain.shape.type === 'f32';
    if (sums && context.round('f32') === Math.fround) {
      addEach(results[0].data as Float32Array, updates[0].data as Float32Array, targets);
    } else scatterOne(results[0].data, updates[0].data, targets, f);
    return bundled(i, results);
  }
  const read = [...results, ...updates].map((t) => elementReader(t.shape.type, t.data));
  const write = results.map((t) => elementWriter(t.shape.type, t.data));
  const f = scalarFunction(context, i.attrs.to_apply);
  const args: Scalar[] = [];
  const values: Scalar[] = [];
  for (let u = 0; u < targets.length; u++) {
    const target = targets[u];
    if (target < 0) continue;
    for (let k = 0; k < n; k++) {
      args[k] = read[k](target);
      args[n + k] = read[n + k](u);
    }
    f(args, values);
    for (let k = 0; k < n; k++) write[k](target, values[k]);
  }
  return bundled(i, results);
}

/** Sums in f32: storing rounds. */
function addEach(data: Float32Array, updates: Float32Array, targets: Int32Array): void {
  for (let u = 0; u < targets.length; u++) {
    const target = targets[u];
    if (target >= 0) data[target] += updates[u];
  }
}

/** One array of real numbers: no arguments to gather up. */
function scatterOne(
  data: TensorData,
  updates: TensorData,
  targets: Int32Array,
  f: (a: Scalar, b: Scalar) => Scalar,
): void {
  for (let u = 0; u < targets.length; u++) {
    const target = targets[u];
    if (target >= 0) data[target] = f(data[target], updates[u]) as never;
  }
}

/**
 * For every window place the element that `select` prefers (the first until it prefers another)
 * takes source[place] into its sum by `scatter`, from the init value.
 */
export function selectAndScatter(
  i: InstructionOf<'select-and-scatter'>,
  operands: readonly Value[],
  context: EvalContext,
): Tensor {
  const shape = arrayResult(i);
  const [input, source, init] = [0, 1, 2].map((k) => tensorAt(operands, k));
  const data = storage(shape);
  const write = elementWriter(shape.type, data);
  const [first, addend, initial] = [input, source, init].map((t) =>
    elementReader(t.shape.type, t.data),
  );
  const sum = elementReader(shape.type, data);
  for (let e = 0; e < input.data.length; e++) write(e, initial(0));
  const select = foldFunction(context, i.attrs.select);
  const add = foldFunction(context, i.attrs.scatter);
  const read = windowReader(i.attrs.window, input.shape.dims, source.shape.dims);
  forEachCoordinate(source.shape.dims, (place, p) => {
    const { base, count } = read(place);
    if (count === 0) return;
    let chosen = base[0];
    for (let j = 1; j < count; j++) {
      if (select(first(chosen), first(base[j])) !== 1) chosen = base[j];
    }
    write(chosen, add(sum(chosen), addend(p)));
  });
  return result(shape, data);
}
