/**
 * Values as named tensors and back: `arg0`, and for leaves of a tuple `arg1.0.2`. The names of the
 * inputs and outputs that XLA dumps are recorded with, too.
 */
import { fail } from '../graphs/ir/diagnostic.ts';
import { rounder } from '../graphs/ir/rounding.ts';
import { type ArrayShape, arrayShape, type Shape } from '../graphs/ir/shape.ts';
import {
  allocate,
  type Tensor,
  tensor,
  token,
  tupleValue,
  type Value,
} from '../graphs/ir/tensor.ts';
import { dtypeFor, dtypes, packedDtypes } from './store/dtypes.ts';

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
    const held = carried(found, array);
    if (fits(held.shape, array)) return held;
    const have = shapeText(found.shape);
    return fail('golden/shape', `${name} is ${have}, expected ${want}${wayOut(array)}`, where);
  };
  return shapes.map((s, i) => take(`${prefix}${i}`, s));
}

/** A tensor in the wider type that files hold a type in, at the type itself, where all of it fits. */
function carried(t: Tensor, { type }: ArrayShape): Tensor {
  const { dtype, own } = dtypeFor(type);
  if (own || t.shape.type !== dtypes[dtype] || type === 'c128') return t;
  const round = rounder(type);
  const numbers = t.data as Float32Array;
  if (!numbers.every((x) => Object.is(round(x), x))) return t;
  const data = allocate(type, numbers.length) as Float32Array;
  data.set(numbers);
  return tensor(arrayShape(type, t.shape.dims), data);
}

/** How a file gives a type that it has no name for. */
function wayOut({ type }: ArrayShape): string {
  const { dtype, own } = dtypeFor(type);
  if (own || type === 'c128') return '';
  const [packed] = Object.entries(packedDtypes).find(([, t]) => t === type) ?? [];
  const first = packed ? `${packed}, or as ` : '';
  return `: write it as ${first}${dtype}, each element a number that ${type} has`;
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
