/** Attention: scaled dot products with masks and caches, rotary positions, linear and flexible. */
import { type ElementType, elementTypes } from '../../../ir/element-type.ts';
import type { Instruction } from '../../../ir/module.ts';
import { dimsOf, type Hlo, range, rankOf, typeOf } from '../../lowering/hlo.ts';
import { matmul } from '../../lowering/matmul.ts';
import { loop, sliceAt, updateAt } from '../loop.ts';
import type { Lower, LowerTable, NodeContext } from '../node-context.ts';
import { elementTypeOf } from '../tensor-data.ts';
import { softmaxOver } from './activation.ts';
import { wrapIndices } from './indexing.ts';

/** [B, T, H·D] to [B, H, T, D]. */
export function splitHeads(h: Hlo, x: Instruction, heads: number): Instruction {
  const [b, t, width] = dimsOf(x) as [number, number, number];
  return h.transpose(h.reshape(x, [b, t, heads, width / heads]), [0, 2, 1, 3]);
}

/** [B, H, T, D] to [B, T, H·D]. */
export function joinHeads(h: Hlo, x: Instruction): Instruction {
  const [b, heads, t, d] = dimsOf(x) as [number, number, number, number];
  return h.reshape(h.transpose(x, [0, 2, 1, 3]), [b, t, heads * d]);
}

/** Each of [B, H, …] repeated to give `heads`: h0, h0, h1, h1, … */
export function repeatHeads(h: Hlo, x: Instruction, heads: number): Instruction {
  const [b, own, ...rest] = dimsOf(x) as [number, number, ...number[]];
  if (own === heads) return x;
  const dims = [b, own, heads / own, ...rest];
  const kept = range(dims.length).filter((k) => k !== 2);
  return h.reshape(h.broadcastInDim(x, dims, kept), [b, heads, ...rest]);
}

/** 0 where allowed, −∞ elsewhere. */
function bias(h: Hlo, allowed: Instruction, type: ElementType): Instruction {
  return h.select(allowed, h.scalar(type, 0), h.scalar(type, -Infinity));
}

interface Lengths {
  readonly queries: number;
  readonly keys: number;
  /** Keys before the first query: a constant, or one number a batch as [B, 1, 1, 1]. */
  readonly offset: Instruction;
}

/** i + offset − j for query i and key j: how far back the key lies. */
function distances(h: Hlo, { queries, keys, offset }: Lengths): Instruction {
  const dims = [1, 1, queries, keys];
  return h.sub(h.add(h.iota('s64', dims, 2), offset), h.iota('s64', dims, 3));
}

/** The bias of mask, causality, window and padding together; undefined where there is none. */
function attentionBias(
  c: NodeContext,
  type: ElementType,
  lengths: Lengths,
): Instruction | undefined {
  const { h } = c;
  const parts: Instruction[] = [];
  if (c.inputs[3]) parts.push(maskBias(c, type, lengths.keys));
  if (c.flag('is_causal')) {
    parts.push(bias(h, h.compare('GE', distances(h, lengths), 0), type));
  }
  for (const [name, sign] of [
    ['left_window_size', 1],
    ['right_window_size', -1],
  ] as const) {
    const size = c.int(name, -1);
    if (size < 0) continue;
    const back = h.mul(distances(h, lengths), sign);
    parts.push(bias(h, h.compare('LE', back, size), type));
  }
  if (c.inputs[6]) {
    const valid = h.reshape(h.convert(c.input(6), 's64'), [dimsOf(c.input(6))[0]!, 1, 1, 1]);
    const within = h.compare('LT', h.iota('s64', [1, 1, 1, lengths.keys], 3), valid);
    parts.push(bias(h, within, type));
  }
  return parts.length > 0 ? parts.reduce((a, b) => h.add(a, b)) : undefined;
}

/** The mask as a bias; keys that it does not reach are not allowed. */
function maskBias(c: NodeContext, type: ElementType, keys: number): Instruction {
  const { h } = c;
  const given = c.input(3);
  const additive = typeOf(given) === 'pred' ? bias(h, given, type) : given;
  const last = rankOf(given) - 1;
  const short = keys - dimsOf(given)[last]!;
  const zeros = range(last + 1).map(() => 0);
  const high = zeros.map((_, k) => (k === last ? short : 0));
  return h.pad(additive, -Infinity, zeros, high);
}

const attention: Lower = (c) => {
  const { h } = c;
  const flat = rankOf(c.input(0)) === 3;
  const heads = (k: number, name: string) =>
    flat ? splitHeads(h, c.input(k), c.int(name, 1)) : c.input(k);
  const q = heads(0, 'q_num_heads');
  const join = (past: Instruction | undefined, x: Instruction) =>
    past ? h.concat([past, x], 2) : x;
  const presentKey = join(c.inputs[4], heads(1, 'kv_num_heads'));
  const presentValue = join(c.inputs[5], heads(2, 'kv_num_heads'));
  const [, qHeads, queries] = dimsOf(q) as [number, number, number];
  const offset = queryOffset(c, queries);
  const lengths = { queries, keys: dimsOf(presentKey)[2]!, offset };
  const added = attentionBias(c, typeOf(q), lengths);
  const scores = scaledScores(c, q, repeatHeads(h, presentKey, qHeads));
  const { probabilities, exposed } = attend(c, scores, added);
  const value = repeatHeads(h, presentValue, qHeads);
  const y = matmul(h, h.convert(probabilities, typeOf(q)), value);
  return [flat ? joinHeads(h, y) : y, presentKey, presentValue, h.convert(exposed, typeOf(q))];
};

/** Number of keys before the first query. */
function queryOffset(c: NodeContext, queries: number): Instruction {
  const { h } = c;
  const past = c.inputs[4] ? dimsOf(c.input(4))[2]! : 0;
  if (c.inputs[4] || !c.inputs[6]) return h.scalar('s64', past);
  const valid = h.convert(c.input(6), 's64');
  return h.reshape(h.sub(valid, queries), [dimsOf(valid)[0]!, 1, 1, 1]);
}

/** (q √s)(k √s)ᵀ with s = scale, whose root is an f32 as it is itself, or 1/√d. */
function scaledScores(c: NodeContext, q: Instruction, k: Instruction): Instruction {
  const { h } = c;
  const scale = c.float('scale', 0);
  const root = scale ? Math.fround(Math.sqrt(scale)) : Math.sqrt(1 / Math.sqrt(dimsOf(q)[3]!));
  return matmul(h, h.mul(q, root), h.transpose(h.mul(k, root), [0, 1, 3, 2]));
}

/** Softmax of the capped, biased scores, and the intermediate value that the node exposes. */
function attend(c: NodeContext, raw: Instruction, added: Instruction | undefined) {
  const { h } = c;
  const cap = c.float('softcap', 0);
  const capped = cap > 0 ? h.mul(h.unary('tanh', h.div(raw, cap)), cap) : raw;
  const biased = added ? h.add(capped, added) : capped;
  const precision = c.int('softmax_precision');
  const wide =
    precision === undefined
      ? biased
      : h.convert(biased, elementTypeOf(precision, 'softmax_precision'));
  const plain = softmaxOver(h, wide, rankOf(wide) - 1);
  const probabilities = added ? withoutMaskedRows(h, plain, added) : plain;
  const modes = [raw, capped, biased, probabilities];
  const mode = c.int('qk_matmul_output_mode', 0);
  return { probabilities, exposed: modes[mode] ?? c.refuse(`qk_matmul_output_mode=${mode}`) };
}

/** Rows in which no key is allowed give zeros. */
function withoutMaskedRows(h: Hlo, probabilities: Instruction, added: Instruction): Instruction {
  const best = h.reduceKeep('maximum', added, [rankOf(added) - 1]);
  return h.select(h.compare('EQ', best, -Infinity), 0, probabilities);
}

/** Scores and probabilities pass through the subgraphs score_mod and prob_mod. */
const flexAttention: Lower = (c) => {
  const { h } = c;
  const [q, k, v] = [0, 1, 2].map((n) => c.input(n)) as [Instruction, Instruction, Instruction];
  const heads = dimsOf(q)[1]!;
  const through = (name: string, x: Instruction) => {
    const graph = c.attr(name)?.g;
    return graph ? h.convert(c.around.inline(h, graph, [x])[0]!, typeOf(x)) : x;
  };
  const precision = c.int('softmax_precision');
  const type =
    precision === undefined ? computeType(q) : elementTypeOf(precision, 'softmax_precision');
  const scores = h.convert(scaledScores(c, q, repeatHeads(h, k, heads)), type);
  const probabilities = through('prob_mod', softmaxOver(h, through('score_mod', scores), 3));
  const y = matmul(h, probabilities, h.convert(repeatHeads(h, v, heads), type));
  return h.convert(y, typeOf(v));
};

function computeType(x: Instruction): ElementType {
  return elementTypes[typeOf(x)].bits < 32 ? 'f32' : typeOf(x);
}

/** Pairs of features turned by the angle of their position. */
export const rotaryEmbedding: Lower = (c) => {
  const { h } = c;
  const given = c.input(0);
  const flat = rankOf(given) === 3;
  const x = flat ? splitHeads(h, given, c.int('num_heads', 1)) : given;
  const [b, , t, size] = dimsOf(x) as [number, number, number, number];
  const rotary = c.int('rotary_embedding_dim', 0) || size;
  const angle = (k: number) => h.reshape(positioned(c, c.input(k)), [b, 1, t, rotary / 2]);
  const [cos, sin] = [angle(1), angle(2)];
  const turned = h.sliceDim(x, 3, 0, rotary);
  const interleaved = c.flag('interleaved');
  const pairs = interleaved
    ? h.reshape(turned, [...dimsOf(turned).slice(0, 3), rotary / 2, 2])
    : h.transpose(
        h.reshape(turned, [...dimsOf(turned).slice(0, 3), 2, rotary / 2]),
        [0, 1, 2, 4, 3],
      );
  const half = (n: number) => h.reshape(h.sliceDim(pairs, 4, n, n + 1), dimsOf(pairs).slice(0, 4));
  const [re, im] = [half(0), half(1)];
  const real = h.sub(h.mul(re, cos), h.mul(im, sin));
  const imag = h.add(h.mul(re, sin), h.mul(im, cos));
  const column = (y: Instruction) => h.reshape(y, [...dimsOf(y), 1]);
  const merged = interleaved
    ? h.reshape(h.concat([column(real), column(imag)], 4), dimsOf(turned))
    : h.concat([real, imag], 3);
  const y = rotary < size ? h.concat([merged, h.sliceDim(x, 3, rotary, size)], 3) : merged;
  return flat ? joinHeads(h, y) : y;
};

/** The cache's rows at the position ids, or the cache as it is. */
function positioned(c: NodeContext, cache: Instruction): Instruction {
  if (!c.inputs[3]) return cache;
  const ids = wrapIndices(c.h, c.input(3), dimsOf(cache)[0]!);
  return c.h.op('gather', [cache, ids], {
    offset_dims: [rankOf(ids)],
    collapsed_slice_dims: [0],
    start_index_map: [0],
    index_vector_dim: rankOf(ids),
    slice_sizes: [1, dimsOf(cache)[1]!],
  });
}

/** The recurrence S ← exp(g) S, v ← β (v − Sᵀk), S ← S + k vᵀ, o = s Sᵀq, step by step. */
const linearAttention: Lower = (c) => {
  const { h } = c;
  const [qHeads, kvHeads] = [c.int('q_num_heads', 1), c.int('kv_num_heads', 1)];
  const wide = (k: number, heads: number) => h.convert(splitHeads(h, c.input(k), heads), 'f32');
  const [q, k, v] = [wide(0, qHeads), wide(1, kvHeads), wide(2, kvHeads)];
  const [b, , t, size] = dimsOf(q) as [number, number, number, number];
  const width = dimsOf(v)[3]!;
  const scale = c.float('scale', 0) || 1 / Math.sqrt(size);
  const rule = c.word('update_rule', 'gated_delta', ['linear', 'gated', 'delta', 'gated_delta']);
  const decay = rule.startsWith('gated') ? wide(4, kvHeads) : undefined;
  const beta = rule.endsWith('delta') ? wide(5, dimsOf(c.input(5))[2]!) : undefined;
  const past = c.inputs[3];
  const start = past ? h.convert(past, 'f32') : h.full('f32', [b, kvHeads, size, width], 0);
  const out = h.full('f32', [b, qHeads, t, width], 0);
  const held = [q, k, v, ...(decay ? [decay] : []), ...(beta ? [beta] : [])];
  const state = [start, out, ...held];
  const result = loop(h, h.scalar('s64', t), state, (inner, index, [s, o, ...given]) => {
    const rows = given.map((x) => sliceAt(inner, x, 2, index));
    const next = linearStep(inner, s!, rows, { decay: !!decay, delta: !!beta });
    const seen = repeatHeads(inner, next, qHeads);
    const row = inner.mul(contractKey(inner, seen, rows[0]!), scale);
    return [next, updateAt(inner, o!, 2, index, row), ...given];
  });
  const stateType = past ? typeOf(past) : c.type(0);
  return [h.convert(joinHeads(h, result[1]!), c.type(0)), h.convert(result[0]!, stateType)];
};

/** Σ_d S[…, d, m] · k[…, d] */
function contractKey(h: Hlo, state: Instruction, key: Instruction): Instruction {
  return h.reduce('add', h.mul(state, h.reshape(key, [...dimsOf(key), 1])), [2]);
}

function linearStep(
  h: Hlo,
  state: Instruction,
  [, k, v, ...more]: readonly Instruction[],
  { decay, delta }: { readonly decay: boolean; readonly delta: boolean },
): Instruction {
  const column = (x: Instruction) => h.reshape(x, [...dimsOf(x), 1]);
  const kept = decay ? h.mul(state, h.unary('exponential', column(more[0]!))) : state;
  const beta = more[decay ? 1 : 0];
  const value = delta ? h.mul(h.sub(v!, contractKey(h, kept, k!)), beta!) : v!;
  const [b, heads, width] = dimsOf(value) as [number, number, number];
  return h.add(kept, h.mul(column(k!), h.reshape(value, [b, heads, 1, width])));
}

/** Rows by operator of the standard domain. */
export const attentionOps: LowerTable = {
  Attention: attention,
  LinearAttention: linearAttention,
  RotaryEmbedding: rotaryEmbedding,
};

/** Rows by operator of `ai.onnx.preview`. */
export const previewOps: LowerTable = { FlexAttention: flexAttention };
