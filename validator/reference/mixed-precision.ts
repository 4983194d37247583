/**
 * Reductions whose reducer computes at another floating-point precision than that of their operands or
 * result: what it is given is rounded to its parameters' types, and what it gives to the result's.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { computationOf, type InstructionOf, parametersOf, rootOf } from '../../graphs/ir/module.ts';
import { leafShapes, type Shape, tupleShape } from '../../graphs/ir/shape.ts';
import { type Tensor, tensor, tupleValue, type Value } from '../../graphs/ir/tensor.ts';
import type { EvalContext, Evaluate } from './context.ts';
import { tensors } from './operands.ts';

type Reducing = 'reduce' | 'reduce-window';

/** The evaluation of a reduction, where all is of the reducer's own types. */
export function mixedPrecision<O extends Reducing>(evaluate: Evaluate<O>): Evaluate<O> {
  return (i, operands, context) => {
    const { parameters, results } = reducerTypes(i as unknown as InstructionOf<Reducing>, context);
    const all = tensors(operands);
    const n = all.length / 2;
    const wanted = all.map((_, k) => parameters[k < n ? n + k : k - n]!);
    const given = all.map((t, k) => rounded(t, wanted[k]!, context));
    const { shape } = i;
    const own = typed(shape, results);
    if (own === shape && given.every((t, k) => t === all[k])) return evaluate(i, operands, context);
    const value = evaluate({ ...i, shape: own }, given, context);
    return declared(value, shape, context);
  };
}

function reducerTypes(i: InstructionOf<Reducing>, { module }: EvalContext) {
  const computation = computationOf(module, i.attrs.to_apply);
  const types = (shapes: readonly Shape[]) => shapes.flatMap(leafShapes).map(typeOf);
  return {
    parameters: types(parametersOf(computation).map((p) => p.shape)),
    results: types([rootOf(computation).shape]),
  };
}

function typeOf(shape: Shape): ElementType {
  return shape.kind === 'array' ? shape.type : 'pred';
}

function typed(shape: Shape, types: readonly ElementType[]): Shape {
  const leaves = leafShapes(shape);
  if (leaves.every((s, k) => typeOf(s) === types[k])) return shape;
  const all = leaves.map((s, k) => ({ ...s, type: types[k]! }) as Shape);
  return shape.kind === 'tuple' ? tupleShape(all) : all[0]!;
}

function declared(value: Value, shape: Shape, context: EvalContext): Value {
  if (value.kind === 'tuple' && shape.kind === 'tuple') {
    return tupleValue(value.elements.map((v, k) => declared(v, shape.elements[k]!, context)));
  }
  return value.kind === 'tensor' ? rounded(value, typeOf(shape), context) : value;
}

function rounded(t: Tensor, type: ElementType, context: EvalContext): Tensor {
  if (t.shape.type === type) return t;
  const data = (type === 'f64' ? Float64Array : Float32Array).from(t.data as Float64Array);
  const round = context.round(type);
  for (let k = 0; k < data.length; k++) data[k] = round(t.data[k] as number);
  return tensor({ ...t.shape, type }, data);
}
