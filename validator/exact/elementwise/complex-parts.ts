/** Real and imaginary parts of complex tensors: radii lie interleaved like the data. */
import { elementTypes } from '../../../graphs/ir/element-type.ts';
import { rounder } from '../../../graphs/ir/rounding.ts';
import { arrayShape } from '../../../graphs/ir/shape.ts';
import { exactTensor } from '../core/broadcasting.ts';
import type { ExactTensor } from '../core/value.ts';

/** The real parts with their radii, as a tensor of the part's type; a real tensor is itself. */
export function realPart(t: ExactTensor): ExactTensor {
  return part(t, 0);
}

/** The imaginary parts, likewise; zeros of a real tensor. */
export function imaginaryPart(t: ExactTensor): ExactTensor {
  return part(t, 1);
}

function part(t: ExactTensor, k: 0 | 1): ExactTensor {
  const info: { readonly kind: string; readonly part?: 'f32' | 'f64' } = elementTypes[t.shape.type];
  if (!info.part) return k === 0 ? t : { ...withoutRadii(t), data: zeros(t) };
  const every = (a: Float64Array) => {
    const out = new Float64Array(a.length / 2);
    for (let i = 0; i < out.length; i++) out[i] = a[2 * i + k];
    return out;
  };
  return mapArrays(t, info.part, every);
}

/** The imaginary parts of reals; the smallest number in a type without zero. */
function zeros(t: ExactTensor): Float64Array {
  return new Float64Array(t.data.length).fill(rounder(t.shape.type)(0));
}

function withoutRadii(t: ExactTensor): ExactTensor {
  const { bound: _w, deviation: _l, correlated: _s, ...rest } = t;
  return rest;
}

function mapArrays(
  t: ExactTensor,
  type: 'f32' | 'f64' | 'c64' | 'c128',
  f: (a: Float64Array) => Float64Array,
): ExactTensor {
  return {
    ...t,
    shape: arrayShape(type, t.shape.dims),
    data: f(t.data as Float64Array),
    ...(t.bound && { bound: f(t.bound) }),
    ...(t.deviation && { deviation: f(t.deviation) }),
    ...(t.correlated && {
      correlated: { radius: f(t.correlated.radius), along: t.correlated.along },
    }),
  };
}

/** re + 0i. */
export function imaginaryZero(re: ExactTensor): ExactTensor {
  return mapArrays(re, re.shape.type === 'f64' ? 'c128' : 'c64', (a) => {
    const out = new Float64Array(2 * a.length);
    for (let i = 0; i < a.length; i++) out[2 * i] = a[i];
    return out;
  });
}

/** re + im·i; an element is undecided where a part is. */
export function joined(re: ExactTensor, im: ExactTensor): ExactTensor {
  const type = re.shape.type === 'f64' ? 'c128' : 'c64';
  const n = re.data.length;
  const weave = (a: Float64Array | undefined, b: Float64Array | undefined) => {
    const out = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      out[2 * i] = a ? a[i] : 0;
      out[2 * i + 1] = b ? b[i] : 0;
    }
    return out;
  };
  const radii = re.bound || im.bound;
  const correlated = re.correlated ?? im.correlated;
  const undecided = re.undecided ?? im.undecided;
  const arrays = {
    data: weave(re.data as Float64Array, im.data as Float64Array),
    bound: radii && weave(re.bound, im.bound),
    deviation: radii && weave(re.deviation, im.deviation),
    radius: correlated && weave(re.correlated?.radius, im.correlated?.radius),
    undecided: undecided?.map((_, i) => (re.undecided?.[i] ?? 0) | (im.undecided?.[i] ?? 0)),
  };
  const along = re.shape.dims.map((_, d) => !!re.correlated?.along[d] || !!im.correlated?.along[d]);
  return exactTensor(arrayShape(type, re.shape.dims), arrays, along);
}
