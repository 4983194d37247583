/** The bit pattern of one element, and the element of a bit pattern: bitcast on scalars. */

import { type ElementType, elementTypes } from '../../../graphs/ir/element-type.ts';
import { floatBits } from '../../../graphs/ir/float-bits.ts';
import { wrapper } from '../../../graphs/ir/rounding.ts';
import { wrapWide } from './convert.ts';
import { classOf, type Scalar } from './scalar.ts';

type Code = number | bigint;

/** Reinterprets a scalar as another type of the same width; undefined where that is no scalar's. */
export function scalarBitcast(
  from: ElementType,
  to: ElementType,
): ((x: Scalar) => Scalar) | undefined {
  if (from === to) return (x) => x;
  const complex = classOf(from) === 'complex' || classOf(to) === 'complex';
  if (complex || elementTypes[from].bits !== elementTypes[to].bits) return undefined;
  const [encode, decode] = [encoder(from), decoder(to)];
  return (x) => decode(encode(x as Code));
}

/** Non-negative pattern of an element; a bigint where the type has 64 bits. */
function encoder(type: ElementType): (x: Code) => Code {
  const { kind, bits } = elementTypes[type];
  if (bits === 64) {
    const [f, u] = doubleViews();
    return (x) => {
      if (typeof x === 'bigint') return BigInt.asUintN(64, x);
      f[0] = x;
      return u[0];
    };
  }
  if (type === 'f32') {
    const [f, u] = floatViews();
    return (x) => {
      f[0] = x as number;
      return u[0];
    };
  }
  if (kind === 'float') return floatBits(type).encode as (x: Code) => Code;
  return (x) => ((x as number) & (2 ** bits - 1)) >>> 0;
}

function decoder(type: ElementType): (code: Code) => Scalar {
  const { kind } = elementTypes[type];
  if (classOf(type) === 'wide') return wrapWide(type) as (code: Code) => Scalar;
  if (type === 'f64') {
    const [f, u] = doubleViews();
    return (code) => {
      u[0] = code as bigint;
      return f[0];
    };
  }
  if (type === 'f32') {
    const [f, u] = floatViews();
    return (code) => {
      u[0] = code as number;
      return f[0];
    };
  }
  return (kind === 'float' ? floatBits(type).decode : wrapper(type)) as (code: Code) => Scalar;
}

function floatViews(): [Float32Array, Uint32Array] {
  const f = new Float32Array(1);
  return [f, new Uint32Array(f.buffer)];
}

function doubleViews(): [Float64Array, BigUint64Array] {
  const f = new Float64Array(1);
  return [f, new BigUint64Array(f.buffer)];
}
