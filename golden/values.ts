/**
 * Values as named tensors and back: `arg0`, and for leaves of a tuple `arg1.0.2`. The names of the
 * inputs and outputs that XLA dumps are recorded with, too.
 */
import { fail } from '../graphs/ir/diagnostic.ts';
import type { Shape } from '../graphs/ir/shape.ts';
import { type Tensor, token, tupleValue, type Value } from '../graphs/ir/tensor.ts';

/** The tensors of values, named by prefix, position and path; tokens are left out. */
export function nameTensors(prefix: string, values: readonly Value[]): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  values.forEach((value, i) => {
    addLeaves(named, `${prefix}${i}`, value);
  });
  return named;
}

/** Values of these shapes from named tensors; a missing or misshapen one is an AssayError. */
export function valuesFrom(
  tensors: ReadonlyMap<string, Tensor>,
  prefix: string,
  shapes: readonly Shape[],
  file?: string,
): readonly Value[] {
  const where = file === undefined ? {} : { file };
  const take = (name: string, shape: Shape): Value => {
    if (shape.kind === 'tuple') {
      return tupleValue(shape.elements.map((s, i) => take(`${name}.${i}`, s)));
    }
    if (shape.kind !== 'array' && shape.kind !== 'buffer') return token;
    const { type, dims } = shape.kind === 'buffer' ? shape.array : shape;
    const want = `${type}[${dims}]`;
    const found = tensors.get(name);
    if (!found) return fail('golden/missing', `there is no tensor ${name} (${want})`, where);
    const have = `${found.shape.type}[${found.shape.dims}]`;
    if (have !== want) return fail('golden/shape', `${name} is ${have}, expected ${want}`, where);
    return found;
  };
  return shapes.map((s, i) => take(`${prefix}${i}`, s));
}

function addLeaves(named: Map<string, Tensor>, name: string, value: Value): void {
  if (value.kind === 'tensor') named.set(name, value);
  if (value.kind === 'tuple') {
    value.elements.forEach((e, i) => {
      addLeaves(named, `${name}.${i}`, e);
    });
  }
}
