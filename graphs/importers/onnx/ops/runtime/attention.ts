/** Attention, MultiHeadAttention and RotaryEmbedding of ONNX Runtime, with its masks and caches. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, rankOf, typeOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, LowerTable, NodeContext } from '../../node-context.ts';
import { softmaxOver } from '../activation.ts';
import { joinHeads, rotaryEmbedding, splitHeads } from '../attention.ts';
import { derived } from './derived.ts';

/** Queries, keys and values as [batch, heads, length, size]. */
export interface Heads {
  readonly q: Instruction;
  readonly k: Instruction;
  readonly v: Instruction;
}

/** Which inputs of a node say what is masked. */
interface MaskInputs {
  readonly mask: Instruction | undefined;
  readonly bias: Instruction | undefined;
}

/** scale · q kᵀ; the scale is 1/√d where the node gives none. */
export function scores(c: NodeContext, { q, k }: Pick<Heads, 'q' | 'k'>): Instruction {
  const scale = c.float('scale', 0) || 1 / Math.sqrt(dimsOf(q)[3]!);
  return c.h.mul(matmul(c.h, q, c.h.transpose(k, [0, 1, 3, 2])), scale);
}

/** softmax(scale · q kᵀ + masks) v as [batch, length, heads · size], and the masked scores. */
export function attended(c: NodeContext, heads: Heads, masks: MaskInputs): Instruction[] {
  const { h } = c;
  const added = additiveMask(c, heads, masks);
  const plain = scores(c, heads);
  const all = added ? h.add(plain, added) : plain;
  return [joinHeads(h, matmul(h, softmaxOver(h, all, 3), heads.v)), all];
}

/** The mask of padding, of later keys, and the given bias, as one sum; undefined for none. */
function additiveMask(c: NodeContext, { q, k }: Heads, { mask, bias }: MaskInputs) {
  const { h } = c;
  const [batch, , queries] = dimsOf(q) as [number, number, number];
  const keys = dimsOf(k)[2]!;
  const filter = c.float('mask_filter_value', -10000);
  const parts: Instruction[] = [];
  const hidden = mask && h.compare('EQ', allowedKeys(c, mask, batch, keys), 0);
  const wide = typeOf(q);
  if (hidden) parts.push(h.select(hidden, h.scalar(wide, filter), 0));
  const masked = later(c, queries, keys);
  if (masked && !parts[0]) parts.push(masked.floor);
  else if (masked) parts[0] = h.select(masked.later, masked.lowest, parts[0]!);
  if (bias) parts.push(bias);
  return parts.length > 0 ? parts.reduce((a, b) => h.add(a, b)) : undefined;
}

/** Keys after their query, where the node is causal: their score is the type's lowest value. */
function later(c: NodeContext, queries: number, keys: number) {
  const { h } = c;
  if (!c.flag('unidirectional') || queries === 1) return undefined;
  const dims = [1, 1, queries, keys];
  const place = h.add(h.iota('s64', dims, 2), keys - queries);
  const isLater = h.compare('GT', h.iota('s64', dims, 3), place);
  const lowest = h.scalar('f32', -3.4028234663852886e38);
  return { later: isLater, lowest, floor: h.select(isLater, lowest, 0) };
}

/** A mask in any of its forms as numbers that are 0 where a key is hidden, [B, 1, 1 or S, T]. */
function allowedKeys(c: NodeContext, mask: Instruction, batch: number, keys: number): Instruction {
  const { h } = c;
  const dims = dimsOf(mask);
  if (dims.length === 2) return h.reshape(mask, [dims[0]!, 1, 1, dims[1]!]);
  if (dims.length === 3) return h.reshape(mask, [dims[0]!, 1, dims[1]!, dims[2]!]);
  const some = dims.length === 1 && (dims[0] === batch || dims[0] === 2 * batch);
  if (!some) c.refuse(`a mask of shape [${dims}]`);
  const place = h.iota('s32', [1, 1, 1, keys], 3);
  const bound = (k: number) =>
    h.reshape(h.sliceDim(mask, 0, k * batch, (k + 1) * batch), [batch, 1, 1, 1]);
  const before = h.compare('LT', place, bound(0));
  const within = dims[0] === batch ? before : h.and(before, h.compare('GE', place, bound(1)));
  return h.convert(within, 's32');
}

/** Part of the last dimension. */
const lastPart = (h: Hlo, x: Instruction, from: number, size: number) =>
  h.sliceDim(x, rankOf(x) - 1, from, from + size);

/** The parts of q, k and v in the product of all three with the input. */
export function splitPacked(c: NodeContext, packed: Instruction, hidden: readonly number[]): Heads {
  const { h } = c;
  const heads = c.int('num_heads', 0);
  c.need(heads > 0, `num_heads=${heads}`);
  const [a, b, d] = hidden as [number, number, number];
  const part = (from: number, size: number) =>
    splitHeads(h, lastPart(h, packed, from, size), heads);
  return { q: part(0, a), k: part(a, b), v: part(a + b, d) };
}

/** Keys and values of `past` [2, B, H, P, D] before the new ones, and the two as `present`. */
export function withPast(c: NodeContext, given: Heads, past: Instruction | undefined) {
  const { h } = c;
  const old = (k: number) => h.reshape(h.sliceDim(past!, 0, k, k + 1), dimsOf(past!).slice(1));
  const k = past ? h.concat([old(0), given.k], 2) : given.k;
  const v = past ? h.concat([old(1), given.v], 2) : given.v;
  const stack = () =>
    h.concat(
      [k, v].map((x) => h.reshape(x, [1, ...dimsOf(x)])),
      0,
    );
  return { heads: { q: given.q, k, v }, present: c.wants(1) ? stack() : undefined };
}

/**
 * Refuses rotary positions and caches in shared buffers, which the attention ops may ask for by a
 * flag.
 */
export function refuseSharing(c: NodeContext): void {
  for (const name of ['do_rotary', 'past_present_share_buffer']) {
    if (c.flag(name)) c.refuse(`${name}=1`);
  }
}

/** x W + b holds q, k and v side by side. */
const attention: Lower = (c) => {
  refuseSharing(c);
  const product = matmul(c.h, c.input(0), c.input(1));
  const packed = c.inputs[2] ? c.h.add(product, c.input(2)) : product;
  const third = dimsOf(packed)[2]! / 3;
  const hidden = c.ints('qkv_hidden_sizes') ?? [third, third, third];
  const { heads, present } = withPast(c, splitPacked(c, packed, hidden), c.inputs[4]);
  const [y] = attended(c, heads, { mask: c.inputs[3], bias: c.inputs[5] });
  return [y, present];
};

const multiHeadAttention: Lower = (c) => {
  const { h } = c;
  if (c.inputs[8] || c.inputs[9]) c.refuse('a shared cache or beams (past_sequence_length)');
  const given = separateHeads(c);
  const join = (past: number, x: Instruction) =>
    c.inputs[past] ? h.concat([c.input(past), x], 2) : x;
  const heads = { q: given.q, k: join(6, given.k), v: join(7, given.v) };
  const [y, all] = attended(c, heads, { mask: c.inputs[4], bias: c.inputs[5] });
  return [y, heads.k, heads.v, all];
};

/** q, k and v of MultiHeadAttention: three inputs, or packed into the first one or two. */
function separateHeads(c: NodeContext): Heads {
  const { h } = c;
  const n = c.int('num_heads', 0);
  c.need(n > 0, `num_heads=${n}`);
  if (rankOf(c.input(0)) !== 3 || !c.inputs[1] || !c.inputs[2]) {
    c.refuse('packed queries, keys and values, which no CPU kernel takes');
  }
  const biased = (k: number, from: number) => {
    const x = c.input(k);
    if (rankOf(x) === 4) return x;
    const b = c.inputs[3];
    return splitHeads(h, b ? h.add(x, lastPart(h, b, from, dimsOf(x)[2]!)) : x, n);
  };
  const width = dimsOf(c.input(0))[2]!;
  return { q: biased(0, 0), k: biased(1, width), v: biased(2, 2 * width) };
}

/** As ONNX's, with the positions before the caches; one position is that of the first step. */
const rotary: Lower = (c) => {
  const { h } = c;
  if (c.flag('is_packed_batching')) c.refuse('is_packed_batching=1');
  if (c.float('scale', 1) !== 1) c.refuse(`scale=${c.float('scale')}`);
  const [x, ids, cos, sin] = [0, 1, 2, 3].map((k) => c.input(k)) as [
    Instruction,
    Instruction,
    Instruction,
    Instruction,
  ];
  const flat = rankOf(x) === 3;
  const [batch, steps] = [dimsOf(x)[0]!, dimsOf(x)[flat ? 1 : 2]!];
  const one = rankOf(ids) === 1;
  const positions = one ? h.add(h.iota('s64', [batch, steps], 1), ids) : ids;
  const size = 2 * dimsOf(cos)[1]!;
  const heads = c.int('num_heads', 0) || dimsOf(x).at(-1)! / size;
  const attributes = flat ? { num_heads: heads } : {};
  return rotaryEmbedding(derived(c, { inputs: [x, cos, sin, positions], attributes }));
};

/** Rows by operator of `com.microsoft`. */
export const runtimeAttention: LowerTable = {
  Attention: attention,
  MultiHeadAttention: multiHeadAttention,
  RotaryEmbedding: rotary,
};
