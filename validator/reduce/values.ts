/** Simpler numbers and sizes: arrays that become zeros, ones, small integers, sparse, or shorter. */
import { isComplex, isFloat } from '../../graphs/ir/element-type.ts';
import { rounder } from '../../graphs/ir/rounding.ts';
import { rowMajorStrides } from '../../graphs/ir/shape.ts';
import { allocate, type Tensor, tensor } from '../../graphs/ir/tensor.ts';

/** What a size may become, the least first: 1, 2, its half, one less. */
export function smallerSizes(size: number): readonly number[] {
  const tried = [1, 2, Math.ceil(size / 2), size - 1];
  return [...new Set(tried.filter((n) => n >= 1 && n < size))].sort((a, b) => a - b);
}

/**
 * Arrays of the same shape that are easier to read, the easiest first: zeros, ones, whole numbers, two
 * digits. What comes before the array itself in that order is easier, and nothing else; ones are no
 * easier than an array with zeros in it.
 */
export function simplerForms(t: Tensor): readonly Tensor[] {
  const hasZeros = nonZeroPlaces(t).length < t.data.length;
  const forms = hasZeros ? [fill(t, 0)] : [fill(t, 0), fill(t, 1)];
  if (isFloat(t.shape.type) || isComplex(t.shape.type)) {
    forms.push(
      mapped(t, Math.round),
      mapped(t, (x) => Number(x.toPrecision(2))),
    );
  }
  const own = forms.findIndex((form) => sameData(form, t));
  return own < 0 ? forms : forms.slice(0, own);
}

/** Places of elements that are not zero. */
export function nonZeroPlaces({ data }: Tensor): readonly number[] {
  return Array.from(data.keys()).filter((n) => Number(data[n]) !== 0);
}

/** The array with these elements alone; the others are zero. */
export function keeping(t: Tensor, places: readonly number[]): Tensor {
  const { data } = fill(t, 0);
  for (const n of places) data[n] = t.data[n] as never;
  return tensor(t.shape, data);
}

function fill(t: Tensor, value: number): Tensor {
  const isWide = t.data instanceof BigInt64Array || t.data instanceof BigUint64Array;
  return tensor(t.shape, t.data.slice().fill((isWide ? BigInt(value) : value) as never));
}

/** Only finite elements are changed, to numbers of the type: what is special is there for a reason. */
function mapped(t: Tensor, change: (x: number) => number): Tensor {
  const data = t.data.slice();
  const { type } = t.shape;
  const round = isFloat(type) ? rounder(type) : (x: number) => x;
  for (let n = 0; n < data.length; n++) {
    const x = Number(data[n]);
    if (Number.isFinite(x)) data[n] = round(change(x)) as never;
  }
  return tensor(t.shape, data);
}

function sameData(a: Tensor, b: Tensor): boolean {
  return a.data.every((x: number | bigint, n: number) => Object.is(x, b.data[n]));
}

/** The first elements of an array along each dimension, as many as `dims` says. */
export function leadingBlock(t: Tensor, dims: readonly number[]): Tensor {
  const from = t.shape.dims;
  if (from.every((d, k) => d === dims[k])) return t;
  const count = dims.reduce((n, d) => n * d, 1);
  const width =
    t.data.length /
    Math.max(
      1,
      from.reduce((n, d) => n * d, 1),
    );
  const data = allocate(t.shape.type, count);
  const [strides, own] = [rowMajorStrides(from), rowMajorStrides(dims)];
  for (let n = 0; n < count; n++) {
    const at = dims.reduce((sum, d, k) => sum + (Math.floor(n / own[k]!) % d) * strides[k]!, 0);
    for (let w = 0; w < width; w++) data[n * width + w] = t.data[at * width + w] as never;
  }
  return tensor({ ...t.shape, dims }, data);
}
