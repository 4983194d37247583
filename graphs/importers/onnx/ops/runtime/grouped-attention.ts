/** GroupQueryAttention: fewer heads of keys than of queries, a cache of its own length a row. */
import type { Instruction } from '../../../../ir/module.ts';
import { dimsOf, type Hlo, rankOf, typeOf } from '../../../lowering/hlo.ts';
import { matmul } from '../../../lowering/matmul.ts';
import type { Lower, NodeContext } from '../../node-context.ts';
import { joinHeads, repeatHeads, rotaryEmbedding, splitHeads } from '../attention.ts';
import { takeAlong } from '../indexing.ts';
import { type Heads, scores } from './attention.ts';
import { derived } from './derived.ts';

/** What no kernel here is written out for, by the attribute's or the input's name. */
function refuseRest(c: NodeContext): void {
  for (const name of ['k_quant_type', 'v_quant_type']) {
    if (c.string(name, 'NONE') !== 'NONE') c.refuse(`a quantised cache (${name})`);
  }
  const flags = ['sliding_window_cache', 'qk_output'].filter((name) => c.flag(name));
  if (flags.length > 0) c.refuse(`${flags[0]}=${c.int(flags[0]!)}`);
  if (c.inputs.slice(12).some((x) => x)) c.refuse('scales of the cache, or norms of q and k');
}

const groupQueryAttention: Lower = (c) => {
  const { h } = c;
  refuseRest(c);
  const heads = unpacked(c);
  const [batch, , steps] = dimsOf(heads.q) as [number, number, number];
  const last = h.reshape(h.convert(c.input(5), 's64'), [batch, 1, 1, 1]);
  const total = c.list(6)[0]!;
  const start = steps === total ? h.full('s64', [batch, 1, 1, 1], 0) : h.sub(last, steps - 1);
  const turned = c.flag('do_rotary') ? rotated(c, heads, start) : heads;
  const present = (x: Instruction, k: number) => joined(h, x, c.inputs[k], start, total);
  const [key, value] = [present(turned.k, 3), present(turned.v, 4)];
  const y = attend(c, { q: turned.q, k: key, v: value }, start);
  return [joinHeads(h, y), key, value];
};

/** q, k and v as [B, heads, S, D]: three inputs, or side by side in the first. */
function unpacked(c: NodeContext): Heads {
  const { h } = c;
  const [own, shared] = [c.int('num_heads', 0), c.int('kv_num_heads', 0)];
  c.need(own > 0 && shared > 0 && own % shared === 0, `${own} heads over ${shared}`);
  const x = c.input(0);
  if (c.inputs[1]) {
    const split = (k: number) => splitHeads(h, c.input(k), shared);
    return { q: splitHeads(h, x, own), k: split(1), v: split(2) };
  }
  const all = splitHeads(h, x, own + 2 * shared);
  const part = (from: number, n: number) => h.sliceDim(all, 1, from, from + n);
  return { q: part(0, own), k: part(own, shared), v: part(own + shared, shared) };
}

/** Queries and keys turned by their positions: given, or counted from the start of each row. */
function rotated(c: NodeContext, heads: Heads, start: Instruction): Heads {
  const { h } = c;
  const [batch, , steps] = dimsOf(heads.q) as [number, number, number];
  const first = h.reshape(start, [batch, 1]);
  const positions = c.inputs[9] ?? h.add(h.iota('s64', [batch, steps], 1), first);
  const cos = c.input(7);
  const rotary_embedding_dim = 2 * dimsOf(cos)[1]!;
  const attributes = { interleaved: c.int('rotary_interleaved', 0), rotary_embedding_dim };
  const turn = (x: Instruction) =>
    rotaryEmbedding(
      derived(c, { inputs: [x, cos, c.input(8), positions], attributes }),
    ) as Instruction;
  return { q: turn(heads.q), k: turn(heads.k), v: heads.v };
}

/** The cache up to `start`, then the new rows, then zeros up to the size of the cache. */
function joined(
  h: Hlo,
  fresh: Instruction,
  past: Instruction | undefined,
  start: Instruction,
  total: number,
): Instruction {
  const [b, heads, steps, size] = dimsOf(fresh) as [number, number, number, number];
  const kept = past ? dimsOf(past)[2]! : 0;
  const rows = Math.max(total, kept);
  const zero = h.full(typeOf(fresh), [b, heads, 1, size], 0);
  const all = h.concat([...(past ? [past] : []), fresh, zero], 2);
  const place = h.iota('s64', [b, 1, rows, 1], 2);
  const behind = h.sub(place, start);
  const isNew = h.compare('LT', behind, steps);
  const at = h.select(isNew, h.add(behind, kept), kept + steps);
  const index = h.select(h.compare('LT', behind, 0), place, at);
  return takeAlong(h, all, h.broadcast(index, [b, heads, rows, size]), 2);
}

function attend(c: NodeContext, heads: Heads, start: Instruction): Instruction {
  const { h } = c;
  const n = dimsOf(heads.q)[1]!;
  const [k, v] = [repeatHeads(h, heads.k, n), repeatHeads(h, heads.v, n)];
  const plain = scores(c, { q: heads.q, k });
  const cap = c.float('softcap', 0);
  const capped = cap > 0 ? h.mul(h.unary('tanh', h.div(plain, cap)), cap) : plain;
  const bias = c.inputs[10];
  const biased = bias ? h.add(capped, fitted(h, bias, dimsOf(k)[2]!)) : capped;
  const seen = h.select(visible(c, heads.q, k, start), biased, -Infinity);
  return matmul(h, softmaxWithSink(c, seen), v);
}

/** A bias over the keys that it reaches; the keys after them are hidden anyway. */
function fitted(h: Hlo, bias: Instruction, keys: number): Instruction {
  const low = dimsOf(bias).map(() => 0);
  return h.pad(bias, 0, low, [0, 0, 0, keys - dimsOf(bias)[3]!]);
}

/** Whether a key is none after its query and none before the query's window. */
function visible(c: NodeContext, q: Instruction, k: Instruction, start: Instruction): Instruction {
  const { h } = c;
  if (!c.flag('causal', true)) c.refuse('causal=0');
  const dims = [1, 1, dimsOf(q)[2]!, dimsOf(k)[2]!];
  const place = h.add(h.iota('s64', dims, 2), start);
  const back = h.sub(place, h.iota('s64', dims, 3));
  const window = c.int('local_window_size', -1);
  const allowed = h.compare('GE', back, 0);
  return window > 0 ? h.and(allowed, h.compare('LT', back, window)) : allowed;
}

/** Softmax whose sum has one more term: exp of the head's sink, or of zero where it is smooth. */
function softmaxWithSink(c: NodeContext, x: Instruction): Instruction {
  const { h } = c;
  const sink = c.inputs[11];
  const smooth = c.int('smooth_softmax', -1) === 1;
  const best = h.reduceKeep('maximum', x, [rankOf(x) - 1]);
  if (!sink && !smooth) {
    const e = h.unary('exponential', h.sub(x, best));
    return h.div(e, h.reduceKeep('add', e, [3]));
  }
  const extra = sink
    ? h.reshape(h.convert(sink, typeOf(x)), [1, dimsOf(sink)[0]!, 1, 1])
    : h.full(typeOf(x), [1, 1, 1, 1], 0);
  const top = h.max(best, extra);
  const e = h.unary('exponential', h.sub(x, top));
  const rest = h.unary('exponential', h.sub(extra, top));
  return h.div(e, h.add(h.reduceKeep('add', e, [3]), rest));
}

/** Row by operator of `com.microsoft`. */
export const groupedAttention = { GroupQueryAttention: groupQueryAttention };
