/** Elementwise combination of tensors of several devices by a scalar computation. */
import { elementCount, sameShape } from '../../graphs/ir/shape.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import type { EvalContext } from '../reference/context.ts';
import { result, storage, tensorAt } from '../reference/operands.ts';
import { evaluateInstruction } from '../reference/run.ts';
import { elementReader, elementWriter } from '../reference/scalars/scalar.ts';
import { foldFunction, plainOperation } from '../reference/scalars/scalar-function.ts';

/** f(… f(f(x₀, x₁), x₂) …) of each element, rounded at every step. */
export function combine(to_apply: string, parts: readonly Tensor[], context: EvalContext): Tensor {
  const [first, ...rest] = parts;
  const step = whole(to_apply, first, context) ?? elementwise(to_apply, context);
  return rest.reduce(step, first);
}

type Step = (a: Tensor, b: Tensor) => Tensor;

/** One elementwise op on whole tensors, where the computation is just that op. */
function whole(to_apply: string, { shape }: Tensor, context: EvalContext): Step | undefined {
  const root = plainOperation(context, to_apply);
  if (!root || !sameShape(root.shape, { ...shape, dims: [] })) return undefined;
  return (a, b) => tensorAt([evaluateInstruction({ ...root, shape }, [a, b], context)], 0);
}

function elementwise(to_apply: string, context: EvalContext): Step {
  const f = foldFunction(context, to_apply);
  return (a, b) => {
    const { shape } = a;
    const data = storage(shape);
    const [left, right] = [a, b].map((x) => elementReader(x.shape.type, x.data));
    const write = elementWriter(shape.type, data);
    for (let k = 0; k < elementCount(shape); k++) write(k, f(left(k), right(k)));
    return result(shape, data);
  };
}
