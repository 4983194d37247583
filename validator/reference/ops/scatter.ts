/** Evaluation of scatter and select-and-scatter. */
import type { InstructionOf } from '../../../graphs/ir/module.ts';
import type { Tensor, TensorData, Value } from '../../../graphs/ir/tensor.ts';
import { type ScatterWindows, scatterWindows } from '../../semantics/indexing/scatter.ts';
import { forEachCoordinate, windowReader } from '../../semantics/indexing/window.ts';
import { specialised } from '../../semantics/loops/specialise.ts';
import type { EvalContext } from '../context.ts';
import {
  arrayResult,
  arrayResults,
  bundled,
  result,
  storage,
  tensorAt,
  tensors,
} from '../operands.ts';
import { elementReader, elementWriter, type Scalar, widthOf } from '../scalars/scalar.ts';
import {
  foldFunction,
  foldSteps,
  type ScalarFunction,
  scalarFunction,
} from '../scalars/scalar-function.ts';
import type { OperationSteps } from '../scalars/scalar-operation.ts';

/** result[target(u)] = f(result[target(u)], update[u]) for u in row-major order, from the operands. */
export function scatter(
  i: InstructionOf<'scatter'>,
  operands: readonly Value[],
  context: EvalContext,
): Value {
  const all = tensors(operands);
  const n = (all.length - 1) / 2;
  const [inputs, updates] = [all.slice(0, n), all.slice(n + 1)];
  const windows = scatterWindows(i.attrs, inputs[0].shape, all[n], updates[0].shape);
  const results = arrayResults(i).map((s, k) => result(s, inputs[k].data.slice()));
  const { type } = inputs[0].shape;
  if (n === 1 && widthOf(type) === 1) {
    const steps = foldSteps(context, i.attrs.to_apply);
    const [into, from] = [results[0].data, updates[0].data];
    const loop = specialised(scatterOne, `${steps.label} ${type}`, from.length);
    loop(steps, into, from, windows);
  } else scatterTuples(scalarFunction(context, i.attrs.to_apply), results, updates, windows);
  return bundled(i, results);
}

/** One array of elements that one number (or bigint) holds each. */
function scatterOne(
  steps: OperationSteps,
  data: TensorData,
  updates: TensorData,
  { starts, window }: ScatterWindows,
): void {
  const [exact, round] = [steps.exact, steps.round] as unknown as ((
    a: number,
    b?: number,
  ) => number)[];
  const n = window.length;
  for (let p = 0; p < starts.length; p++) {
    const start = starts[p];
    if (start < 0) continue;
    for (let w = 0, u = p * n; w < n; w++, u++) {
      const target = start + window[w];
      data[target] = round(exact(data[target] as number, updates[u] as number));
    }
  }
}

function scatterTuples(
  f: ScalarFunction,
  results: readonly Tensor[],
  updates: readonly Tensor[],
  { starts, window }: ScatterWindows,
): void {
  const n = results.length;
  const read = [...results, ...updates].map((t) => elementReader(t.shape.type, t.data));
  const write = results.map((t) => elementWriter(t.shape.type, t.data));
  const args: Scalar[] = [];
  const values: Scalar[] = [];
  for (let u = 0; u < starts.length * window.length; u++) {
    const start = starts[Math.floor(u / window.length)];
    if (start < 0) continue;
    const target = start + window[u % window.length];
    for (let k = 0; k < n; k++) {
      args[k] = read[k](target);
      args[n + k] = read[n + k](u);
    }
    f(args, values);
    for (let k = 0; k < n; k++) write[k](target, values[k]);
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
