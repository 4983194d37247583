/** A transformer of any depth and width, for measuring where fixed costs do not matter. */
import { type ComputationBuilder, ModuleBuilder } from '../../graphs/build/builder.ts';
import type { ElementType } from '../../graphs/ir/element-type.ts';
import type { Instruction, Module } from '../../graphs/ir/module.ts';
import {
  type Combiners,
  combiners,
  dimsOf,
  dot,
  input,
  matmul,
  reshape,
  transpose,
  withScalar,
} from '../../graphs/zoo/basics.ts';
import { geluTanh, layerNorm, softmax } from '../../graphs/zoo/layers.ts';

export interface TransformerSizes {
  readonly type: ElementType;
  readonly layers: number;
  readonly length: number;
  readonly width: number;
  readonly heads: number;
  /** Width between the two dots of the MLP. */
  readonly hidden: number;
}

/** Pre-norm blocks one after another, each with weights of its own. */
export function deepTransformer(sizes: TransformerSizes): Module {
  const { type, layers, length, width } = sizes;
  const m = new ModuleBuilder('deep_transformer');
  const called = combiners(m, type);
  return m.entry((b) => {
    let x = input(b, 'x', type, [length, width]);
    for (let n = 0; n < layers; n++) x = block(b, x, n, sizes, called);
    return x;
  });
}

function block(
  b: ComputationBuilder,
  x: Instruction,
  layer: number,
  sizes: TransformerSizes,
  called: Combiners,
): Instruction {
  const { type, width, heads, hidden } = sizes;
  const weight = (name: string, from: number, to: number) =>
    input(b, `${name}_${layer}`, type, [from, to], `weight:${from}`);
  const vector = (name: string, range: string) =>
    input(b, `${name}_${layer}`, type, [width], range);
  const norm = (name: string, y: Instruction) =>
    layerNorm(
      b,
      y,
      { gain: vector(`${name}_gain`, 'range:0.5:1.5'), bias: vector(`${name}_bias`, 'weight:64') },
      called,
    );
  const normed = norm('norm', x);
  const project = (name: string) => byHead(b, matmul(b, normed, weight(name, width, width)), heads);
  const mixed = attend(b, project('query'), project('key'), project('value'), called);
  const attended = b.op('add', [x, matmul(b, mixed, weight('out', width, width))]);
  const inner = geluTanh(b, matmul(b, norm('norm_2', attended), weight('up', width, hidden)));
  return b.op('add', [attended, matmul(b, inner, weight('down', hidden, width))]);
}

/** [length, width] to [heads, length, width / heads] */
function byHead(b: ComputationBuilder, x: Instruction, heads: number): Instruction {
  const [length, width] = dimsOf(x) as [number, number];
  return transpose(b, reshape(b, x, [length, heads, width / heads]), [1, 0, 2]);
}

function attend(
  b: ComputationBuilder,
  query: Instruction,
  key: Instruction,
  value: Instruction,
  called: Combiners,
): Instruction {
  const [heads, length, each] = dimsOf(query) as [number, number, number];
  const batch = [[0], [0]] as const;
  const raw = dot(b, query, key, { batch, contract: [[2], [2]] });
  const weights = softmax(b, withScalar(b, 'multiply', raw, 1 / Math.sqrt(each)), called);
  const mixed = dot(b, weights, value, { batch, contract: [[2], [1]] });
  return reshape(b, transpose(b, mixed, [1, 0, 2]), [length, heads * each]);
}
