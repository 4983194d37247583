/**
 * Σ aᵢ·bᵢ in index order, for dot and convolution: each product and each partial sum rounded to the
 * accumulator type, the total once more to the result type. One function per class of types.
 */
import type { ElementType } from '../../graphs/ir/element-type.ts';
import { wrapper } from '../../graphs/ir/rounding.ts';
import type { TensorData } from '../../graphs/ir/tensor.ts';
import { conversion, wrapWide } from './scalars/convert.ts';
import type { RoundingPolicy } from './scalars/rounding-policy.ts';
import { classOf, elementWriter } from './scalars/scalar.ts';

/**
 * Accumulates into element `to` of the result the products of lhs[a + x[j]] and rhs[b + y[j]] for
 * j < count; absent x or y stand for 0, 1, 2 …
 */
export type SumOfProducts = (
  to: number,
  a: number,
  b: number,
  count: number,
  x?: Int32Array,
  y?: Int32Array,
) => void;

/** The sum over arrays of one class of element types. Float operands are already widened. */
export function sumOfProducts(
  lhs: TensorData,
  rhs: TensorData,
  out: TensorData,
  types: { readonly result: ElementType; readonly accumulator: ElementType },
  round: RoundingPolicy,
): SumOfProducts {
  const arrays = { lhs: lhs as never, rhs: rhs as never, out: out as never };
  return sums[classOf(types.result)](arrays, types, round);
}

interface Arrays<A> {
  readonly lhs: A;
  readonly rhs: A;
  readonly out: A;
}

type Make<A> = (
  arrays: Arrays<A>,
  types: { readonly result: ElementType; readonly accumulator: ElementType },
  round: RoundingPolicy,
) => SumOfProducts;

type Floats = Float32Array | Float64Array;

const floats: Make<Floats> = (arrays, types, round) => {
  const { lhs, rhs, out } = arrays;
  if (round(types.accumulator) === Math.fround) return floatsToF32(arrays, types, round);
  const step = round(types.accumulator);
  const last = round(types.result);
  return (to, a, b, count, x, y) => {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      sum = step(sum + step(lhs[a + (x ? x[j] : j)] * rhs[b + (y ? y[j] : j)]));
    }
    out[to] = last(sum);
  };
};

/** As floats, with the rounding to f32 written out. */
const floatsToF32: Make<Floats> = ({ lhs, rhs, out }, types, round) => {
  const last = round(types.result);
  return (to, a, b, count, x, y) => {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const product = Math.fround(lhs[a + (x ? x[j] : j)] * rhs[b + (y ? y[j] : j)]);
      sum = Math.fround(sum + product);
    }
    out[to] = last(sum);
  };
};

const complexes: Make<Floats> = ({ lhs, rhs, out }, types, round) => {
  const step = round(types.accumulator);
  const last = round(types.result);
  return (to, a, b, count, x, y) => {
    let [re, im] = [0, 0];
    for (let j = 0; j < count; j++) {
      const p = 2 * (a + (x ? x[j] : j));
      const q = 2 * (b + (y ? y[j] : j));
      re = step(re + step(step(lhs[p] * rhs[q]) - step(lhs[p + 1] * rhs[q + 1])));
      im = step(im + step(step(lhs[p] * rhs[q + 1]) + step(lhs[p + 1] * rhs[q])));
    }
    out[2 * to] = last(re);
    out[2 * to + 1] = last(im);
  };
};

const integers: Make<Int32Array> = ({ lhs, rhs, out }, { result }) => {
  const wrap = wrapper(result);
  return (to, a, b, count, x, y) => {
    let sum = 0;
    for (let j = 0; j < count; j++) {
      sum = (sum + Math.imul(lhs[a + (x ? x[j] : j)], rhs[b + (y ? y[j] : j)])) | 0;
    }
    out[to] = wrap(sum);
  };
};

const wides: Make<BigInt64Array> = ({ lhs, rhs, out }, { result }) => {
  const wrap = wrapWide(result);
  return (to, a, b, count, x, y) => {
    let sum = 0n;
    for (let j = 0; j < count; j++) {
      sum += BigInt(lhs[a + (x ? x[j] : j)]) * BigInt(rhs[b + (y ? y[j] : j)]);
    }
    out[to] = wrap(sum);
  };
};

/** Products are and, sums are or. */
const preds: Make<Uint8Array> = ({ lhs, rhs, out }) => {
  return (to, a, b, count, x, y) => {
    let any = 0;
    for (let j = 0; j < count; j++) any |= lhs[a + (x ? x[j] : j)] & rhs[b + (y ? y[j] : j)];
    out[to] = any;
  };
};

const sums = { float: floats, complex: complexes, narrow: integers, wide: wides, pred: preds };

/** The operand as an array of the class that the result type computes in. */
export function widened(data: TensorData, from: ElementType, to: ElementType): TensorData {
  if (classOf(from) === classOf(to) && classOf(to) !== 'complex') return data;
  if (from === to) return data;
  if (classOf(from) === 'complex') return Float64Array.from(data as Float32Array);
  const convert = conversion(from, to, () => (x) => x);
  const out =
    classOf(to) === 'complex'
      ? new Float64Array(2 * data.length)
      : classOf(to) === 'wide'
        ? new BigInt64Array(data.length)
        : new Float64Array(data.length);
  const write = elementWriter(to, out);
  for (let i = 0; i < data.length; i++) write(i, convert(data[i]));
  return out;
}
