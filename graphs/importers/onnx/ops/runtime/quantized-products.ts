/** Matrix products with quantised operands: integers multiplied, the result scaled in f32. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, rankOf, typeOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { times } from '../linear.ts';
import { dynamicQuantizeLinear, saturate, scalarOrSame, shifted } from '../quantization.ts';
import { attended, refuseSharing, splitPacked, withPast } from './attention.ts';
import { derived } from './derived.ts';

/** An integer tensor with its scale and zero point. */
interface Quantized {
  readonly x: Instruction;
  readonly scale: Instruction;
  readonly zero: Instruction | undefined;
}

/** (A − za)(B − zb) · sa · sb in f32; the scale and the zero of B may be vectors over columns. */
function scaledProduct(h: Hlo, a: Quantized, b: Quantized): Instruction {
  const left = shifted(h, a.x, a.zero && scalarOrSame(h, a.zero), rankOf(a.x) - 2);
  const y = matmul(h, left, shifted(h, b.x, b.zero, rankOf(b.x) - 1));
  return h.mul(h.convert(y, 'f32'), h.mul(scalarOrSame(h, a.scale), scalarOrSame(h, b.scale)));
}

const plusBias = (c: NodeContext, y: Instruction, k: number) =>
  c.inputs[k] ? c.h.add(y, c.input(k)) : y;

const matMulIntegerToFloat: Lower = (c) => {
  const operand = (x: number): Quantized => ({
    x: c.input(x),
    scale: c.input(x + 2),
    zero: c.inputs[x + 4],
  });
  return plusBias(c, scaledProduct(c.h, operand(0), operand(1)), 6);
};

/** A is quantised to u8 over its whole range first. */
const dynamicQuantizeMatMul: Lower = (c) => {
  const [x, scale, zero] = dynamicQuantizeLinear(derived(c, {})) as Instruction[];
  const b = { x: c.input(1), scale: c.input(2), zero: c.inputs[3] };
  return plusBias(c, scaledProduct(c.h, { x: x!, scale: scale!, zero }, b), 4);
};

/** α sa sb ((A − za)(B − zb)) + C, where C counts in steps of α sa sb; quantised if y is. */
const qGemm: Lower = (c) => {
  const { h } = c;
  const turned = (k: number, name: string) =>
    c.flag(name) ? h.transpose(c.input(k), [1, 0]) : c.input(k);
  const left = shifted(h, turned(0, 'transA'), scalarOrSame(h, c.input(2)), 0);
  const product = matmul(h, left, shifted(h, turned(3, 'transB'), c.input(5), 1));
  const y = h.convert(plusBias(c, product, 6), 'f32');
  const steps = h.mul(scalarOrSame(h, c.input(1)), scalarOrSame(h, c.input(4)));
  const scaled = times(h, steps, c.float('alpha', 1));
  const out = c.inputs[7];
  if (!out) return h.mul(y, scaled);
  const zero = c.inputs[8];
  const quotient = h.mul(y, h.div(scaled, h.reshape(out, [])));
  const shift = zero && h.broadcast(h.reshape(zero, []), dimsOf(y));
  return saturate(h, quotient, shift, zero ? typeOf(zero) : 'u8');
};

/** Attention whose product with the weights is one of integers. */
const qAttention: Lower = (c) => {
  refuseSharing(c);
  const a = { x: c.input(0), scale: c.input(3), zero: c.inputs[6] };
  const b = { x: c.input(1), scale: c.input(4), zero: c.inputs[7] };
  const packed = plusBias(c, scaledProduct(c.h, a, b), 2);
  const third = dimsOf(packed)[2]! / 3;
  const split = splitPacked(c, packed, [third, third, third]);
  const { heads, present } = withPast(c, split, c.inputs[8]);
  const [y] = attended(c, heads, { mask: c.inputs[5], bias: undefined });
  return [y, present];
};

/** Numbers of `bits` bits packed into bytes, the first in the lowest bits: [rows, n] to [rows, m]. */
function unpacked(h: Hlo, bytes: Instruction, bits: number): Instruction {
  const [rows, n] = dimsOf(bytes) as [number, number];
  const each = 8 / bits;
  if (each === 1) return bytes;
  const parts = Array.from({ length: each }, (_, k) => {
    const moved = h.binary('shift-right-logical', bytes, k * bits);
    return h.reshape(h.binary('and', moved, 2 ** bits - 1), [rows, n, 1]);
  });
  return h.reshape(h.concat(parts, 2), [rows, n * each]);
}

/** A Wᵀ with W of N rows in blocks over K: (q − zero) · scale, zero being half the range if absent. */
const matMulNBits: Lower = (c) => {
  const { h } = c;
  const [n, k, size, bits] = ['N', 'K', 'block_size', 'bits'].map((name) =>
    c.int(name, name === 'bits' ? 4 : 0),
  ) as [number, number, number, number];
  if (![2, 4, 8].includes(bits)) c.refuse(`bits=${bits}`);
  if (c.inputs[4]) c.refuse('a permutation of the blocks (g_idx)');
  c.need(n > 0 && k > 0 && size > 0, `N=${n}, K=${k}, block_size=${size}`);
  if (c.int('accuracy_level', 0) === 4) {
    c.assume('accuracy_level=4 lets a kernel round A to 8 bits; it is taken as it is');
  }
  const blocks = Math.ceil(k / size);
  const type = c.type(0);
  const packed = h.reshape(c.input(1), [n, (blocks * size * bits) / 8]);
  const numbers = h.reshape(unpacked(h, packed, bits), [n, blocks, size]);
  const zero = h.reshape(zeroOf(c, { n, blocks, bits }), [n, blocks, 1]);
  const scales = h.reshape(c.input(2), [n, blocks, 1]);
  const wide = h.mul(h.sub(h.convert(numbers, type), zero), scales);
  const w = h.sliceDim(h.reshape(wide, [n, blocks * size]), 1, 0, k);
  return plusBias(c, matmul(h, c.input(0), h.transpose(w, [1, 0])), 5);
};

interface Blocks {
  readonly n: number;
  readonly blocks: number;
  readonly bits: number;
}

/** One zero point a block: packed as the weights are, or floats, or the middle of the range. */
function zeroOf(c: NodeContext, { n, blocks, bits }: Blocks): Instruction {
  const { h } = c;
  const given = c.inputs[3];
  if (!given) return h.full(c.type(0), [n, blocks], 2 ** (bits - 1));
  if (typeOf(given) !== 'u8') return h.convert(given, c.type(0));
  const row = Math.ceil((blocks * bits) / 8);
  const all = unpacked(h, h.reshape(given, [n, row]), bits);
  return h.convert(h.sliceDim(all, 1, 0, blocks), c.type(0));
}

/** Rows by operator of `com.microsoft`. */
export const quantizedProducts: LowerTable = {
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  MatMulNBits: matMulNBits,
  QAttention: qAttention,
  QGemm: qGemm,
};
