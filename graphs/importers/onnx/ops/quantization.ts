/** Quantised arithmetic, written out in integers and floats as the operator specification has it. */
import { type ElementType, elementTypes, isFloat } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { matmul } from '../../lowering/matmul.ts';
import { extreme } from '../../lowering/neutral.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { elementTypeOf } from '../tensor-data.ts';
import { convolveNode, perChannel } from './convolution.ts';
import { castTo } from './types.ts';

/** A scale or zero point spread over x: one for all, one a slice of `axis`, or one a block. */
function spread(c: NodeContext, value: Instruction, x: Instruction): Instruction {
  const { h } = c;
  const dims = dimsOf(x);
  const block = c.int('block_size', 0);
  const own = dimsOf(value);
  if (block === 0 && (own.length === 0 || (own.length === 1 && own[0] === 1))) {
    return h.broadcast(h.reshape(value, []), dims);
  }
  const axis = c.axis(c.int('axis', 1), dims.length);
  if (block === 0) return h.broadcastInDim(value, dims, [axis]);
  const spreadDims = [...own.slice(0, axis + 1), block, ...own.slice(axis + 1)];
  const kept = range(spreadDims.length).filter((k) => k !== axis + 1);
  const repeated = h.broadcastInDim(value, spreadDims, kept);
  const whole = h.reshape(
    repeated,
    own.map((d, k) => (k === axis ? d * block : d)),
  );
  return h.slice(
    whole,
    dims.map(() => 0),
    dims,
  );
}

/** Rounded to the nearest integer (ties to even), shifted, and saturated to an integer type. */
export function saturate(h: Hlo, x: Instruction, zero: Instruction | undefined, type: ElementType) {
  const rounded = h.convert(clampToInt32(h, h.unary('round-nearest-even', x)), 's32');
  const shifted = zero ? h.add(rounded, h.convert(zero, 's32')) : rounded;
  const [low, high] = (['lowest', 'highest'] as const).map((w) => Number(extreme(type, w)));
  return h.convert(h.max(h.min(shifted, high!), low!), type);
}

/** Far inside s32, so that adding a zero point cannot wrap; far outside every quantised type. */
function clampToInt32(h: Hlo, x: Instruction): Instruction {
  const limit = typeOf(x) === 'f16' ? 65504 : 2 ** 24;
  return h.max(h.min(x, limit), -limit);
}

const quantizeLinear: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const zero = c.inputs[2];
  const to = c.int('output_dtype', 0);
  const type = zero ? typeOf(zero) : to ? elementTypeOf(to, 'output_dtype') : 'u8';
  const precision = c.int('precision', 0);
  const wide = precision ? elementTypeOf(precision, 'precision') : widest(x, c.input(1));
  const scale = spread(c, h.convert(c.input(1), wide), x);
  const scaled = h.div(h.convert(x, wide), scale);
  const shift = zero && spread(c, zero, x);
  if (!isFloat(type)) return saturate(h, scaled, shift, type);
  return castTo(h, scaled, type, c.flag('saturate', true));
};

/** The type in which x and its scale meet: integers are divided as f32. */
function widest(x: Instruction, scale: Instruction): ElementType {
  const types = [typeOf(x), typeOf(scale)].map((t) => (isFloat(t) ? t : 'f32'));
  const [a, b] = types as [ElementType, ElementType];
  return elementTypes[a].bits >= elementTypes[b].bits ? a : b;
}

const dequantizeLinear: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const to = c.int('output_dtype', 0);
  const type = to ? elementTypeOf(to, 'output_dtype') : c.type(1);
  const centred = centre(c, x);
  const wide = h.convert(centred, 'f32');
  return h.convert(h.mul(wide, spread(c, h.convert(c.input(1), 'f32'), x)), type);
};

function centre(c: NodeContext, x: Instruction): Instruction {
  const { h } = c;
  const zero = c.inputs[2];
  if (isFloat(typeOf(x))) return x;
  const wide = h.convert(x, 's32');
  return zero ? h.sub(wide, spread(c, h.convert(zero, 's32'), x)) : wide;
}

/** x − zero in s32; a vector of zero points goes along the dimension `axis`. */
export function shifted(
  h: Hlo,
  x: Instruction,
  zero: Instruction | undefined,
  axis: number,
): Instruction {
  const wide = h.convert(x, 's32');
  if (!zero) return wide;
  const z = h.convert(zero, 's32');
  if (rankOf(z) !== 1) return h.sub(wide, z);
  if (dimsOf(z)[0] === 1) return h.sub(wide, h.reshape(z, []));
  return h.sub(wide, h.broadcastInDim(z, dimsOf(x), [axis]));
}

const matMulInteger: Lower = (c) => {
  const { h } = c;
  const [a, b] = [c.input(0), c.input(1)];
  const left = shifted(h, a, c.inputs[2], rankOf(a) - 2);
  return matmul(h, left, shifted(h, b, c.inputs[3], rankOf(b) - 1));
};

const convInteger: Lower = (c) => {
  const { h } = c;
  const left = shifted(h, c.input(0), c.inputs[2], 1);
  return convolveNode(c, left, shifted(h, c.input(1), c.inputs[3], 0));
};

/** An s32 result scaled by a·b/y, in f32, and saturated. */
function requantise(c: NodeContext, y: Instruction, factor: Instruction, zero: Instruction) {
  const scaled = c.h.mul(c.h.convert(y, 'f32'), factor);
  return saturate(c.h, scaled, c.h.broadcast(c.h.reshape(zero, []), dimsOf(y)), typeOf(zero));
}

/** A scale or zero point of shape [1] as a scalar; any other as it is. */
export const scalarOrSame = (h: Hlo, x: Instruction) =>
  rankOf(x) === 1 && dimsOf(x)[0] === 1 ? h.reshape(x, []) : x;

const qLinearMatMul: Lower = (c) => {
  const { h } = c;
  const [a, b] = [c.input(0), c.input(3)];
  const left = shifted(h, a, c.input(2), rankOf(a) - 2);
  const y = matmul(h, left, shifted(h, b, c.input(5), rankOf(b) - 1));
  const scale = (k: number) => h.convert(scalarOrSame(h, c.input(k)), 'f32');
  const rows = rankOf(scale(1)) === 1 ? h.reshape(scale(1), [...dimsOf(scale(1)), 1]) : scale(1);
  const factor = h.div(h.mul(rows, scale(4)), scale(6));
  return requantise(c, y, factor, c.input(7));
};

const qLinearConv: Lower = (c) => {
  const { h } = c;
  const left = shifted(h, c.input(0), c.input(2), 1);
  const plain = convolveNode(c, left, shifted(h, c.input(3), c.input(5), 0));
  const y = c.inputs[8] ? h.add(plain, perChannel(h, c.input(8), rankOf(plain))) : plain;
  const kernelScale = scalarOrSame(h, c.input(4));
  const spreadScale =
    rankOf(kernelScale) === 1 ? perChannel(h, kernelScale, rankOf(y)) : kernelScale;
  const scale = (k: number) => h.reshape(c.input(k), []);
  const factor = h.div(h.mul(spreadScale, scale(1)), scale(6));
  return requantise(c, y, factor, c.input(7));
};

/**
 * x as u8 with the scale and zero point of its own range, 0 always inside: (y, scale, zero point).
 * A tensor of zeros alone has scale 1/255, as a range of 0 is taken for 1.
 */
export const dynamicQuantizeLinear: Lower = (c) => {
  const { h } = c;
  const x = c.input(0);
  const all = range(rankOf(x));
  const high = h.max(h.reduce('maximum', x, all), 0);
  const low = h.min(h.reduce('minimum', x, all), 0);
  const flat = h.compare('EQ', high, low);
  const scale = h.div(h.select(flat, 1, h.sub(high, low)), 255);
  const offset = h.max(h.min(h.div(h.unary('negate', low), scale), 255), 0);
  const zero = h.convert(h.unary('round-nearest-even', offset), 'u8');
  const scaled = h.div(x, scale);
  return [saturate(h, scaled, h.broadcast(zero, dimsOf(x)), 'u8'), scale, zero];
};

/** Rows by operator of the standard domain. */
export const quantization: LowerTable = {
  ConvInteger: convInteger,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
};
