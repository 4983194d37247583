/**
 * A transformer block in bf16: layer norms computed in f32 by one shared computation that is called
 * twice, causal attention, an MLP with tanh gelu, residuals, and a key-value cache that is updated.
 */
import { type ComputationBuilder, ModuleBuilder } from '../build/builder.ts';
import type { Instruction } from '../ir/module.ts';
import { arrayShape } from '../ir/shape.ts';
import {
  type Combiners,
  combiners,
  compare,
  convert,
  dimsOf,
  dot,
  element,
  full,
  input,
  iota,
  matmul,
  reshape,
  transpose,
  withScalar,
} from './basics.ts';
import { geluTanh, layerNorm, softmax } from './layers.ts';
import { model } from './model.ts';

const dims = { batch: 2, length: 16, width: 64, heads: 4, hidden: 128 };

/** Of x bf16[batch, length, width], its weights and the cache. */
export const transformer = model(
  'transformer_bf16',
  'transformer block with shared layer norm, attention, MLP and cache, bf16',
  dims,
  ({ batch, length, width, heads, hidden }) => {
    const m = new ModuleBuilder('transformer_bf16');
    const called = combiners(m, 'f32');
    const sizes = [batch, length, width];
    const norm = sharedNorm(m, sizes, called);
    const attend = sharedAttention(m, { sizes, heads }, called);
    return m.entry((b) => {
      const x = input(b, 'x', 'bf16', sizes);
      const weight = (name: string, from: number, to: number) =>
        input(b, name, 'bf16', [from, to], `weight:${from}`);
      const [wq, wk, wv, wo] = ['wq', 'wk', 'wv', 'wo'].map((n) => weight(n, width, width)) as [
        Instruction,
        Instruction,
        Instruction,
        Instruction,
      ];
      const [up, down] = [weight('up', width, hidden), weight('down', hidden, width)];
      const gain = input(b, 'gain', 'bf16', [width], 'range:0.5:1.5');
      const bias = input(b, 'bias', 'bf16', [width], 'weight:64');
      const normed = b.op('call', [x, gain, bias], { to_apply: norm });
      const [q, k, v] = [wq, wk, wv].map((w) => matmul(b, normed, w)) as [
        Instruction,
        Instruction,
        Instruction,
      ];
      const attended = b.op('call', [b.op('tuple', [q, k, v])], { to_apply: attend });
      const mixed = b.op('add', [x, matmul(b, element(b, attended, 0), wo)]);
      const again = b.op('call', [mixed, gain, bias], { to_apply: norm });
      const inner = geluTanh(b, matmul(b, again, up));
      const out = b.op('add', [mixed, matmul(b, inner, down)]);
      return b.op('tuple', [out, element(b, attended, 1)]);
    });
  },
);

/** Layer norm of a bf16 array, computed in f32. */
function sharedNorm(m: ModuleBuilder, sizes: readonly number[], called: Combiners): string {
  return m.computation('layer_norm', (b) => {
    const vector = arrayShape('bf16', sizes.slice(-1));
    const x = convert(b, b.parameter('x', arrayShape('bf16', sizes)), 'f32');
    const gain = convert(b, b.parameter('gain', vector), 'f32');
    const bias = convert(b, b.parameter('bias', vector), 'f32');
    return convert(b, layerNorm(b, x, { gain, bias }, called), 'bf16');
  });
}

interface AttentionSizes {
  readonly sizes: readonly number[];
  readonly heads: number;
}

/** (q, k, v) to (mixed values, keys by head): what a cache would keep. */
function sharedAttention(
  m: ModuleBuilder,
  { sizes, heads }: AttentionSizes,
  called: Combiners,
): string {
  return m.computation('attention', (b) => {
    const each = arrayShape('bf16', sizes);
    const qkv = b.parameter('qkv', { kind: 'tuple', elements: [each, each, each] });
    const [q, k, v] = [0, 1, 2].map((i) => byHead(b, element(b, qkv, i), heads)) as [
      Instruction,
      Instruction,
      Instruction,
    ];
    const batch = [
      [0, 1],
      [0, 1],
    ] as const;
    const raw = convert(b, dot(b, q, k, { batch, contract: [[3], [3]] }), 'f32');
    const scores = withScalar(b, 'multiply', raw, 1 / Math.sqrt(dimsOf(q)[3]!));
    const weights = convert(b, softmax(b, masked(b, scores), called), 'bf16');
    const mixed = dot(b, weights, v, { batch, contract: [[3], [2]] });
    return b.op('tuple', [reshape(b, transpose(b, mixed, [0, 2, 1, 3]), sizes), k]);
  });
}

function byHead(b: ComputationBuilder, x: Instruction, heads: number): Instruction {
  const [batch, length, width] = dimsOf(x) as [number, number, number];
  return transpose(b, reshape(b, x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Causal: −inf where the column lies beyond the row. */
function masked(b: ComputationBuilder, scores: Instruction): Instruction {
  const sizes = dimsOf(scores);
  const past = compare(b, iota(b, 's32', sizes, 3), iota(b, 's32', sizes, 2), 'LE');
  return b.op('select', [past, scores, full(b, 'f32', sizes, -Infinity)]);
}
