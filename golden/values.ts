/**
 * Values as named tensors and back: `arg0`, and for leaves of a tuple `arg1.0.2`. The names of the
 * inputs and outputs that XLA dumps are recorded with, too.
 */
import { fail } from '../graphs/ir/diagnostic.ts';
import type { ArrayShape, Shape } from '../graphs/ir/shape.ts';
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
    const array = shape.kind === 'buffer' ? shape.array : shape;
    const want = shapeText(array);
    const found = tensors.get(name);
    if (!found) return fail('golden/missing', `there is no tensor ${name} (${want})`, where);
    if (fits(found.shape, array)) return found;
    const have = shapeText(found.shape);
    return fail('golden/shape', `${name} is ${have}, expected ${want}`, where);
  };
  return shapes.map((s, i) => take(`${prefix}${i}`, s));
}

/** One type and size, or a smaller one where a dimension is dynamic. */
function fits(found: ArrayShape, { type, dims, dynamic }: ArrayShape): boolean {
  const sizes = found.dims;
  return (
    found.type === type &&
    sizes.length === dims.length &&
    sizes.every((n, d) => n === dims[d] || (dynamic?.[d] && n < dims[d]!))
  );
}

function shapeText({ type, dims, dynamic }: ArrayShape): string {
  return `${type}[${dims.map((n, d) => (dynamic?.[d] ? `<=${n}` : n))}]`;
}

function addLeaves(named: Map<string, Tensor>, name: string, value: Value): void {
  if (value.kind === 'tensor') named.set(name, value);
  if (value.kind === 'tuple') {
    value.elements.forEach((e, i) => {
      addLeaves(named, `${name}.${i}`, e);
    });
  }
}
