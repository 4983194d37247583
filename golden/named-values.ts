/** Tensors by name as the inputs and the result of a module, whatever names a file or a runtime has. */
import { entryOf, type Module, parametersOf, rootOf } from '../graphs/ir/module.ts';
import { leafShapes, type Shape } from '../graphs/ir/shape.ts';
import { type Tensor, token, tupleValue, type Value } from '../graphs/ir/tensor.ts';
import { valuesFrom } from './values.ts';

/**
 * Tensors by name as the parameters of a module: `arg0`, `arg1` …, parts of tuples `arg0.1`, the
 * parameters' own names, or the model's names of its inputs, in order.
 */
export function inputsFrom(
  module: Module,
  tensors: Map<string, Tensor>,
  file: string,
  own: readonly string[] = [],
): readonly Value[] {
  const parameters = parametersOf(entryOf(module));
  for (const { name, attrs } of parameters) {
    const positional = `arg${attrs.index}`;
    const named = tensors.get(name) ?? tensors.get(own[attrs.index] ?? name);
    if (named && !tensors.has(positional)) tensors.set(positional, named);
  }
  const shapes = parameters.map((p) => p.shape);
  return valuesFrom(tensors, 'arg', shapes, file);
}

/**
 * Tensors as the result of a module: `out0`, `out1` … for its arrays, depth first, or a model's own
 * names of its outputs; a single tensor is the result of a module of one output, whatever its name.
 */
export function outputFrom(
  module: Module,
  tensors: Map<string, Tensor>,
  file: string,
  own: readonly string[] = [],
): Value {
  const { shape } = rootOf(entryOf(module));
  const leaves = leafShapes(shape);
  const only = leaves.length === 1 && tensors.size === 1 ? [...tensors.values()][0] : undefined;
  for (const n of leaves.keys()) {
    const named = tensors.get(own[n] ?? '') ?? only;
    if (named && !tensors.has(`out${n}`)) tensors.set(`out${n}`, named);
  }
  return assembled(shape, valuesFrom(tensors, 'out', leaves, file));
}

/** A value of a shape from its arrays, depth first. */
function assembled(shape: Shape, leaves: readonly Value[]): Value {
  const rest = [...leaves];
  const build = (s: Shape): Value => {
    if (s.kind === 'tuple') return tupleValue(s.elements.map(build));
    return s.kind === 'array' || s.kind === 'buffer' ? rest.shift()! : token;
  };
  return build(shape);
}
