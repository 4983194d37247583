/**
 * Real and complex arrays seen alike, as f64 pairs: for ops that compute a whole result in wider
 * arithmetic and round it once.
 */
import { type ArrayShape, elementCount } from '../../graphs/ir/shape.ts';
import type { Tensor } from '../../graphs/ir/tensor.ts';
import { result, storage } from './operands.ts';
import type { RoundingPolicy } from './scalars/rounding-policy.ts';
import { type Complex, widthOf } from './scalars/scalar.ts';

/** n complex numbers, parts apart. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** n times 0 + 0i. */
export function complexZeros(n: number): ComplexArray {
  return { re: new Float64Array(n), im: new Float64Array(n) };
}

/** The elements of a float or complex tensor. */
export function complexArray(t: Tensor): ComplexArray {
  const out = complexZeros(elementCount(t.shape));
  const width = widthOf(t.shape.type);
  for (let e = 0; e < out.re.length; e++) {
    out.re[e] = t.data[e * width] as number;
    if (width === 2) out.im[e] = t.data[2 * e + 1] as number;
  }
  return out;
}

/** The tensor of these numbers, rounded to the shape's type; a real type takes the real parts. */
export function roundedTensor(shape: ArrayShape, x: ComplexArray, round: RoundingPolicy): Tensor {
  const data = storage(shape);
  const width = widthOf(shape.type);
  const r = round(shape.type);
  for (let e = 0; e < x.re.length; e++) {
    data[e * width] = r(x.re[e]);
    if (width === 2) data[2 * e + 1] = r(x.im[e]);
  }
  return result(shape, data);
}

/** Element e as (re, im). */
export function getAt(x: ComplexArray, e: number): Complex {
  return [x.re[e], x.im[e]];
}

/** Puts (re, im) at element e. */
export function setAt(x: ComplexArray, e: number, [re, im]: Complex): void {
  x.re[e] = re;
  x.im[e] = im;
}
